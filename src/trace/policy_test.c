#include "trace/policy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#define DOTS "\xe2\x80\xa6"

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

static struct policy
limit(size_t bytes)
{
	return (struct policy){CLASS_ALL, bytes};
}

static void
assert_value(struct arena *a, const struct attributes *list, const char *expected)
{
	const struct value *v = attribute_get(list, STR("k"));
	assert_non_null(v);
	assert_int_equal(v->type, VALUE_TEXT);
	assert_string_equal(arena_cstr(a, v->text), expected);
}

static void
assert_is_json(struct str text)
{
	struct json_parser *parser = json_parser_new();
	struct json_error error;
	size_t used = 0;
	assert_non_null(json_parse(parser, text, &used, &error));
	assert_int_equal(used, text.len);
	json_parser_free(parser);
}

static void
a_class_that_is_not_allowed_adds_nothing(void **state)
{
	struct policy p = {CLASS_ALL & ~(unsigned)CLASS_PROMPT, 0};
	struct attributes list = {0};
	struct part part = {.kind = PART_TEXT, .text = {STR("\"a\"")}};
	struct parts parts = {&part, 1, 1};
	struct message m = {.role = STR("user"), .parts = &part, .len = 1};
	policy_text(&p, *state, &list, STR("k"), CLASS_PROMPT, STR("a"));
	policy_json(&p, *state, &list, STR("k"), CLASS_PROMPT, (struct json_raw){STR("{}")});
	policy_messages(&p, *state, &list, STR("k"), CLASS_PROMPT, &m, 1);
	policy_parts(&p, *state, &list, STR("k"), CLASS_PROMPT, &parts);
	assert_int_equal(list.len, 0);
	policy_text(&p, *state, &list, STR("k"), CLASS_RESPONSE, STR("a"));
	assert_value(*state, &list, "a");
}

