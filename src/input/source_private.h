#ifndef INPUT_SOURCE_PRIVATE_H
#define INPUT_SOURCE_PRIVATE_H

#include <sys/stat.h>

#include "input/source.h"

/* Room for a path as the system wants it. */
#define SOURCE_PATH_BYTES (SOURCE_PATH_MAX + 1)

/* path ended by NUL; false, errno set, when it is too long or holds a NUL. */
bool source_path(struct str path, char out[SOURCE_PATH_BYTES]);

/* A source in a. path must live as long as a. */
struct source *source_new(struct arena *a, struct str path, const struct stat *status, int fd);

/* Adds s unless its file is in the list already. False when there are SOURCE_COUNT_MAX. */
bool source_add(struct arena *a, struct sources *list, struct source *s);

#endif
