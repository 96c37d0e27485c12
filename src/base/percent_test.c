#include "base/percent.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void
escapes_become_their_bytes(void **state)
{
	struct arena a = {0};
	struct str out;
	(void)state;
	assert_true(percent_decode(&a, STR("a%2Cb%3dc+%C3%A9%00"), &out));
	assert_true(str_eq(out, STR("a,b=c+\xc3\xa9\0")));
	assert_true(percent_decode(&a, STR(""), &out));
	assert_int_equal(out.len, 0);
	arena_free(&a);
}

static void
malformed_escapes_are_told_and_stay(void **state)
{
	static const char *const broken[] = {"%", "a%4", "%zz", "100%", "%%41"};
	static const char *const left[] = {"%", "a%4", "%zz", "100%", "%A"};
	struct arena a = {0};
	(void)state;
	for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
		struct str out;
		assert_false(percent_decode(&a, str_of(broken[i]), &out));
		assert_string_equal(arena_cstr(&a, out), left[i]);
	}
	arena_free(&a);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(escapes_become_their_bytes),
	    cmocka_unit_test(malformed_escapes_are_told_and_stay),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
