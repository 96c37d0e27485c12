/* Checked JSON text, walked without parsing it again. */

#include "base/json.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "base/json_private.h"

/* Most strings are shorter. */
#define NEAR_BYTES 32

static struct str
skip_space(struct str s)
{
	size_t at = 0;

	while (at < s.len &&
	       (s.at[at] == ' ' || s.at[at] == '\t' || s.at[at] == '\n' || s.at[at] == '\r'))
		at++;
	return str_skip(s, at);
}

/* Bit n: byte n of 16 is `byte`. */
static inline uint64_t
sixteen_have(const char *at, unsigned char byte)
{
#ifdef __SSE2__
	__m128i bytes, same;

	memcpy(&bytes, at, sizeof bytes);
	same = _mm_cmpeq_epi8(bytes, _mm_set1_epi8((char)byte));
	return (unsigned)_mm_movemask_epi8(same);
#else
	uint64_t bits = 0;

	for (size_t i = 0; i < 2; i++) {
		uint64_t word = json_word(at + 8 * i) ^ JSON_ONES * byte;
		/* The high bit of each byte that is zero, then one bit for each. */
		uint64_t same = ~(((word & ~JSON_HIGHS) + ~JSON_HIGHS) | word | ~JSON_HIGHS);

		bits |= (same >> 7) * UINT64_C(0x0102040810204080) >> 56 << 8 * i;
	}
	return bits;
#endif
}

/* The offset of the first quote at or behind `at`, or s.len. */
static size_t
find_quote(struct str s, size_t at)
{
	const char *quote;

	/* Nine of ten strings end here, and a branch that goes one way costs nothing. */
	if (at < s.len && s.len - at >= NEAR_BYTES) {
		uint64_t near = sixteen_have(s.at + at, '"') | sixteen_have(s.at + at + 16, '"')
		                                                   << 16;

		if (near != 0)
			return at + (size_t)__builtin_ctzll(near);
		at += NEAR_BYTES;
	}
	quote = at < s.len ? memchr(s.at + at, '"', s.len - at) : NULL;
	return quote == NULL ? s.len : (size_t)(quote - s.at);
}

/* The length, quotes included, of the string at the start of s; 0 when it does not end. */
static size_t
string_len(struct str s)
{
	size_t from = 1;

	for (;;) {
		size_t quote = find_quote(s, from), slash = quote;

		if (quote >= s.len)
			return 0;
		while (slash > from && s.at[slash - 1] == '\\')
			slash--;
		if ((quote - slash) % 2 == 0)
			return quote + 1;
		from = quote + 1;
	}
}

/* The length of the object or array at the start of s; 0 when it does not end. */
static size_t
nest_len(struct str s)
{
	static const signed char steps[256] = {['{'] = 1, ['['] = 1, ['}'] = -1, [']'] = -1};
	size_t at = 0, depth = 0;

	while (at < s.len) {
		unsigned char c = (unsigned char)s.at[at];

		if (c == '"') {
			size_t len = string_len(str_skip(s, at));

			if (len == 0)
				return 0;
			at += len;
			continue;
		}
		depth += (size_t)steps[c];
		at++;
		if (depth == 0)
			return at;
	}
	return 0;
}

/* The length of the value at the start of s; 0 when there is none. */
static size_t
value_len(struct str s)
{
	static const char ends[] = ",:]}[{\" \t\n\r";
	size_t at = 0;

	if (s.len == 0)
		return 0;
	if (s.at[0] == '"')
		return string_len(s);
	if (s.at[0] == '{' || s.at[0] == '[')
		return nest_len(s);
	while (at < s.len && memchr(ends, s.at[at], sizeof ends - 1) == NULL)
		at++;
	return at;
}

struct json_raw
json_raw_of(struct str text)
{
	size_t len;

	text = skip_space(text);
	len = value_len(text);
	return (struct json_raw){len == 0 ? (struct str){NULL, 0} : str_head(text, len)};
}

struct json_raw_iter
json_raw_iter(struct json_raw v)
{
	char type = json_raw_type(v);

	if (type != '{' && type != '[')
		return (struct json_raw_iter){0};
	return (struct json_raw_iter){.rest = str_skip(v.text, 1), .is_object = type == '{'};
}

/* Takes `"key" :` and the space around it off *rest. */
static bool
take_key(struct str *rest, struct str *key)
{
	size_t len = rest->len > 0 && rest->at[0] == '"' ? string_len(*rest) : 0;

	if (len == 0)
		return false;
	*key = (struct str){rest->at + 1, len - 2};
	*rest = skip_space(str_skip(*rest, len));
	if (rest->len == 0 || rest->at[0] != ':')
		return false;
	*rest = skip_space(str_skip(*rest, 1));
	return true;
}

bool
json_raw_next(struct json_raw_iter *it)
{
	struct str rest = skip_space(it->rest);
	size_t len;

	it->rest = (struct str){NULL, 0};
	if (rest.len > 0 && rest.at[0] == ',')
		rest = skip_space(str_skip(rest, 1));
	if (it->is_object && !take_key(&rest, &it->key))
		return false;
	len = value_len(rest);
	if (len == 0)
		return false;
	it->value.text = str_head(rest, len);
	it->rest = str_skip(rest, len);
	return true;
}

