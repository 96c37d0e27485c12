#include "sink/endpoint.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

struct
try {
	struct arena arena;
	struct diag diag;
	struct endpoint endpoint;
};

static int
set_up(void **state)
{
	struct try *t = calloc(1, sizeof *t);
	if (t == NULL)
		return 1;
	t->diag.arena = &t->arena;
	t->endpoint.protocol = protocol_find(STR("http/protobuf"));
	*state = t;
	return 0;
}

static int
tear_down(void **state)
{
	struct try *t = *state;
	arena_free(&t->arena);
	free(t);
	return 0;
}

static const char *
url(struct try *t, const char *text, enum endpoint_form form)
{
	const char *why = NULL;
	if (endpoint_set_url(&t->arena, &t->endpoint, str_of(text), form,
	                     t->endpoint.protocol->path, false, &why))
		return arena_cstr(&t->arena, t->endpoint.url);
	assert_non_null(why);
	return NULL;
}

static void
a_base_url_gets_the_path(void **state)
{
	struct try *t = *state;
	assert_string_equal(url(t, "http://h:4318", ENDPOINT_BASE), "http://h:4318/v1/traces");
	assert_string_equal(url(t, "http://h:4318/", ENDPOINT_BASE), "http://h:4318/v1/traces");
	assert_string_equal(url(t, "https://h/x", ENDPOINT_BASE), "https://h/x/v1/traces");
	assert_string_equal(url(t, "HTTPS://h/x/", ENDPOINT_BASE), "https://h/x/v1/traces");
	assert_string_equal(url(t, "http://h/x?k=v#f", ENDPOINT_BASE), "http://h/x/v1/traces?k=v");
	assert_string_equal(url(t, "http://h/v1/traces", ENDPOINT_BASE),
	                    "http://h/v1/traces/v1/traces");
	assert_string_equal(url(t, "http://[::1]:4318", ENDPOINT_BASE),
	                    "http://[::1]:4318/v1/traces");
}

static void
the_flag_may_have_the_path_already(void **state)
{
	struct try *t = *state;
	assert_string_equal(url(t, "http://h/v1/traces", ENDPOINT_FLAG), "http://h/v1/traces");
	assert_string_equal(url(t, "http://h", ENDPOINT_FLAG), "http://h/v1/traces");
}

static void
the_url_for_traces_is_used_as_it_is(void **state)
{
	struct try *t = *state;
	assert_string_equal(url(t, "http://h:4318", ENDPOINT_EXACT), "http://h:4318/");
	assert_string_equal(url(t, "http://h/x", ENDPOINT_EXACT), "http://h/x");
	assert_string_equal(url(t, "http://h?x", ENDPOINT_EXACT), "http://h/?x");
	assert_true(endpoint_lacks_path(STR("http://h:4318")));
	assert_false(endpoint_lacks_path(STR("http://h:4318/")));
}

static void
grpc_ignores_the_path_and_takes_a_bare_host(void **state)
{
	static const char method[] = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";
	struct try *t = *state;
	const char *why;
	t->endpoint.protocol = protocol_find(STR("GRPC"));
	struct str path = t->endpoint.protocol->path;
	const struct {
		const char *text;
		bool insecure;
		const char *start;
	} cases[] = {{"http://h:4317/x?y", false, "http://h:4317"},
	             {"https://h", true, "https://h"},
	             {"h:4317", true, "http://h:4317"},
	             {"h:4317", false, "https://h:4317"}};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		assert_true(endpoint_set_url(&t->arena, &t->endpoint, str_of(cases[i].text),
		                             ENDPOINT_EXACT, path, cases[i].insecure, &why));
		assert_true(str_starts(t->endpoint.url, str_of(cases[i].start)));
		assert_true(str_ends(t->endpoint.url, str_of(method)));
		assert_true(str_eq(t->endpoint.shown, str_of(cases[i].start)));
	}
}

static void
what_is_no_url_is_refused(void **state)
{
	static const char *const bad[] = {"localhost:4318", "ftp://h",    "http://",
	                                  "http:///x",      "http://a b", "http://h\n",
	                                  "://h",           "http://:80", ""};
	struct try *t = *state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_null(url(t, bad[i], ENDPOINT_BASE));
}

static void
neither_password_nor_query_is_shown(void **state)
{
	struct try *t = *state;
	assert_string_equal(url(t, "https://ada:s3cret@h:1/p?token=t", ENDPOINT_EXACT),
	                    "https://ada:s3cret@h:1/p?token=t");
	assert_true(str_eq(t->endpoint.shown, STR("https://h:1/p")));
}

