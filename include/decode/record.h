#ifndef DECODE_RECORD_H
#define DECODE_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/intern.h"
#include "base/str.h"
#include "input/source.h"

/* For enums of which very many are kept: they take one byte. */
#define ENUM_BYTE __attribute__((packed))

/*
 * What the first reading keeps of a line: everything but its content. This is
 * the only thing on which all formats agree; whoever comes after knows no format.
 *
 * Every id, name and other short text is an ident of the run's intern table; 0 is
 * "absent". Times are ns since 1970, 0 is "unknown".
 */
enum record_kind {
	RECORD_IGNORED,        /* means nothing here; only counted by type, never kept */
	RECORD_CONTEXT,        /* the model was given it: matters by its place and time alone */
	RECORD_PLACE,          /* keeps a place in the conversation, and means nothing else */
	RECORD_USER,           /* text from the user's side: struct user_record */
	RECORD_RESULTS,        /* tool results: struct results_record */
	RECORD_RESPONSE,       /* a slice of a model's response: struct response_record */
	RECORD_REQUEST,        /* an attempt is about to be sent: struct request_record */
	RECORD_SHAPE,          /* what several requests have in common: struct shape_record */
	RECORD_RETRY,          /* an attempt failed and will be repeated: struct retry_record */
	RECORD_FALLBACK,       /* the model was changed after failures: struct fallback_record */
	RECORD_TURN_END,       /* struct turn_end_record */
	RECORD_STOP_HOOKS,     /* struct stop_hooks_record */
	RECORD_HOOK,           /* struct hook_record */
	RECORD_COMPACTION,     /* boundary: struct compaction_record */
	RECORD_QUEUE,          /* struct queue_record */
	RECORD_QUEUED,         /* a queued text delivered in mid-turn: struct queued_record */
	RECORD_TITLE,          /* struct title_record */
	RECORD_INSTRUCTIONS,   /* the instruction files in force */
	RECORD_COMMAND,        /* a local command, as the program notes it */
	RECORD_COMMAND_OUTPUT, /* output of a local command */
	RECORD_FORK_CONTEXT,   /* what follows was copied from the parent as context */
	RECORD_CONTINUED,      /* this session goes on in another: struct continued_record */
	RECORD_COST, /* sums so far; counted as ignored, and kept only by a watch: struct cost_record */
};

enum record_flag {
	RECORD_SIDECHAIN = 1 << 0, /* an agent's line, wherever it stands */
	RECORD_META = 1 << 1,      /* injected, not typed */
	RECORD_COPY = 1 << 2,      /* marked as copied from another session */
	RECORD_CARRIED = 1 << 3,   /* an agent's line inside a progress line of its parent */
	RECORD_MENDED = 1 << 4,    /* its text needs json_repair before it is read again */
	RECORD_SDK = 1 << 5,       /* written by a program without a user at the keyboard */
	RECORD_BASE64 = 1 << 6,    /* may hold media */
	RECORD_SOLE = 1 << 7,      /* history whose original is not here; set by session/ */
};

/* What became of a line; set by session/. */
enum record_fate {
	FATE_OWN,
	FATE_HISTORY,   /* copied from another session, which is where it counts */
	FATE_DUPLICATE, /* repeats a line of this session */
	FATE_UNUSED,    /* read, and nothing comes of it */
};

struct transcript;

struct record {
	const struct transcript *in; /* the file it stands in */
	uint64_t time_ns;
	uint64_t offset; /* of its value in the source */
	uint32_t length; /* bytes, in the source */
	uint32_t line;   /* 1-based */
	uint32_t type;   /* the format's own name of the line type: "user", "attachment/date" */
	uint32_t uuid, parent;
	uint32_t session; /* as the line says */
	uint32_t agent;   /* id of the agent whose line it is, as the line says */
	uint32_t carrier; /* RECORD_CARRIED: the tool call that started the agent */
	uint32_t version; /* of the program that wrote it */
	uint32_t cwd;
	/* id that the lines of one prompt share; see claude-code-transcripts 5.4 for its traps */
	uint32_t prompt;
	uint32_t forked_session, forked_uuid; /* where it was copied from */
	uint32_t origin_session;              /* session that made the request (copied responses) */
	uint16_t flags;
	uint8_t kind, fate;
	union {
		const void *payload;
		const struct machine_record *machine; /* CONTEXT; NULL: says nothing of it */
		const struct user_record *user;
		const struct results_record *results;
		const struct response_record *response;
		const struct request_record *request;
		const struct shape_record *shape;
		const struct retry_record *retry;
		const struct fallback_record *fallback;
		const struct turn_end_record *turn_end;
		const struct stop_hooks_record *stop_hooks;
		const struct hook_record *hook;
		const struct compaction_record *compaction;
		const struct queue_record *queue;
		const struct queued_record *queued;
		const struct title_record *title;
		const struct continued_record *continued;
		const struct cost_record *cost;
	};
};

