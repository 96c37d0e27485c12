#ifndef CLI_FAMILY_H
#define CLI_FAMILY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/diag.h"
#include "base/intern.h"
#include "cli/inputs.h"
#include "decode/transcript.h"
#include "session/session.h"

/* Files that belong together, read, and the sessions that they hold. Set threads and watch; the
 * rest is family_read's. */
struct family {
	unsigned threads;
	bool watch; /* see struct reading */
	struct arena arena;
	struct arena *worker_arenas;
	struct intern *names;
	struct diag diag;         /* what there was to say so far */
	struct sessions sessions; /* in the order in which they began */
	struct transcripts transcripts;
	struct looks known;
};

/* Reads the files, with what they refer to, and builds their sessions. What can't be read is in
 * f->diag. */
void family_read(struct family *f, const struct looks *looks, uint64_t seed,
                 const struct session_options *options);

/* Is the file, or the session that it is part of, one that was asked for? */
bool family_counts(const struct family *f, const struct transcript *t);

void family_free(struct family *f);

#endif
