#ifndef BASE_JSON_PRIVATE_H
#define BASE_JSON_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

/* What the readers and writers of escaped text share. */

#define JSON_ONES UINT64_C(0x0101010101010101)
#define JSON_HIGHS UINT64_C(0x8080808080808080)

/* "\uXXXX" */
#define JSON_ESCAPE_LEN 6

/* Eight bytes, the first one lowest, so that the lowest set bit of a mask is the first byte. */
static inline uint64_t
json_word(const char *at)
{
	uint64_t word;

	memcpy(&word, at, sizeof word);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	word = __builtin_bswap64(word);
#endif
	return word;
}

/* The high bit of each byte of word that is `byte`; exact up to the first such. */
static inline uint64_t
json_word_has(uint64_t word, unsigned char byte)
{
	uint64_t difference = word ^ JSON_ONES * byte;

	return (difference - JSON_ONES) & ~difference & JSON_HIGHS;
}

/* The code unit of a "\uXXXX" at the start of s, or UINT32_MAX when there is none. */
static inline uint32_t
json_escape_unit(struct str s)
{
	uint32_t unit = 0;

	if (s.len < JSON_ESCAPE_LEN || s.at[0] != '\\' || s.at[1] != 'u')
		return UINT32_MAX;
	for (size_t i = 2; i < JSON_ESCAPE_LEN; i++) {
		unsigned char c = (unsigned char)s.at[i];
		unsigned char letter = (unsigned char)((c | 0x20) - 'a');

		if (c >= '0' && c <= '9')
			unit = unit << 4 | (uint32_t)(c - '0');
		else if (letter < 6)
			unit = unit << 4 | (letter + 10u);
		else
			return UINT32_MAX;
	}
	return unit;
}

static inline bool
json_unit_is_high(uint32_t unit)
{
	return unit >= 0xd800 && unit < 0xdc00;
}

static inline bool
json_unit_is_low(uint32_t unit)
{
	return unit >= 0xdc00 && unit < 0xe000;
}

#endif
