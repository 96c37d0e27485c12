#include "base/diag.h"

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
notes_keep_their_order_and_kind(void **state)
{
	struct diag d = {.arena = *state};

	diag_warn(&d, STR("a"), 0, "w%d", 1);
	assert_false(diag_skip(&d, STR("a"), 7, "s"));
	assert_false(diag_fail(&d, STR(""), "f"));
	assert_int_equal(d.notes, 3);
	assert_int_equal(d.warnings + d.skips + d.failures, 3);
	assert_true(str_eq(d.first->text, STR("w1")));
	assert_int_equal(d.first->next->kind, DIAG_SKIP);
	assert_int_equal(d.first->next->line, 7);
	assert_int_equal(d.last->kind, DIAG_FAILURE);
	assert_int_equal(d.last->file.len, 0);
	assert_null(d.last->next);
}

static void
control_characters_are_not_shown(void **state)
{
	struct diag d = {.arena = *state};

	diag_warn(&d, STR("a\033[1m\n"), 0, "%s",
	          "x\x7f\xc2\x9b"
	          "1\xc3\xa4\xc2");
	assert_true(str_eq(d.first->file, STR("a?[1m?")));
	assert_true(str_eq(d.first->text, STR("x???"
	                                      "1\xc3\xa4\xc2")));
}

static void
too_many_notes_are_only_counted(void **state)
{
	struct diag d = {.arena = *state};

	for (uint32_t i = 0; i < 50; i++)
		diag_skip(&d, STR("a"), i, "s");
	assert_int_equal(d.skips, 50);
	assert_int_equal(d.notes, DIAG_NOTES_MAX);
	/* A failure is named, however much came before. */
	diag_fail(&d, STR("a"), "f");
	assert_int_equal(d.notes, DIAG_NOTES_MAX + 1);
	assert_int_equal(d.last->kind, DIAG_FAILURE);
}

static void
moving_shifts_lines_and_keeps_the_limit_per_file(void **state)
{
	struct arena other = {0};
	struct diag to = {.arena = *state}, from = {.arena = &other};

	for (uint32_t piece = 0; piece < 3; piece++) {
		for (uint32_t i = 1; i <= 15; i++)
			diag_skip(&from, STR("a"), i, "s");
		diag_move(&to, &from, piece * 100);
		assert_null(from.first);
		assert_int_equal(from.skips, 0);
	}
	diag_warn(&from, STR("b"), 0, "w");
	diag_move(&to, &from, 100);
	arena_free(&other);
	assert_int_equal(to.skips, 45);
	assert_int_equal(to.warnings, 1);
	assert_int_equal(to.notes, DIAG_NOTES_MAX + 1);
	assert_int_equal(to.first->line, 1);
	assert_int_equal(to.last->line, 0);
	assert_true(str_eq(to.last->file, STR("b")));
	/* What was moved here does not take the place of what is added here. */
	diag_warn(&to, STR(""), 0, "more");
	assert_true(str_eq(to.last->text, STR("more")));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(notes_keep_their_order_and_kind),
	    TEST(control_characters_are_not_shown),
	    TEST(too_many_notes_are_only_counted),
	    TEST(moving_shifts_lines_and_keeps_the_limit_per_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
