#include "base/json.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

struct fixture {
	struct arena arena;
	struct json_parser *parser;
	struct json_error error;
	size_t used;
};

static int
set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);

	f->parser = json_parser_new();
	*state = f;
	return 0;
}

static int
tear_down(void **state)
{
	struct fixture *f = *state;

	json_parser_free(f->parser);
	arena_free(&f->arena);
	free(f);
	return 0;
}

static const struct json *
parse(struct fixture *f, struct str text)
{
	return json_parse(f->parser, text, &f->used, &f->error);
}

static void
values_are_told_by_their_type(void **state)
{
	struct fixture *f = *state;
	const struct json *v = parse(
	    f, STR("{\"s\":\"a\\u0000\\ud83d\\ude00\",\"t\":true,\"f\":false,\"n\":null,"
	           "\"l\":[1,[2],3],\"s\":\"second\",\"\":0}"));

	assert_true(json_is_object(v));
	assert_int_equal(json_len(v), 7);
	assert_true(str_eq(json_get_text(v, STR("s")), STR("a\0\xf0\x9f\x98\x80")));
	assert_true(json_is_string(json_get(v, STR("s"))));
	assert_true(json_true(json_get(v, STR("t"))) && !json_false(json_get(v, STR("t"))));
	assert_true(json_false(json_get(v, STR("f"))) && !json_true(json_get(v, STR("f"))));
	assert_true(json_is_null(json_get(v, STR("n"))));
	assert_true(json_is_array(json_get(v, STR("l"))));
	assert_int_equal(json_len(json_get(v, STR("l"))), 3);
	assert_true(json_is_array(json_at(json_get(v, STR("l")), 1)));
	assert_null(json_at(json_get(v, STR("l")), 3));
	assert_non_null(json_get(v, (struct str){NULL, 0}));
}

static void
a_missing_value_has_no_content(void **state)
{
	struct json_iter it = json_iter(NULL);
	uint64_t n = 7;
	double x = 7;

	(void)state;
	assert_null(json_get(NULL, STR("a")));
	assert_null(json_at(NULL, 0));
	assert_int_equal(json_len(NULL), 0);
	assert_false(json_is_object(NULL) || json_is_array(NULL) || json_is_string(NULL) ||
	             json_is_null(NULL) || json_true(NULL) || json_false(NULL));
	assert_int_equal(json_text(NULL).len, 0);
	assert_false(json_u64(NULL, &n) || json_double(NULL, &x));
	assert_false(json_next(&it));
	json_parser_free(NULL);
}

static void
iterating_visits_every_member(void **state)
{
	struct fixture *f = *state;
	const struct json *v = parse(f, STR("{\"a\":[1,{\"x\":[]},2],\"b\":{},\"c\":\"d\"}"));
	struct json_iter it = json_iter(v), inner;
	size_t count = 0;

	assert_true(json_next(&it));
	assert_true(str_eq(it.key, STR("a")));
	for (inner = json_iter(it.value); json_next(&inner); count++)
		assert_int_equal(inner.key.len, 0);
	assert_int_equal(count, 3);
	assert_true(json_next(&it));
	assert_true(str_eq(it.key, STR("b")));
	inner = json_iter(it.value);
	assert_false(json_next(&inner));
	assert_true(json_next(&it));
	assert_true(str_eq(it.key, STR("c")));
	assert_true(str_eq(json_text(it.value), STR("d")));
	assert_false(json_next(&it));
	assert_false(json_next(&it));
	it = json_iter(json_get(v, STR("c")));
	assert_false(json_next(&it));
}

static void
several_values_on_a_line_are_read_one_by_one(void **state)
{
	struct fixture *f = *state;
	struct str text = STR(" {\"a\":1} [2]7 \"x\"");

	assert_true(json_is_object(parse(f, text)));
	assert_int_equal(f->used, 8);
	text = str_skip(text, f->used);
	assert_true(json_is_array(parse(f, text)));
	assert_int_equal(f->used, 4);
	text = str_skip(text, f->used);
	assert_non_null(parse(f, text));
	assert_int_equal(f->used, 1);
	text = str_skip(text, f->used);
	assert_true(str_eq(json_text(parse(f, text)), STR("x")));
	assert_int_equal(f->used, 4);
	assert_null(parse(f, str_skip(text, f->used)));
}

