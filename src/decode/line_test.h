#ifndef DECODE_LINE_TEST_H
#define DECODE_LINE_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "decode/claude.h"

/* One decoder for a test. */
struct bench {
	struct arena arena;
	struct intern *names;
	struct json_parser *parser;
};

static inline int
set_up(void **state)
{
	struct bench *b = calloc(1, sizeof *b);
	if (b == NULL)
		return 1;
	b->names = intern_new(1);
	b->parser = json_parser_new();
	*state = b;
	return 0;
}

static inline int
tear_down(void **state)
{
	struct bench *b = *state;
	intern_free(b->names);
	json_parser_free(b->parser);
	arena_free(&b->arena);
	free(b);
	return 0;
}

static inline const struct json *
parse(struct bench *b, const char *text)
{
	struct json_error error;
	size_t used;
	const struct json *v = json_parse(b->parser, str_of(text), &used, &error);
	assert_non_null(v);
	return v;
}

static inline struct record
decode(struct bench *b, const char *text)
{
	struct decoder d = {.arena = &b->arena, .names = b->names};
	struct record r = {0};
	const char *why = "";
	assert_true(claude_format.decode(&d, parse(b, text), &r, &why));
	return r;
}

static inline void
assert_name(struct bench *b, uint32_t ident, const char *expected)
{
	assert_true(str_eq(intern_str(b->names, ident), str_of(expected)));
}

#endif
