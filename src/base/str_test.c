#include "base/str.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void
comparing_is_bytewise_and_by_length(void **state)
{
	(void)state;
	assert_true(str_eq(STR("a\0b"), STR("a\0b")));
	assert_false(str_eq(STR("a\0b"), STR("a\0c")));
	assert_false(str_eq(STR("ab"), STR("abc")));
	assert_true(str_eq((struct str){NULL, 0}, STR("")));
	assert_true(str_cmp(STR("ab"), STR("abc")) < 0);
	assert_true(str_cmp(STR("b"), STR("abc")) > 0);
	assert_true(str_cmp(STR("\xff"), STR("a")) > 0);
	assert_int_equal(str_cmp((struct str){NULL, 0}, STR("")), 0);
	assert_true(str_eq_nocase(STR("AbZ@["), STR("aBz@[")));
	assert_false(str_eq_nocase(STR("@"), STR("`")));
	assert_false(str_eq_nocase(STR("\xc4"), STR("\xe4")));
}

static void
a_prefix_is_no_longer_than_its_text(void **state)
{
	(void)state;
	assert_true(str_starts(STR("abc"), STR("ab")));
	assert_true(str_starts(STR("abc"), STR("")));
	assert_false(str_starts(STR("ab"), STR("abc")));
	assert_true(str_ends(STR("abc"), STR("bc")));
	assert_true(str_ends(STR(""), STR("")));
	assert_false(str_ends(STR("bc"), STR("abc")));
}

static void
searches_find_the_outermost(void **state)
{
	(void)state;
	assert_int_equal(str_find(STR("abcabc"), STR("bc")), 1);
	assert_int_equal(str_find_last(STR("abcabc"), STR("bc")), 4);
	assert_int_equal(str_find_last(STR("bcabca"), STR("bc")), 3);
	assert_int_equal(str_find_last(STR("aaa"), STR("aa")), 1);
	assert_int_equal(str_find_last(STR("bc"), STR("bc")), 0);
	assert_int_equal(str_find(STR("ab"), STR("abc")), STR_NONE);
	assert_int_equal(str_find_last(STR("ab"), STR("abc")), STR_NONE);
	assert_int_equal(str_find_last(STR("abab"), STR("bb")), STR_NONE);
	assert_int_equal(str_find(STR("ab"), STR("")), 0);
	assert_int_equal(str_find_last(STR("ab"), STR("")), 2);
	assert_int_equal(str_find((struct str){NULL, 0}, STR("a")), STR_NONE);
	assert_int_equal(str_find_byte(STR("a\0b"), 'b'), 2);
	assert_int_equal(str_find_byte((struct str){NULL, 0}, 'b'), STR_NONE);
}

static void
cutting_stays_inside_the_view(void **state)
{
	(void)state;
	assert_true(str_eq(str_skip(STR("abc"), 1), STR("bc")));
	assert_int_equal(str_skip(STR("abc"), 9).len, 0);
	assert_int_equal(str_skip((struct str){NULL, 0}, 1).len, 0);
	assert_true(str_eq(str_head(STR("abc"), 2), STR("ab")));
	assert_true(str_eq(str_head(STR("abc"), 9), STR("abc")));
	assert_true(str_eq(str_trim(STR(" \t\r\n\v\fa b ")), STR("a b")));
	assert_int_equal(str_trim(STR("  ")).len, 0);
}

static void
between_takes_the_first_close_behind_the_first_open(void **state)
{
	struct str inner;

	(void)state;
	assert_true(str_between(STR("</a><a>x</a>y</a>"), STR("<a>"), STR("</a>"), &inner));
	assert_true(str_eq(inner, STR("x")));
	assert_false(str_between(STR("</a><a>x"), STR("<a>"), STR("</a>"), &inner));
	assert_int_equal(inner.len, 0);
	assert_false(str_between(STR("x</a>"), STR("<a>"), STR("</a>"), &inner));
}

static void
a_list_is_cut_member_by_member(void **state)
{
	struct str rest = STR("a,,b");

	(void)state;
	assert_true(str_eq(str_cut(&rest, ','), STR("a")));
	assert_true(str_eq(rest, STR(",b")));
	assert_int_equal(str_cut(&rest, ',').len, 0);
	assert_true(str_eq(str_cut(&rest, ','), STR("b")));
	assert_int_equal(rest.len, 0);
	assert_int_equal(str_cut(&rest, ',').len, 0);
}

static void
numbers_fill_the_view_and_64_bits(void **state)
{
	uint64_t n = 7;

	(void)state;
	assert_false(str_to_u64(STR(""), &n));
	assert_false(str_to_u64(STR("1 "), &n));
	assert_false(str_to_u64(STR("-1"), &n));
	assert_false(str_to_u64(STR("18446744073709551616"), &n));
	assert_int_equal(n, 7);
	assert_true(str_to_u64(STR("18446744073709551615"), &n));
	assert_true(n == UINT64_MAX);
	assert_true(str_to_u64(STR("007"), &n));
	assert_int_equal(n, 7);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(comparing_is_bytewise_and_by_length),
	    cmocka_unit_test(a_prefix_is_no_longer_than_its_text),
	    cmocka_unit_test(searches_find_the_outermost),
	    cmocka_unit_test(cutting_stays_inside_the_view),
	    cmocka_unit_test(between_takes_the_first_close_behind_the_first_open),
	    cmocka_unit_test(a_list_is_cut_member_by_member),
	    cmocka_unit_test(numbers_fill_the_view_and_64_bits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
