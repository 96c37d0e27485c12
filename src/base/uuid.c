/* Uuids, as text and as 16 bytes. */

#include "base/uuid.h"

#include <stddef.h>
#include <string.h>

#define EACH_BYTE(n) (UINT64_C(0x0101010101010101) * (n))

/* The value of eight digits, or false: all at once, since every line of a transcript has four
 * uuids. */
static inline bool
take_digits(const char at[8], uint64_t *value)
{
	uint64_t text, n, letters;

	memcpy(&text, at, sizeof text);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	text = __builtin_bswap64(text);
#endif
	n = (text & EACH_BYTE(0x0f)) + (text >> 6 & EACH_BYTE(1)) * 9;
	letters = (n + EACH_BYTE(6)) >> 4 & EACH_BYTE(1);
	if ((n & EACH_BYTE(0xf0)) != 0 || n + EACH_BYTE('0') + letters * ('a' - '0' - 10) != text)
		return false;
	/* The first digit is in the lowest byte, and goes to the highest place. */
	n = (n << 4 | n >> 8) & UINT64_C(0x00ff00ff00ff00ff);
	n = (n << 8 | n >> 16) & UINT64_C(0x0000ffff0000ffff);
	*value = (n << 16 | n >> 32) & UINT32_MAX;
	return true;
}

bool
uuid_pack(struct str s, uint64_t words[2])
{
	uint64_t parts[4];
	char digits[32];

	if (s.len != UUID_LEN || s.at[8] != '-' || s.at[13] != '-' || s.at[18] != '-' ||
	    s.at[23] != '-')
		return false;
	memcpy(digits, s.at, 8);
	memcpy(digits + 8, s.at + 9, 4);
	memcpy(digits + 12, s.at + 14, 4);
	memcpy(digits + 16, s.at + 19, 4);
	memcpy(digits + 20, s.at + 24, 12);
	for (size_t i = 0; i < 4; i++) {
		if (!take_digits(digits + 8 * i, &parts[i]))
			return false;
	}
	words[0] = parts[0] << 32 | parts[1];
	words[1] = parts[2] << 32 | parts[3];
	return words[1] >> 62 == 2;
}

void
uuid_spell(const uint64_t words[2], char text[UUID_LEN])
{
	static const char hex[] = "0123456789abcdef";
	size_t len = 0;

	for (size_t i = 0; i < 32; i++) {
		if (i == 8 || i == 12 || i == 16 || i == 20)
			text[len++] = '-';
		text[len++] = hex[words[i / 16] >> (60 - 4 * (i % 16)) & 15];
	}
}
