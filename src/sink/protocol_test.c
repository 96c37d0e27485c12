#include "sink/protocol.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "sink/reply.h"

#define S UINT64_C(1000000000)

#define PROTOBUF STR("application/x-protobuf")
#define JSON STR("application/json")

/* ExportTraceServiceResponse{partial_success{rejected_spans: 3, error_message: "no"}} */
#define PARTIAL STR("\x0a\x06\x08\x03\x12\x02no")
/* google.rpc.Status{code: 8, message: "busy"} */
#define STATUS                                                                                     \
	STR("\x08\x08\x12\x04"                                                                     \
	    "busy")

struct
try {
	struct arena arena;
	struct reply reply;
	struct verdict verdict;
};

static int
set_up(void **state)
{
	*state = calloc(1, sizeof(struct try));
	return *state == NULL;
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
judge(struct try *t, unsigned status, struct str type, struct str body)
{
	t->reply.status = status;
	t->reply.content_type = type;
	buf_clear(&t->reply.body);
	buf_add(&t->reply.body, body);
	protocol_find(STR("http/protobuf"))->judge(&t->arena, &t->reply, &t->verdict);
	return t->verdict.answer;
}

#define assert_text(t, expected) assert_true(str_eq((t)->verdict.text, STR(expected)))

static void
protocols_are_found_in_any_case(void **state)
{
	(void)state;
	assert_non_null(protocol_find(STR("HTTP/Protobuf")));
	assert_non_null(protocol_find(STR("http/json")));
	assert_true(protocol_find(STR("Grpc"))->is_grpc);
	assert_null(protocol_find(STR("http/protobufs")));
	assert_null(protocol_find(STR("")));
}

static void
success_is_taken_whatever_its_body(void **state)
{
	struct try *t = *state;
	assert_int_equal(judge(t, 200, PROTOBUF, STR("")), ANSWER_TAKEN);
	assert_int_equal(t->verdict.text.len, 0);
	assert_int_equal(judge(t, 202, JSON, STR("{\"ok\":1}")), ANSWER_TAKEN);
	assert_int_equal(t->verdict.text.len, 0);
	assert_int_equal(judge(t, 200, (struct str){0}, STR("{}")), ANSWER_TAKEN);
	assert_int_equal(t->verdict.text.len, 0);
	assert_int_equal(judge(t, 200, STR("text/html"), STR("<html>")), ANSWER_TAKEN);
	assert_true(str_has(t->verdict.text, STR("text/html")));
	assert_int_equal(judge(t, 200, PROTOBUF, STR("\xff\xff\xff")), ANSWER_TAKEN);
	assert_true(t->verdict.text.len > 0);
	assert_int_equal(judge(t, 200, JSON, STR("[1]")), ANSWER_TAKEN);
	assert_true(t->verdict.text.len > 0);
}

static void
a_partial_success_says_what_was_lost(void **state)
{
	struct try *t = *state;
	assert_int_equal(judge(t, 200, PROTOBUF, PARTIAL), ANSWER_TAKEN);
	assert_int_equal(t->verdict.rejected, 3);
	assert_text(t, "no");
	assert_int_equal(judge(t, 200, STR("application/json; charset=utf-8"),
	                       STR("{\"partialSuccess\":{\"rejectedSpans\":\"4\","
	                           "\"errorMessage\":\"x\\ny\"}}")),
	                 ANSWER_TAKEN);
	assert_int_equal(t->verdict.rejected, 4);
	assert_text(t, "x y");
	(void)judge(t, 200, JSON, STR("{\"partialSuccess\":{\"rejectedSpans\":5}}"));
	assert_int_equal(t->verdict.rejected, 5);
	/* Only a message: a warning. */
	(void)judge(t, 200, JSON, STR("{\"partialSuccess\":{\"errorMessage\":\"w\"}}"));
	assert_int_equal(t->verdict.rejected, 0);
	assert_text(t, "w");
	/* -1 spans */
	(void)judge(t, 200, PROTOBUF, STR("\x0a\x0b\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"));
	assert_int_equal(t->verdict.rejected, 0);
}

static void
each_status_has_its_answer(void **state)
{
	static const struct {
		unsigned status;
		enum answer answer;
	} known[] = {
	    {301, ANSWER_CLOSED},    {302, ANSWER_CLOSED},  {307, ANSWER_CLOSED},
	    {400, ANSWER_REFUSED},   {401, ANSWER_CLOSED},  {403, ANSWER_CLOSED},
	    {404, ANSWER_CLOSED},    {405, ANSWER_CLOSED},  {408, ANSWER_REFUSED},
	    {413, ANSWER_TOO_LARGE}, {415, ANSWER_CLOSED},  {422, ANSWER_REFUSED},
	    {429, ANSWER_LATER},     {500, ANSWER_REFUSED}, {502, ANSWER_LATER},
	    {503, ANSWER_LATER},     {504, ANSWER_LATER},
	};
	struct try *t = *state;
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		assert_int_equal(judge(t, known[i].status, PROTOBUF, STR("")), known[i].answer);
}

static void
the_reason_is_shown_on_one_line(void **state)
{
	struct try *t = *state;
	(void)judge(t, 503, PROTOBUF, STATUS);
	assert_text(t, "HTTP 503: busy");
	(void)judge(t, 400, JSON, STR("{\"code\":3,\"message\":\"bad\\u0000\"}"));
	assert_text(t, "HTTP 400: bad\xef\xbf\xbd");
	(void)judge(t, 502, STR("text/html"), STR("<p>\r\n\tBad\x1b[31m  gateway\xff</p>"));
	assert_text(t, "HTTP 502: <p> Bad [31m gateway\xef\xbf\xbd</p>");
	(void)judge(t, 500, PROTOBUF, STR("plain text"));
	assert_text(t, "HTTP 500: plain text");
	(void)judge(t, 500, PROTOBUF, STR(""));
	assert_text(t, "HTTP 500");
	t->reply.redirect = STR("http://elsewhere/");
	(void)judge(t, 302, PROTOBUF, STR(""));
	assert_text(t, "HTTP 302: redirects to http://elsewhere/, and redirects are not followed");
}

static void
retry_after_counts_where_it_is_retried(void **state)
{
	struct try *t = *state;
	t->reply.retry_after_s = 7;
	(void)judge(t, 429, PROTOBUF, STR(""));
	assert_int_equal(t->verdict.wait_ns, 7 * S);
	(void)judge(t, 500, PROTOBUF, STR(""));
	assert_int_equal(t->verdict.wait_ns, 0);
	t->reply.retry_after_s = UINT64_MAX;
	(void)judge(t, 503, PROTOBUF, STR(""));
	assert_int_equal(t->verdict.wait_ns, UINT64_MAX);
}

static void
without_an_answer_it_depends_on_why(void **state)
{
	static const struct {
		enum reply_end end;
		enum answer answer;
	} known[] = {{REPLY_NONE, ANSWER_LATER},
	             {REPLY_TOO_LONG, ANSWER_REFUSED},
	             {REPLY_UNTRUSTED, ANSWER_CLOSED},
	             {REPLY_STRANGE, ANSWER_CLOSED}};
	struct try *t = *state;
	t->reply.error = STR("why");
	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		t->reply.end = known[i].end;
		assert_int_equal(judge(t, 0, (struct str){0}, STR("")), known[i].answer);
		assert_text(t, "why");
	}
	/* The status came: it was taken, and sending again would double it. */
	t->reply.end = REPLY_CUT;
	assert_int_equal(judge(t, 200, PROTOBUF, STR("")), ANSWER_TAKEN);
	assert_int_equal(judge(t, 503, PROTOBUF, STR("")), ANSWER_LATER);
}

