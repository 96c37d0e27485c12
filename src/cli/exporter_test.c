#include "cli/exporter.h"

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
	struct options options;
	struct environment environment;
	struct exporter exporter;
};

/* The variables of a test: name, value, ..., NULL. */
static const char *const *variables;

static struct str
get(const char *name)
{
	for (const char *const *at = variables; *at != NULL; at += 2)
		if (strcmp(at[0], name) == 0)
			return str_of(at[1]);
	return (struct str){0};
}

static int
set_up(void **state)
{
	struct try *t = calloc(1, sizeof *t);
	if (t == NULL)
		return 1;
	t->diag.arena = &t->arena;
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

static bool
read_all(struct try *t, const char *const *list)
{
	variables = list;
	return exporter_read(&t->arena, &t->options, &t->environment, get, &t->exporter, &t->diag);
}

#define READ(t, ...) read_all((t), (const char *const[]){__VA_ARGS__, NULL})
#define assert_url(t, text) assert_true(str_eq((t)->exporter.endpoint.url, STR(text)))

static void
defaults_are_those_of_the_specification(void **state)
{
	struct try *t = *state;
	const struct endpoint *e = &t->exporter.endpoint;
	assert_true(READ(t, "HOME", "/"));
	assert_url(t, "http://localhost:4318/v1/traces");
	assert_true(str_eq(e->protocol->name, STR("http/protobuf")));
	assert_int_equal(e->timeout_ms, 10000);
	assert_false(e->gzip);
	assert_int_equal(e->headers.len, 0);
	assert_int_equal(t->exporter.max_request_bytes, 3670016);
	assert_true(READ(t, "OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"));
	assert_true(str_starts(e->url, STR("http://localhost:4317/opentelemetry.")));
	assert_int_equal(t->diag.warnings, 0);
}

static void
the_form_for_traces_beats_the_general_one(void **state)
{
	struct try *t = *state;
	const struct endpoint *e = &t->exporter.endpoint;
	assert_true(
	    READ(t, "OTEL_EXPORTER_OTLP_ENDPOINT", "http://general:1",
	         "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://traces:2/p",
	         "OTEL_EXPORTER_OTLP_PROTOCOL", "grpc", "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL",
	         "HTTP/JSON", "OTEL_EXPORTER_OTLP_TIMEOUT", "5",
	         "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "0", "OTEL_EXPORTER_OTLP_COMPRESSION", "gzip",
	         "OTEL_EXPORTER_OTLP_TRACES_COMPRESSION", "None", "OTEL_EXPORTER_OTLP_HEADERS",
	         "a=1,b=2", "OTEL_EXPORTER_OTLP_TRACES_HEADERS", "c=3"));
	assert_url(t, "http://traces:2/p");
	assert_true(str_eq(e->protocol->name, STR("http/json")));
	assert_int_equal(e->timeout_ms, 0);
	assert_false(e->gzip);
	assert_int_equal(e->headers.len, 1); /* as a whole: otlp 9.2 */
	assert_true(str_eq(e->headers.at[0].name, STR("c")));
	assert_int_equal(t->diag.warnings, 0);
}

static void
the_command_line_beats_both(void **state)
{
	struct try *t = *state;
	const struct endpoint *e = &t->exporter.endpoint;
	struct str line = STR("d: 4");
	t->options.sending = (struct sending_options){.endpoint = STR("http://flag:3/p"),
	                                              .protocol = STR("http/protobuf"),
	                                              .compression = STR("none"),
	                                              .headers = {&line, 1, 1},
	                                              .timeout = {true, 7},
	                                              .deadline = {true, 8},
	                                              .max_request_bytes = 9};
	assert_true(READ(t, "OTEL_EXPORTER_OTLP_ENDPOINT", "http://general:1",
	                 "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://traces:2/p",
	                 "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "grpc",
	                 "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "5",
	                 "OTEL_EXPORTER_OTLP_TRACES_COMPRESSION", "gzip",
	                 "OTEL_EXPORTER_OTLP_TRACES_HEADERS", "c=3"));
	assert_url(t, "http://flag:3/p/v1/traces");
	assert_true(str_eq(e->protocol->name, STR("http/protobuf")));
	assert_int_equal(e->timeout_ms, 7);
	assert_false(e->gzip);
	assert_int_equal(e->headers.len, 1);
	assert_true(str_eq(e->headers.at[0].name, STR("d")));
	assert_int_equal(t->exporter.deadline_ms, 8);
	assert_int_equal(t->exporter.max_request_bytes, 9);
}

static void
what_cannot_be_used_is_named_and_counts_as_unset(void **state)
{
	struct try *t = *state;
	assert_true(READ(t, "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "carrier/pigeon",
	                 "OTEL_EXPORTER_OTLP_PROTOCOL", "http/json",
	                 "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "10s", "OTEL_EXPORTER_OTLP_TIMEOUT",
	                 "2147483648", "OTEL_EXPORTER_OTLP_COMPRESSION", "zstd",
	                 "OTEL_SDK_DISABLED", "1"));
	assert_int_equal(t->diag.warnings, 5);
	assert_true(str_eq(t->exporter.endpoint.protocol->name, STR("http/json")));
	assert_int_equal(t->exporter.endpoint.timeout_ms, 10000);
	assert_null(t->exporter.disabled_by);
}

static void
a_url_for_traces_without_a_path_is_warned_of(void **state)
{
	struct try *t = *state;
	assert_true(READ(t, "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://h:4318"));
	assert_url(t, "http://h:4318/");
	assert_int_equal(t->diag.warnings, 1);
}

static void
insecure_is_for_grpc_without_a_scheme(void **state)
{
	static const struct {
		const char *name, *value, *url;
	} cases[] = {
	    {"OTEL_EXPORTER_OTLP_INSECURE", "true", "http://h:1/"},
	    {"OTEL_EXPORTER_OTLP_INSECURE", "yes", "https://h:1/"},
	    {"OTEL_EXPORTER_OTLP_SPAN_INSECURE", "TRUE", "http://h:1/"},
	    {"OTEL_EXPORTER_OTLP_TRACES_INSECURE", "false", "https://h:1/"},
	};
	struct try *t = *state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		assert_true(READ(t, "OTEL_EXPORTER_OTLP_ENDPOINT", "h:1",
		                 "OTEL_EXPORTER_OTLP_PROTOCOL", "grpc", cases[i].name,
		                 cases[i].value));
		assert_true(str_starts(t->exporter.endpoint.url, str_of(cases[i].url)));
	}
	assert_int_equal(t->diag.warnings, 1); /* "yes" */
}

