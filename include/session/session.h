#ifndef SESSION_SESSION_H
#define SESSION_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/diag.h"
#include "base/intern.h"
#include "decode/record.h"

/*
 * The skeleton of a conversation: who did what, when, and where its words lie. It
 * holds no content. Everything lives in the arena given to session_build and points to records that
 * must live as long. Times are ns, 0 is "unknown"; idents are those of the intern table.
 */

/* How well a time is known. The worse of two is the greater. */
enum evidence {
	EVIDENCE_MEASURED,  /* the transcript says so */
	EVIDENCE_DERIVED,   /* by a rule that held in every recording */
	EVIDENCE_ESTIMATED, /* the best that can be said */
} ENUM_BYTE;

struct moment {
	uint64_t ns;
	enum evidence evidence;
};

/* A line whose content belongs to a turn: an index into turn.lines, or LINE_NONE. */
typedef uint32_t line_ref;
#define LINE_NONE UINT32_MAX

struct line_uses {
	const struct record **at;
	size_t len, cap;
};

/* One sending of a call. claude-code-transcripts 3.3, 3.6 */
struct attempt {
	uint64_t start_ns; /* 0: unknown */
	uint64_t fail_ns;  /* 0: did not fail, as far as known */
	uint32_t status;   /* HTTP status of the failure, as text */
};

struct attempts {
	struct attempt *at;
	size_t len, cap;
};

/* What is asked for only with session_options.detailed: what a call was sent. */
struct request_detail {
	struct line_uses inputs;    /* lines of the user's side since the call before */
	line_ref first_input;       /* of inputs.at[0]; those of the others follow */
	const struct record *shape; /* of its request; NULL: not on record */
	line_ref shape_line;
};

/* One call of a model. */
struct response {
	uint32_t key; /* what it is known by: message id, else request id, else line uuid */
	uint32_t message, request, model, requested_model, stop_reason, effort;
	struct moment start, end;
	uint64_t max_tokens;       /* 0: unknown */
	uint64_t first_content_ns; /* 0: unknown */
	const struct usage *usage; /* NULL: none */
	bool usage_incomplete;
	bool aborted;
	uint32_t retry_count; /* failures after which it was sent again, broken streams apart */
	bool failed;          /* a call that gave up */
	bool no_call;         /* failed before anything was sent: only the turn failed */
	bool has_text;
	bool has_call;          /* asks for a tool */
	uint32_t error, status; /* of a failed call */
	struct attempts attempts;
	struct {
		const struct record **at;
		size_t len, cap;
	} slices;            /* in block order; for a failed call the line that says so */
	line_ref first_line; /* of slices.at[0]; the lines of the others follow */
	line_ref error_line; /* the one that says why it failed; LINE_NONE: it did not */
	uint32_t version, purpose;
	struct work *work;             /* whose response it is; its calls are there too */
	struct request_detail *detail; /* NULL: not asked for */
};

struct responses {
	struct response **at;
	size_t len, cap;
};

enum outcome {
	OUTCOME_SUCCESS,
	OUTCOME_FAILED,
	OUTCOME_DENIED,
	OUTCOME_CANCELLED,
	OUTCOME_UNFINISHED,
} ENUM_BYTE;

enum unfinished {
	UNFINISHED_NOT,
	UNFINISHED_SUPERSEDED,
	UNFINISHED_SESSION_ENDED,
	UNFINISHED_NO_CALL
} ENUM_BYTE;

/* Whether a call may run: who decided what, and the question to the user, if there was one.
 * weave 8, claude-code-transcripts 6.4 */
struct permission {
	enum decision decision; /* NONE: the call never came so far */
	enum decision_source source;
	uint32_t source_name; /* SOURCE_OTHER: its name */
	bool told; /* the transcript says so itself; else by the rules for old versions */
	bool asked, resolved, approved;
	bool estimated; /* resolved_ns is an estimate ... */
	bool waited;    /* ... by how long the turn waited for the user */
	uint64_t asked_ns, resolved_ns;
};

