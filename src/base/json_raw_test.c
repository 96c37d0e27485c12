#include "base/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static int
set_up(void **state)
{
	*state = calloc(1, sizeof(struct arena));
	return *state == NULL;
}

static int
tear_down(void **state)
{
	arena_free(*state);
	free(*state);
	return 0;
}

static void
the_first_value_is_found_without_parsing(void **state)
{
	static const struct {
		struct str text, value;
	} cases[] = {
	    {STR_INIT(" {\"a\":\"}\\\"]\"} {"), STR_INIT("{\"a\":\"}\\\"]\"}")},
	    {STR_INIT("[1,[2,{}],\"[\"]]"), STR_INIT("[1,[2,{}],\"[\"]")},
	    {STR_INIT("\"a\\\\\"\"b\""), STR_INIT("\"a\\\\\"")},
	    {STR_INIT("\n-1.5e3,"), STR_INIT("-1.5e3")},
	    {STR_INIT("true"), STR_INIT("true")},
	    {STR_INIT(""), STR_INIT("")},
	    {STR_INIT("  "), STR_INIT("")},
	    {STR_INIT("\"abc"), STR_INIT("")},
	    {STR_INIT("\"abc\\\""), STR_INIT("")},
	    {STR_INIT("{\"a\":[1}"), STR_INIT("")},
	    {STR_INIT("}"), STR_INIT("")},
	    {STR_INIT("["), STR_INIT("")},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		assert_true(str_eq(json_raw_of(cases[i].text).text, cases[i].value));
	assert_int_equal(json_raw_type(json_raw_of(STR(" [1]"))), '[');
	assert_int_equal(json_raw_type(json_raw_of(STR(""))), 0);
}

static void
members_are_found_by_their_key_as_written(void **state)
{
	struct json_raw v = json_raw_of(
	    STR("{ \"a\" : { \"b\" : [ 1 , \"x\" ] } , \"b\":2,\"\\u0061\":3,"
	        "\"a\":4, \"c\\\"\":5}"));
	struct json_raw inner = json_raw_get(json_raw_get(v, STR("a")), STR("b"));

	(void)state;
	assert_true(str_eq(inner.text, STR("[ 1 , \"x\" ]")));
	assert_true(str_eq(json_raw_get(v, STR("b")).text, STR("2")));
	assert_true(str_eq(json_raw_get(v, STR("c\\\"")).text, STR("5")));
	assert_int_equal(json_raw_type(json_raw_get(v, STR("d"))), 0);
	assert_int_equal(json_raw_type(json_raw_get(inner, STR("d"))), 0);
	assert_int_equal(json_raw_type(json_raw_get((struct json_raw){0}, STR("d"))), 0);
}

static void
iterating_visits_every_element(void **state)
{
	struct json_raw_iter it = json_raw_iter(
	    json_raw_of(STR("[1, \"a,b\" ,{\"c\":[]},[],null]")));
	static const struct str expected[] = {STR_INIT("1"), STR_INIT("\"a,b\""),
	                                      STR_INIT("{\"c\":[]}"), STR_INIT("[]"),
	                                      STR_INIT("null")};

	(void)state;
	for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
		assert_true(json_raw_next(&it));
		assert_true(str_eq(it.value.text, expected[i]));
		assert_int_equal(it.key.len, 0);
	}
	assert_false(json_raw_next(&it));
	assert_false(json_raw_next(&it));
	it = json_raw_iter(json_raw_of(STR("{}")));
	assert_false(json_raw_next(&it));
	it = json_raw_iter(json_raw_of(STR("[ ]")));
	assert_false(json_raw_next(&it));
	it = json_raw_iter(json_raw_of(STR("\"a\"")));
	assert_false(json_raw_next(&it));
}

static void
unescaped(struct arena *a, struct str raw, struct str expected)
{
	assert_true(str_eq(json_raw_text(a, (struct json_raw){raw}), expected));
}

