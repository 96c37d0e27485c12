#include "cli/event.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

struct
try {
	struct arena arena;
	struct diag diag;
	char folder[64];
	const char *path; /* of the transcript of session "s1" */
};

static int
set_up(void **state)
{
	struct try *t = calloc(1, sizeof *t);
	*state = t;
	if (t == NULL)
		return -1;
	t->diag.arena = &t->arena;
	(void)snprintf(t->folder, sizeof t->folder, "/tmp/retrospan-event-XXXXXX");
	if (mkdtemp(t->folder) == NULL)
		return -1;
	t->path = arena_cstr(&t->arena, arena_printf(&t->arena, "%s/s1.jsonl", t->folder));
	FILE *f = fopen(t->path, "w");
	return f == NULL || fclose(f) != 0;
}

static int
tear_down(void **state)
{
	struct try *t = *state;
	(void)unlink(t->path);
	(void)rmdir(t->path);
	(void)rmdir(t->folder);
	arena_free(&t->arena);
	free(t);
	return 0;
}

/* An event of that name; more is text of further members. */
static bool
read_it(struct try *t, const char *name, const char *more, struct event *e)
{
	struct str text = arena_printf(&t->arena,
	                               "{\"session_id\":\"s1\",\"transcript_path\":\"%s\","
	                               "\"hook_event_name\":\"%s\"%s}",
	                               t->path, name, more);
	return event_read(&t->arena, text, e, &t->diag);
}

static void
an_event_says_what_ended(void **state)
{
	struct try *t = *state;
	struct event e;
	assert_true(
	    read_it(t, "Stop", ",\"last_assistant_message\":\"a\\n\",\"prompt_id\":\"p\"", &e));
	assert_true(e.ends_turn && !e.ends_session);
	assert_true(str_eq(e.last_message, STR("a\n")));
	assert_true(str_eq(e.prompt, STR("p")));
	assert_string_equal(arena_cstr(&t->arena, e.transcript->path), t->path);
	assert_true(read_it(t, "StopFailure", "", &e) && e.ends_turn && !e.ends_session);
	assert_true(read_it(t, "SessionEnd", "", &e) && !e.ends_turn && e.ends_session);
	assert_true(read_it(t, "SubagentStop", "", &e) && !e.ends_turn && !e.ends_session);
	assert_true(read_it(t, "SomethingNew", ",\"x\":[{}]", &e) && !e.ends_turn);
	assert_int_equal(t->diag.failures, 0);
}

static void
a_transcript_may_be_missing_unless_a_turn_ended(void **state)
{
	struct try *t = *state;
	struct event e;
	assert_int_equal(unlink(t->path), 0);
	assert_true(read_it(t, "SessionStart", "", &e));
	assert_null(e.transcript);
	assert_true(read_it(t, "SessionEnd", "", &e));
	assert_null(e.transcript);
	assert_false(read_it(t, "Stop", "", &e));
	assert_int_equal(t->diag.failures, 1);
}

static void
only_a_regular_file_is_a_transcript(void **state)
{
	struct try *t = *state;
	struct event e;
	assert_int_equal(unlink(t->path), 0);
	assert_int_equal(symlink("/dev/null", t->path), 0);
	assert_false(read_it(t, "SessionEnd", "", &e));
	assert_int_equal(unlink(t->path), 0);
	assert_int_equal(mkdir(t->path, 0700), 0);
	assert_false(read_it(t, "SessionEnd", "", &e));
	assert_int_equal(t->diag.failures, 2);
}

static void
what_is_no_event_is_named(void **state)
{
	static const char nul[] = "{\"hook_event_name\":\"Stop\",\"session_id\":\"s1\","
				  "\"transcript_path\":\"/s1.jsonl\\u0000/s1.jsonl\"}";
	static const char *const texts[] = {
	    "",
	    "x",
	    "7",
	    "null",
	    "[]",
	    "{}",
	    "{\"hook_event_name\":\"Stop\"}",
	    "{\"hook_event_name\":\"a\",\"session_id\":\"..\",\"transcript_path\":\"/x\"}",
	    "{\"hook_event_name\":\"a\",\"session_id\":\"s\",\"transcript_path\":\"s.jsonl\"}",
	    "{\"hook_event_name\":\"a\",\"session_id\":\"s\",\"transcript_path\":\"/t.jsonl\"}",
	    nul,
	};
	struct try *t = *state;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct event e;
		assert_false(event_read(&t->arena, str_of(texts[i]), &e, &t->diag));
		assert_int_equal(t->diag.failures, i + 1);
	}
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	    TEST(an_event_says_what_ended),
	    TEST(a_transcript_may_be_missing_unless_a_turn_ended),
	    TEST(only_a_regular_file_is_a_transcript),
	    TEST(what_is_no_event_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
