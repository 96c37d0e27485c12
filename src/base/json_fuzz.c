/* Any bytes as JSON: the checked document, the raw walk and the mended text must tell the same. */
#include "base/json.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct door {
	struct arena arena;
	struct json_parser *parser, *other;
	bool as_written; /* no backslash: keys are what they look like */
};

#define claim(holds) ((holds) ? (void)0 : broken(#holds, __LINE__))

static _Noreturn void
broken(const char *holds, int line)
{
	fprintf(stderr, "line %d: %s\n", line, holds);
	abort();
}

static bool
lies_in(struct str inner, struct str outer)
{
	return inner.len == 0 || (inner.at >= outer.at && inner.len <= outer.len &&
	                          (size_t)(inner.at - outer.at) <= outer.len - inner.len);
}

static struct str
quoted(struct arena *a, struct str inner)
{
	struct str parts[] = {STR("\""), inner, STR("\"")};
	return arena_join(a, parts, 3);
}

/* json_raw_get and json_raw_enter find what json_get finds. */
static void
compare_lookup(const struct door *d, const struct json *v, struct json_raw raw, struct str key)
{
	struct json_raw found = json_raw_get(raw, key), open = json_raw_enter(raw, key);
	claim((found.text.len == 0) == (open.text.len == 0));
	if (found.text.len > 0)
		claim(open.text.at == found.text.at && open.text.len >= found.text.len &&
		      lies_in(open.text, raw.text));
	if (!d->as_written)
		return;
	const struct json *value = json_get(v, key);
	claim((value == NULL) == (found.text.len == 0));
	if (json_is_string(value))
		claim(
		    str_eq(json_text(value), (struct str){found.text.at + 1, found.text.len - 2}));
}

static void
compare(struct door *d, const struct json *v, struct json_raw raw, size_t depth)
{
	char type = json_raw_type(raw);
	claim(depth <= JSON_DEPTH_MAX);
	claim(json_is_object(v) == (type == '{') && json_is_array(v) == (type == '[') &&
	      json_is_string(v) == (type == '"') && json_is_null(v) == (type == 'n') &&
	      json_true(v) == (type == 't') && json_false(v) == (type == 'f'));
	if (type == '"') {
		struct str text = json_raw_text(&d->arena, raw);
		claim(str_eq(text, json_text(v)) && utf8_valid(text));
		return;
	}
	struct json_iter it = json_iter(v);
	struct json_raw_iter walk = json_raw_iter(raw);
	size_t count = 0;
	for (; json_next(&it); count++) {
		claim(json_raw_next(&walk) && lies_in(walk.value.text, raw.text));
		if (type == '{') {
			struct json_raw key = {quoted(&d->arena, walk.key)};
			claim(str_eq(json_raw_text(&d->arena, key), it.key));
			if (count < 8)
				compare_lookup(d, v, raw, walk.key);
		}
		compare(d, it.value, walk.value, depth + 1);
	}
	claim(count == json_len(v) && !json_raw_next(&walk));
}

/* Walks what need not be JSON: nothing leaves the view, and each walk ends. */
static void
wander(struct arena *a, struct json_raw raw, int depth)
{
	struct str all = raw.text;
	struct json_raw_iter it = json_raw_iter(raw);
	size_t count = 0;
	(void)json_raw_text(a, raw);
	(void)json_raw_compact(a, raw);
	while (json_raw_next(&it)) {
		claim(lies_in(it.value.text, all) && lies_in(it.key, all) && count++ < all.len);
		if (count < 4)
			claim(lies_in(json_raw_get(raw, it.key).text, all) &&
			      lies_in(json_raw_enter(raw, it.key).text, all));
		if (depth < 8)
			wander(a, it.value, depth + 1);
	}
}

static void
compare_document(struct door *d, const struct json *v, struct str text)
{
	struct json_raw raw = json_raw_of(text);
	struct json_error error;
	size_t used;
	claim(lies_in(raw.text, text));
	d->as_written = str_find_byte(raw.text, '\\') == STR_NONE;
	compare(d, v, raw, 0);
	struct str dense = json_raw_compact(&d->arena, raw);
	v = json_parse(d->other, dense, &used, &error);
	claim(v != NULL && used == dense.len && dense.len <= raw.text.len);
	compare(d, v, json_raw_of(dense), 0);
	struct str again = json_raw_compact(&d->arena, (struct json_raw){dense});
	claim(again.at == dense.at && again.len == dense.len);
}

/* Everything in a mended document may leave: valid, and without U+0000. */
static void
check_texts(const struct json *v)
{
	struct str text = json_text(v);
	claim(utf8_valid(text) && str_find_byte(text, '\0') == STR_NONE);
	for (struct json_iter it = json_iter(v); json_next(&it);) {
		claim(utf8_valid(it.key) && str_find_byte(it.key, '\0') == STR_NONE);
		check_texts(it.value);
	}
}

static void
check_repair(struct door *d, struct str text, bool parsed, size_t used)
{
	struct json_error error;
	size_t mended_used;
	struct str mended = json_repair(&d->arena, text);
	struct str twice = json_repair(&d->arena, mended);
	claim(utf8_valid(mended) && twice.at == mended.at && twice.len == mended.len);
	claim(!utf8_valid(text) || mended.len == text.len);
	if (mended.at == text.at)
		claim(mended.len == text.len);
	const struct json *v = json_parse(d->parser, mended, &mended_used, &error);
	claim(!parsed || v != NULL);
	if (v == NULL)
		return;
	check_texts(v);
	compare_document(d, v, str_head(mended, mended_used));
	size_t eaten = utf8_repaired_from(text, mended_used);
	claim(eaten <= text.len && (!parsed || eaten == used));
}

static void
check_writing(struct door *d, struct str text)
{
	struct buf b = {0};
	struct json_error error;
	size_t used;
	json_put_text(&b, utf8_repair(&d->arena, text));
	const struct json *v = json_parse(d->parser, buf_str(&b), &used, &error);
	claim(v != NULL && used == b.len && str_eq(json_text(v), utf8_repair(&d->arena, text)));
	buf_clear(&b);
	double n = 0, back = 0;
	if (text.len >= sizeof n)
		memcpy(&n, text.at, sizeof n);
	json_put_double(&b, n);
	v = json_parse(d->parser, buf_str(&b), &used, &error);
	claim(v != NULL && used == b.len);
	if (json_double(v, &back))
		claim(back == n);
	else
		claim(json_is_string(v));
	buf_free(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct door d = {.parser = json_parser_new(), .other = json_parser_new()};
	struct str text = {(const char *)data, size};
	struct json_error error = {"", 0};
	size_t used = 0;
	const struct json *v = json_parse(d.parser, text, &used, &error);
	claim(v == NULL ? error.what[0] != '\0' && error.offset <= size : used <= size);
	if (v != NULL && utf8_valid(text))
		compare_document(&d, v, str_head(text, used));
	claim(json_holds_nul(text) == str_has(text, STR("\\u0000")));
	wander(&d.arena, json_raw_of(text), 0);
	wander(&d.arena, (struct json_raw){text}, 0);
	check_repair(&d, text, v != NULL, used);
	check_writing(&d, text);
	json_parser_free(d.parser);
	json_parser_free(d.other);
	arena_free(&d.arena);
	return 0;
}
