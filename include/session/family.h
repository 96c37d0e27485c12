#ifndef SESSION_FAMILY_H
#define SESSION_FAMILY_H

#include <stddef.h>

#include "base/arena.h"
#include "decode/record.h"

/*
 * Groups files that belong together: a session, its agents' files, and the sessions that it was
 * forked from or that were forked from it. Sets look->family to 0, 1, ... in order of the
 * families' first line, then of their smallest session id; gives the number of families. Two looks
 * with a key in common are of one family. claude-code-transcripts 1.6, 10.3.
 */
size_t family_group(struct arena *a, struct look **looks, size_t count);

#endif
