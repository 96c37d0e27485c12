#ifndef SINK_FOLDER_H
#define SINK_FOLDER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/str.h"

/*
 * Folders in which only we write: ours, no symbolic links, and closed to others. All of
 * these functions leave the reason in errno.
 */
struct names {
	struct str *at; /* each with a NUL behind it */
	size_t len, cap;
};

/* Opens a folder, which is made with its parents when it is missing and `make`. -1 when that
 * fails; EPERM: it is not ours, or others may write in it; ENOTDIR or ELOOP: it is a link. */
int folder_open(struct str path, bool make);

/* Likewise one below an open folder. */
int folder_open_at(int parent, const char *name, bool make);

/* What lies in it, but for names that begin with '.', sorted. Lives in a. */
bool folder_list(struct arena *a, int folder, struct names *names);

/* Makes a file of these bytes under the name FOLDER_NEW and syncs it. Nothing is left of it when that
 * fails. What an earlier run left there is overwritten: one process at a time. */
#define FOLDER_NEW ".new"
bool folder_write(int folder, struct str bytes);

/* Gives it its name, which must be free or that of what it replaces. */
bool folder_keep(int folder, const char *name);

/* Appends what fd holds to *out, at most limit bytes; EFBIG when there is more. */
bool folder_read(int fd, size_t limit, struct buf *out);

#endif