static void
a_cut_text_says_how_much_is_gone_and_keeps_its_characters_whole(void **state)
{
	static const struct {
		size_t max;
		const char *cut;
	} cases[] = {
	    {0, "a\xe2\x82\xac\x62"},
	    {5, "a\xe2\x82\xac\x62"},
	    {4, "a\xe2\x82\xac" DOTS " [1 bytes cut]"},
	    {3, "a" DOTS " [4 bytes cut]"},
	    {1, "a" DOTS " [4 bytes cut]"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct policy p = limit(cases[i].max);
		struct attributes list = {0};
		policy_text(&p, *state, &list, STR("k"), CLASS_PROMPT, STR("a\xe2\x82\xac\x62"));
		assert_value(*state, &list, cases[i].cut);
	}
}

static void
json_that_fits_is_only_made_dense(void **state)
{
	struct policy p = limit(17);
	struct attributes list = {0};
	policy_json(&p, *state, &list, STR("k"), CLASS_TOOL_INPUT,
	            (struct json_raw){STR("{ \"a\" : [ 1, \"b c\" ] }")});
	assert_value(*state, &list, "{\"a\":[1,\"b c\"]}");
}

static void
cut_json_stays_json(void **state)
{
	static const struct str values[] = {
	    STR_INIT(
		"{\"a\":\"0123456789\",\"b\":\"\\u00e9\\u00e9\\u00e9\",\"c\":[true,null,\"x\"]}"),
	    STR_INIT("[[[[\"0123456789\"]]],{\"k\":{\"k\":\"\\ud83d\\ude00\\ud83d\\ude00\"}}]"),
	    STR_INIT("\"0123456789\\n\\\"\\\\0123456789\""),
	};
	for (size_t i = 0; i < sizeof values / sizeof *values; i++)
		for (size_t max = 1; max < values[i].len + 2; max++) {
			struct policy p = limit(max);
			struct attributes list = {0};
			policy_json(&p, *state, &list, STR("k"), CLASS_TOOL_OUTPUT,
			            (struct json_raw){values[i]});
			assert_is_json(list.at[0].value.text);
		}
}

static void
only_the_strings_of_json_are_cut(void **state)
{
	struct policy p = limit(4);
	struct attributes list = {0};
	policy_json(&p, *state, &list, STR("k"), CLASS_TOOL_INPUT,
	            (struct json_raw){STR("{\"first\":\"ab\",\"n\":12345,\"second\":\"cdef\"}")});
	assert_value(*state, &list,
	             "{\"first\":\"ab\",\"n\":12345,\"second\":\"cd" DOTS " [2 bytes cut]\"}");
}

static void
a_cut_part_of_a_message_is_marked(void **state)
{
	struct policy p = limit(5);
	struct attributes list = {0};
	struct part parts[] = {{.kind = PART_TEXT, .text = {STR("\"abc\"")}},
	                       {.kind = PART_REASONING, .text = {STR("\"d\\ne\\u20ac\"")}},
	                       {.kind = PART_TEXT, .text = {STR("\" \\n\"")}}};
	struct message m = {
	    .role = STR("assistant"), .parts = parts, .len = 3, .finish_reason = STR("stop")};
	policy_messages(&p, *state, &list, STR("k"), CLASS_RESPONSE, &m, 1);
	assert_value(*state, &list,
	             "[{\"role\":\"assistant\",\"parts\":[{\"type\":\"text\",\"content\":\"abc\"},"
	             "{\"type\":\"reasoning\",\"content\":\"d\\n\",\"truncated\":true}],"
	             "\"finish_reason\":\"stop\"}]");
	p = limit(0);
	list = (struct attributes){0};
	policy_messages(&p, *state, &list, STR("k"), CLASS_RESPONSE, &m, 1);
	assert_value(*state, &list,
	             "[{\"role\":\"assistant\",\"parts\":[{\"type\":\"text\",\"content\":\"abc\"},"
	             "{\"type\":\"reasoning\",\"content\":\"d\\ne\\u20ac\"}],"
	             "\"finish_reason\":\"stop\"}]");
}

static void
what_tools_were_asked_has_a_class_of_its_own(void **state)
{
	struct policy p = {.allowed = CLASS_USER_PROMPTS};
	struct attributes list = {0};
	struct part parts[] = {
	    {.kind = PART_TOOL_CALL,
	     .id = STR("t1"),
	     .name = STR("Bash"),
	     .data = {STR("{\"a\":1}")}},
	    {.kind = PART_SERVER_RESULT, .id = STR("t2"), .data = {STR("{\"b\":2}")}}};
	struct message m = {.role = STR("assistant"), .parts = parts, .len = 2};
	policy_messages(&p, *state, &list, STR("k"), CLASS_RESPONSE, &m, 1);
	assert_value(
	    *state, &list,
	    "[{\"role\":\"assistant\",\"parts\":[{\"type\":\"tool_call\",\"id\":\"t1\","
	    "\"name\":\"Bash\"},{\"type\":\"server_tool_call_response\",\"id\":\"t2\"}]}]");
	p.allowed = CLASS_ALL;
	list = (struct attributes){0};
	policy_messages(&p, *state, &list, STR("k"), CLASS_RESPONSE, &m, 1);
	assert_value(*state, &list,
	             "[{\"role\":\"assistant\",\"parts\":[{\"type\":\"tool_call\",\"id\":\"t1\","
	             "\"name\":\"Bash\",\"arguments\":{\"a\":1}},{\"type\":"
	             "\"server_tool_call_response\",\"id\":\"t2\","
	             "\"server_tool_call_response\":{\"b\":2}}]}]");
}

static void
messages_without_a_part_are_left_out(void **state)
{
	struct policy p = limit(0);
	struct attributes list = {0};
	struct part blank = {.kind = PART_TEXT, .text = {STR("\" \\n\\t\"")}};
	struct message m[] = {{.role = STR("user"), .parts = &blank, .len = 1},
	                      {.role = STR("user"), .plain = STR("a\"b")},
	                      {.role = STR("user")}};
	policy_messages(&p, *state, &list, STR("k"), CLASS_PROMPT, m, 3);
	assert_value(
	    *state, &list,
	    "[{\"role\":\"user\",\"parts\":[{\"type\":\"text\",\"content\":\"a\\\"b\"}]}]");
	list = (struct attributes){0};
	policy_messages(&p, *state, &list, STR("k"), CLASS_PROMPT, m, 1);
	assert_int_equal(list.len, 0);
}

static void
plain_text_joins_the_parts_that_are_text(void **state)
{
	struct part at[] = {{.kind = PART_TEXT, .text = {STR("\"a\\tb\"")}},
	                    {.kind = PART_REASONING, .text = {STR("\"no\"")}},
	                    {.kind = PART_TEXT, .text = {STR("\"c\"")}}};
	struct parts parts = {at, 3, 3};
	assert_string_equal(arena_cstr(*state, policy_plain(*state, &parts)), "a\tb\nc");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_class_that_is_not_allowed_adds_nothing),
	    cmocka_unit_test(a_cut_text_says_how_much_is_gone_and_keeps_its_characters_whole),
	    cmocka_unit_test(json_that_fits_is_only_made_dense),
	    cmocka_unit_test(cut_json_stays_json),
	    cmocka_unit_test(only_the_strings_of_json_are_cut),
	    cmocka_unit_test(a_cut_part_of_a_message_is_marked),
	    cmocka_unit_test(messages_without_a_part_are_left_out),
	    cmocka_unit_test(what_tools_were_asked_has_a_class_of_its_own),
	    cmocka_unit_test(plain_text_joins_the_parts_that_are_text),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
