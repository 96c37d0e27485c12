#ifndef BASE_WHEN_H
#define BASE_WHEN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

/*
 * Points in time are uint64_t nanoseconds since 1970-01-01T00:00:00Z; 0 means
 * "unknown". Times outside 1970-01-01 .. 2262-01-01 are refused (otlp 13.11).
 */
#define WHEN_MAX_NS UINT64_C(9214646400000000000) /* 2262-01-01T00:00:00Z */
#define WHEN_MS UINT64_C(1000000)
#define WHEN_S UINT64_C(1000000000)

/* Reads RFC 3339 ("2026-05-29T09:23:39.723Z", offsets and 0 to 9 decimals
 * allowed). False, *ns untouched, when it isn't that or is out of range. */
bool when_parse(struct str text, uint64_t *ns);

/* Reads an age: a number and one of s m h d w ("90m", "7d"). Gives its length in ns. */
bool when_parse_age(struct str text, uint64_t *age_ns);

/* Writes RFC 3339 in UTC, with milliseconds, or with as many decimals as the
 * value needs. out holds WHEN_TEXT_MAX bytes and is ended by NUL; gives its length. */
#define WHEN_TEXT_MAX 32
size_t when_format(uint64_t ns, char out[WHEN_TEXT_MAX]);

#endif
