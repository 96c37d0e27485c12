#ifndef SINK_ROOM_H
#define SINK_ROOM_H

#include <stdint.h>

/* What had to go for want of room. */
struct dropped {
	uint64_t files, items;
};

/* Drops what is oldest in a spool, which is open and locked, until it has no more than max_bytes with
 * `bytes` more: first what was rejected, and never what is being sent. Adds to *dropped. */
void room_make(int root, uint64_t max_bytes, uint64_t bytes, struct dropped *dropped);

#endif
