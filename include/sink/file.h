#ifndef SINK_FILE_H
#define SINK_FILE_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/diag.h"
#include "base/str.h"

/*
 * Bytes to a file or to an open descriptor. A named file appears whole or not at all: it is
 * written under a temporary name beside it ("NAME.retrospan-XXXXXX"), checked, synced, and renamed
 * by file_sink_commit. What already is at that name keeps its permissions; a name that is not a
 * regular file (a FIFO, /dev/null) is written directly.
 */
struct file_sink;

/* path is a file name. NULL after diag_fail. */
struct file_sink *file_sink_open(struct arena *a, struct str path, struct diag *d);

/* Writes to fd (standard output), which stays open. */
struct file_sink *file_sink_fd(struct arena *a, int fd, struct str name);

/* False after diag_fail, or silently when the reader of a pipe is gone (file_sink_closed is then
 * true). */
bool file_sink_write(struct file_sink *s, struct str bytes, struct diag *d)
    __attribute__((warn_unused_result));

/* True when the reading end was closed (EPIPE): nobody wants more. Needs SIGPIPE ignored. */
bool file_sink_closed(const struct file_sink *s);

/* Ends it: everything is written, the file has its name. False after diag_fail; nothing is left
 * behind then. */
bool file_sink_commit(struct file_sink *s, struct diag *d) __attribute__((warn_unused_result));

/* Gives up: removes the temporary file. */
void file_sink_abort(struct file_sink *s);

/* Path of the temporary file while one exists, else NULL: for a signal handler to unlink. */
const char *file_sink_temporary(const struct file_sink *s);

#endif
