#ifndef ENCODE_ENCODER_H
#define ENCODE_ENCODER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/str.h"
#include "trace/span.h"

/*
 * An encoder turns spans into bytes in two steps. `pack` runs on any thread,
 * for one trace at a time, and cuts its bytes into items. `join` puts items, in
 * order, together to one batch that stands for itself: a valid file alone and
 * between others. A batch holds items of one resource only.
 */
struct encode_options {
	bool color; /* text: ANSI colours */
};

/*
 * Items of one trace: bytes[ends[i-1] .. ends[i]). {0} is empty. Used again for the
 * next trace: packed_clear keeps the memory, unless it is very much. One thread at a time.
 */
struct packed {
	struct buf bytes;
	struct buf ends;      /* size_t values */
	struct arena scratch; /* what a pack needs while it runs; nothing in it outlives the call */
};
size_t packed_len(const struct packed *p);
struct str packed_item(const struct packed *p, size_t i);
void packed_end_item(struct packed *p); /* what was added to bytes since the last call is an item */
void packed_clear(struct packed *p);
void packed_free(struct packed *p);

struct encoder {
	struct str name; /* -f NAME */
	struct str media_type;
	struct str help;    /* half a line for --help */
	bool binary;        /* refused on a terminal */
	size_t batch_bytes; /* see encoder_room; 0: each trace is a batch */
	size_t warn_bytes;  /* a batch of one item larger than this is worth a warning; 0: never */
	size_t item_bytes_max; /* a larger item can't be written: leave it out and say so; 0: any */
	size_t item_overhead;  /* what join adds to each item, at most */

	/* Appends the items of a trace to *out. */
	void (*pack)(const struct spans *trace, const struct encode_options *options,
	             struct packed *out);
	/* Appends the batch of count (>= 1) items to *out. */
	void (*join)(const struct str *items, size_t count, const struct resource *resource,
	             struct buf *out);
	/* What join adds to a batch apart from item_overhead, at most. NULL: nothing. */
	size_t (*overhead)(const struct resource *resource);

	/* The way back: appends the items of a batch that join made, and gives what is left
	 * without them, which lives in a. False when it is no such batch. NULL for both: there is no
	 * way back. */
	bool (*split)(struct arena *a, struct str batch, struct packed *items, struct str *rest);
	/* What join does, from what split left. */
	void (*refill)(struct str rest, const struct str *items, size_t count, struct buf *out);
};

/*
 * Bytes of items, item_overhead of each counted, for which a batch has room
 * without growing past batch_bytes; SIZE_MAX when there is no such limit. 0 when
 * the resource alone fills it. An item that does not fit is a batch of its own:
 *
 *	cost = item.len + e->item_overhead;
 *	if (count > 0 && (used > room || cost > room - used))
 *		join the count items; count = used = 0
 */
size_t encoder_room(const struct encoder *e, const struct resource *resource);

/* The encoder of that name, or NULL; and all of them, ended by NULL. */
const struct encoder *encoder_find(struct str name);
const struct encoder *const *encoder_all(void);

/* What --version shows: "protobuf-c 1.4.1". */
const char *encoder_library(void);

#endif
