#ifndef CLI_ENVIRONMENT_H
#define CLI_ENVIRONMENT_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/diag.h"
#include "base/str.h"
#include "trace/convention.h"

/* What the surroundings say: variables, terminals, the clock. Read once, here and nowhere else. */
struct environment {
	struct str tmp_dir;
	struct str state; /* the folder of what is kept between runs; empty: nowhere */
	struct str spool; /* a folder in it, when nothing else is said */
	bool stdin_is_terminal, stdout_is_terminal, stderr_is_terminal;
	bool no_color;
	uint64_t now_ns;
	uint64_t seed;
	struct str service_name;    /* OTEL_SERVICE_NAME */
	struct attributes resource; /* OTEL_RESOURCE_ATTRIBUTES */
	struct str agent_name;      /* WEAVE_AGENT_NAME */
	struct str entity, project; /* WEAVE_PROJECT */
	struct span_context caller; /* TRACEPARENT, TRACESTATE */
	unsigned content;           /* of enum content_class: OTEL_LOG_* */
	struct live_options live;   /* but for emulate */
};

/* A variable without white space around it; empty when it is not set. otlp 9.1 */
struct str environment_variable(const char *name);

/* Nanoseconds of a clock that only goes forward. */
uint64_t environment_clock(void);

/* Reads everything; texts live in a, or in the process's environment. now_ns is 0 when the clock
 * can't be right; seed is for hash tables. What can't be used is ignored after diag_warn. */
void environment_read(struct arena *a, struct environment *env, struct diag *d);

/* OTEL_RESOURCE_ATTRIBUTES: "k=v,k2=v2", percent-encoded. False, after diag_warn, *list empty,
 * when any of it can't be decoded. otlp 9.4 */
bool environment_attributes(struct arena *a, struct str text, struct attributes *list,
                            struct diag *d);

#endif
