#include "sink/grpc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "sink/reply.h"

#define S UINT64_C(1000000000)

struct
try {
	struct arena arena;
	struct reply reply;
	struct verdict verdict;
};

static int
set_up(void **state)
{
	struct try *t = calloc(1, sizeof *t);
	if (t == NULL)
		return 1;
	t->reply.status = 200;
	t->reply.content_type = STR("application/grpc");
	*state = t;
	return 0;
}

static int
tear_down(void **state)
{
	struct try *t = *state;
	buf_free(&t->reply.body);
	arena_free(&t->arena);
	free(t);
	return 0;
}

static enum answer
judge(struct try *t, const char *status, const char *message)
{
	t->reply.grpc_status = str_of(status);
	t->reply.grpc_message = str_of(message);
	reply_judge_grpc(&t->arena, &t->reply, &t->verdict);
	return t->verdict.answer;
}

static void
frames_carry_their_length_in_big_endian(void **state)
{
	struct buf b = {0};
	(void)state;
	grpc_frame(false, 0x01020304, &b);
	grpc_frame(true, 5, &b);
	assert_true(str_eq(buf_str(&b), STR("\0\1\2\3\4\1\0\0\0\5")));
	buf_free(&b);
}

static void
timeouts_have_at_most_eight_digits(void **state)
{
	char text[GRPC_TIMEOUT_MAX];
	(void)state;
	grpc_timeout(1, text);
	assert_string_equal(text, "1m");
	grpc_timeout(99999999, text);
	assert_string_equal(text, "99999999m");
	grpc_timeout(100000000, text);
	assert_string_equal(text, "100001S");
	grpc_timeout(UINT64_MAX, text);
	assert_string_equal(text, "99999999S");
}

static void
base64_needs_no_padding(void **state)
{
	struct arena a = {0};
	struct str out;
	(void)state;
	assert_true(grpc_base64(&a, STR("AQL/"), &out) && str_eq(out, STR("\1\2\xff")));
	assert_true(grpc_base64(&a, STR("AQ=="), &out) && str_eq(out, STR("\1")));
	assert_true(grpc_base64(&a, STR("AQ"), &out) && str_eq(out, STR("\1")));
	assert_true(grpc_base64(&a, STR("AQI"), &out) && str_eq(out, STR("\1\2")));
	assert_true(grpc_base64(&a, STR(""), &out) && out.len == 0);
	assert_false(grpc_base64(&a, STR("A Q"), &out));
	arena_free(&a);
}

static void
a_message_after_status_0_is_taken(void **state)
{
	struct try *t = *state;
	buf_add(&t->reply.body, STR("\0\0\0\0\0"));
	assert_int_equal(judge(t, "0", ""), ANSWER_TAKEN);
	assert_int_equal(t->verdict.text.len, 0);
	buf_clear(&t->reply.body);
	buf_add(&t->reply.body, STR("\0\0\0\0\x08\x0a\x06\x08\x03\x12\x02no"));
	assert_int_equal(judge(t, "0", ""), ANSWER_TAKEN);
	assert_int_equal(t->verdict.rejected, 3);
	assert_true(str_eq(t->verdict.text, STR("no")));
	buf_clear(&t->reply.body);
	assert_int_equal(judge(t, "0", ""), ANSWER_TAKEN);
	assert_true(t->verdict.text.len > 0);
}

static void
each_status_has_its_answer(void **state)
{
	static const enum answer known[] = {
	    ANSWER_TAKEN,  ANSWER_LATER,   ANSWER_REFUSED, ANSWER_REFUSED,   ANSWER_LATER,
	    ANSWER_CLOSED, ANSWER_REFUSED, ANSWER_CLOSED,  ANSWER_EXHAUSTED, ANSWER_REFUSED,
	    ANSWER_LATER,  ANSWER_LATER,   ANSWER_CLOSED,  ANSWER_REFUSED,   ANSWER_LATER,
	    ANSWER_LATER,  ANSWER_CLOSED,
	};
	struct try *t = *state;
	char text[4] = {0};
	for (unsigned i = 0; i < sizeof known / sizeof *known; i++) {
		text[0] = (char)('0' + (i >= 10 ? i / 10 : i));
		text[1] = (char)(i >= 10 ? '0' + i % 10 : '\0');
		assert_int_equal(judge(t, text, ""), known[i]);
	}
	assert_int_equal(judge(t, "99", ""), ANSWER_REFUSED);
	assert_int_equal(judge(t, "18446744073709551615", ""), ANSWER_REFUSED);
}

static void
exhaustion_is_about_size_or_time(void **state)
{
	struct try *t = *state;
	assert_int_equal(judge(t, "8", "Received message larger than max (5 vs. 4)"),
	                 ANSWER_TOO_LARGE);
	assert_int_equal(judge(t, "8", "quota"), ANSWER_EXHAUSTED);
	/* Status{code: 8, details: [Any{RetryInfo{retry_delay{seconds: 2, nanos: 5}}}]} */
	t->reply.grpc_details = STR(
	    "CAgaMgoodHlwZS5nb29nbGVhcGlzLmNvbS9nb29nbGUucnBjLlJldHJ5SW5mbxIGCgQIAhAF");
	assert_int_equal(judge(t, "8", "quota"), ANSWER_LATER);
	assert_int_equal(t->verdict.wait_ns, 2 * S + 5);
	assert_int_equal(judge(t, "14", ""), ANSWER_LATER);
	assert_int_equal(t->verdict.wait_ns, 2 * S + 5);
}

static void
messages_are_percent_decoded(void **state)
{
	struct try *t = *state;
	(void)judge(t, "3", "caf%C3%A9 100%");
	assert_true(
	    str_eq(t->verdict.text, STR("gRPC status 3 INVALID_ARGUMENT: caf\xc3\xa9 100%")));
}

static void
without_a_status_http_decides(void **state)
{
	struct try *t = *state;
	t->reply.status = 503;
	assert_int_equal(judge(t, "", ""), ANSWER_LATER);
	t->reply.status = 401;
	assert_int_equal(judge(t, "", ""), ANSWER_CLOSED);
	t->reply.status = 200;
	assert_int_equal(judge(t, "", ""), ANSWER_REFUSED);
	t->reply.content_type = STR("text/html");
	assert_int_equal(judge(t, "", ""), ANSWER_CLOSED);
}

static void
a_status_counts_however_the_stream_ended(void **state)
{
	struct try *t = *state;
	t->reply.end = REPLY_CUT;
	t->reply.error = STR("reset");
	assert_int_equal(judge(t, "3", ""), ANSWER_REFUSED);
	assert_int_equal(judge(t, "", ""), ANSWER_LATER);
	t->reply.end = REPLY_NONE;
	assert_int_equal(judge(t, "", ""), ANSWER_LATER);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(frames_carry_their_length_in_big_endian),
	    cmocka_unit_test(timeouts_have_at_most_eight_digits),
	    cmocka_unit_test(base64_needs_no_padding),
	    cmocka_unit_test_setup_teardown(a_message_after_status_0_is_taken, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(each_status_has_its_answer, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(exhaustion_is_about_size_or_time, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(messages_are_percent_decoded, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(without_a_status_http_decides, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(a_status_counts_however_the_stream_ended, set_up,
	                                    tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