static void
bad_text_is_refused_with_its_offset(void **state)
{
	static const struct str texts[] = {
	    STR_INIT(""),         STR_INIT("  "),         STR_INIT("{\"a\":"),
	    STR_INIT("\0\0\0\0"), STR_INIT("\"\xff\""),   STR_INIT("\"\\ud83d\""),
	    STR_INIT("\"a\nb\""), STR_INIT("{\"a\":01}"), STR_INIT("[1,]"),
	    STR_INIT("NaN"),      STR_INIT("\"\\x\""),    STR_INIT("\""),
	    STR_INIT("tru"),      STR_INIT("{\"a\" 1}"),
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		f->error = (struct json_error){NULL, SIZE_MAX};
		assert_null(parse(f, texts[i]));
		assert_non_null(f->error.what);
		assert_true(f->error.offset <= texts[i].len);
	}
	assert_null(parse(f, STR("{\"a\":x}")));
	assert_int_equal(f->error.offset, 5);
}

/* depth brackets around content, as one value. */
static struct str
nested(struct fixture *f, size_t depth, const char *open, const char *close, const char *content)
{
	struct buf b = {0};
	struct str text;

	for (size_t i = 0; i < depth; i++)
		buf_add(&b, str_of(open));
	buf_add(&b, str_of(content));
	for (size_t i = 0; i < depth; i++)
		buf_add(&b, str_of(close));
	text = arena_str(&f->arena, buf_str(&b));
	buf_free(&b);
	return text;
}

static void
deep_nesting_is_refused(void **state)
{
	struct fixture *f = *state;
	struct buf flat = {0};

	assert_non_null(parse(f, nested(f, JSON_DEPTH_MAX, "[", "]", "")));
	assert_null(parse(f, nested(f, JSON_DEPTH_MAX + 1, "[", "]", "")));
	assert_string_equal(f->error.what, "nested too deep");
	assert_non_null(parse(f, nested(f, JSON_DEPTH_MAX, "{\"a\":", "}", "1")));
	assert_null(parse(f, nested(f, JSON_DEPTH_MAX, "{\"a\":", "}", "[]")));
	assert_null(parse(f, nested(f, 1000000, "[", "]", "")));
	/* Siblings on the way down and up change nothing; the deepest is two levels further in. */
	assert_non_null(parse(f, nested(f, JSON_DEPTH_MAX - 2, "[[1],[2,[3]],", ",[4],{}]", "1")));
	assert_null(parse(f, nested(f, JSON_DEPTH_MAX - 1, "[[1],[2,[3]],", ",[4],{}]", "1")));
	/* A long flat value is not a deep one. */
	buf_byte(&flat, '[');
	for (size_t i = 0; i < 3000; i++)
		BUF_LIT(&flat, "[[[]],{\"a\":[1]}],");
	BUF_LIT(&flat, "1]");
	assert_int_equal(json_len(parse(f, buf_str(&flat))), 3001);
	buf_free(&flat);
}

static void
numbers_that_fit_no_type_spare_the_rest(void **state)
{
	struct fixture *f = *state;
	const struct json *v = parse(f, STR("{\"a\":1e999,\"b\":123456789012345678901234567890}"));
	double x = 7;
	uint64_t n = 7;

	assert_non_null(v);
	assert_false(json_double(json_get(v, STR("a")), &x));
	assert_false(json_u64(json_get(v, STR("a")), &n));
	assert_false(json_u64(json_get(v, STR("b")), &n));
	assert_true(json_double(json_get(v, STR("b")), &x));
	assert_true(x > 1.2e29 && x < 1.3e29);
}

static void
integers_are_rounded_down_and_bounded(void **state)
{
	struct fixture *f = *state;
	const struct json *v = parse(f,
	                             STR("[0,9223372036854775807,9223372036854775808,-1,3.99,-0.5,"
	                                 "1e3,1e19,-0.0,\"1\",true]"));
	static const struct {
		bool ok;
		uint64_t n;
	} expected[] = {{true, 0}, {true, INT64_MAX}, {false, 7},   {false, 7},
	                {true, 3}, {false, 7},        {true, 1000}, {false, 7},
	                {true, 0}, {false, 7},        {false, 7}};

	assert_int_equal(json_len(v), sizeof expected / sizeof *expected);
	for (size_t i = 0; i < json_len(v); i++) {
		uint64_t n = 7;

		assert_int_equal(json_u64(json_at(v, i), &n), expected[i].ok);
		assert_true(n == expected[i].n);
	}
}

