/* A view of bytes that somebody else owns. */

#define _GNU_SOURCE /* memmem, memrchr */

#include "base/str.h"

static unsigned char
lower(char c)
{
	unsigned char byte = (unsigned char)c;

	return byte >= 'A' && byte <= 'Z' ? (unsigned char)(byte | 0x20) : byte;
}

static bool
is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

struct str
str_of(const char *text)
{
	return text == NULL ? (struct str){NULL, 0} : (struct str){text, strlen(text)};
}

bool
str_eq_nocase(struct str a, struct str b)
{
	if (a.len != b.len)
		return false;
	for (size_t i = 0; i < a.len; i++) {
		if (lower(a.at[i]) != lower(b.at[i]))
			return false;
	}
	return true;
}

bool
str_starts(struct str s, struct str prefix)
{
	return s.len >= prefix.len && str_eq(str_head(s, prefix.len), prefix);
}

bool
str_ends(struct str s, struct str suffix)
{
	return s.len >= suffix.len && str_eq(str_skip(s, s.len - suffix.len), suffix);
}

int
str_cmp(struct str a, struct str b)
{
	size_t shorter = a.len < b.len ? a.len : b.len;
	int order = shorter == 0 ? 0 : memcmp(a.at, b.at, shorter);

	if (order != 0)
		return order;
	return (a.len > b.len) - (a.len < b.len);
}

size_t
str_find(struct str s, struct str needle)
{
	const char *hit;

	if (needle.len == 0)
		return 0;
	if (s.len < needle.len)
		return STR_NONE;
	hit = memmem(s.at, s.len, needle.at, needle.len);
	return hit == NULL ? STR_NONE : (size_t)(hit - s.at);
}

size_t
str_find_last(struct str s, struct str needle)
{
	if (needle.len == 0)
		return s.len;
	while (s.len >= needle.len) {
		size_t starts = s.len - needle.len + 1;
		const char *hit = memrchr(s.at, needle.at[0], starts);

		if (hit == NULL)
			return STR_NONE;
		if (memcmp(hit, needle.at, needle.len) == 0)
			return (size_t)(hit - s.at);
		s.len = (size_t)(hit - s.at) + needle.len - 1;
	}
	return STR_NONE;
}

size_t
str_find_byte(struct str s, char byte)
{
	const char *hit = s.len == 0 ? NULL : memchr(s.at, byte, s.len);

	return hit == NULL ? STR_NONE : (size_t)(hit - s.at);
}

struct str
str_skip(struct str s, size_t n)
{
	if (n >= s.len)
		return (struct str){s.len == 0 ? s.at : s.at + s.len, 0};
	return (struct str){s.at + n, s.len - n};
}

struct str
str_head(struct str s, size_t n)
{
	return (struct str){s.at, n < s.len ? n : s.len};
}

struct str
str_cut(struct str *rest, char ch)
{
	size_t at = str_find_byte(*rest, ch);
	struct str head = str_head(*rest, at);
	*rest = at == STR_NONE ? (struct str){0} : str_skip(*rest, at + 1);
	return head;
}

struct str
str_trim(struct str s)
{
	while (s.len > 0 && is_space(s.at[0]))
		s = str_skip(s, 1);
	while (s.len > 0 && is_space(s.at[s.len - 1]))
		s.len--;
	return s;
}

bool
str_between(struct str s, struct str open, struct str close, struct str *inner)
{
	size_t from = str_find(s, open), len;

	*inner = (struct str){NULL, 0};
	if (from == STR_NONE)
		return false;
	s = str_skip(s, from + open.len);
	len = str_find(s, close);
	if (len == STR_NONE)
		return false;
	*inner = str_head(s, len);
	return true;
}

bool
str_to_u64(struct str s, uint64_t *n)
{
	uint64_t sum = 0;

	if (s.len == 0)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		if (s.at[i] < '0' || s.at[i] > '9')
			return false;
		if (__builtin_mul_overflow(sum, UINT64_C(10), &sum) ||
		    __builtin_add_overflow(sum, (uint64_t)(s.at[i] - '0'), &sum))
			return false;
	}
	*n = sum;
	return true;
}
