#include "trace/claude_code_private.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/utf8.h"
#include "base/version.h"

/* The making of a trace without a turn, as far as texts need it. */
struct maker {
	struct arena arena;
	struct trace_options options;
	struct trace_input in;
	struct claude_code c;
};

static int
set_up(void **state)
{
	struct maker *m = calloc(1, sizeof *m);
	*state = m;
	if (m == NULL)
		return 1;
	m->options.policy.allowed = CLASS_ALL;
	m->options.live.content_units = LIVE_CONTENT_UNITS;
	m->in.arena = &m->arena;
	m->in.names = intern_new(1);
	m->in.options = &m->options;
	m->c.t.in = &m->in;
	m->c.live = &m->options.live;
	m->c.version = claude_code_version((struct str){0});
	return 0;
}

static int
tear_down(void **state)
{
	struct maker *m = *state;
	intern_free((struct intern *)m->in.names);
	arena_free(&m->arena);
	free(m);
	return 0;
}

/* ---- commands ---- */

static const char *
command(const char *text)
{
	static char out[64];
	struct str program, class;
	if (!claude_code_command(str_of(text), false, &program, &class))
		return "";
	(void)snprintf(out, sizeof out, "%.*s %.*s", STR_ARG(class), STR_ARG(program));
	return out;
}

static void
a_command_is_its_first_program(void **state)
{
	(void)state;
	assert_string_equal(command("ls -la | grep x"), "file_search ls");
	assert_string_equal(command("cd .. && pwd"), "shell_builtin cd");
	assert_string_equal(command("FOO=1 _B=2 git status"), "vcs git");
	assert_string_equal(command("(echo a; rm b)"), "shell_builtin echo");
	assert_string_equal(command("for f in a b; do cat $f; done"), "file_read cat");
	assert_string_equal(command("while true; do sleep 1; done"), "shell_builtin true");
	assert_string_equal(command("sleep;ls"), "shell_builtin sleep");
	assert_string_equal(command("X=\"a; ls b\" git log"), "vcs git");
	assert_string_equal(command("X='a \"ls\" b' cat c"), "file_read cat");
	assert_string_equal(command("X='ls"), "");
}

static void
folder_and_version_of_a_program_do_not_count(void **state)
{
	(void)state;
	assert_string_equal(command("/usr/bin/python3.11 -c 1"), "lang_runtime python");
	assert_string_equal(command("python3"), "lang_runtime python");
}

static void
a_program_that_is_not_listed_is_left_out(void **state)
{
	(void)state;
	assert_string_equal(command("make"), "");
	assert_string_equal(command(""), "");
	assert_string_equal(command("   "), "");
	assert_string_equal(command("lsx"), "");
	assert_string_equal(command("l"), "");
	assert_string_equal(command("3"), "");
	assert_string_equal(command("a-name-that-is-longer-than-any-program-has"), "");
}

static void
only_programs_that_were_seen_are_named_strictly(void **state)
{
	struct str program, class;
	(void)state;
	assert_true(claude_code_command(STR("ls"), true, &program, &class));
	assert_false(claude_code_command(STR("find ."), true, &program, &class));
	assert_true(claude_code_command(STR("find ."), false, &program, &class));
}

/* ---- versions ---- */

static void
a_feature_is_there_from_its_version_on(void **state)
{
	struct maker *m = *state;
	m->c.version = VERSION(2, 1, 273);
	assert_false(claude_code_has(&m->c, 0, FEATURE_EFFORT));
	m->c.version = VERSION(2, 1, 274);
	assert_true(claude_code_has(&m->c, 0, FEATURE_EFFORT));
}

static void
auto_takes_the_version_of_the_line(void **state)
{
	struct maker *m = *state;
	struct intern *names = (struct intern *)m->in.names;
	uint32_t old = intern_add(names, STR("2.1.100")), new = intern_add(names, STR("2.1.329"));
	m->c.version = claude_code_version(STR("auto"));
	assert_false(claude_code_has(&m->c, old, FEATURE_STOP_REASON));
	assert_true(claude_code_has(&m->c, new, FEATURE_STOP_REASON));
	/* A line without a version is taken for one of today. */
	assert_true(claude_code_has(&m->c, 0, FEATURE_GEN_AI));
}

/* ---- contents: cc 11.1 ---- */

static struct str
text_of(const struct attributes *list, struct str key)
{
	const struct value *v = attribute_get(list, key);
	assert_non_null(v);
	return v->text;
}

