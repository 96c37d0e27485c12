/* JSON documents: yyjson, with memory that is used again for each. */

#include "base/json.h"

#include <math.h>
#include <stdlib.h>
#include <yyjson.h>

/* yyjson reads up to this many bytes behind a text that it may change. */
#define PADDING 4
/* No document makes a parser hold less, so that ordinary lines never allocate. */
#define HELD_MIN ((size_t)64 << 10)
/* What a parser may hold beyond the document in hand. */
#define HELD_MAX ((size_t)8 << 20)

/*
 * yyjson asks for one piece of memory per document, for its values, and makes it larger
 * when they do not fit. So the allocator is one block that stays for the next document. The
 * text goes into a second block, because yyjson unescapes it in place; left to itself
 * it would copy the text too, into memory that is new each time.
 */
struct json_parser {
	struct buf text;
	void *values;
	size_t values_cap;
};

static void *
values_alloc(void *ctx, size_t size)
{
	struct json_parser *p = ctx;

	if (size > p->values_cap) {
		free(p->values);
		p->values_cap = size < HELD_MIN ? HELD_MIN : size;
		p->values = malloc(p->values_cap);
		if (p->values == NULL)
			arena_exhausted();
	}
	return p->values;
}

static void *
values_grow(void *ctx, void *at, size_t old_size, size_t size)
{
	struct json_parser *p = ctx;

	(void)at;
	(void)old_size;
	if (size > p->values_cap) {
		p->values = realloc(p->values, size);
		if (p->values == NULL)
			arena_exhausted();
		p->values_cap = size;
	}
	return p->values;
}

static void
values_keep(void *ctx, void *at)
{
	(void)ctx;
	(void)at;
}

struct json_parser *
json_parser_new(void)
{
	struct json_parser *p = calloc(1, sizeof *p);

	if (p == NULL)
		arena_exhausted();
	return p;
}

static void
parser_release(struct json_parser *p)
{
	buf_free(&p->text);
	free(p->values);
	p->values = NULL;
	p->values_cap = 0;
}

void
json_parser_free(struct json_parser *p)
{
	if (p == NULL)
		return;
	parser_release(p);
	free(p);
}

/* yyjson's functions take pointers to values they do not change, without const. */
static yyjson_val *
value(const struct json *v)
{
	return (yyjson_val *)(uintptr_t)v;
}

static const struct json *
handle(const yyjson_val *v)
{
	return (const struct json *)v;
}

/*
 * True when nothing in root lies deeper than JSON_DEPTH_MAX. A container's
 * values lie in a row behind it, so one that holds no more of them than levels are left
 * is passed over whole: an ordinary document costs one comparison.
 */
static bool
depth_ok(yyjson_val *root)
{
	const yyjson_val *ends[JSON_DEPTH_MAX];
	yyjson_val *v = root, *end;
	size_t depth = 0;

	if (!unsafe_yyjson_is_ctn(root))
		return true;
	for (end = unsafe_yyjson_get_next(root); v < end;) {
		yyjson_val *next = unsafe_yyjson_get_next(v);

		while (depth > 0 && v >= ends[depth - 1])
			depth--;
		if (!unsafe_yyjson_is_ctn(v) || (size_t)(next - v) <= JSON_DEPTH_MAX - depth) {
			v = next;
			continue;
		}
		if (depth == JSON_DEPTH_MAX)
			return false;
		ends[depth++] = next;
		v++;
	}
	return true;
}

static const struct json *
refuse(struct json_error *error, const char *what, size_t offset)
{
	error->what = what;
	error->offset = offset;
	return NULL;
}

static yyjson_doc *
read(struct json_parser *p, struct str text, yyjson_read_flag flags, yyjson_read_err *err)
{
	const yyjson_alc alc = {values_alloc, values_grow, values_keep, p};
	char *copy;

	p->text.len = 0;
	copy = buf_reserve(&p->text, text.len + PADDING);
	memcpy(copy, text.at, text.len);
	memset(copy + text.len, 0, PADDING);
	return yyjson_read_opts(copy, text.len,
	                        flags | YYJSON_READ_INSITU | YYJSON_READ_STOP_WHEN_DONE, &alc, err);
}

/* In our own words: the library's change from one version to the next. */
static const char *
reason_of(yyjson_read_code code)
{
	const struct {
		yyjson_read_code code;
		const char *text;
	} reasons[] = {
	    {YYJSON_READ_ERROR_EMPTY_CONTENT, "no value"},
	    {YYJSON_READ_ERROR_UNEXPECTED_END, "unexpected end"},
	    {YYJSON_READ_ERROR_UNEXPECTED_CHARACTER, "unexpected character"},
	    {YYJSON_READ_ERROR_JSON_STRUCTURE, "a bracket, comma or colon in the wrong place"},
	    {YYJSON_READ_ERROR_INVALID_NUMBER, "no valid number"},
	    {YYJSON_READ_ERROR_INVALID_STRING, "no valid string"},
	    {YYJSON_READ_ERROR_LITERAL, "an unknown word"},
	};
	for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
		if (reasons[i].code == code)
			return reasons[i].text;
	return "it can't be read";
}

