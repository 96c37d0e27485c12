#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stdarg.h>
#include <stddef.h>

#include "base/str.h"

/*
 * Memory for one unit of work. Everything allocated from an arena goes with it,
 * in one call. {0} is an empty arena. When memory runs out the program ends
 * inside the arena with a message and exit status 1, so that no caller checks.
 * An arena belongs to one thread at a time.
 */
struct arena_block;
struct arena {
	struct arena_block *first, *now;
	struct arena_block *large; /* allocations too large for a shared block */
	char *next, *end;          /* the free part of the block in use */
};

/* size bytes, zeroed, aligned for any type of that size. */
void *arena_alloc(struct arena *a, size_t size);

/* count * size bytes likewise, for any type of the size `size`; ends the program when the product overflows. */
void *arena_array(struct arena *a, size_t count, size_t size);

/* size bytes with undefined content and no alignment: for text. */
char *arena_bytes(struct arena *a, size_t size);

#define ARENA_NEW(a, type) ((type *)arena_alloc((a), sizeof(type)))
#define ARENA_ARRAY(a, type, count) ((type *)arena_array((a), (count), sizeof(type)))

/* A copy of s, and a copy ended by NUL (cut at s's first NUL, as every C string is). */
struct str arena_str(struct arena *a, struct str s);
char *arena_cstr(struct arena *a, struct str s);
struct str arena_join(struct arena *a, const struct str *parts, size_t count);
struct str arena_printf(struct arena *a, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
struct str arena_vprintf(struct arena *a, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));

/*
 * Appends one element to a list {type *at; size_t len, cap} that lives in a, and
 * gives its address (zeroed). Earlier addresses into the list become invalid.
 */
#define ARENA_PUSH(a, list)                                                                        \
	((list)->len == (list)->cap                                                                \
	     ? (void)((list)->at = arena_grow((a), (list)->at, (list)->len, &(list)->cap,          \
	                                      sizeof *(list)->at))                                 \
	     : (void)0,                                                                            \
	 (void)memset(&(list)->at[(list)->len], 0, sizeof *(list)->at),                            \
	 &(list)->at[(list)->len++])
/* For ARENA_PUSH: a copy of a list with a larger *cap; what is behind len is undefined. */
void *arena_grow(struct arena *a, const void *at, size_t len, size_t *cap, size_t size);

/* Empties the arena but keeps its first 4 MiB of shared blocks for the next unit. */
void arena_reset(struct arena *a);

/* Gives everything back; the arena is {0} again. */
void arena_free(struct arena *a);

/* Bytes held from the system, used or not. */
size_t arena_held(const struct arena *a);

/* Ends the program: "retrospan: out of memory", exit status 1. For the few who call malloc. */
_Noreturn void arena_exhausted(void);

#endif
