#ifndef BASE_STR_H
#define BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/*
 * A view of bytes that somebody else owns: pointer and length, never ended by
 * NUL. Passed by value. Its bytes may be anything, NULs and invalid UTF-8
 * included. The empty view is {NULL, 0}; at is then never read.
 */
struct str {
	const char *at;
	size_t len;
};

/* The view of a string literal. STR_INIT is the same for static tables. */
#define STR(lit) ((struct str){(lit), sizeof(lit) - 1})
#define STR_INIT(lit)                                                                              \
	{                                                                                          \
		(lit), sizeof(lit) - 1                                                             \
	}

/* For printf's "%.*s". At most STR_SHOWN_MAX bytes are shown. */
#define STR_SHOWN_MAX 400
#define STR_ARG(s) (int)((s).len > STR_SHOWN_MAX ? STR_SHOWN_MAX : (s).len), (s).len ? (s).at : ""

#define STR_NONE SIZE_MAX /* what a search gives that found nothing */

struct str str_of(const char *text); /* NULL gives the empty view */

static inline bool
str_eq(struct str a, struct str b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

bool str_eq_nocase(struct str a, struct str b); /* ASCII letters only */
bool str_starts(struct str s, struct str prefix);
bool str_ends(struct str s, struct str suffix);

/* Like memcmp: negative, 0 or positive; a prefix sorts before what it starts. */
int str_cmp(struct str a, struct str b);

/* Offset of the first (last) occurrence, or STR_NONE. An empty needle is found at 0 (at
 * the end). */
size_t str_find(struct str s, struct str needle);
size_t str_find_last(struct str s, struct str needle);
size_t str_find_byte(struct str s, char byte);

static inline bool
str_has(struct str s, struct str needle)
{
	return str_find(s, needle) != STR_NONE;
}

/* The view without its first n bytes, and its first n bytes; n past the end is the end. */
struct str str_skip(struct str s, size_t n);
struct str str_head(struct str s, size_t n);

/* Gives what stands before the first ch in *rest and cuts it off with the ch; without one, all. */
struct str str_cut(struct str *rest, char ch);

/* The view without ASCII white space at both ends. */
struct str str_trim(struct str s);

/* The text between the first open and the first close behind it; false, *inner
 * empty, when either is missing. */
bool str_between(struct str s, struct str open, struct str close, struct str *inner);

/* Reads an unsigned decimal number that fills the whole view. False, *n untouched,
 * when there is anything else in it, nothing, or more than 64 bits. */
bool str_to_u64(struct str s, uint64_t *n);

#endif
