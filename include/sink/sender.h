#ifndef SINK_SENDER_H
#define SINK_SENDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/diag.h"
#include "base/str.h"
#include "sink/endpoint.h"
#include "sink/parcel.h"
#include "sink/retry.h"

/*
 * Sends batches to an endpoint from a thread of its own: they are put together, compressed, sent,
 * sent again and cut in halves there, while the caller makes the next ones. What it holds is bounded:
 * SENDER_PARCELS batches, each as large as the caller makes it, and two copies of
 * the one that is on its way.
 */
#define SENDER_PARCELS 3 /* one is filled, one waits, one is on its way */

/* What became of a batch in the end. */
enum fate {
	FATE_DELIVERED,
	FATE_REJECTED,    /* for good: it would be again */
	FATE_BARRED,      /* like any other would be, by a wrong key, path, certificate, ... */
	FATE_UNDELIVERED, /* later or elsewhere it may be taken */
};

struct sender_options {
	const struct endpoint *endpoint;
	struct retry_policy retry;
	uint64_t (*now_ns)(void); /* the clock of retry.deadline_ns */
	uint64_t (*chance)(void);
	/*
	 * Told once for each batch, on the sender's thread, what became of it: the parcel of
	 * which it is the whole or a part, its bytes as they would be written to a file, and
	 * how many of its items were not taken. NULL: nobody asks.
	 */
	void (*settled)(void *ctx, const struct parcel *p, enum fate fate, struct str batch,
	                size_t items, size_t lost);
	void *ctx;
};

struct sender_tally {
	uint64_t delivered, rejected, undelivered; /* items; what was barred is rejected */
	uint64_t requests, bytes;                  /* bodies, as they were sent */
};

struct sender;

/* The options are copied, but for the endpoint. NULL after diag_fail. */
struct sender *sender_open(const struct sender_options *options, struct diag *d);

/* An empty parcel to fill; waits while all of them are on their way. It is the sender's, and must go
 * back to it by sender_send, even when nothing was put into it. */
struct parcel *sender_parcel(struct sender *s);

/* Hands it over. What went wrong since the last call is moved to d. False when
 * nothing more will be delivered (reported): the other parcels are settled without being sent. */
bool sender_send(struct sender *s, struct parcel *p, struct diag *d);

/* Waits until everything is settled, and frees. False when an item was not delivered (reported). */
bool sender_close(struct sender *s, struct sender_tally *tally, struct diag *d)
    __attribute__((warn_unused_result));

/* The versions of libcurl (the one at hand) and of libdeflate. */
const char *sender_http_version(void);
const char *sender_gzip_version(void);

#endif
