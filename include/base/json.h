#ifndef BASE_JSON_H
#define BASE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/str.h"

/*
 * JSON in three forms. All text handed out is valid UTF-8.
 *
 * 1. json_parse: a document, checked in full, for the first reading of a line.
 * 2. struct json_raw: a view of JSON *text* that was checked before, walked
 *    without parsing it again or unescaping it. Safe on any bytes: on text that is
 *    not JSON its answers are meaningless but stay inside the view.
 * 3. Writing: json_put_*.
 */

#define JSON_DEPTH_MAX 512

/* ---- 1. documents ---- */

struct json;        /* a value inside a document; NULL is accepted and behaves as a missing value */
struct json_parser; /* memory that is used again for each document; one per thread */

struct json_parser *json_parser_new(void);
void json_parser_free(struct json_parser *p);

struct json_error {
	const char *what; /* static text */
	size_t offset;    /* byte in text where it was found */
};

/*
 * Parses the first value in text, which must be valid UTF-8 apart from
 * what json_repair mends. Gives NULL and fills *error when there is none, or when it
 * nests deeper than JSON_DEPTH_MAX. *used is the number of bytes up to the end of
 * the value. The document lives until the next json_parse with p.
 * text itself is not changed.
 */
const struct json *json_parse(struct json_parser *p, struct str text, size_t *used,
                              struct json_error *error);

/*
 * The text in a form that json_parse and the raw walk accept, byte for byte as
 * long except where UTF-8 is invalid: lone surrogate escapes and \u0000 become
 * \ufffd (claude-code-transcripts 14, otlp 13.4 and 13.5), invalid UTF-8 becomes U+FFFD.
 * text itself when nothing is to be mended. Lives in a.
 */
struct str json_repair(struct arena *a, struct str text);

/* True when the text holds \u0000, which json_parse accepts and json_repair mends; also for a
 * backslash that is itself escaped before "u0000". Fast: for every line. */
bool json_holds_nul(struct str text);

/* Members and elements; NULL when v is not of that type or has none such. The first of
 * equal keys counts. */
const struct json *json_get(const struct json *v, struct str key);
const struct json *json_at(const struct json *v, size_t index);
size_t json_len(const struct json *v); /* elements or members; 0 for anything else */

/* Iterates the members of an object or the elements of an array (key is then empty):
 *	for (struct json_iter it = json_iter(v); json_next(&it);) ... it.key, it.value ... */
struct json_iter {
	const struct json *value, *cursor;
	struct str key;
	size_t left;
	bool is_object;
};
struct json_iter json_iter(const struct json *v);
bool json_next(struct json_iter *it);

bool json_is_object(const struct json *v);
bool json_is_array(const struct json *v);
bool json_is_string(const struct json *v);
bool json_is_null(const struct json *v); /* a null that is there */

/* The text of a string, empty for anything else. Lives as long as the document. */
struct str json_text(const struct json *v);
static inline struct str
json_get_text(const struct json *v, struct str key)
{
	return json_text(json_get(v, key));
}

bool json_true(const struct json *v); /* the literal true */
bool json_false(const struct json *v);

/* A number as a non-negative integer. Floats are rounded down, 0 .. 2^63-1. False,
 * *n untouched, for anything else. */
bool json_u64(const struct json *v, uint64_t *n);
bool json_double(const struct json *v, double *n);

/* ---- 2. checked text ---- */

struct json_raw {
	struct str text; /* one value, without white space around it; empty: missing */
};

/* The view of the first value in text. */
struct json_raw json_raw_of(struct str text);

/* Members and elements without unescaping; keys are compared as written (a key
 * with an escape in it is never found). */
struct json_raw json_raw_get(struct json_raw v, struct str key);

/*
 * Like json_raw_get, for going further down: the text of an object or an array that is found goes
 * on to the end of v, so that its end need not be looked for. json_raw_get, json_raw_enter and
 * json_raw_iter stop where it ends.
 */
struct json_raw json_raw_enter(struct json_raw v, struct str key);

/* Iterates like json_iter. key is the raw text between the quotes. */
struct json_raw_iter {
	struct str rest;
	struct str key;
	struct json_raw value;
	bool is_object;
};
struct json_raw_iter json_raw_iter(struct json_raw v);
bool json_raw_next(struct json_raw_iter *it);

/* '{', '[', '"', or the first byte of a literal or number; 0: missing */
static inline char
json_raw_type(struct json_raw v)
{
	return v.text.len == 0 ? '\0' : v.text.at[0];
}

/* The unescaped text of a raw string (with its quotes); a view into it when there is
 * no backslash, else in a. Empty for anything else. */
struct str json_raw_text(struct arena *a, struct json_raw v);

/* The value without white space between its tokens; the view itself when it has none. */
struct str json_raw_compact(struct arena *a, struct json_raw v);

/* ---- 3. writing ---- */

/* A string with its quotes, escaped as otlp 4 and RFC 8259 ask. s must be valid UTF-8. */
void json_put_text(struct buf *b, struct str s);

/* Only the escaping, without the quotes. */
void json_put_escaped(struct buf *b, struct str s);

/* The shortest text that reads back as n; NaN and infinities as the strings of otlp 4. */
void json_put_double(struct buf *b, double n);

/* What --version shows: "yyjson 0.10.0". */
const char *json_library(void);

#endif
