#include "base/version.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static uint64_t
number(const char *text)
{
	uint64_t n = 0;
	assert_true(version_parse(str_of(text), &n));
	return n;
}

static void
versions_compare_by_their_numbers(void **state)
{
	(void)state;
	assert_true(number("2.1.22") < number("2.1.100"));
	assert_true(number("2.0.77") < number("2.1.0"));
	assert_true(number("1.0.128") < number("2"));
	assert_int_equal(number("2.1"), VERSION(2, 1, 0));
	assert_int_equal(number("2.1.329-dev.3"), VERSION(2, 1, 329));
}

static void
what_is_no_version_is_refused(void **state)
{
	static const char *const wrong[] = {"",      "x",       "2.",          "2..1",
	                                    "2.1.x", "2.1.3.4", "2.1.1048576", "-1"};
	uint64_t n = 7;
	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		assert_false(version_parse(str_of(wrong[i]), &n));
	assert_int_equal(n, 7);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(versions_compare_by_their_numbers),
	    cmocka_unit_test(what_is_no_version_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
