/* JSON text, mended where writers are known to break it. */

#include "base/json.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "base/json_private.h"
#include "base/utf8.h"

/*
 * Looks at the backslash at the start of s. *lone: it begins an escape that no text
 * may hold: a NUL or half a surrogate pair. Gives the length of the escape or pair.
 */
static size_t
escape_len(struct str s, bool *lone)
{
	uint32_t unit = json_escape_unit(s);

	*lone = false;
	if (unit == UINT32_MAX)
		return 2;
	if (json_unit_is_high(unit) &&
	    json_unit_is_low(json_escape_unit(str_skip(s, JSON_ESCAPE_LEN))))
		return (size_t)2 * JSON_ESCAPE_LEN;
	*lone = unit == 0 || json_unit_is_high(unit) || json_unit_is_low(unit);
	return JSON_ESCAPE_LEN;
}

/* The offset of the first escape at or behind from that is to be mended, or STR_NONE. */
static size_t
find_lone(struct str text, size_t from)
{
	bool lone;

	while (from < text.len) {
		size_t next = str_find_byte(str_skip(text, from), '\\'), len;

		if (next == STR_NONE)
			break;
		from += next;
		len = escape_len(str_skip(text, from), &lone);
		if (lone)
			return from;
		from += len;
	}
	return STR_NONE;
}

bool
json_holds_nul(struct str text)
{
	static const struct str escape = STR_INIT("\\u0000");
	size_t at = 0;

#ifdef __SSE2__
	/* Sixteen places at a time: a backslash, and behind it a 'u'. */
	for (; at + 17 <= text.len; at += 16) {
		__m128i here, behind;
		unsigned found;

		memcpy(&here, text.at + at, sizeof here);
		memcpy(&behind, text.at + at + 1, sizeof behind);
		found = (unsigned)_mm_movemask_epi8(
		    _mm_and_si128(_mm_cmpeq_epi8(here, _mm_set1_epi8('\\')),
		                  _mm_cmpeq_epi8(behind, _mm_set1_epi8('u'))));
		for (; found != 0; found &= found - 1)
			if (str_starts(str_skip(text, at + (size_t)__builtin_ctz(found)), escape))
				return true;
	}
#endif
	return str_has(str_skip(text, at), escape);
}

struct str
json_repair(struct arena *a, struct str text)
{
	struct str whole = utf8_repair(a, text);
	size_t at = find_lone(whole, 0);
	char *mended;

	if (at == STR_NONE)
		return whole;
	mended = arena_bytes(a, whole.len);
	memcpy(mended, whole.at, whole.len);
	for (; at != STR_NONE; at = find_lone(whole, at + JSON_ESCAPE_LEN))
		memcpy(mended + at, "\\ufffd", JSON_ESCAPE_LEN);
	return (struct str){mended, whole.len};
}
