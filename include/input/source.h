#ifndef INPUT_SOURCE_H
#define INPUT_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/diag.h"
#include "base/str.h"

/*
 * A file to read, by name; no descriptor is kept open between reads, so that a
 * folder of any size fits. Standard input that is not a regular file is copied to an unnamed
 * temporary file once (fd >= 0 then) and read from there.
 */
struct source {
	struct str path; /* as the user would write it; "-" for standard input */
	struct str dir;  /* path up to and without the last '/', "." when there is none */
	struct str name; /* what follows the last '/' */
	uint64_t size;   /* bytes when it was found; what is appended later is not read */
	uint64_t device, inode;
	int fd;     /* >= 0: already open; else -1 */
	bool named; /* an argument of the command line, not found in a folder */
};

struct sources {
	struct source **at;
	size_t len, cap;
	struct source **seen; /* a hash table of what is in at, by device and inode */
	size_t seen_len, seen_cap;
};

/* Ceilings on a search; each is a failure with a message when it is passed. */
#define SOURCE_DEPTH_MAX 32      /* folders below an argument */
#define SOURCE_COUNT_MAX 4000000 /* files */
#define SOURCE_PATH_MAX 4096

/*
 * Adds what an argument names: a regular file, or every regular file "*.jsonl" and
 * "*.json" below a folder. An argument itself may be a symbolic link; links found inside
 * folders are not followed (once per link to a *.jsonl: a warning). A file that is
 * reached twice is added once. Anything but a regular file is refused.
 * False after diag_fail; what could be found is in *list.
 * list and its members live in a.
 */
bool source_find(struct arena *a, struct str argument, struct sources *list, struct diag *d);

/* Adds standard input (descriptor fd) as the source "-". A regular file is read where it is,
 * anything else is copied to an unnamed file in $TMPDIR (tmp_dir; empty: /tmp) first. */
bool source_stdin(struct arena *a, int fd, struct str tmp_dir, struct sources *list,
                  struct diag *d);

/*
 * Looks for dir/name, where name came out of a file: it must be one path component of
 * [A-Za-z0-9._-], not starting with '.', of at most 255 bytes, and dir/name must be a
 * regular file that is no symbolic link. NULL when any of that is not so; that is not reported.
 */
struct source *source_beside(struct arena *a, struct str dir, struct str name);

/* True when a text out of a file may become a path component (see source_beside). */
bool source_name_safe(struct str name);

/* Adds the regular files below dir (not following links, no warning when dir is
 * missing) whose name ends with ending. */
void source_below(struct arena *a, struct str dir, struct str ending, struct sources *list,
                  struct diag *d);

/* Adds the regular files that lie directly in dir and are called prefix...ending, under the
 * rules of source_beside. */
void source_in(struct arena *a, struct str dir, struct str prefix, struct str ending,
               struct sources *list);

/* Adds the subfolders of dir, as paths, sorted; links are left out. */
struct str_list {
	struct str *at;
	size_t len, cap;
};
void source_folders(struct arena *a, struct str dir, struct str_list *list);

/* By path, bytewise. */
void source_sort(struct sources *list);

/*
 * Opens s for reading: the descriptor, or -1 after diag_fail. Refuses what is no
 * regular file any more, or another one than was found (inode 0: any will do), or (unless it
 * was named on the command line) a symbolic link. source_close closes it.
 */
int source_open(const struct source *s, struct diag *d);
void source_close(const struct source *s, int fd);

/* Reads exactly len bytes at offset. False after diag_fail (error, or the file became shorter). */
bool source_read(const struct source *s, int fd, uint64_t offset, char *to, size_t len,
                 struct diag *d);

/* A whole small file (sidecars); false after diag_skip when it is larger than max. */
bool source_slurp(struct arena *a, const struct source *s, size_t max, struct str *text,
                  struct diag *d);

#endif
