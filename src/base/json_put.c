/* JSON, written. */

#include "base/json.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/json_private.h"

/* Digits that tell every double from its neighbours, and that every double has. */
#define DIGITS_MAX 17
#define DIGITS_SURE 15

/* One word more than what is left, or the longest escape. */
#define SLACK 16

/* The high bit of each byte of word that must be escaped; exact up to the first. RFC 8259 7 */
static inline uint64_t
word_escapes(uint64_t word)
{
	uint64_t control = (word - JSON_ONES * 0x20) & ~word & JSON_HIGHS;

	return control | json_word_has(word, '"') | json_word_has(word, '\\');
}

/* The letter behind the backslash; 0: c needs none. */
static char
escape_letter(char c)
{
	static const char letters[256] = {['"'] = '"',  ['\\'] = '\\', ['\b'] = 'b', ['\f'] = 'f',
	                                  ['\n'] = 'n', ['\r'] = 'r',  ['\t'] = 't'};
	unsigned char byte = (unsigned char)c;

	return letters[byte] != 0 || byte >= 0x20 ? letters[byte] : 'u';
}

/* Writes the escape of c; gives its length. */
static size_t
escape_one(char *to, char c, char letter)
{
	static const char hex[] = "0123456789abcdef";

	to[0] = '\\';
	to[1] = letter;
	if (letter != 'u')
		return 2;
	to[2] = '0';
	to[3] = '0';
	to[4] = hex[(unsigned char)c >> 4];
	to[5] = hex[(unsigned char)c & 15];
	return JSON_ESCAPE_LEN;
}

void
json_put_escaped(struct buf *b, struct str s)
{
	char *to = buf_reserve(b, s.len + SLACK), letter;

	while (s.len > 0) {
		if (s.len >= 8) {
			uint64_t mask = word_escapes(json_word(s.at));
			size_t run = mask == 0 ? 8 : (size_t)__builtin_ctzll(mask) / 8;

			memcpy(to, s.at, 8);
			to += run;
			s = str_skip(s, run);
			if (run == 8)
				continue;
		}
		letter = escape_letter(s.at[0]);
		if (letter == 0) {
			*to++ = s.at[0];
			s = str_skip(s, 1);
			continue;
		}
		to += escape_one(to, s.at[0], letter);
		s = str_skip(s, 1);
		b->len = (size_t)(to - b->at);
		if (b->cap - b->len < s.len + SLACK)
			to = buf_reserve(b, s.len + SLACK);
	}
	b->len = (size_t)(to - b->at);
}

void
json_put_text(struct buf *b, struct str s)
{
	buf_byte(b, '"');
	json_put_escaped(b, s);
	buf_byte(b, '"');
}

/* Takes the plus sign and leading zeros off an exponent: "1e+07" is "1e7". */
static size_t
tidy_exponent(char *text, size_t len)
{
	char *from = memchr(text, 'e', len), *to, *end = text + len;

	if (from == NULL)
		return len;
	to = ++from;
	if (*from == '-')
		to++;
	from++;
	while (from + 1 < end && *from == '0')
		from++;
	memmove(to, from, (size_t)(end - from));
	return (size_t)(to - text) + (size_t)(end - from);
}

void
json_put_double(struct buf *b, double n)
{
	/* Below DBL_MIN a double holds fewer digits than DIGITS_SURE. */
	int precision = fabs(n) < DBL_MIN ? 1 : DIGITS_SURE;
	char text[32];
	int len;

	if (!isfinite(n)) {
		buf_add(b, isnan(n) ? STR("\"NaN\"")
		           : n > 0  ? STR("\"Infinity\"")
		                    : STR("\"-Infinity\""));
		return;
	}
	do {
		len = snprintf(text, sizeof text, "%.*g", precision, n);
	} while (precision++ < DIGITS_MAX && strtod(text, NULL) != n);
	buf_add(b, (struct str){text, tidy_exponent(text, (size_t)len)});
}