static void
a_parser_gives_memory_back_after_a_giant(void **state)
{
	struct fixture *f = *state;
	struct buf b = {0};

	/* Only that nothing breaks: large, small and growing documents in turn. */
	for (size_t size = 1; size < 30u << 20; size *= 7) {
		buf_clear(&b);
		buf_byte(&b, '[');
		for (size_t i = 0; i < size / 2; i++)
			BUF_LIT(&b, "0,");
		BUF_LIT(&b, "0]");
		assert_int_equal(json_len(parse(f, buf_str(&b))), size / 2 + 1);
		assert_int_equal(json_len(parse(f, STR("[1,2]"))), 2);
	}
	buf_free(&b);
}

static void
written(struct str text, struct str expected)
{
	struct buf b = {0};

	json_put_text(&b, text);
	assert_true(str_eq(buf_str(&b), expected));
	buf_free(&b);
}

static void
only_what_must_be_is_escaped(void **state)
{
	(void)state;
	written(STR(""), STR("\"\""));
	written((struct str){NULL, 0}, STR("\"\""));
	written(STR("a\"b\\c/\b\f\n\r\t\0\x1f\x7f\xc3\xa4\xe2\x80\xa8"),
	        STR("\"a\\\"b\\\\c/\\b\\f\\n\\r\\t\\u0000\\u001f\x7f\xc3\xa4\xe2\x80\xa8\""));
}

static void
written_text_reads_back_wherever_escapes_lie(void **state)
{
	struct fixture *f = *state;
	char text[200];

	for (size_t len = 0; len < sizeof text; len++) {
		for (size_t step = 1; step < 20; step++) {
			struct str s = {text, len};
			struct buf b = {0};

			for (size_t i = 0; i < len; i++)
				text[i] = i % step == 0 ? "\"\\\n\x01"[i % 4]
				                        : (char)('!' + i % 90);
			json_put_text(&b, s);
			assert_true(str_eq(json_text(parse(f, buf_str(&b))), s));
			assert_true(str_eq(json_raw_text(&f->arena, json_raw_of(buf_str(&b))), s));
			buf_free(&b);
		}
	}
}

static void
put_double(double n, const char *expected)
{
	struct buf b = {0};

	json_put_double(&b, n);
	buf_byte(&b, '\0');
	assert_string_equal(b.at, expected);
	buf_free(&b);
}

static void
doubles_are_written_shortest(void **state)
{
	(void)state;
	put_double(0, "0");
	put_double(-0.0, "-0");
	put_double(0.1, "0.1");
	put_double(1.0 / 3, "0.3333333333333333");
	put_double(100, "100");
	put_double(1e22, "1e22");
	put_double(1e-7, "1e-7");
	put_double(5e-324, "5e-324");
	put_double(2.2250738585072014e-308, "2.2250738585072014e-308");
	put_double(1.7976931348623157e308, "1.7976931348623157e308");
	put_double(9007199254740993.0, "9007199254740992");
	put_double((double)NAN, "\"NaN\"");
	put_double((double)INFINITY, "\"Infinity\"");
	put_double(-(double)INFINITY, "\"-Infinity\"");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(values_are_told_by_their_type),
	    TEST(a_missing_value_has_no_content),
	    TEST(iterating_visits_every_member),
	    TEST(several_values_on_a_line_are_read_one_by_one),
	    TEST(bad_text_is_refused_with_its_offset),
	    TEST(deep_nesting_is_refused),
	    TEST(numbers_that_fit_no_type_spare_the_rest),
	    TEST(integers_are_rounded_down_and_bounded),
	    TEST(a_parser_gives_memory_back_after_a_giant),
	    TEST(only_what_must_be_is_escaped),
	    TEST(written_text_reads_back_wherever_escapes_lie),
	    TEST(doubles_are_written_shortest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
