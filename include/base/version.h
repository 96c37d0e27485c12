#ifndef BASE_VERSION_H
#define BASE_VERSION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

/* The order of versions as numbers: "2.1.22" is smaller than "2.1.100". */
#define VERSION(major, minor, patch)                                                               \
	(((uint64_t)(major) << 40) | ((uint64_t)(minor) << 20) | (uint64_t)(patch))

/* Reads one to three numbers with dots between them (a missing one is 0), and passes over a suffix
 * that begins with '-' or '+'. False, *version untouched, for anything else. */
bool version_parse(struct str text, uint64_t *version);

#endif