const struct json *
json_parse(struct json_parser *p, struct str text, size_t *used, struct json_error *error)
{
	size_t held = p->text.cap + p->values_cap;
	yyjson_read_err err;
	yyjson_doc *doc;

	if (held > HELD_MAX && text.len < held / 16)
		parser_release(p);
	if (text.len == 0)
		return refuse(error, "no value", 0);
	doc = read(p, text, YYJSON_READ_NOFLAG, &err);
	/* 1e999 is JSON, RFC 8259 6, but no double; asking for it each time would cost time. */
	if (doc == NULL && err.code == YYJSON_READ_ERROR_INVALID_NUMBER)
		doc = read(p, text, YYJSON_READ_BIGNUM_AS_RAW, &err);
	if (doc == NULL)
		return refuse(error, reason_of(err.code), err.pos);
	if (yyjson_doc_get_val_count(doc) > JSON_DEPTH_MAX && !depth_ok(yyjson_doc_get_root(doc)))
		return refuse(error, "nested too deep", 0);
	*used = yyjson_doc_get_read_size(doc);
	return handle(yyjson_doc_get_root(doc));
}

const struct json *
json_get(const struct json *v, struct str key)
{
	if (key.len == 0)
		key.at = "";
	return handle(yyjson_obj_getn(value(v), key.at, key.len));
}

const struct json *
json_at(const struct json *v, size_t index)
{
	return handle(yyjson_arr_get(value(v), index));
}

size_t
json_len(const struct json *v)
{
	return yyjson_is_ctn(value(v)) ? unsafe_yyjson_get_len(value(v)) : 0;
}

struct json_iter
json_iter(const struct json *v)
{
	struct json_iter it = {.left = json_len(v), .is_object = json_is_object(v)};

	if (it.left > 0)
		it.cursor = handle(unsafe_yyjson_get_first(value(v)));
	return it;
}

bool
json_next(struct json_iter *it)
{
	yyjson_val *at = value(it->cursor);

	if (it->left == 0)
		return false;
	it->left--;
	if (it->is_object) {
		it->key = (struct str){unsafe_yyjson_get_str(at), unsafe_yyjson_get_len(at)};
		at++;
	}
	it->value = handle(at);
	it->cursor = handle(unsafe_yyjson_get_next(at));
	return true;
}

bool
json_is_object(const struct json *v)
{
	return yyjson_is_obj(value(v));
}

bool
json_is_array(const struct json *v)
{
	return yyjson_is_arr(value(v));
}

bool
json_is_string(const struct json *v)
{
	return yyjson_is_str(value(v));
}

bool
json_is_null(const struct json *v)
{
	return yyjson_is_null(value(v));
}

struct str
json_text(const struct json *v)
{
	if (!yyjson_is_str(value(v)))
		return (struct str){NULL, 0};
	return (struct str){unsafe_yyjson_get_str(value(v)), unsafe_yyjson_get_len(value(v))};
}

bool
json_true(const struct json *v)
{
	return yyjson_is_true(value(v));
}

bool
json_false(const struct json *v)
{
	return yyjson_is_false(value(v));
}

bool
json_u64(const struct json *v, uint64_t *n)
{
	double real;

	if (yyjson_is_uint(value(v))) {
		if (unsafe_yyjson_get_uint(value(v)) > INT64_MAX)
			return false;
		*n = unsafe_yyjson_get_uint(value(v));
		return true;
	}
	if (!yyjson_is_real(value(v)))
		return false;
	real = unsafe_yyjson_get_real(value(v));
	if (!(real >= 0 && real < 0x1p63))
		return false;
	*n = (uint64_t)real;
	return true;
}

bool
json_double(const struct json *v, double *n)
{
	double real;

	if (yyjson_is_num(value(v))) {
		*n = yyjson_get_num(value(v));
		return true;
	}
	/* A number too large for yyjson's types; see json_parse. yyjson ends it by NUL. */
	if (!yyjson_is_raw(value(v)))
		return false;
	real = strtod(unsafe_yyjson_get_raw(value(v)), NULL);
	if (!isfinite(real))
		return false;
	*n = real;
	return true;
}

const char *
json_library(void)
{
	return "yyjson " YYJSON_VERSION_STRING;
}
