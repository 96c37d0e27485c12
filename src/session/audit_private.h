#ifndef SESSION_AUDIT_PRIVATE_H
#define SESSION_AUDIT_PRIVATE_H

#include "session/audit.h"
#include "session/build.h"

/* Records, each once when sorted. */
struct record_set {
	const struct record **at;
	size_t len, cap;
};

/* Tokens of a session by model; its name is a view into names. */
struct model_sums {
	struct models_tokens list;
	size_t *at; /* by ident: where it stands in the list, plus 1 */
};

/* A family while it is added. */
struct auditor {
	struct audit *audit;
	const struct audit_family *family;
	struct arena scratch;
	struct record_set origins; /* lines at which a span begins */
	struct record_set slices;  /* lines that are part of a response */
	struct transcript **owner; /* by ident of a line or a response: where it counts */
	bool *at_hand;             /* by ident of a session: its own file is */
	uint32_t *caller;          /* by ident of a tool call: the response that asks for it */
	/* of the session at hand */
	const struct session *session;
	struct model_sums answered; /* by the model that answered ... */
	struct model_sums asked; /* ... and by the one that was asked for, as cost-state has it */
	uint64_t response_ms;
	uint64_t first_response_ns; /* UINT64_MAX: none */
	bool old_agent;             /* one was written by a version that lost its tokens: 4.2 */
};

/* audit_work.c: turns, responses, calls and agents of the session at hand. */
void audit_turns(struct auditor *r);

/* audit_session.c: what must hold of the session at hand as a whole. */
void audit_session(struct auditor *r);

struct str audit_text(struct audit *audit, struct str text); /* a copy fit to be shown */
struct str audit_name(const struct auditor *r, uint32_t ident);

/* A problem on the line of a record. */
#define AUDIT_LINE(r, kind, record, ...)                                                           \
	audit_problem((r)->audit, (kind), (record)->in->source->path, (record)->line, __VA_ARGS__)

/* The sums of a model in a list, made when there are none yet; NULL: the list is full. */
struct model_tokens *audit_model(struct arena *a, struct models_tokens *list, struct str model);
void audit_add_tokens(struct model_tokens *to, const struct model_tokens *from);

#endif