static void
text_is_unescaped(void **state)
{
	struct str plain = STR("\"plain\"");

	assert_ptr_equal(json_raw_text(*state, (struct json_raw){plain}).at, plain.at + 1);
	unescaped(*state, STR("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\""), STR("\"\\/\b\f\n\r\t"));
	unescaped(*state, STR("\"a\\u0041\\u00e4\\u20AC\\ud83d\\ude00z\""),
	          STR("aA\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80z"));
	unescaped(*state, STR("\"\\\\u0041\""), STR("\\u0041"));
	unescaped(*state, STR("\"\\ud83dx\\ude00\""), STR("\xef\xbf\xbdx\xef\xbf\xbd"));
	unescaped(*state, STR("\"\\ud83d\\ud83d\\ude00\""), STR("\xef\xbf\xbd\xf0\x9f\x98\x80"));
	unescaped(*state, STR("\"long enough for words \\n and a tail\""),
	          STR("long enough for words \n and a tail"));
	unescaped(*state, STR("12"), STR(""));
	unescaped(*state, STR("\""), STR(""));
	unescaped(*state, STR(""), STR(""));
}

static void
compacting_spares_strings(void **state)
{
	struct str compact = STR("{\"a b\":[1,\"\\\" \"]}");
	struct str loose = STR("{ \"a b\"\t:\r\n[ 1,\"\\\" \" ]\n}");

	assert_ptr_equal(json_raw_compact(*state, (struct json_raw){compact}).at, compact.at);
	assert_true(str_eq(json_raw_compact(*state, (struct json_raw){loose}), compact));
	assert_int_equal(json_raw_compact(*state, (struct json_raw){0}).len, 0);
}

/* Everything that can be asked of text; the sanitizers judge. */
static void
walk(struct arena *a, struct json_raw v, size_t depth)
{
	struct json_raw_iter it = json_raw_iter(v);

	json_raw_text(a, v);
	json_raw_compact(a, v);
	json_raw_get(v, STR("a"));
	while (json_raw_next(&it)) {
		assert_true(it.value.text.len > 0);
		if (depth < 5)
			walk(a, it.value, depth + 1);
	}
}

static void
text_that_is_not_json_does_no_harm(void **state)
{
	static const char alphabet[] = "{}[]\"\\,: u1d8an\t\xff";
	unsigned seed = 1;

	for (size_t round = 0; round < 20000; round++) {
		size_t len = round % 40;
		char *text = malloc(len + 1); /* exactly as long, so that reading on is seen */
		struct str exact;

		for (size_t i = 0; i < len; i++) {
			seed = seed * 1103515245u + 12345u;
			text[i] = alphabet[(seed >> 16) % (sizeof alphabet - 1)];
		}
		text = realloc(text, len == 0 ? 1 : len);
		exact = (struct str){text, len};
		walk(*state, json_raw_of(exact), 0);
		walk(*state, (struct json_raw){exact}, 0);
		json_repair(*state, exact);
		free(text);
		arena_reset(*state);
	}
}

static void
repaired(struct arena *a, struct str text, struct str expected)
{
	struct json_parser *p = json_parser_new();
	struct json_error error;
	struct str got = json_repair(a, text);
	size_t used;

	assert_true(str_eq(got, expected));
	assert_non_null(json_parse(p, got, &used, &error));
	json_parser_free(p);
}

static void
repair_mends_lone_surrogates_and_nuls(void **state)
{
	struct str sound = STR("\"\\ud83d\\ude00 \\\\ud83d \\\\u0000 \\u0001\"");

	assert_ptr_equal(json_repair(*state, sound).at, sound.at);
	repaired(*state, STR("\"\\ud83d\""), STR("\"\\ufffd\""));
	repaired(*state, STR("\"\\uDE00\\uD83D\""), STR("\"\\ufffd\\ufffd\""));
	repaired(*state, STR("\"\\ud83d\\ud83d\\ude00\""), STR("\"\\ufffd\\ud83d\\ude00\""));
	repaired(*state, STR("\"\\ud83d\\n\\u0000\\\\\\ud83d\""),
	         STR("\"\\ufffd\\n\\ufffd\\\\\\ufffd\""));
	repaired(*state, STR("\"\\ud83d\\u0041\""), STR("\"\\ufffd\\u0041\""));
}

static void
repair_mends_invalid_utf8(void **state)
{
	repaired(*state, STR("\"\xff\\ud83d\xc3\""), STR("\"\xef\xbf\xbd\\ufffd\xef\xbf\xbd\""));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(the_first_value_is_found_without_parsing),
	    TEST(members_are_found_by_their_key_as_written),
	    TEST(iterating_visits_every_element),
	    TEST(text_is_unescaped),
	    TEST(compacting_spares_strings),
	    TEST(text_that_is_not_json_does_no_harm),
	    TEST(repair_mends_lone_surrogates_and_nuls),
	    TEST(repair_mends_invalid_utf8),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