static void
a_bad_url_is_a_failure_that_does_not_show_it(void **state)
{
	struct try *t = *state;
	assert_false(READ(t, "OTEL_EXPORTER_OTLP_ENDPOINT", "ada:secret@h:4318"));
	assert_int_equal(t->diag.failures, 1);
	assert_true(str_has(t->diag.last->text, STR("OTEL_EXPORTER_OTLP_ENDPOINT")));
	assert_false(str_has(t->diag.last->text, STR("secret")));
}

static void
files_must_be_there_and_keys_come_in_pairs(void **state)
{
	struct try *t = *state;
	assert_false(READ(t, "OTEL_EXPORTER_OTLP_CERTIFICATE", "/nonexistent/ca.pem"));
	assert_false(READ(t, "OTEL_EXPORTER_OTLP_CLIENT_KEY", "/dev/null"));
	assert_true(READ(t, "OTEL_EXPORTER_OTLP_CLIENT_KEY", "/dev/null",
	                 "OTEL_EXPORTER_OTLP_TRACES_CLIENT_CERTIFICATE", "/dev/null"));
	assert_int_equal(t->diag.failures, 2);
}

static void
a_disabled_sdk_asks_for_nothing_else(void **state)
{
	struct try *t = *state;
	assert_true(READ(t, "OTEL_SDK_DISABLED", "True", "OTEL_EXPORTER_OTLP_ENDPOINT", "x"));
	assert_string_equal(t->exporter.disabled_by, "OTEL_SDK_DISABLED");
	assert_true(READ(t, "OTEL_TRACES_EXPORTER", "none"));
	assert_string_equal(t->exporter.disabled_by, "OTEL_TRACES_EXPORTER");
	assert_int_equal(t->diag.warnings, 0);
	assert_true(READ(t, "OTEL_TRACES_EXPORTER", "console"));
	assert_null(t->exporter.disabled_by);
	assert_int_equal(t->diag.warnings, 1);
}

/* ---- weave 12.1 ---- */

static void
weave_goes_where_its_variables_say(void **state)
{
	static const struct {
		const char *trace, *base, *url;
	} cases[] = {
	    {"", "", "https://trace.wandb.ai/agents/otel/v1/traces"},
	    {"", "https://api.wandb.ai/", "https://trace.wandb.ai/agents/otel/v1/traces"},
	    {"", "https://w.example/", "https://w.example/agents/otel/v1/traces"},
	    {"https://t.example/traces//", "https://w.example",
	     "https://t.example/traces/agents/otel/v1/traces"},
	};
	struct try *t = *state;
	t->options.sending.to = STR("weave");
	t->environment.entity = STR("e");
	t->environment.project = STR("p");
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		t->exporter = (struct exporter){0};
		assert_true(READ(t, "WANDB_API_KEY", "k3y", "WF_TRACE_SERVER_URL", cases[i].trace,
		                 "WANDB_BASE_URL", cases[i].base, "OTEL_EXPORTER_OTLP_HEADERS",
		                 "other=secret", "OTEL_EXPORTER_OTLP_ENDPOINT", "http://other"));
		assert_true(str_eq(t->exporter.endpoint.url, str_of(cases[i].url)));
		assert_int_equal(t->exporter.endpoint.headers.len, 1);
		assert_true(str_eq(t->exporter.endpoint.headers.at[0].name, STR("wandb-api-key")));
		assert_true(str_eq(t->exporter.endpoint.headers.at[0].value, STR("k3y")));
		assert_true(t->exporter.endpoint.gzip);
	}
	assert_int_equal(t->diag.warnings, 0);
}

static void
weave_needs_a_key_and_a_project(void **state)
{
	struct try *t = *state;
	t->options.sending.to = STR("weave");
	assert_false(READ(t, "WANDB_API_KEY", "k"));
	t->environment.entity = STR("e");
	t->environment.project = STR("p");
	assert_false(READ(t, "HOME", "/"));
	assert_true(READ(t, "WANDB_API_KEY", "k"));
	t->options.sending.protocol = STR("http/json");
	assert_false(READ(t, "WANDB_API_KEY", "k"));
	assert_int_equal(t->diag.failures, 3);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	static const struct CMUnitTest tests[] = {
	    TEST(defaults_are_those_of_the_specification),
	    TEST(the_form_for_traces_beats_the_general_one),
	    TEST(the_command_line_beats_both),
	    TEST(what_cannot_be_used_is_named_and_counts_as_unset),
	    TEST(a_url_for_traces_without_a_path_is_warned_of),
	    TEST(insecure_is_for_grpc_without_a_scheme),
	    TEST(a_bad_url_is_a_failure_that_does_not_show_it),
	    TEST(files_must_be_there_and_keys_come_in_pairs),
	    TEST(a_disabled_sdk_asks_for_nothing_else),
	    TEST(weave_goes_where_its_variables_say),
	    TEST(weave_needs_a_key_and_a_project),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
