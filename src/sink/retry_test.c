#include "sink/retry.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define S UINT64_C(1000000000)

static const struct retry_policy policy = {
    .attempts = 5, .first_ns = 1 * S, .most_ns = 3 * S, .hint_ns = 60 * S};

static void
waits_double_up_to_the_longest(void **state)
{
	uint64_t wait = 0;
	(void)state;
	/* The largest chance gives the longest wait, less one nanosecond. */
	static const uint64_t longest[] = {1 * S, 2 * S, 3 * S, 3 * S};
	for (unsigned attempt = 1; attempt < 5; attempt++) {
		uint64_t most = longest[attempt - 1];
		assert_int_equal(retry_next(&policy, attempt, 0, 0, most - 1, &wait), RETRY_WAIT);
		assert_int_equal(wait, most - 1);
		assert_int_equal(retry_next(&policy, attempt, 0, 0, most, &wait), RETRY_WAIT);
		assert_int_equal(wait, 0);
	}
}

static void
the_last_attempt_is_not_followed_by_another(void **state)
{
	uint64_t wait = 7;
	(void)state;
	assert_int_equal(retry_next(&policy, 5, 0, 0, 0, &wait), RETRY_ATTEMPTS);
	assert_int_equal(retry_next(&policy, 6, 0, S, 0, &wait), RETRY_ATTEMPTS);
	assert_int_equal(wait, 7);
}

static void
a_hint_is_a_lower_bound(void **state)
{
	uint64_t wait = 0;
	(void)state;
	assert_int_equal(retry_next(&policy, 1, 0, 9 * S, 0, &wait), RETRY_WAIT);
	assert_int_equal(wait, 9 * S);
	assert_int_equal(retry_next(&policy, 3, 0, 1 * S, 2 * S, &wait), RETRY_WAIT);
	assert_int_equal(wait, 2 * S);
	assert_int_equal(retry_next(&policy, 1, 0, 61 * S, 0, &wait), RETRY_LONG);
	assert_int_equal(retry_next(&policy, 1, 0, UINT64_MAX, 0, &wait), RETRY_LONG);
}

static void
nothing_is_waited_for_behind_the_deadline(void **state)
{
	struct retry_policy p = policy;
	uint64_t wait = 0;
	(void)state;
	p.deadline_ns = 100 * S;
	assert_int_equal(retry_next(&p, 1, 90 * S, 9 * S, 0, &wait), RETRY_WAIT);
	assert_int_equal(retry_next(&p, 1, 90 * S, 10 * S, 0, &wait), RETRY_DEADLINE);
	assert_int_equal(retry_next(&p, 1, 100 * S, 0, 0, &wait), RETRY_DEADLINE);
	assert_int_equal(retry_next(&p, 1, 200 * S, 0, 0, &wait), RETRY_DEADLINE);
}

static void
huge_policies_do_not_overflow(void **state)
{
	struct retry_policy p = {.attempts = 100,
	                         .first_ns = UINT64_MAX / 2,
	                         .most_ns = UINT64_MAX,
	                         .hint_ns = UINT64_MAX};
	uint64_t wait = 0;
	(void)state;
	assert_int_equal(retry_next(&p, 99, 0, UINT64_MAX, 1, &wait), RETRY_WAIT);
	assert_int_equal(wait, UINT64_MAX);
	p = (struct retry_policy){.attempts = 2};
	assert_int_equal(retry_next(&p, 1, 0, 0, 12345, &wait), RETRY_WAIT);
	assert_int_equal(wait, 0);
}

static void
only_passing_answers_are_tried_again(void **state)
{
	static const unsigned http[] = {429, 502, 503, 504};
	static const unsigned grpc[] = {1, 4, 10, 11, 14, 15};
	size_t seen = 0;
	(void)state;
	for (unsigned status = 0; status < 1000; status++)
		seen += retry_http(status);
	assert_int_equal(seen, sizeof http / sizeof *http);
	for (size_t i = 0; i < sizeof http / sizeof *http; i++)
		assert_true(retry_http(http[i]));
	seen = 0;
	for (unsigned status = 0; status < 1000; status++)
		seen += retry_grpc(status);
	assert_int_equal(seen, sizeof grpc / sizeof *grpc);
	for (size_t i = 0; i < sizeof grpc / sizeof *grpc; i++)
		assert_true(retry_grpc(grpc[i]));
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(waits_double_up_to_the_longest),
	    cmocka_unit_test(the_last_attempt_is_not_followed_by_another),
	    cmocka_unit_test(a_hint_is_a_lower_bound),
	    cmocka_unit_test(nothing_is_waited_for_behind_the_deadline),
	    cmocka_unit_test(huge_policies_do_not_overflow),
	    cmocka_unit_test(only_passing_answers_are_tried_again),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
