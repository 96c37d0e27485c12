#ifndef SESSION_BUILD_H
#define SESSION_BUILD_H

#include "session/session.h"

/* What the parts of session_build share. Sections are those of claude-code-transcripts. */

/* Pointers by ident of the intern table. Only the pages on which some stand are made: a map holds
 * few of all idents. Pages are as long as INTERN_RUN. */
struct by_ident {
	void ***at; /* pages */
	size_t len, cap;
	struct arena *arena;
};

struct builder;
struct by_ident by_ident_new(struct builder *b); /* in scratch */
void *by_ident_get(const struct by_ident *m, uint32_t ident);
void by_ident_put(struct by_ident *m, uint32_t ident, void *p); /* ident 0 is not kept */

/* Who a line of a chain belongs to: a turn in the main chain, an agent in its own. NULL: nobody. */
union owner {
	struct turn *turn;
	struct agent *agent;
};

/* Lines that follow each other: the main conversation of a file, or one agent's. */
struct chain {
	const struct transcript *transcript;
	struct record **at; /* in file order, duplicates left out */
	size_t len, cap;
	union owner *owner;         /* one per line */
	struct responses responses; /* in order of their first slice */
	/* An agent's chain: */
	uint32_t agent;       /* its id, 0 when unknown */
	uint32_t carrier;     /* call that carries it in its progress lines */
	uint32_t copied_call; /* fork agent: call in the copied head */
	const struct agent_facts *facts;
	bool is_inline, is_fork;
	struct agents segments;
};

struct chains {
	struct chain **at;
	size_t len, cap;
};

/* A result and the line it stands on. */
struct answer {
	const struct result_record *result;
	struct record *line;
	bool repair; /* stands for a result that never came */
};

/* Background work that ended, as told. */
struct notice_use {
	struct notice notice;
	struct record *record;            /* holds the text */
	uint64_t ns;                      /* of the enqueue line when there is one */
	struct notice_use *next, *before; /* for the same call */
	struct notice_use *last;          /* of the first: where they end */
};

struct builder {
	struct arena *arena;
	struct arena scratch; /* what only the building needs */
	struct intern *names;
	const struct transcripts *transcripts;
	const struct agent_facts *facts;
	size_t fact_count;
	const struct session_options *options;
	/* of the session being built */
	struct session *session;
	struct chain *main;
	struct chains agents;
	struct tool_calls calls;    /* of all chains */
	struct by_ident call_by_id; /* struct tool_call */
	struct by_ident answers;    /* struct answer, by call */
	struct by_ident responses;  /* struct response, by key */
	struct by_ident shapes;     /* struct record, by the shape's id: detail.c */
	struct by_ident requests;   /* struct record, by the request's id: detail.c */
	struct by_ident carriers;   /* struct record that carried an agent's line, by agent */
	struct by_ident notices;    /* struct notice_use, by call and by task */
	bool *answered;             /* by ident of a request: a response names it */
	bool *version_decides;      /* by version ident: writes permissionDecision */
};

/* history.c: gives each record its fate. 10.4 */
void history_classify(struct builder *b);

/* lineage.c: the root of each session's fork chain, and the session it was forked from. 10.5,
 * weave 11 */
void lineage_resolve(struct builder *b, struct session *s);

/* chain.c: the chains of the session's files. */
void chain_collect(struct builder *b, const struct transcript *main);

/* turn.c: cuts the main chain into turns; what is left of them when their work is known. 5, 11 */
void turn_split(struct builder *b);
void turn_finish(struct builder *b);

/* process.c: the inputs of a process, numbered. */
void process_number(struct builder *b, const struct sessions *sessions);

/* response.c: responses and their calls of one chain, whose owners are known; then, when all chains
 * were collected, their slices in order. 4 */
void response_collect(struct builder *b, struct chain *c);
void response_sort(struct builder *b, struct chain *c);

/* The work that a line of a chain belongs to; NULL: none. */
struct work *owner_work(const struct builder *b, const struct chain *c, size_t i);

/* What the response of a slice is known by. 4.1 */
uint32_t response_key(const struct record *r);

/* response_time.c: their attempts and times. 3.3, 11.3 */
void response_time(struct builder *b, struct chain *c);

/* True for a line that certainly feeds a call: its first attempt is not earlier. 11.3 */
bool response_is_fed_by(const struct record *r);

/* detail.c: what each call was sent, and hooks. */
void detail_collect(struct builder *b, struct chain *c);

/* call.c: results, outcomes and times of all calls. 6 */
void call_collect_answers(struct builder *b, struct chain *c);
void call_finish(struct builder *b);

/* notice.c: notifications, and the background work they end. 8 */
void notice_collect(struct builder *b);
const struct notice_use *notice_for(const struct builder *b, uint32_t call, uint32_t task,
                                    uint64_t after_ns);

/* agent.c: ties agents to calls and turns. 9 */
void agent_split(struct builder *b);
void agent_link(struct builder *b);
void agent_time(struct builder *b);

/* permission.c: questions to the user. weave 8 */
void permission_find(struct builder *b);

/* line.c: gives every line whose content is needed its place in its turn. Empties scratch. */
void line_assign(struct builder *b, struct turn *t);
void line_assign_rootless(struct builder *b, struct agent *g);

/* True when a version, "2.1.22", is at most major.minor.patch; false when it is unknown. */
bool version_at_most(struct builder *b, uint32_t version, unsigned major, unsigned minor,
                     unsigned patch);

/* Two copies of one file, or the same one. */
static inline bool
is_same_file(const struct transcript *a, const struct transcript *b)
{
	return a == b || (a->session != 0 && a->session == b->session && a->kind == b->kind &&
	                  a->agent == b->agent);
}

static inline struct moment
measured(uint64_t ns)
{
	return (struct moment){ns, EVIDENCE_MEASURED};
}

static inline uint64_t
later(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

#endif
