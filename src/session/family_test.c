#include "session/family.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct look
look_of(const char *id, uint64_t first_ns, const char *key, const char *other)
{
	struct look l = {.id = str_of(id), .first_ns = first_ns};
	l.keys[l.key_count++] = str_of(key);
	if (other != NULL)
		l.keys[l.key_count++] = str_of(other);
	return l;
}

static void
files_with_a_key_in_common_are_one_family_through_any_number_of_others(void **state)
{
	struct arena a = {0};
	struct look looks[] = {look_of("a", 10, "a", "x"), look_of("b", 20, "b", NULL),
	                       look_of("c", 30, "z", "y"), look_of("d", 40, "x", "y")};
	struct look *at[] = {&looks[0], &looks[1], &looks[2], &looks[3]};

	(void)state;
	assert_int_equal(family_group(&a, at, 4), 2);
	assert_int_equal(looks[0].family, 0);
	assert_int_equal(looks[1].family, 1);
	assert_int_equal(looks[2].family, 0);
	assert_int_equal(looks[3].family, 0);
	arena_free(&a);
}

static void
families_are_ordered_by_their_first_line_then_by_id(void **state)
{
	struct arena a = {0};
	struct look looks[] = {look_of("late", 30, "1", NULL), look_of("none", 0, "2", NULL),
	                       look_of("b", 20, "3", NULL), look_of("a", 20, "4", NULL)};
	struct look *forth[] = {&looks[0], &looks[1], &looks[2], &looks[3]};
	struct look *back[] = {&looks[3], &looks[2], &looks[1], &looks[0]};

	(void)state;
	for (int pass = 0; pass < 2; pass++) {
		assert_int_equal(family_group(&a, pass == 0 ? forth : back, 4), 4);
		assert_int_equal(looks[3].family, 0);
		assert_int_equal(looks[2].family, 1);
		assert_int_equal(looks[0].family, 2);
		assert_int_equal(looks[1].family, 3);
	}
	arena_free(&a);
}

static void
no_files_are_no_family(void **state)
{
	struct arena a = {0};

	(void)state;
	assert_int_equal(family_group(&a, NULL, 0), 0);
	arena_free(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(
		files_with_a_key_in_common_are_one_family_through_any_number_of_others),
	    cmocka_unit_test(families_are_ordered_by_their_first_line_then_by_id),
	    cmocka_unit_test(no_files_are_no_family),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