/* What the session ran on. */
struct machine_record {
	uint32_t platform, os_version;
};

/* ---- user ---- */

/* What kind of text it is. claude-code-transcripts 5.1 */
enum user_text {
	TEXT_PROMPT,
	TEXT_COMMAND,       /* a command that becomes a prompt */
	TEXT_LOCAL_COMMAND, /* a command that the program runs itself */
	TEXT_LOCAL_OUTPUT,
	TEXT_CAVEAT,
	TEXT_SHELL_INPUT, /* "!" mode */
	TEXT_SHELL_OUTPUT,
	TEXT_NOTIFICATION, /* background work ended */
	TEXT_PEER,         /* from another agent */
	TEXT_INTERRUPT,
	TEXT_BLOCKED, /* a hook refused the prompt */
	TEXT_SLASH,   /* "/name args", as a forked skill leaves it */
	TEXT_WARMUP,
};

enum initiator {
	INITIATOR_NONE,
	INITIATOR_HUMAN,
	INITIATOR_SYSTEM,
	INITIATOR_NOTIFICATION,
	INITIATOR_PEER,
	INITIATOR_COORDINATOR,
};

enum notice_status { NOTICE_NONE, NOTICE_COMPLETED, NOTICE_FAILED, NOTICE_KILLED } ENUM_BYTE;

/* The head of a notification that background work ended. claude-code-transcripts 8.2 */
struct notice {
	uint32_t task, call;
	enum notice_status status;
};

struct user_record {
	enum user_text text;
	enum initiator initiator; /* by its fields; NONE when they don't say */
	bool summary;             /* a compaction's summary */
	bool companion;           /* belongs to a running turn */
	bool says_origin;         /* the line says who opened its turn ... */
	bool opens_turn;          /* ... and is the one that opens it */
	bool from_prompt;         /* bears a mark that only prompts and notifications have */
	bool empty;               /* no content at all */
	bool clears;              /* the command that begins a new session in the same process */
	bool allows_all;          /* no call of this turn needs to be allowed ... */
	bool allows_edits;        /* ... no call that changes files */
	uint32_t turn_index;      /* 0: unknown */
	uint32_t entrypoint;      /* how the program was started, as it calls that */
	uint32_t peer;            /* PEER: who sends it */
	uint32_t member;          /* name of the agent whose session it is, in a team */
	uint32_t interrupted;     /* message id of the response that was cut */
	uint64_t print;           /* fingerprint of the trimmed text */
	struct notice notice;
};

/* ---- results ---- */

/* What the text of a result gives away. claude-code-transcripts 6.3, 6.4 */
enum result_sign {
	SIGN_NONE,
	SIGN_INTERRUPTED, /* cut by the user while it ran */
	SIGN_USER_REFUSED,
	SIGN_RULE_REFUSED,
	SIGN_HOOK_REFUSED,
	SIGN_SIBLING,       /* cancelled because a parallel call failed */
	SIGN_SESSION_ENDED, /* written on resume in place of a result that never came */
	SIGN_NEVER_RAN,     /* unknown tool, invalid input */
	SIGN_FORK_CONTEXT,  /* the made-up result at the head of a fork agent's file */
} ENUM_BYTE;

enum decision { DECISION_NONE, DECISION_ACCEPT, DECISION_REJECT, DECISION_UNKNOWN } ENUM_BYTE;
enum decision_source {
	SOURCE_NONE,
	SOURCE_UNKNOWN,
	SOURCE_CONFIG,
	SOURCE_HOOK,
	SOURCE_USER_TEMPORARY,
	SOURCE_USER_PERMANENT,
	SOURCE_USER_REJECT,
	SOURCE_USER_ABORT,
	SOURCE_OTHER, /* result_record.source_name */
} ENUM_BYTE;
enum denial {
	DENIAL_NONE,
	DENIAL_USER,        /* "user-rejected" */
	DENIAL_RULE,        /* "permission-rule" */
	DENIAL_INTERRUPTED, /* "interrupted", "cancelled" */
	DENIAL_MODE,        /* "automode-..." */
} ENUM_BYTE;

