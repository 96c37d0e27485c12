#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

/*
 * Bytes that grow at their end. {0} is an empty buffer. Owned by whoever holds
 * the struct; buf_free gives the memory back. Running out of memory ends the
 * program (see arena.h), so appending never fails. at may be NULL while len is 0.
 */
struct buf {
	char *at;
	size_t len, cap;
};

void buf_add(struct buf *b, struct str s);
void buf_byte(struct buf *b, char byte);
void buf_fill(struct buf *b, char byte, size_t count);
void buf_u64(struct buf *b, uint64_t n); /* in decimal */
void buf_i64(struct buf *b, int64_t n);
void buf_hex(struct buf *b, const void *bytes, size_t len); /* lower case */
void buf_printf(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Room for n more bytes, at the address given; the caller then adds to len what it wrote. */
char *buf_reserve(struct buf *b, size_t n);

/* A literal: BUF_LIT(b, "text"). */
#define BUF_LIT(b, lit) buf_add((b), STR(lit))

static inline struct str
buf_str(const struct buf *b)
{
	return (struct str){b->at, b->len};
}

static inline void
buf_clear(struct buf *b) /* keeps the memory */
{
	b->len = 0;
}

void buf_free(struct buf *b);

#endif
