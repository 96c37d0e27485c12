#ifndef TRACE_CONVENTION_H
#define TRACE_CONVENTION_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/intern.h"
#include "base/str.h"
#include "decode/content.h"
#include "session/session.h"
#include "trace/context.h"
#include "trace/policy.h"
#include "trace/span.h"

#define LIVE_CONTENT_UNITS 61440 /* convention-claude-code 11.1 */

/* How the agent's own tracing would have been set up, for a convention that rebuilds its spans. */
struct live_options {
	bool detailed;
	bool no_session_id, with_version, with_entrypoint, no_resource;
	size_t content_units; /* of UTF-16 that a content has at most */
	struct str emulate;   /* a version or "auto": only what that version exported; else empty */
};

struct trace_options {
	struct policy policy;
	struct str version;    /* of this program */
	struct str agent_name; /* replaces the convention's; empty: not */
	struct str service_name;
	struct str entity, project; /* wandb routing; empty: none */
	struct attributes resource; /* added by the user */
	struct live_options live;
	struct span_context caller; /* below whose span the roots stand */
};

/* One trace to make: a turn, or an agent that hangs under none. */
struct trace_input {
	struct arena *arena;
	struct intern *names;
	const struct trace_options *options;
	const struct session *session;
	const struct turn *turn;        /* or NULL ... */
	const struct agent *agent;      /* ... then this */
	const struct content *contents; /* by line_ref */
	size_t content_count;
};

/* A mapping from sessions to spans. To add one: a file with these functions, and a row in
 * trace/convention.c. */
struct convention {
	struct str name;     /* --convention NAME */
	bool takes_commands; /* wants commands that no model was asked about, too */
	bool gated;          /* writes no content unless it is asked for */
	/* Adds the spans, and sets their resource. */
	void (*trace)(const struct trace_input *in, struct spans *out);
};

/* Makes the spans of a trace, and puts them below the caller's span when there is one. */
void convention_trace(const struct convention *c, const struct trace_input *in, struct spans *out);

const struct convention *convention_find(struct str name);
const struct convention *const *convention_all(void); /* ended by NULL */

#endif
