#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include <stdint.h>

#include "cli/inputs.h"
#include "cli/log.h"

/* How far a run is, in bytes of its inputs; shown by the log when that is wanted. */
struct progress {
	struct log *log;
	uint64_t done, all;
	uint64_t families; /* bytes of those that are done */
};

struct progress progress_begin(struct log *log, uint64_t all);

/* So many more bytes: ctx is the struct progress. */
void progress_tick(void *ctx, uint64_t bytes);

/* A family is done, whatever was told of it. */
void progress_family(struct progress *p, const struct looks *family);

void progress_end(struct progress *p);

#endif
