/* Percent-encoding. RFC 3986 2.1 */
#include "base/percent.h"

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 32);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool
percent_decode(struct arena *a, struct str text, struct str *out)
{
	char *to = arena_bytes(a, text.len);
	size_t len = 0;
	bool ok = true;
	for (size_t i = 0; i < text.len; i++) {
		int high = -1, low = -1;
		if (text.at[i] == '%' && i + 2 < text.len) {
			high = hex_digit(text.at[i + 1]);
			low = hex_digit(text.at[i + 2]);
		}
		if (high >= 0 && low >= 0) {
			to[len++] = (char)(high * 16 + low);
			i += 2;
			continue;
		}
		ok &= text.at[i] != '%';
		to[len++] = text.at[i];
	}
	*out = (struct str){to, len};
	return ok;
}
