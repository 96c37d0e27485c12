#ifndef TRACE_ID_H
#define TRACE_ID_H

#include "base/str.h"
#include "trace/span.h"

/*
 * Ids are derived, so that a line gives the same ids from whichever copy it is
 * read: SHA-256 over a name space, the agent, the type of the span and the identity of the
 * record; hashed again while all zero. design "Decisions", weave 2.3, otlp 14.
 */
void id_trace(struct str agent, struct str type, struct str key, unsigned char id[TRACE_ID_LEN]);
void id_span(const unsigned char trace_id[TRACE_ID_LEN], struct str type, struct str key,
             unsigned char id[SPAN_ID_LEN]);

#endif