static void
hostile_bodies_end_well(void **state)
{
	struct try *t = *state;
	struct buf many = {0};
	for (size_t i = 0; i < 300000; i++) /* unknown fields */
		BUF_LIT(&many, "\x20\x01");
	assert_int_equal(judge(t, 200, PROTOBUF, buf_str(&many)), ANSWER_TAKEN);
	assert_int_equal(judge(t, 200, PROTOBUF, str_head(buf_str(&many), 200000)), ANSWER_TAKEN);
	buf_clear(&many);
	buf_fill(&many, '[', 100000);
	assert_int_equal(judge(t, 400, JSON, buf_str(&many)), ANSWER_REFUSED);
	assert_true(t->verdict.text.len < 300);
	buf_free(&many);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(protocols_are_found_in_any_case),
	    cmocka_unit_test_setup_teardown(success_is_taken_whatever_its_body, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(a_partial_success_says_what_was_lost, set_up,
	                                    tear_down),
	    cmocka_unit_test_setup_teardown(each_status_has_its_answer, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(the_reason_is_shown_on_one_line, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(retry_after_counts_where_it_is_retried, set_up,
	                                    tear_down),
	    cmocka_unit_test_setup_teardown(without_an_answer_it_depends_on_why, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(hostile_bodies_end_well, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
