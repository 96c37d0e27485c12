/* Bytes that grow at their end. */

#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"

#define CAP_MIN 256
#define U64_DIGITS 20

char *
buf_reserve(struct buf *b, size_t n)
{
	size_t need, cap;

	if (b->at != NULL && n <= b->cap - b->len)
		return b->at + b->len;
	if (__builtin_add_overflow(b->len, n, &need))
		arena_exhausted();
	cap = b->cap < CAP_MIN ? CAP_MIN : b->cap;
	if (cap < need && __builtin_mul_overflow(cap, (size_t)2, &cap))
		arena_exhausted();
	if (cap < need)
		cap = need;
	b->at = realloc(b->at, cap);
	if (b->at == NULL)
		arena_exhausted();
	b->cap = cap;
	return b->at + b->len;
}

void
buf_add(struct buf *b, struct str s)
{
	if (s.len == 0)
		return;
	memcpy(buf_reserve(b, s.len), s.at, s.len);
	b->len += s.len;
}

void
buf_byte(struct buf *b, char byte)
{
	if (b->len == b->cap)
		buf_reserve(b, 1);
	b->at[b->len++] = byte;
}

void
buf_fill(struct buf *b, char byte, size_t count)
{
	if (count == 0)
		return;
	memset(buf_reserve(b, count), byte, count);
	b->len += count;
}

void
buf_u64(struct buf *b, uint64_t n)
{
	char digits[U64_DIGITS];
	size_t at = U64_DIGITS;

	do {
		digits[--at] = (char)('0' + n % 10);
		n /= 10;
	} while (n > 0);
	buf_add(b, (struct str){digits + at, U64_DIGITS - at});
}

void
buf_i64(struct buf *b, int64_t n)
{
	if (n < 0)
		buf_byte(b, '-');
	buf_u64(b, n < 0 ? UINT64_C(0) - (uint64_t)n : (uint64_t)n);
}

void
buf_hex(struct buf *b, const void *bytes, size_t len)
{
	static const char hex[] = "0123456789abcdef";
	const unsigned char *from = bytes;
	size_t twice;
	char *to;

	if (__builtin_mul_overflow(len, (size_t)2, &twice))
		arena_exhausted();
	to = buf_reserve(b, twice);
	for (size_t i = 0; i < len; i++) {
		to[2 * i] = hex[from[i] >> 4];
		to[2 * i + 1] = hex[from[i] & 15];
	}
	b->len += twice;
}

void
buf_printf(struct buf *b, const char *format, ...)
{
	va_list args, again;
	int len;

	va_start(args, format);
	va_copy(again, args);
	len = vsnprintf(NULL, 0, format, args);
	if (len > 0) {
		vsnprintf(buf_reserve(b, (size_t)len + 1), (size_t)len + 1, format, again);
		b->len += (size_t)len;
	}
	va_end(again);
	va_end(args);
}

void
buf_free(struct buf *b)
{
	free(b->at);
	*b = (struct buf){0};
}