struct tool_call {
	uint32_t id, name;
	uint32_t version;
	enum outcome outcome;
	enum unfinished unfinished;
	bool hook_allowed; /* a hook printed that it may run */
	bool background;
	const struct block_record *block;
	struct work *work; /* whose call it is */
	const struct response *response;
	const struct record *use;           /* the line that asks for it ... */
	uint32_t slice;                     /* ... and its number among those of the response */
	const struct result_record *result; /* NULL: none that counts */
	const struct record *answer;        /* the line that holds it */
	const struct record *notice;        /* the line that says that its background work ended */
	uint64_t pre_hooks_end_ns, post_hooks_start_ns; /* 0: no such hook left a line */
	struct moment start, end;
	struct moment run_start; /* when it was allowed to run, and did; none when it never ran */
	struct permission permission;
	uint64_t background_end_ns; /* 0: unknown */
	enum notice_status background_status;
	line_ref use_line, answer_line, notice_line;
	struct agent *agent; /* the agent that it started or woke */
};

struct tool_calls {
	struct tool_call **at;
	size_t len, cap;
};

struct agents {
	struct agent **at;
	size_t len, cap;
};

/* A hook that ended, or a summary of those at the end of a turn. */
struct hook_use {
	const struct record *record;
	line_ref line;
};

struct hook_uses {
	struct hook_use *at;
	size_t len, cap;
};

/* What a turn or an agent does: its own chain of calls. */
struct work {
	struct responses responses;
	/* Calls of which only the sending is on record: answered with nothing, or cut before the
	 * first word (aborted). claude-code-transcripts 4.6 */
	struct responses unanswered;
	struct tool_calls calls; /* calls that start an agent included */
	struct agents agents;    /* that hang here without a call in `calls` */
	struct hook_uses hooks;  /* only with session_options.detailed */
};

/* How an agent's file was tied to the call that started it. claude-code-transcripts 9.1 */
enum link_basis {
	LINK_NONE,
	LINK_META,   /* its sidecar names the call */
	LINK_RESULT, /* the call's result names the agent */
	LINK_PROGRESS,
	LINK_RESULT_TEXT,
	LINK_NOTICE,
	LINK_FORK,
	LINK_MESSAGE, /* a message to the agent */
	LINK_WORKFLOW,
	LINK_PROMPT,  /* the same prompt at the same time; only one candidate */
	LINK_GUESSED, /* the same prompt, several candidates */
	LINK_INLINE,  /* side chain inside the session's file */
	LINK_TURN,    /* only the turn is known */
	LINK_TIME,    /* only the time fits */
};

/* As retrospan.agent.link and the report say it; empty for LINK_NONE. */
struct str link_basis_name(enum link_basis basis);

/* Agents hang in each other at most so deep, each at one place; deeper ones hang under the turn. */
#define AGENT_DEPTH_MAX 60

/* One run of an agent: from the prompt that starts (or wakes) it to its last line. */
struct agent {
	uint32_t id;      /* 0: unknown (no file) */
	uint32_t segment; /* 1, 2, ... within the agent's file */
	uint32_t name;    /* its type; see weave 7.1 */
	uint32_t label;
	uint32_t version;
	struct tool_call *call;          /* that started or woke it, or NULL */
	const struct tool_call *spawner; /* that it ran for: `call`, or its workflow's; or NULL */
	uint32_t parent;                 /* agent that started it, as its sidecar says; or 0 */
	uint32_t run, flow;              /* id and name of its workflow run */
	bool builtin;                    /* its type comes with the program */
	uint32_t spawning_call;          /* its id; also when `call` is not here */
	enum link_basis basis;
	struct moment start, end;
	bool background;
	bool workflow;
	bool woken;    /* `call` only woke it; that call has a span of its own */
	bool teammate; /* a member of a team: each wake-up is a trace of its own */
	enum outcome outcome;
	enum unfinished unfinished;
	const struct record *opening; /* the prompt that starts the segment, or its first line */
	const struct record *notice;  /* the line that says that it ended */
	const struct response *last_text; /* the last response with text */
	line_ref prompt_line, notice_line;
	uint64_t first_ns, last_ns; /* of its lines */
	bool reached;               /* hangs, at any depth, under a turn */
	struct work work;
	/* Only when it is the root of a trace: as in struct turn. */
	struct line_uses lines;
	uint64_t line_bytes;
};