struct result_record {
	uint32_t call; /* id of the tool call */
	enum result_sign sign;
	enum decision decision;
	enum decision_source source;
	enum denial denial;
	bool denied_before_run;
	bool error;
	bool framed;   /* its text is marked as an error of the call, not of the tool */
	bool async;    /* the call only launched something */
	bool teammate; /* it launched a member of a team */
	bool interrupted;
	bool has_duration, has_exit_code;
	uint32_t agent;         /* agent that the call started */
	bool agent_by_text;     /* that is known only from the result's text */
	uint32_t resumed_agent; /* agent that the call woke */
	uint32_t run, workflow; /* id and name of the workflow run that it launched */
	uint32_t source_name;   /* of the decision, when it is not in the list */
	uint32_t task;          /* background task or workflow task */
	uint32_t error_type;    /* name of an error class at the head of the text */
	uint64_t duration_ms;   /* the tool's own measure */
	int64_t exit_code;
};

struct results_record {
	const struct result_record *at;
	size_t len;
};

/* ---- responses ---- */

struct usage {
	bool has_cache_read, has_cache_creation;
	bool fast; /* at the faster speed, for a higher price */
	uint64_t input, output, cache_read, cache_creation;
	uint64_t reasoning; /* part of output; 0: unknown or none */
};

enum block_kind { BLOCK_TEXT, BLOCK_REASONING, BLOCK_TOOL_CALL, BLOCK_OTHER } ENUM_BYTE;

struct block_record {
	enum block_kind kind;
	/* a call that may run beside others of its response. claude-code-transcripts 6.2 */
	bool concurrent;
	bool spawns_agent;
	bool edits;        /* a call that changes files */
	bool harmless;     /* a call that is allowed without being asked about */
	bool asks_user;    /* a call that only waits for the user */
	uint32_t id, name; /* of a tool call */
	uint32_t agent_type, agent_name, team;
	uint32_t target;       /* agent that the call wakes */
	uint64_t prompt_print; /* fingerprint of the trimmed prompt given to an agent */
};

#define BLOCK_INDEX_NONE UINT32_MAX

struct response_record {
	uint32_t message, request; /* ids */
	uint32_t request_ref;      /* the request_record that was answered */
	uint32_t model, requested_model, stop_reason, effort;
	uint32_t process; /* id of the first session of the process that asked */
	bool filler;      /* made by the program, no answer of a model */
	bool failed;      /* stands for a call (or a turn) that failed */
	bool aborted;     /* cut by the user */
	bool has_text;
	uint32_t error;       /* class of the failure */
	uint32_t status;      /* HTTP status as text */
	uint32_t block_index; /* of its first block, or BLOCK_INDEX_NONE */
	uint32_t block_count;
	uint32_t lead_ms; /* how long before its time the block's first content came; 0: unknown */
	const struct usage *usage; /* NULL: none. Slices share it. */
	const struct block_record *blocks;
};

struct shape_record {
	uint32_t id;
};

struct request_record {
	uint32_t id, model, effort, purpose, shape;
	uint64_t max_tokens; /* 0: unknown */
};

struct retry_record {
	bool broken; /* the stream broke after it had begun */
	uint32_t status, request;
	uint64_t attempt, delay_ns;
};

struct fallback_record {
	uint32_t from, to, trigger;
};

/* ---- the rest ---- */

struct turn_end_record {
	uint64_t duration_ms;
	uint64_t pending_agents;
};

struct stop_hooks_record {
	uint64_t count;
	uint64_t duration_ms; /* of the longest */
};

enum hook_event {
	HOOK_OTHER,
	HOOK_SESSION_START,
	HOOK_PROMPT,
	HOOK_PRE_TOOL,
	HOOK_POST_TOOL,
	HOOK_STOP
};

enum hook_outcome { HOOK_SUCCEEDED, HOOK_BLOCKED, HOOK_FAILED, HOOK_CANCELLED };

