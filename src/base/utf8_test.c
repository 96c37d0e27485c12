#include "base/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#define BAD "\xef\xbf\xbd"

static void
the_ends_of_every_range_are_valid(void **state)
{
	(void)state;
	assert_true(utf8_valid((struct str){NULL, 0}));
	assert_true(utf8_valid(STR("\0\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80"
	                           "\xef\xbf\xbf\xf0\x90\x80\x80\xf4\x8f\xbf\xbf")));
}

static void
overlong_surrogate_and_truncated_forms_are_not(void **state)
{
	static const struct str texts[] = {
	    STR_INIT("\x80"),         STR_INIT("\xc0\x80"),
	    STR_INIT("\xc1\xbf"),     STR_INIT("\xe0\x9f\xbf"),
	    STR_INIT("\xed\xa0\x80"), STR_INIT("\xf0\x8f\xbf\xbf"),
	    STR_INIT("\xf5\x80"),     STR_INIT("\xf4\x90\x80\x80"),
	    STR_INIT("\xe2\x82"),     STR_INIT("\xc3"),
	    STR_INIT("\xff"),         STR_INIT("\xf0\x9f\x98"),
	    STR_INIT("\xe2\x28\xa1"),
	};

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		char padded[100];

		assert_false(utf8_valid(texts[i]));
		/* Wherever it lies. */
		for (size_t at = 0; at + texts[i].len < sizeof padded; at++) {
			memset(padded, 'a', sizeof padded);
			memcpy(padded + at, texts[i].at, texts[i].len);
			assert_false(utf8_valid((struct str){padded, sizeof padded}));
		}
	}
}

static void
repaired(struct str text, struct str expected)
{
	struct arena a = {0};
	struct str got = utf8_repair(&a, text);

	assert_true(str_eq(got, expected));
	assert_true(utf8_valid(got));
	assert_int_equal(utf8_repaired_from(text, got.len), text.len);
	arena_free(&a);
}

static void
each_maximal_subpart_becomes_one_replacement(void **state)
{
	struct str same = STR("a\xc3\xa4");
	struct arena a = {0};

	(void)state;
	/* Unicode 3.9, tables 3-8 to 3-11 */
	repaired(STR("\xc0\xaf\xe0\x80\xbf\xf0\x81\x82\x41"),
	         STR(BAD BAD BAD BAD BAD BAD BAD BAD "A"));
	repaired(STR("\xed\xa0\x80\xed\xbf\xbf\xed\xaf\x41"),
	         STR(BAD BAD BAD BAD BAD BAD BAD BAD "A"));
	repaired(STR("\xf4\x91\x92\x93\xff\x41\x80\xbf\x42"),
	         STR(BAD BAD BAD BAD BAD "A" BAD BAD "B"));
	repaired(STR("\xe1\x80\xe2\xf0\x91\x92\xf1\xbf\x41"), STR(BAD BAD BAD BAD "A"));
	repaired(STR("ab\xf0\x9f\x98"), STR("ab" BAD));
	assert_ptr_equal(utf8_repair(&a, same).at, same.at);
	assert_int_equal(arena_held(&a), 0);
}

static void
a_cut_result_tells_what_it_was_made_from(void **state)
{
	struct str text = STR("a\xff\xc3\xa4z");

	(void)state;
	assert_int_equal(utf8_repaired_from(text, 0), 0);
	assert_int_equal(utf8_repaired_from(text, 1), 1);
	assert_int_equal(utf8_repaired_from(text, 3), 1);
	assert_int_equal(utf8_repaired_from(text, 4), 2);
	assert_int_equal(utf8_repaired_from(text, 5), 2);
	assert_int_equal(utf8_repaired_from(text, 6), 4);
	assert_int_equal(utf8_repaired_from(text, 99), 5);
}

static void
cuts_fall_between_characters(void **state)
{
	struct str text = STR("a\xe2\x82\xac\xf0\x9f\x98\x80z");

	(void)state;
	assert_int_equal(utf8_head(text, 0).len, 0);
	assert_int_equal(utf8_head(text, 3).len, 1);
	assert_int_equal(utf8_head(text, 4).len, 4);
	assert_int_equal(utf8_head(text, 7).len, 4);
	assert_int_equal(utf8_head(text, 8).len, 8);
	assert_int_equal(utf8_head(text, 99).len, 9);
}

static void
utf16_units_are_counted_and_pairs_stay_whole(void **state)
{
	struct str text = STR("a\xe2\x82\xac\xf0\x9f\x98\x80z");

	(void)state;
	assert_int_equal(utf8_utf16_len(text), 5);
	assert_int_equal(utf8_utf16_head(text, 0).len, 0);
	assert_int_equal(utf8_utf16_head(text, 2).len, 4);
	assert_int_equal(utf8_utf16_head(text, 3).len, 4);
	assert_int_equal(utf8_utf16_head(text, 4).len, 8);
	assert_int_equal(utf8_utf16_head(text, 5).len, 9);
	assert_int_equal(utf8_utf16_head((struct str){NULL, 0}, 5).len, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_ends_of_every_range_are_valid),
	    cmocka_unit_test(overlong_surrogate_and_truncated_forms_are_not),
	    cmocka_unit_test(each_maximal_subpart_becomes_one_replacement),
	    cmocka_unit_test(a_cut_result_tells_what_it_was_made_from),
	    cmocka_unit_test(cuts_fall_between_characters),
	    cmocka_unit_test(utf16_units_are_counted_and_pairs_stay_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
