#include "base/buf.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void
everything_lands_at_the_end(void **state)
{
	struct buf b = {0};

	(void)state;
	buf_add(&b, (struct str){NULL, 0});
	assert_null(b.at);
	BUF_LIT(&b, "a\0");
	buf_byte(&b, '|');
	buf_fill(&b, 'x', 3);
	buf_fill(&b, 'x', 0);
	buf_hex(&b, "\x01\xfe", 2);
	buf_printf(&b, "%s%03d", "p", 7);
	memcpy(buf_reserve(&b, 2), "zz", 2);
	b.len += 2;
	assert_true(str_eq(buf_str(&b), STR("a\0|xxx01fep007zz")));
	buf_clear(&b);
	assert_int_equal(buf_str(&b).len, 0);
	assert_true(b.cap > 0);
	buf_free(&b);
	assert_null(b.at);
}

static void
numbers_are_exact_at_their_limits(void **state)
{
	struct buf b = {0};

	(void)state;
	buf_u64(&b, 0);
	buf_byte(&b, ' ');
	buf_u64(&b, UINT64_MAX);
	buf_byte(&b, ' ');
	buf_i64(&b, INT64_MIN);
	buf_byte(&b, ' ');
	buf_i64(&b, INT64_MAX);
	assert_true(str_eq(buf_str(&b), STR("0 18446744073709551615 -9223372036854775808 "
	                                    "9223372036854775807")));
	buf_free(&b);
}

static void
content_survives_growth(void **state)
{
	struct buf b = {0};

	(void)state;
	for (size_t i = 0; i < 100000; i++)
		buf_byte(&b, (char)i);
	buf_reserve(&b, 1000000);
	for (size_t i = 0; i < 100000; i++)
		assert_int_equal(b.at[i], (char)i);
	buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(everything_lands_at_the_end),
	    cmocka_unit_test(numbers_are_exact_at_their_limits),
	    cmocka_unit_test(content_survives_growth),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