static const char *
header(struct try *t, const char *name)
{
	for (size_t i = 0; i < t->endpoint.headers.len; i++)
		if (str_eq(t->endpoint.headers.at[i].name, str_of(name)))
			return arena_cstr(&t->arena, t->endpoint.headers.at[i].value);
	return NULL;
}

static void
add_list(struct try *t, const char *list)
{
	endpoint_add_headers(&t->arena, &t->endpoint, str_of(list), STR("HEADERS"), &t->diag);
}

static void
a_list_of_headers_is_read_by_its_grammar(void **state)
{
	struct try *t = *state;
	add_list(t, " Authorization = Bearer%20x%3D+ ,,\tb=c=d ,e=,b=2");
	assert_int_equal(t->endpoint.headers.len, 3);
	assert_string_equal(header(t, "authorization"), "Bearer x=+");
	assert_string_equal(header(t, "b"), "2");
	assert_string_equal(header(t, "e"), "");
	assert_int_equal(t->diag.warnings, 0);
}

static void
bad_members_are_named_without_their_value_and_left_out(void **state)
{
	static const char *const bad[] = {"secret",         "sec ret=1",  "=secret",
	                                  "a=%secret",      "a=%0d%0ax",  "a=%00",
	                                  "Content-Type=x", "grpc-foo=1", "te=x"};
	struct try *t = *state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		add_list(t, bad[i]);
		assert_int_equal(t->diag.warnings, i + 1);
		assert_false(str_has(t->diag.last->text, STR("secret")));
	}
	assert_int_equal(t->endpoint.headers.len, 0);
	add_list(t, "x,good=1");
	assert_string_equal(header(t, "good"), "1");
}

static void
one_header_is_taken_literally(void **state)
{
	static const char *const lines[] = {"X-Key: a%20b, c=d", "y=z: 1", "empty:"};
	struct try *t = *state;
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
		assert_int_equal(endpoint_add_header(&t->arena, &t->endpoint, str_of(lines[i])).len,
		                 0);
	assert_string_equal(header(t, "x-key"), "a%20b, c=d");
	assert_string_equal(header(t, "y"), "z: 1");
	assert_string_equal(header(t, "empty"), "");
	static const char *const bad[] = {"secret", "secret word: x", "te: secret",
	                                  "a: secret\nb: x", ": secret"};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct str wrong = endpoint_add_header(&t->arena, &t->endpoint, str_of(bad[i]));
		assert_true(wrong.len > 0);
		assert_false(str_has(wrong, STR("secret")));
	}
	assert_int_equal(t->endpoint.headers.len, 3);
}

static void
keys_are_told_by_the_names_of_their_headers(void **state)
{
	(void)state;
	assert_true(endpoint_is_key(STR("authorization")));
	assert_true(endpoint_is_key(STR("proxy-authorization")));
	assert_true(endpoint_is_key(STR("wandb-api-key")));
	assert_true(endpoint_is_key(STR("x-auth-token")));
	assert_false(endpoint_is_key(STR("x-project")));
	assert_false(endpoint_is_key(STR("x-scope-orgid")));
}

static void
secrets_in_what_a_server_says_are_redacted(void **state)
{
	struct try *t = *state;
	(void)url(t, "http://ada:pa55word@h/?api_key=qu3ry&p=1", ENDPOINT_EXACT);
	add_list(t, "authorization=Bearer%20tok123456,x=1");
	struct str said = endpoint_redact(
	    &t->arena, &t->endpoint,
	    STR("no tok123456, tok123456 or Bearer tok123456; 1 pa55word qu3ry"));
	assert_true(
	    str_eq(said, STR("no [redacted], [redacted] or [redacted]; 1 [redacted] [redacted]")));
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(a_base_url_gets_the_path, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(the_flag_may_have_the_path_already, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(the_url_for_traces_is_used_as_it_is, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(grpc_ignores_the_path_and_takes_a_bare_host, set_up,
	                                    tear_down),
	    cmocka_unit_test_setup_teardown(what_is_no_url_is_refused, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(neither_password_nor_query_is_shown, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(a_list_of_headers_is_read_by_its_grammar, set_up,
	                                    tear_down),
	    cmocka_unit_test_setup_teardown(bad_members_are_named_without_their_value_and_left_out,
	                                    set_up, tear_down),
	    cmocka_unit_test_setup_teardown(one_header_is_taken_literally, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(keys_are_told_by_the_names_of_their_headers, set_up,
	                                    tear_down),
	    cmocka_unit_test_setup_teardown(secrets_in_what_a_server_says_are_redacted, set_up,
	                                    tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