struct json_raw
json_raw_enter(struct json_raw v, struct str key)
{
	struct json_raw_iter it = json_raw_iter(v);

	while (it.is_object) {
		struct str rest = skip_space(it.rest);
		size_t len;

		if (rest.len > 0 && rest.at[0] == ',')
			rest = skip_space(str_skip(rest, 1));
		if (!take_key(&rest, &it.key))
			break;
		if (str_eq(it.key, key) && rest.len > 0 && (rest.at[0] == '{' || rest.at[0] == '['))
			return (struct json_raw){rest};
		len = value_len(rest);
		if (len == 0)
			break;
		if (str_eq(it.key, key))
			return (struct json_raw){str_head(rest, len)};
		it.rest = str_skip(rest, len);
	}
	return (struct json_raw){0};
}

struct json_raw
json_raw_get(struct json_raw v, struct str key)
{
	struct json_raw_iter it = json_raw_iter(v);

	if (!it.is_object)
		return (struct json_raw){0};
	while (json_raw_next(&it)) {
		if (str_eq(it.key, key))
			return it.value;
	}
	return (struct json_raw){0};
}

/* Writes code as UTF-8; gives its length. */
static size_t
put_character(char *to, uint32_t code)
{
	if (code < 0x80) {
		to[0] = (char)code;
		return 1;
	}
	if (code < 0x800) {
		to[0] = (char)(0xc0 | code >> 6);
		to[1] = (char)(0x80 | (code & 0x3f));
		return 2;
	}
	if (code < 0x10000) {
		to[0] = (char)(0xe0 | code >> 12);
		to[1] = (char)(0x80 | (code >> 6 & 0x3f));
		to[2] = (char)(0x80 | (code & 0x3f));
		return 3;
	}
	to[0] = (char)(0xf0 | code >> 18);
	to[1] = (char)(0x80 | (code >> 12 & 0x3f));
	to[2] = (char)(0x80 | (code >> 6 & 0x3f));
	to[3] = (char)(0x80 | (code & 0x3f));
	return 4;
}

/* Unescapes the backslash at the start of s into `to`; gives how many bytes of s that
 * were. Writes no more bytes than it reads. */
static size_t
unescape_one(struct str s, char *to, size_t *wrote)
{
	static const char meanings[256] = {
	    ['b'] = '\b', ['f'] = '\f', ['n'] = '\n', ['r'] = '\r', ['t'] = '\t'};
	uint32_t unit = json_escape_unit(s), low;
	char meaning;

	*wrote = 1;
	if (s.len < 2) {
		to[0] = '\\';
		return 1;
	}
	if (unit == UINT32_MAX) {
		meaning = meanings[(unsigned char)s.at[1]];
		to[0] = meaning == 0 ? s.at[1] : meaning;
		return 2;
	}
	if (json_unit_is_high(unit)) {
		low = json_escape_unit(str_skip(s, JSON_ESCAPE_LEN));
		if (json_unit_is_low(low)) {
			*wrote = put_character(to,
			                       0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00));
			return (size_t)2 * JSON_ESCAPE_LEN;
		}
	}
	*wrote = put_character(to,
	                       json_unit_is_high(unit) || json_unit_is_low(unit) ? 0xfffd : unit);
	return JSON_ESCAPE_LEN;
}

/* Unescapes s into `to`, which has room for s.len bytes. */
static size_t
unescape(struct str s, char *to)
{
	size_t at = 0, out = 0, wrote;

	while (at < s.len) {
		/* out never passes at, so that eight bytes fit there when they fit here. */
		if (s.len - at >= 8) {
			uint64_t mask = json_word_has(json_word(s.at + at), '\\');
			size_t run = mask == 0 ? 8 : (size_t)__builtin_ctzll(mask) / 8;

			memcpy(to + out, s.at + at, 8);
			at += run;
			out += run;
			if (run == 8)
				continue;
		} else if (s.at[at] != '\\') {
			to[out++] = s.at[at++];
			continue;
		}
		at += unescape_one(str_skip(s, at), to + out, &wrote);
		out += wrote;
	}
	return out;
}

struct str
json_raw_text(struct arena *a, struct json_raw v)
{
	struct str inner;
	size_t clean;
	char *to;

	if (json_raw_type(v) != '"' || v.text.len < 2)
		return (struct str){NULL, 0};
	inner = (struct str){v.text.at + 1, v.text.len - 2};
	clean = str_find_byte(inner, '\\');
	if (clean == STR_NONE)
		return inner;
	to = arena_bytes(a, inner.len);
	memcpy(to, inner.at, clean);
	return (struct str){to, clean + unescape(str_skip(inner, clean), to + clean)};
}

/* How many bytes at the start of s, which starts between tokens, hold no white
 * space outside strings. */
static size_t
compact_run(struct str s)
{
	size_t at = 0;

	while (at < s.len) {
		char c = s.at[at];
		size_t len = 1;

		if (c == '"')
			len = string_len(str_skip(s, at));
		else if (c == ' ' || c == '\t' || c == '\n' || c == '\r')
			return at;
		if (len == 0)
			return s.len;
		at += len;
	}
	return at;
}

struct str
json_raw_compact(struct arena *a, struct json_raw v)
{
	struct str rest = v.text;
	size_t run = compact_run(rest), out = 0;
	char *to;

	if (run == rest.len)
		return rest;
	to = arena_bytes(a, rest.len);
	for (; rest.len > 0; run = compact_run(rest)) {
		memcpy(to + out, rest.at, run);
		out += run;
		rest = skip_space(str_skip(rest, run));
	}
	return (struct str){to, out};
}
