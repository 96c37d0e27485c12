#ifndef CLI_OUTBOX_H
#define CLI_OUTBOX_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/diag.h"
#include "cli/exporter.h"
#include "cli/log.h"
#include "encode/encoder.h"
#include "trace/convention.h"

/* Traces on their way to an endpoint: packed, put together to requests, handed to the sender. */
struct outbox;

/* exporter must live as long as it. strict: a span that is larger than a request may be is left out
 * rather than cut. NULL after diag_fail. */
struct outbox *outbox_open(const struct exporter *x, bool strict, struct diag *d);

/*
 * Packs the spans that convention made of in for sending; on any thread. A span that is too large
 * is named, and made again with its longest contents cut until it fits; an item
 * without bytes stands for one that can't be sent.
 */
void outbox_pack(const struct outbox *o, const struct convention *convention,
                 const struct trace_input *in, const struct spans *spans,
                 const struct resource *resource, struct packed *to, struct diag *d);

/* Adds a trace; in order, on one thread. Its items and resource are copied. False when nothing more
 * will be delivered (reported). */
bool outbox_add(struct outbox *o, const struct packed *items, const struct resource *resource,
                struct diag *d);

/* Sends what is left, waits, frees, and fills the part of the summary about sending. False when
 * a span was not delivered (reported). */
bool outbox_close(struct outbox *o, struct summary *summary, struct diag *d)
    __attribute__((warn_unused_result));

#endif
