#ifndef CLI_OUTBOX_H
#define CLI_OUTBOX_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/diag.h"
#include "cli/backlog.h"
#include "cli/exporter.h"
#include "cli/log.h"
#include "cli/selection.h"
#include "encode/encoder.h"
#include "trace/convention.h"

/* Traces on their way to an endpoint: packed, put together to requests, handed to the sender. */
struct outbox;

/* exporter must live as long as it; backlog (NULL: nothing is kept) belongs to it from now on. strict: a
 * span that is larger than a request may be is left out rather than cut. selection, which must live
 * as long, says which spans are sent, and is told which of them are delivered or kept; NULL: all are
 * sent. NULL after diag_fail; the backlog is closed then. */
struct outbox *outbox_open(const struct exporter *x, bool strict, struct backlog *backlog,
                           struct selection *selection, struct diag *d);

/* Sends what could not be sent before; to be called before anything is added. */
void outbox_catch_up(struct outbox *o, struct diag *d);

/*
 * Packs a trace for sending; on any thread. Of each span there are two items: the one that is sent,
 * without bytes when it can't be, and a spare one that is sent when the first is refused for
 * its size, mostly without bytes. A span that is too large for a request is named, and
 * made again with its longest contents cut until it fits. With a selection only its spans are
 * packed, and their ids are added to *ids.
 */
void outbox_pack(const struct outbox *o, const struct trace_made *made, struct packed *to,
                 struct buf *ids, struct diag *d);

/* Adds what outbox_pack made; in order, on one thread. Items and resource are copied. What is
 * added when nothing more will be delivered (reported) is kept, or at least counted. */
void outbox_add(struct outbox *o, const struct packed *pairs, struct str ids,
                const struct resource *resource, struct diag *d);

/* Sends what is left, waits, frees, and fills the part of the summary about sending. False when
 * a span was not delivered (reported). */
bool outbox_close(struct outbox *o, struct summary *summary, struct diag *d)
    __attribute__((warn_unused_result));

#endif
