#include "base/when.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void
reads(const char *text, uint64_t expected)
{
	uint64_t ns = 7;

	assert_true(when_parse(str_of(text), &ns));
	assert_true(ns == expected);
}

static void
refuses(struct str text)
{
	uint64_t ns = 7;

	assert_false(when_parse(text, &ns));
	assert_int_equal(ns, 7);
}

static void
rfc_3339_is_read_to_the_nanosecond(void **state)
{
	(void)state;
	/* date -d 2026-05-29T09:23:39Z +%s */
	reads("2026-05-29T09:23:39.723Z", UINT64_C(1780046619723000000));
	reads("2026-05-29t09:23:39z", UINT64_C(1780046619000000000));
	reads("2026-05-29T09:23:39.123456789Z", UINT64_C(1780046619123456789));
	reads("2026-05-29T11:23:39.7+02:00", UINT64_C(1780046619700000000));
	reads("2026-05-28T23:53:39-09:30", UINT64_C(1780046619000000000));
	reads("1970-01-01T00:00:00.000000001Z", 1);
	reads("1969-12-31T23:00:01-01:00", WHEN_S);
	reads("2262-01-01T00:00:00Z", WHEN_MAX_NS);
	reads("2000-02-29T00:00:00Z", UINT64_C(951782400) * WHEN_S);
}

static void
a_leap_second_is_the_next_second(void **state)
{
	(void)state;
	reads("2016-12-31T23:59:60.5Z", UINT64_C(1483228800500000000));
	refuses(STR("2016-12-31T23:59:61Z"));
}

static void
anything_else_is_refused(void **state)
{
	static const struct str texts[] = {
	    STR_INIT(""),
	    STR_INIT("2026-05-29"),
	    STR_INIT("2026-05-29T09:23:39"),
	    STR_INIT("2026-05-29T09:23:39."),
	    STR_INIT("2026-05-29T09:23:39.Z"),
	    STR_INIT("2026-05-29T09:23:39.1234567890Z"),
	    STR_INIT("2026-05-29 09:23:39Z"),
	    STR_INIT("2026-05-29T09:23:39ZZ"),
	    STR_INIT("2026-05-29T09:23:39+02"),
	    STR_INIT("2026-05-29T09:23:39+24:00"),
	    STR_INIT("2026-05-29T09:23:39+02:60"),
	    STR_INIT("2026-05-29T09:23:39+0200"),
	    STR_INIT("2026-02-29T09:23:39Z"),
	    STR_INIT("2100-02-29T09:23:39Z"),
	    STR_INIT("2026-00-29T09:23:39Z"),
	    STR_INIT("2026-13-29T09:23:39Z"),
	    STR_INIT("2026-04-31T09:23:39Z"),
	    STR_INIT("2026-04-00T09:23:39Z"),
	    STR_INIT("2026-05-29T24:00:00Z"),
	    STR_INIT("2026-05-29T09:60:39Z"),
	    STR_INIT("2026-05-29T09:23:3 Z"),
	    STR_INIT("+026-05-29T09:23:39Z"),
	    STR_INIT("2026/05-29T09:23:39Z"),
	    STR_INIT("2026-05-29T09.23:39Z"),
	    STR_INIT("2026-05-29T09:23:39Z\0"),
	    STR_INIT("1969-12-31T23:59:59Z"),
	    STR_INIT("1970-01-01T00:59:59+01:00"),
	    STR_INIT("2262-01-01T00:00:00.000000001Z"),
	    STR_INIT("9999-12-31T23:59:59Z"),
	    STR_INIT("0000-01-01T00:00:00Z"),
	    STR_INIT("\xff\xff\xff\xff-05-29T09:23:39Z"),
	};

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		refuses(texts[i]);
}

static void
writing_reads_back_on_every_day(void **state)
{
	char out[WHEN_TEXT_MAX];

	(void)state;
	for (uint64_t ns = 0; ns < WHEN_MAX_NS; ns += 86400 * WHEN_S + 3661 * WHEN_MS) {
		size_t len = when_format(ns, out);
		uint64_t again;

		assert_int_equal(len, strlen(out));
		assert_true(when_parse((struct str){out, len}, &again));
		assert_true(again == ns);
	}
}

static void
decimals_are_three_or_as_many_as_needed(void **state)
{
	char out[WHEN_TEXT_MAX];

	(void)state;
	when_format(UINT64_C(1780046619723000000), out);
	assert_string_equal(out, "2026-05-29T09:23:39.723Z");
	when_format(UINT64_C(1780046619000000000), out);
	assert_string_equal(out, "2026-05-29T09:23:39.000Z");
	when_format(UINT64_C(1780046619723450000), out);
	assert_string_equal(out, "2026-05-29T09:23:39.72345Z");
	when_format(UINT64_C(1780046619000000001), out);
	assert_string_equal(out, "2026-05-29T09:23:39.000000001Z");
	assert_true(when_format(UINT64_MAX, out) < WHEN_TEXT_MAX);
}

static void
ages_are_a_number_and_a_unit(void **state)
{
	uint64_t ns = 7;

	(void)state;
	assert_false(when_parse_age(STR(""), &ns));
	assert_false(when_parse_age(STR("d"), &ns));
	assert_false(when_parse_age(STR("7"), &ns));
	assert_false(when_parse_age(STR("7y"), &ns));
	assert_false(when_parse_age(STR("-7d"), &ns));
	assert_false(when_parse_age(STR("7 d"), &ns));
	assert_false(when_parse_age(STR("99999999999d"), &ns));
	assert_int_equal(ns, 7);
	assert_true(when_parse_age(STR("90m"), &ns));
	assert_true(ns == 5400 * WHEN_S);
	assert_true(when_parse_age(STR("1w"), &ns));
	assert_true(ns == 604800 * WHEN_S);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(rfc_3339_is_read_to_the_nanosecond),
	    cmocka_unit_test(a_leap_second_is_the_next_second),
	    cmocka_unit_test(anything_else_is_refused),
	    cmocka_unit_test(writing_reads_back_on_every_day),
	    cmocka_unit_test(decimals_are_three_or_as_many_as_needed),
	    cmocka_unit_test(ages_are_a_number_and_a_unit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