struct hook_record {
	enum hook_event event;
	enum hook_outcome outcome;
	uint32_t name;   /* "PreToolUse:Bash" */
	uint32_t source; /* what follows ':' in the name of a SessionStart hook */
	uint32_t call;   /* tool call, or any id for other events */
	bool started;    /* the time is that of its start, not of its end */
	bool has_duration, allows;
	uint64_t duration_ms;
};

struct compaction_record {
	uint32_t trigger;
	bool has_pre, has_post, has_duration;
	uint64_t pre_tokens, post_tokens, duration_ms;
};

enum queue_operation { QUEUE_OTHER, QUEUE_ENQUEUE, QUEUE_DEQUEUE, QUEUE_REMOVE, QUEUE_POP_ALL };

struct queue_record {
	enum queue_operation operation;
	bool has_text, notification;
	uint32_t command; /* id shared with the queued_record */
	uint64_t print;
	struct notice notice;
};

struct queued_record {
	bool notification;
	uint32_t command;
	uint64_t print;
	struct notice notice;
};

enum title_rank { TITLE_SUMMARY, TITLE_AI, TITLE_CUSTOM };

struct title_record {
	enum title_rank rank;
	uint32_t text;
	uint32_t leaf; /* line that a summary is about */
};

struct continued_record {
	uint32_t to;
};

struct cost_model {
	uint32_t model;
	struct usage usage;
};

struct cost_record {
	struct cost_model *models;
	size_t len;
	uint64_t api_ms;   /* calls of models together */
	uint64_t start_ns; /* since when the sums are kept; 0: unknown */
};

/* ---- files ---- */

struct watch; /* decode/watch.h */

enum transcript_kind {
	TRANSCRIPT_NONE, /* nothing that could be part of a session */
	TRANSCRIPT_MAIN,
	TRANSCRIPT_AGENT,
};

struct type_count {
	uint32_t type;
	uint64_t count;
};

/* Lines by type. A file that makes up types does not make it longer than TYPES_MAX: what comes
 * then is counted as `other`. */
#define TYPES_MAX 1000

struct type_counts {
	struct type_count *at;
	size_t len, cap;
	uint32_t other; /* ident of what all further types are called */
};

void type_counts_add(struct arena *a, struct type_counts *list, uint32_t type, uint64_t n);

/* A workflow's or an agent's sidecar file: what it adds to the agent. claude-code-transcripts 9.1,
 * 9.7 */
struct agent_facts {
	uint32_t agent;
	uint32_t call; /* tool call that started it */
	uint32_t type, name, label;
	uint32_t run;    /* workflow run */
	uint32_t parent; /* agent that started it; 0: none, or not told */
	bool workflow, builtin;
	uint64_t start_ns, end_ns; /* exact, from a workflow's summary */
};

/* One file (or one session's part of a stream), read. */
struct transcript {
	const struct source *source;
	const struct format *format;
	enum transcript_kind kind;
	/* main: its own id; agent: the parent session's, 0 when its lines don't say */
	uint32_t session;
	uint32_t agent;         /* agent: its id */
	uint32_t run;           /* agent: the workflow run whose folder it lies in */
	struct record *records; /* in file order */
	size_t record_count;
	bool wanted; /* asked for: not only here as somebody's relative */
	/* Values found in lines (a blank line counts as one), and those that could not be read. */
	uint64_t read, skipped;
	struct type_counts ignored; /* lines not among the records */
	struct watch *watch;        /* NULL: nobody asked */
};

struct transcripts {
	struct transcript **at;
	size_t len, cap;
};

/*
 * What a glance at the head of a file tells: enough to say which files belong
 * together. Two files with a key in common do. Texts live in the arena given to look_at.
 */
#define LOOK_KEYS_MAX 16

struct look {
	const struct source *source;
	const struct format *format;
	enum transcript_kind kind;
	struct str session, agent, run; /* by the file's place; empty when that doesn't tell */
	struct str keys[LOOK_KEYS_MAX]; /* ids of sessions and lines */
	size_t key_count;
	struct str id;     /* of the session, as far as the head tells */
	bool wanted;       /* asked for: not only here as somebody's relative */
	uint64_t first_ns; /* time of the first line that has one */
	size_t family;     /* set by family_group */
};

#endif
