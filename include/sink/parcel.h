#ifndef SINK_PARCEL_H
#define SINK_PARCEL_H

#include <stddef.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/str.h"

/*
 * Items that travel together, and the way to make a batch of them. They are kept apart, so that
 * what the other side finds too large can be put together anew in smaller pieces; an item that is
 * too large alone may have a spare, smaller form.
 */
struct parcel {
	struct buf bytes;   /* each item, and behind it its spare form ... */
	struct buf ends;    /* ... and where each of the two ends: size_t values */
	struct arena arena; /* what ctx needs */
	/* Appends the batch of these items to *out; called on any thread, one call at a time. */
	void (*join)(const void *ctx, const struct str *items, size_t count, struct buf *out);
	const void *ctx;
	struct parcel *next; /* for whoever keeps parcels in a list */
};

/* Copies an item and its spare form, which is empty when there is none. */
void parcel_add(struct parcel *p, struct str item, struct str spare);
size_t parcel_len(const struct parcel *p);

/* Views that the next parcel_add and parcel_clear end. */
struct str parcel_item(const struct parcel *p, size_t i);
struct str parcel_spare(const struct parcel *p, size_t i);
void parcel_clear(struct parcel *p); /* keeps the memory */
void parcel_free(struct parcel *p);

#endif
