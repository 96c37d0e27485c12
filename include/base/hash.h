#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

#define HASH_LEN 32

/* SHA-256 over the parts, each preceded by its length in 8 big-endian bytes, so
 * that no two lists of parts run into the same bytes. */
void hash_parts(const struct str *parts, size_t count, unsigned char digest[HASH_LEN]);

/* SHA-256 of one text alone. */
void hash_text(struct str s, unsigned char digest[HASH_LEN]);

/* A 64-bit fingerprint of s for comparing texts within one run (XXH64-like
 * quality is enough; not for tables that an enemy may flood, not for output). */
uint64_t hash_fingerprint(struct str s);

/* What --version shows: "OpenSSL 3.0.17". */
const char *hash_library(void);

#endif
