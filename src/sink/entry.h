#ifndef SINK_ENTRY_H
#define SINK_ENTRY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"

/*
 * A batch as it lies in a spool: some lines that say what it is, an empty line, and its bytes as they
 * would be written to a file. "sed '1,/^$/d' ENTRY" gives the batch.
 */
struct entry {
	struct str type; /* the batch's media type */
	uint64_t items;
	struct str batch;
};

#define ENTRY_HEAD_BYTES_MAX 512
#define ENTRY_BATCH_BYTES_MAX ((size_t)64 << 20) /* no request is larger. otlp 5.1 */
#define ENTRY_SUM_LEN 64

/* The checksum over all of it, in hex. */
void entry_sum(const struct entry *e, char sum[ENTRY_SUM_LEN]);

/* Appends it. */
void entry_write(const struct entry *e, struct buf *out);

/* False when it is torn, damaged, or nothing of ours. Views in *e are views of bytes. */
bool entry_read(struct str bytes, struct entry *e);

/* How many items there are, from the first bytes of one that need not be whole; 0: unknown. */
uint64_t entry_items(struct str bytes);
uint64_t entry_items_of(int folder, const char *name);

/* "TIME-PID-NUMBER-SUM" in hex, of 16, 8, 6 and 16 digits: names sort by age, and the same batch has the
 * same sum. */
#define ENTRY_NAME_LEN 49
bool entry_is_name(struct str name);

#endif
