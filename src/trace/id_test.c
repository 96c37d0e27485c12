#include "trace/id.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"

static void
assert_hex(const unsigned char *id, size_t len, const char *expected)
{
	struct buf hex = {0};

	buf_hex(&hex, id, len);
	buf_byte(&hex, '\0');
	assert_string_equal(hex.at, expected);
	buf_free(&hex);
}

/* Whoever changes these makes every trace that was ever written another one. */
static void
ids_never_change(void **state)
{
	unsigned char trace[TRACE_ID_LEN], span[SPAN_ID_LEN];

	(void)state;
	id_trace(STR("claude-code"), STR("turn"), STR("b71a87ff-eb8f-43c5-9996-f40de2f6e1c7"),
	         trace);
	assert_hex(trace, sizeof trace, "e31f1f88f4004ff3e75c7634bec1677c");
	id_span(trace, STR("chat"), STR("msg_01IgnkbCiyksDKx4MpVhgPJC"), span);
	assert_hex(span, sizeof span, "da4b0ae90e0e97d4");
}

static void
each_part_of_what_an_id_stands_for_counts(void **state)
{
	unsigned char ids[5][TRACE_ID_LEN];

	(void)state;
	id_trace(STR("a"), STR("bc"), STR("d"), ids[0]);
	id_trace(STR("ab"), STR("c"), STR("d"), ids[1]);
	id_trace(STR("a"), STR("b"), STR("cd"), ids[2]);
	id_trace(STR("a"), STR("bc"), STR("e"), ids[3]);
	id_trace(STR("a"), STR("bc"), STR(""), ids[4]);
	for (size_t i = 0; i < 5; i++)
		for (size_t k = 0; k < i; k++)
			assert_memory_not_equal(ids[i], ids[k], TRACE_ID_LEN);
}

static void
the_same_call_in_another_trace_has_another_span_id(void **state)
{
	unsigned char one[TRACE_ID_LEN] = {1}, two[TRACE_ID_LEN] = {2};
	unsigned char a[SPAN_ID_LEN], b[SPAN_ID_LEN], c[SPAN_ID_LEN];

	(void)state;
	id_span(one, STR("tool"), STR("t"), a);
	id_span(two, STR("tool"), STR("t"), b);
	id_span(one, STR("tool"), STR("t"), c);
	assert_memory_not_equal(a, b, SPAN_ID_LEN);
	assert_memory_equal(a, c, SPAN_ID_LEN);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(ids_never_change),
	    cmocka_unit_test(each_part_of_what_an_id_stands_for_counts),
	    cmocka_unit_test(the_same_call_in_another_trace_has_another_span_id),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
