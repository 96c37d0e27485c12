#ifndef TRACE_CONTEXT_H
#define TRACE_CONTEXT_H

#include <stdbool.h>

#include "base/str.h"
#include "trace/span.h"

/* A span of somebody else below which our roots stand: W3C Trace Context, as otlp 11 reads it. */
struct span_context {
	bool is_set;
	unsigned char trace_id[TRACE_ID_LEN];
	unsigned char span_id[SPAN_ID_LEN];
	unsigned char flags; /* bit 0 sampled, bit 1 random */
	struct str state;    /* trace state; empty: none */
};

/* Reads a traceparent. False, *c untouched, when it is none: then nothing of it counts. */
bool context_parse(struct str traceparent, struct span_context *c);

/* True for a tracestate that may be passed on; a bad one is dropped alone. */
bool context_state_valid(struct str tracestate);

/* Puts the roots of a trace below the span, and all of it into its trace. The spans keep their own
 * ids. Without a context nothing changes. */
void context_adopt(const struct span_context *c, struct spans *spans);

#endif
