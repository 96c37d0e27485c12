#ifndef CLI_BACKLOG_H
#define CLI_BACKLOG_H

#include "base/diag.h"
#include "cli/environment.h"
#include "cli/exporter.h"
#include "cli/log.h"
#include "cli/options.h"
#include "encode/encoder.h"
#include "sink/sender.h"
#include "sink/spool.h"

/* What could not be sent to an endpoint: from the sender to the spool, and from the spool to the
 * sender. */
struct backlog;

/* Where the spool is; empty: nowhere. */
struct str backlog_folder(const struct options *o, const struct environment *env);

/* How the spool calls an endpoint that the options mean. Texts are those of x and o. */
struct spool_target backlog_target(const struct options *o, const struct exporter *x);

/* NULL when nothing is to be kept, and after diag_fail when it can't be: either way what is not sent
 * is lost. */
struct backlog *backlog_open(const struct options *o, const struct environment *env,
                             const struct exporter *x, struct diag *d);

/* Hands the sender what is waiting, oldest first, until it takes no more. */
void backlog_send(struct backlog *b, const struct encoder *e, struct sender *s, struct diag *d);

/* True for a parcel that came out of the spool. */
bool backlog_sent(const struct parcel *p);

/* What the sender says became of a batch, on its thread: keeps what was not delivered, and
 * removes from the spool what was. True when the batch is delivered or kept now. */
bool backlog_settled(struct backlog *b, const struct parcel *p, enum fate fate, struct str batch,
                     size_t items, size_t lost);

/* When the sender is closed: frees, says what was kept, and takes what came from the spool out of
 * the sums of *summary. */
void backlog_close(struct backlog *b, struct summary *summary, struct diag *d);

#endif
