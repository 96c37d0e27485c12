#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/str.h"

/* True when s is well-formed UTF-8 (no overlong forms, no surrogates, at most U+10FFFF). */
bool utf8_valid(struct str s);

/* s with each maximal invalid sequence replaced by U+FFFD; s itself when it is
 * valid. The result lives in a, or where s lives. */
struct str utf8_repair(struct arena *a, struct str s);

/* How many bytes of s utf8_repair turns into the first out_len bytes of its result. */
size_t utf8_repaired_from(struct str s, size_t out_len);

/* The longest prefix of at most max bytes that does not cut a character. s must be valid. */
struct str utf8_head(struct str s, size_t max);

/* Number of UTF-16 code units of valid UTF-8, and the longest prefix of at most that many. */
size_t utf8_utf16_len(struct str s);
struct str utf8_utf16_head(struct str s, size_t units);

/* Bytes of the character at i, when it is one that a terminal obeys: C0, DEL, C1, or what turns the
 * direction of the text (U+202A to U+202E, U+2066 to U+2069). 0: it is none. */
size_t utf8_control(struct str s, size_t i);

#endif
