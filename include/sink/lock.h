#ifndef SINK_LOCK_H
#define SINK_LOCK_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Files that one process has at a time: until it closes them, or ends. All of these functions leave the
 * reason in errno; EWOULDBLOCK: another process still has it.
 */

/* Opens the file of that name in folder (AT_FDCWD: a path), which is made when it is missing, and
 * waits for it, at most wait_ms. Others may replace or remove it meanwhile: what is returned has
 * the name now. -1 when that can't be; a link, and what is no regular file, is refused. */
int lock_open(int folder, const char *name, uint64_t wait_ms);

/* True when an open file is locked without waiting, and still is the file of that name. */
bool lock_claim(int fd, int folder, const char *name);

#endif
