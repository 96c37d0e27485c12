/* UTF-8, checked, mended, cut and measured. */

#include "base/utf8.h"

#include <stdint.h>

#define HIGH_BITS UINT64_C(0x8080808080808080)

/* The number of ASCII bytes at the start of s, counted in steps; at least what is quick to find. */
static size_t
ascii_run(struct str s)
{
	size_t at = 0;

	for (; at + 32 <= s.len; at += 32) {
		uint64_t words[4];

		memcpy(words, s.at + at, sizeof words);
		if (((words[0] | words[1] | words[2] | words[3]) & HIGH_BITS) != 0)
			break;
	}
	while (at < s.len && (unsigned char)s.at[at] < 0x80)
		at++;
	return at;
}

/*
 * Looks at the character at the start of s, which is not empty. *valid: it is
 * well-formed. Gives its length, or that of the maximal subpart of an ill-formed one (Unicode
 * 3.9, table 3-7), at least 1.
 */
static size_t
character(struct str s, bool *valid)
{
	unsigned char lead = (unsigned char)s.at[0], low = 0x80, high = 0xbf;
	size_t len;

	*valid = lead < 0x80;
	if (lead < 0xc2 || lead > 0xf4)
		return 1;
	len = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
	if (lead == 0xe0)
		low = 0xa0;
	else if (lead == 0xed)
		high = 0x9f; /* surrogates */
	else if (lead == 0xf0)
		low = 0x90;
	else if (lead == 0xf4)
		high = 0x8f;
	for (size_t i = 1; i < len; i++) {
		if (i == s.len || (unsigned char)s.at[i] < low || (unsigned char)s.at[i] > high)
			return i;
		low = 0x80;
		high = 0xbf;
	}
	*valid = true;
	return len;
}

/* The longest well-formed prefix. */
static size_t
valid_run(struct str s)
{
	size_t at = 0;
	bool valid;

	for (;;) {
		size_t len;

		at += ascii_run(str_skip(s, at));
		if (at == s.len)
			return at;
		len = character(str_skip(s, at), &valid);
		if (!valid)
			return at;
		at += len;
	}
}

bool
utf8_valid(struct str s)
{
	return valid_run(s) == s.len;
}

/* Copies s, mended, to `to` (unless NULL); gives the length that takes. */
static size_t
mend(struct str s, char *to)
{
	static const char replacement[3] = "\xef\xbf\xbd";
	size_t out = 0;
	bool valid;

	while (s.len > 0) {
		size_t run = valid_run(s);

		if (to != NULL)
			memcpy(to + out, s.at, run);
		out += run;
		s = str_skip(s, run);
		if (s.len == 0)
			break;
		s = str_skip(s, character(s, &valid));
		if (to != NULL)
			memcpy(to + out, replacement, sizeof replacement);
		out += sizeof replacement;
	}
	return out;
}

struct str
utf8_repair(struct arena *a, struct str s)
{
	size_t len;
	char *at;

	if (utf8_valid(s))
		return s;
	len = mend(s, NULL);
	at = arena_bytes(a, len);
	mend(s, at);
	return (struct str){at, len};
}

size_t
utf8_repaired_from(struct str s, size_t out_len)
{
	size_t at = 0, out = 0;
	bool valid;

	while (at < s.len) {
		size_t len = character(str_skip(s, at), &valid);
		size_t takes = valid ? len : 3;

		if (takes > out_len - out)
			break;
		at += len;
		out += takes;
	}
	return at;
}

struct str
utf8_head(struct str s, size_t max)
{
	if (max >= s.len)
		return s;
	while (max > 0 && ((unsigned char)s.at[max] & 0xc0) == 0x80)
		max--;
	return str_head(s, max);
}

/* Every lead byte is one unit, that of a four-byte character another one. */
static size_t
units_of(char c)
{
	unsigned char byte = (unsigned char)c;

	return (size_t)((byte & 0xc0) != 0x80) + (size_t)(byte >= 0xf0);
}

size_t
utf8_utf16_len(struct str s)
{
	size_t units = 0;

	for (size_t i = 0; i < s.len; i++)
		units += units_of(s.at[i]);
	return units;
}

struct str
utf8_utf16_head(struct str s, size_t units)
{
	/* A unit takes at least a byte, so what is no longer than units fits. */
	if (s.len <= units)
		return s;
	for (size_t i = 0; i < s.len; i++) {
		size_t takes = units_of(s.at[i]);

		if (takes > units)
			return str_head(s, i);
		units -= takes;
	}
	return s;
}

size_t
utf8_control(struct str s, size_t i)
{
	const unsigned char *at = (const unsigned char *)s.at + i;
	size_t left = s.len - i;
	if (at[0] < 0x20 || at[0] == 0x7f)
		return 1;
	if (at[0] == 0xc2 && left > 1 && at[1] >= 0x80 && at[1] < 0xa0)
		return 2;
	bool turns = at[0] == 0xe2 && left > 2 &&
	             ((at[1] == 0x80 && at[2] >= 0xaa && at[2] <= 0xae) ||
	              (at[1] == 0x81 && at[2] >= 0xa6 && at[2] <= 0xa9));
	return turns ? 3 : 0;
}
