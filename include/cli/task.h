#ifndef CLI_TASK_H
#define CLI_TASK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "cli/options.h"
#include "session/session.h"
#include "trace/convention.h"

/* One trace to make. */
struct task {
	const struct session *session;
	const struct turn *turn;   /* or */
	const struct agent *agent; /* the root of a trace of its own */
	const struct line_uses *lines;
	uint64_t line_bytes;
};

struct tasks {
	struct task *at;
	size_t len, cap;
};

/* Adds the traces that the convention makes of the wanted sessions: turns, and among them what else the
 * user gave in, in file order; then agents that belong to no turn. Only those that begin in the
 * window; until_ns 0: it has no end. The list lives in a. */
void tasks_collect(struct arena *a, const struct convention *convention,
                   const struct sessions *sessions, uint64_t since_ns, uint64_t until_ns,
                   struct tasks *list);

/* What a convention needs sessions to have. */
struct session_options task_session_options(const struct options *o,
                                            const struct convention *convention,
                                            const struct trace_options *trace);

#endif
