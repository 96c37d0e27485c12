#ifndef SINK_PARCEL_H
#define SINK_PARCEL_H

#include <stddef.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/str.h"

/*
 * Items that travel together, and the way to make a batch of them. They are kept apart, so that
 * what the other side finds too large can be put together anew in smaller pieces.
 */
struct parcel {
	struct buf bytes;   /* the items, one behind the other ... */
	struct buf ends;    /* ... and where each ends: size_t values */
	struct arena arena; /* what ctx needs */
	/* Appends the batch of these items to *out; called on any thread, one call at a time. */
	void (*join)(const void *ctx, const struct str *items, size_t count, struct buf *out);
	const void *ctx;
	struct parcel *next; /* for whoever keeps parcels in a list */
};

void parcel_add(struct parcel *p, struct str item);
size_t parcel_len(const struct parcel *p);
struct str parcel_item(const struct parcel *p, size_t i);
void parcel_clear(struct parcel *p); /* keeps the memory */
void parcel_free(struct parcel *p);

#endif
