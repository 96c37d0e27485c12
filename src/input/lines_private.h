#ifndef INPUT_LINES_PRIVATE_H
#define INPUT_LINES_PRIVATE_H

#include "input/lines.h"

/* The two sizes that lines_open works with, so that tests can do with small files.
 * length_max is at least piece. */
struct lines_limits {
	size_t piece, length_max;
};

/* lines_open with other sizes. */
bool lines_open_within(struct lines *l, const struct source *s, size_t piece,
                       struct lines_limits limits, struct buf *buf, struct diag *d);

#endif
