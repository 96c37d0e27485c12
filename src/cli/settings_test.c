#include "cli/settings.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/json.h"

static const struct settings_hook hook = {STR_INIT("/bin/retrospan"),
                                          STR_INIT("/bin/retrospan hook --to otlp")};

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

static struct str
installed(struct arena *a, struct str text)
{
	struct json_parser *parser = json_parser_new();
	struct json_error error;
	struct str out;
	const char *why;
	size_t used;
	assert_true(settings_install(a, text, &hook, &out, &why));
	assert_non_null(json_parse(parser, out, &used, &error));
	json_parser_free(parser);
	return out;
}

static struct str
uninstalled(struct arena *a, struct str text)
{
	struct str out;
	const char *why;
	assert_true(settings_uninstall(a, text, &hook, &out, &why));
	return out;
}

static const char tabbed[] =
    "{\n\t\"hooks\": {\n\t\t\"Stop\": [\n\t\t\t{\"hooks\": [{\"command\": \"x\"}]}\n"
    "\t\t]\n\t},\n\t\"b\": \"\\u00e4 \\\" , }\"\n}\n";

static void
a_command_that_does_more_is_left_alone(void **state)
{
	static const char *const more[] = {
	    "retrospan hook -o /a/ && /b", "retrospan hook; x", "retrospan hook | x",
	    "retrospan hook > /a",         "retrospan hook &",
	};
	struct arena *a = *state;
	for (size_t i = 0; i < sizeof more / sizeof *more; i++) {
		struct str text = arena_printf(a,
		                               "{\"hooks\":{\"Stop\":[{\"hooks\":[{\"type\":"
		                               "\"command\",\"command\":\"%s\"}]}]}}",
		                               more[i]);
		assert_true(str_eq(uninstalled(a, text), text));
		assert_true(str_has(installed(a, text), str_of(more[i])));
	}
	struct str quoted = STR(
	    "{\"hooks\":{\"Stop\":[{\"hooks\":[{\"type\":\"command\",\"command\":"
	    "\"retrospan hook -o '/a;b/'\"}]}]}}");
	assert_false(str_has(uninstalled(a, quoted), STR("/a;b/")));
}

static void
what_was_installed_is_taken_away_without_a_trace(void **state)
{
	static const char *const texts[] = {
	    "{}",
	    "{}\n",
	    "{\n  \"a\": 1\n}\n",
	    tabbed,
	    " {\"x\":{\"hooks\":[1,2]} , \"hooks\":{\"Notification\":[]}}",
	    "{\"hooks\":{\"Stop\":[{\"hooks\":[{\"command\":\"retrospan\"}]},{}, 7, null]}}",
	};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct str before = str_of(texts[i]), with = installed(*state, before);
		assert_false(str_eq(with, before));
		assert_true(str_eq(installed(*state, with), with));
		assert_string_equal(arena_cstr(*state, uninstalled(*state, with)), texts[i]);
	}
}

static void
it_stands_as_the_agent_itself_would_write_it(void **state)
{
	assert_string_equal(arena_cstr(*state, installed(*state, STR("{\n  \"a\": 1\n}\n"))),
	                    "{\n"
	                    "  \"a\": 1,\n"
	                    "  \"hooks\": {\n"
	                    "    \"Stop\": [\n"
	                    "      {\n"
	                    "        \"hooks\": [\n"
	                    "          {\n"
	                    "            \"type\": \"command\",\n"
	                    "            \"command\": \"/bin/retrospan hook --to otlp\"\n"
	                    "          }\n"
	                    "        ]\n"
	                    "      }\n"
	                    "    ],\n"
	                    "    \"SessionEnd\": [\n"
	                    "      {\n"
	                    "        \"hooks\": [\n"
	                    "          {\n"
	                    "            \"type\": \"command\",\n"
	                    "            \"command\": \"/bin/retrospan hook --to otlp\"\n"
	                    "          }\n"
	                    "        ]\n"
	                    "      }\n"
	                    "    ]\n"
	                    "  }\n"
	                    "}\n");
}

static void
only_what_is_ours_is_taken_away(void **state)
{
	static const struct {
		const char *before, *after;
	} cases[] = {
	    {"{\"hooks\":{\"Stop\":[{\"hooks\":[{\"command\":\"a\"},"
	     "{\"command\":\"/opt/retrospan hook -o x\"}]}]}}",
	     "{\"hooks\":{\"Stop\":[{\"hooks\":[{\"command\":\"a\"}]}]}}"},
	    {"{\"hooks\":{\"Stop\":[{\"hooks\":[{\"command\":\"retrospan hook\"},"
	     "{\"command\":\"a\"}]}]}}",
	     "{\"hooks\":{\"Stop\":[{\"hooks\":[{\"command\":\"a\"}]}]}}"},
	    {"{\"hooks\":{\"PreCompact\":[{\"matcher\":\"auto\","
	     "\"hooks\":[{\"command\":\"'/my dir/retrospan' hook --detach\"}]}]},\"b\":2}",
	     "{\"b\":2}"},
	    {"{\"hooks\":{\"Stop\":[{\"hooks\":[{\"command\":\"retrospan hooks\"},"
	     "{\"command\":\"myretrospan hook\"},{\"command\":\"echo retrospan hook\"},"
	     "{\"command\":\"retrospan\"},{\"command\":7},8]}]}}",
	     NULL},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const char *after = cases[i].after != NULL ? cases[i].after : cases[i].before;
		struct str out = uninstalled(*state, str_of(cases[i].before));
		assert_string_equal(arena_cstr(*state, out), after);
	}
}

static void
another_command_line_of_ours_is_replaced(void **state)
{
	struct settings_hook other = {hook.program, STR("/bin/retrospan hook -o /tmp/x/")};
	struct str text = installed(*state, STR("{}")), out;
	const char *why;
	assert_true(settings_install(*state, text, &other, &out, &why));
	assert_false(str_has(out, STR("--to otlp")));
	assert_true(str_has(settings_hooks(out), other.command));
}

static void
what_is_no_object_of_lists_is_refused(void **state)
{
	static const char *const texts[] = {
	    "",
	    "[]",
	    "{} {}",
	    "{\"a\": 1,}",
	    "{\"hooks\": []}",
	    "{\"hooks\": null}",
	    "{\"hooks\": {\"SessionEnd\": {}}}",
	    "{\"hooks\": {\"Stop\": [], \"Stop\": []}}",
	    "{\"hooks\": {}, \"hooks\": {}}",
	};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct str out;
		const char *why = NULL;
		assert_false(settings_install(*state, str_of(texts[i]), &hook, &out, &why));
		assert_non_null(why);
		assert_false(settings_uninstall(*state, str_of(texts[i]), &hook, &out, &why));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_was_installed_is_taken_away_without_a_trace),
	    cmocka_unit_test(a_command_that_does_more_is_left_alone),
	    cmocka_unit_test(it_stands_as_the_agent_itself_would_write_it),
	    cmocka_unit_test(only_what_is_ours_is_taken_away),
	    cmocka_unit_test(another_command_line_of_ours_is_replaced),
	    cmocka_unit_test(what_is_no_object_of_lists_is_refused),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
