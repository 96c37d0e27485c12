#ifndef CLI_FOLDER_H
#define CLI_FOLDER_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/str.h"

/* Makes a folder with that mode, and those above it; true also when it is there already. False with
 * errno. */
bool folder_make(struct arena *a, struct str path, mode_t mode);

#endif
