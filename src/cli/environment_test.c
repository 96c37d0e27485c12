#include "cli/environment.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

struct
try {
	struct arena arena;
	struct diag diag;
	struct attributes list;
};

static int
set_up(void **state)
{
	struct try *t = calloc(1, sizeof *t);
	if (t == NULL)
		return 1;
	t->diag.arena = &t->arena;
	*state = t;
	return 0;
}

static int
tear_down(void **state)
{
	struct try *t = *state;
	arena_free(&t->arena);
	free(t);
	return 0;
}

static bool
read_list(struct try *t, const char *text)
{
	return environment_attributes(&t->arena, str_of(text), &t->list, &t->diag);
}

static void
assert_attribute(struct try *t, const char *key, const char *expected)
{
	const struct value *v = attribute_get(&t->list, str_of(key));
	assert_non_null(v);
	assert_int_equal(v->type, VALUE_TEXT);
	assert_string_equal(arena_cstr(&t->arena, v->text), expected);
}

static void
attributes_are_percent_decoded_and_trimmed(void **state)
{
	struct try *t = *state;
	assert_true(read_list(t, " team = core ,host.name=a%2Cb%3Dc,%6Bey=%C3%A9,,url=x=y,"));
	assert_int_equal(t->list.len, 4);
	assert_attribute(t, "team", "core");
	assert_attribute(t, "host.name", "a,b=c");
	assert_attribute(t, "key", "\xc3\xa9");
	assert_attribute(t, "url", "x=y");
	assert_int_equal(t->diag.warnings, 0);
}

static void
of_equal_keys_the_last_counts(void **state)
{
	struct try *t = *state;
	assert_true(read_list(t, "a=1,b=2,a=3"));
	assert_int_equal(t->list.len, 2);
	assert_attribute(t, "a", "3");
}

static void
one_member_that_cannot_be_decoded_spoils_all(void **state)
{
	static const char *const broken[] = {"a=1,b", "a=1,=2",    "a=1,b=%4", "a=1,b=%zz",
	                                     "a=%ff", "a=1,b=%00", "a=%",      "%=1"};
	struct try *t = *state;
	for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
		assert_false(read_list(t, broken[i]));
		assert_int_equal(t->list.len, 0);
		assert_int_equal(t->diag.warnings, i + 1);
	}
}

static void
nothing_given_is_nothing_wrong(void **state)
{
	struct try *t = *state;
	assert_true(read_list(t, ""));
	assert_true(read_list(t, " , "));
	assert_int_equal(t->list.len, 0);
	assert_int_equal(t->diag.warnings, 0);
}

static void
variables_are_read_once_and_empty_means_unset(void **state)
{
	struct try *t = *state;
	struct environment env;
	assert_int_equal(setenv("OTEL_SERVICE_NAME", " crew ", 1), 0);
	assert_int_equal(setenv("OTEL_RESOURCE_ATTRIBUTES", "a=1", 1), 0);
	assert_int_equal(setenv("WEAVE_PROJECT", "ada/weather", 1), 0);
	assert_int_equal(setenv("WEAVE_AGENT_NAME", "", 1), 0);
	assert_int_equal(setenv("NO_COLOR", "", 1), 0);
	environment_read(&t->arena, &env, &t->diag);
	assert_string_equal(arena_cstr(&t->arena, env.service_name), "crew");
	assert_int_equal(env.resource.len, 1);
	assert_string_equal(arena_cstr(&t->arena, env.entity), "ada");
	assert_string_equal(arena_cstr(&t->arena, env.project), "weather");
	assert_int_equal(env.agent_name.len, 0);
	assert_false(env.no_color);
	assert_true(env.now_ns > 0);
	assert_int_equal(t->diag.warnings, 0);
}

static void
the_spool_is_where_the_state_is(void **state)
{
	static const struct {
		const char *state_home, *home, *spool;
	} cases[] = {
	    {"/s", "/h", "/s/retrospan/spool"},
	    {"", "/h", "/h/.local/state/retrospan/spool"},
	    {"relative", "/h", "/h/.local/state/retrospan/spool"},
	    {"", "", ""},
	    {"", "relative", ""},
	};
	struct try *t = *state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct environment env;
		assert_int_equal(setenv("XDG_STATE_HOME", cases[i].state_home, 1), 0);
		assert_int_equal(setenv("HOME", cases[i].home, 1), 0);
		environment_read(&t->arena, &env, &t->diag);
		assert_string_equal(arena_cstr(&t->arena, env.spool), cases[i].spool);
	}
}

static void
a_project_without_its_entity_is_ignored_with_a_warning(void **state)
{
	static const char *const wrong[] = {"weather", "/weather", "ada/"};
	struct try *t = *state;
	struct environment env;
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		assert_int_equal(setenv("WEAVE_PROJECT", wrong[i], 1), 0);
		environment_read(&t->arena, &env, &t->diag);
		assert_int_equal(env.project.len + env.entity.len, 0);
		assert_int_equal(t->diag.warnings, i + 1);
	}
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	    TEST(attributes_are_percent_decoded_and_trimmed),
	    TEST(of_equal_keys_the_last_counts),
	    TEST(one_member_that_cannot_be_decoded_spoils_all),
	    TEST(nothing_given_is_nothing_wrong),
	    TEST(variables_are_read_once_and_empty_means_unset),
	    TEST(the_spool_is_where_the_state_is),
	    TEST(a_project_without_its_entity_is_ignored_with_a_warning),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
