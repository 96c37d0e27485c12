#ifndef CLI_SELECTION_H
#define CLI_SELECTION_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/diag.h"
#include "cli/environment.h"
#include "cli/exporter.h"
#include "cli/ledger.h"
#include "cli/options.h"
#include "sink/sender.h"
#include "trace/convention.h"

/* A run that sends to an endpoint that does not answer takes its time. Those of the events that
 * follow must not queue up behind it without end; the long wait is for where nobody waits for us. */
#define SELECTION_WAIT_MS 10000
#define SELECTION_WAIT_LONG_MS 300000

/* How long a run waits for another one of its session; ends: no event follows. Half of a deadline is
 * left for the sending. */
uint64_t selection_wait_ms(const struct options *o, bool ends);

/* A trace as a convention made it, and of what. */
struct trace_made {
	const struct convention *convention;
	const struct trace_input *in;
	const struct spans *spans;
};

/*
 * Which spans of a session are sent: those that are in their final form, and were not sent before.
 * Set the first four; the rest is selection's.
 */
struct selection {
	struct str session;
	struct str state; /* the folder of what is kept between runs; empty: nothing is */
	bool whole;       /* the session ended: what is not final never will be */
	bool goes_on;     /* its last turn is known to go on, whatever its lines look like */
	bool is_busy;     /* another run has the ledger for too long: nothing is sent */
	struct ledger *ledger;
	struct buf handed; /* ids of the spans that the sender got, in order ... */
	struct buf fates; /* ... and struct fated, in that order too: the sender's thread adds it */
};

/* Opens the ledger of the session and of where its spans go. Waits while another run has it; but
 * unless the session ended not too long, because the next event sends what this one does not. Without
 * a ledger, after diag_warn, nothing was sent before. */
void selection_begin(struct selection *s, struct arena *a, const struct exporter *x,
                     const struct options *o, const struct environment *env, struct diag *d);

/* A flag for each span of the trace, which lives in its arena; NULL: none is sent. On any thread,
 * once the selection has begun. */
const bool *selection_of(const struct selection *s, const struct trace_made *made);

/* The sender got this span; some of the spans that it got before have met their fate. */
void selection_handed(struct selection *s, struct str id);
void selection_settled(struct selection *s, enum fate fate, size_t items);

/* Writes down what was delivered, once the sender has ended; frees. That it can't be written is a
 * warning. */
void selection_end(struct selection *s, struct diag *d);

#endif
