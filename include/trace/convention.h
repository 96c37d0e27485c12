#ifndef TRACE_CONVENTION_H
#define TRACE_CONVENTION_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/intern.h"
#include "base/str.h"
#include "decode/content.h"
#include "session/session.h"
#include "trace/policy.h"
#include "trace/span.h"

struct trace_options {
	struct policy policy;
	struct str version;    /* of this program */
	struct str agent_name; /* replaces the convention's; empty: not */
	struct str service_name;
	struct str entity, project; /* wandb routing; empty: none */
	struct attributes resource; /* added by the user */
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
	struct str name; /* --convention NAME */
	struct str help;
	/* Adds the spans, and sets their resource. */
	void (*trace)(const struct trace_input *in, struct spans *out);
};

const struct convention *convention_find(struct str name);
const struct convention *const *convention_all(void); /* ended by NULL */

#endif