static void
a_content_at_the_limit_is_whole(void **state)
{
	struct maker *m = *state;
	struct attributes list = {0};
	m->options.live.content_units = 50;
	struct str text = str_head(STR("12345678901234567890123456789012345678901234567890"), 50);
	claude_code_content(&m->c, &list, STR("k"), CLASS_PROMPT, STR("[X]\n"), text, 0);
	assert_int_equal(list.len, 1);
	assert_int_equal(text_of(&list, STR("k")).len, 54);
}

static void
a_longer_content_ends_with_the_mark_inside_the_limit(void **state)
{
	struct maker *m = *state;
	struct attributes list = {0};
	struct str text = STR("1234567890123456789012345678901234567890123456789012345");
	m->options.live.content_units = 50;
	claude_code_content(&m->c, &list, STR("k"), CLASS_PROMPT, (struct str){0}, text, 0);
	assert_int_equal(utf8_utf16_len(text_of(&list, STR("k"))), 50);
	assert_true(str_starts(text_of(&list, STR("k")), STR("12345678\n\n[TRUNCATED")));
	assert_true(attribute_get(&list, STR("k_truncated"))->flag);
	assert_int_equal(attribute_get(&list, STR("k_original_length"))->integer, 55);
}

static void
a_cut_does_not_part_a_surrogate_pair(void **state)
{
	struct maker *m = *state;
	struct attributes list = {0};
	/* Seven letters, then characters of two units: the eighth unit is half of one. */
	struct str text = STR("1234567\xf0\x9f\x98\x80\xf0\x9f\x98\x80"
	                      "901234567890123456789012345678901234567890");
	m->options.live.content_units = 50;
	claude_code_content(&m->c, &list, STR("k"), CLASS_PROMPT, (struct str){0}, text, 0);
	assert_true(str_starts(text_of(&list, STR("k")), STR("1234567\n\n[TRUNCATED")));
}

static void
before_2_1_214_the_mark_stood_behind_a_limit_that_could_not_be_set(void **state)
{
	struct maker *m = *state;
	struct attributes list = {0};
	char *digits = arena_bytes(&m->arena, LIVE_CONTENT_UNITS + 1);
	memset(digits, '7', LIVE_CONTENT_UNITS + 1);
	m->options.live.content_units = 50;
	m->c.version = VERSION(2, 1, 213);
	claude_code_content(&m->c, &list, STR("k"), CLASS_PROMPT, (struct str){0},
	                    (struct str){digits, LIVE_CONTENT_UNITS}, 0);
	assert_int_equal(list.len, 1);
	claude_code_content(&m->c, &list, STR("l"), CLASS_PROMPT, (struct str){0},
	                    (struct str){digits, LIVE_CONTENT_UNITS + 1}, 0);
	struct str text = text_of(&list, STR("l"));
	assert_true(text.len > LIVE_CONTENT_UNITS);
	assert_true(str_starts(str_skip(text, LIVE_CONTENT_UNITS), STR("\n\n[")));
}

/* ---- failures: cc 4.3 ---- */

static void
a_failed_request_is_classed_by_status_and_words(void **state)
{
	static const struct {
		const char *status, *message, *class;
	} rows[] = {
	    {"400", "bad", "client_error"},
	    {"413", "too large", "prompt_too_long"},
	    {"400", "prompt is too long: 3 tokens > 2 maximum", "prompt_too_long"},
	    {"529", "overloaded", "server_overload"},
	    {"503", "down", "server_error"},
	    {"429", "slow down", "rate_limit"},
	    {"401", "who?", "auth_error"},
	    {"", "Request timed out", "api_timeout"},
	    {"", "something", ""},
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct str class = claude_code_request_error_class(str_of(rows[i].status),
		                                                   str_of(rows[i].message));
		assert_true(str_eq(class, str_of(rows[i].class)));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_command_is_its_first_program),
	    cmocka_unit_test(folder_and_version_of_a_program_do_not_count),
	    cmocka_unit_test(a_program_that_is_not_listed_is_left_out),
	    cmocka_unit_test(only_programs_that_were_seen_are_named_strictly),
	    cmocka_unit_test_setup_teardown(a_feature_is_there_from_its_version_on, set_up,
	                                    tear_down),
	    cmocka_unit_test_setup_teardown(auto_takes_the_version_of_the_line, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(a_content_at_the_limit_is_whole, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(a_longer_content_ends_with_the_mark_inside_the_limit,
	                                    set_up, tear_down),
	    cmocka_unit_test_setup_teardown(a_cut_does_not_part_a_surrogate_pair, set_up,
	                                    tear_down),
	    cmocka_unit_test_setup_teardown(
		before_2_1_214_the_mark_stood_behind_a_limit_that_could_not_be_set, set_up,
		tear_down),
	    cmocka_unit_test(a_failed_request_is_classed_by_status_and_words),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