struct compaction {
	const struct compaction_record *facts; /* NULL: only the summary is there */
	const struct record *summary;          /* NULL: only the boundary is there */
	line_ref summary_line;
	struct moment end;
	bool by_command; /* ran while a command of the user did, which has it too */
};

struct compactions {
	struct compaction *at;
	size_t len, cap;
};

/* A queued text that joined the running turn. claude-code-transcripts 8.3 */
struct absorbed {
	const struct record *record;
	line_ref line;
};

/* From one prompt to the next. */
struct turn {
	const struct session *session;
	uint32_t key; /* of its opening line: what it was copied from, else its uuid */
	const struct record *opening;
	uint32_t number;    /* 1-based among the turn starts of the session's file */
	uint32_t sequence;  /* 1-based among the inputs of its process, as far as they are known */
	uint32_t process;   /* the process's first session; 0: unknown */
	bool opens_process; /* the first input of a process, as far as can be told */
	bool local;         /* a command that the program ran itself: no model was asked */
	const struct machine_record *machine; /* what it ran on; NULL: unknown */
	/* of the session that did the work; another than session->id for history */
	uint32_t session_id;
	bool history;
	bool forked_skill; /* ends with the output of its command. 9.6 */
	enum initiator initiator;
	struct moment start, end;
	uint32_t version, cwd, entrypoint;
	uint32_t source; /* how the process began: "startup", ...; 0: unknown */
	bool interactive;
	bool interrupted, abandoned;
	bool failed;
	uint32_t error, status;
	line_ref error_line; /* the line whose text says what failed */
	enum unfinished unfinished;
	bool has_active, agents_pending; /* background agents were at work when it ended */
	uint64_t active_ms;
	uint64_t call_count; /* completed tool calls, at any depth */
	line_ref prompt_line;
	struct {
		struct absorbed *at;
		size_t len, cap;
	} absorbed;
	const struct record *instructions; /* NULL: none recorded */
	line_ref instructions_line;
	struct compactions compactions;
	struct work work;
	/* Lines whose content is needed to render it. */
	struct line_uses lines;
	uint64_t line_bytes; /* their length together */
};

struct turns {
	struct turn **at;
	size_t len, cap;
};

/* A main file and its agents' files. */
struct session {
	uint32_t id;
	uint32_t conversation; /* root of its fork chain */
	uint32_t parent;       /* session it was forked from; 0: none known */
	uint32_t title;
	uint32_t agent_name; /* of the member of a team whose session it is; 0: none */
	/* of its first turn or agent, inherited ones left out; UINT64_MAX: none */
	uint64_t start_ns;
	bool wanted;            /* asked for: not only here as somebody's relative */
	struct turns turns;     /* own ones, and history when asked for; in file order */
	struct turns commands;  /* what the user gave in that no model was asked about; own ones */
	struct agents rootless; /* agents that belong to no turn */
	bool spoken;            /* has lines of a conversation, not only metadata */
	/* turns left out because no line of theirs, or before them, has a time */
	size_t timeless_turns, timeless_commands;
	size_t inherited_turns; /* history turns left out */
	const struct transcript *transcript;
};

struct sessions {
	struct session **at;
	size_t len, cap;
};

/* What became of the lines. read = used + history + ignored + skipped. */
struct account {
	uint64_t read, used, history, ignored, skipped;
	struct type_counts by_type; /* of the ignored ones */
};

struct session_options {
	bool history;  /* also build turns from copied lines whose original is not here */
	bool detailed; /* also collect what each call was sent, and hooks */
};

/*
 * Builds the sessions of one family: all transcripts that may belong together. Records get their
 * fate; sessions come out in the order of their transcripts, of which the first of a session
 * counts. facts are what sidecar files say. Never fails: what does not fit is placed by the rules
 * for orphans.
 */
struct sessions session_build(struct arena *a, struct intern *names,
                              const struct transcripts *transcripts,
                              const struct agent_facts *facts, size_t fact_count,
                              const struct session_options *options);

/* What the account calls a record. */
enum line_use { LINE_USED, LINE_HISTORY, LINE_IGNORED };
enum line_use session_line_use(const struct record *r);

/* Adds what became of the lines of one transcript to *account. */
void session_account(struct arena *a, const struct transcript *t, struct account *account);

#endif
