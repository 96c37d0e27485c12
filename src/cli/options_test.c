#include "cli/options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "trace/policy.h"

#define WORDS_MAX 16

struct
try {
	struct arena arena;
	struct options options;
	char *said; /* on standard error */
	size_t said_len;
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
	free(t->said);
	arena_free(&t->arena);
	free(t);
	return 0;
}

/* Parses a command line given with single spaces; '_' stands for an empty word. */
static bool
parse(struct try *t, const char *command)
{
	char *argv[WORDS_MAX + 1] = {NULL};
	int argc = 0;
	struct str rest = str_of(command);
	argv[argc++] = arena_cstr(&t->arena, STR("retrospan"));
	while (rest.len > 0) {
		size_t space = str_find_byte(rest, ' ');
		struct str word = str_head(rest, space);
		assert_true(argc < WORDS_MAX);
		argv[argc++] = arena_cstr(&t->arena, str_eq(word, STR("_")) ? STR("") : word);
		rest = space == STR_NONE ? (struct str){0} : str_skip(rest, space + 1);
	}
	free(t->said);
	FILE *err = open_memstream(&t->said, &t->said_len);
	assert_non_null(err);
	bool ok = options_parse(&t->arena, argc, argv, &t->options, err);
	assert_int_equal(fclose(err), 0);
	assert_true(ok == (t->said_len == 0));
	return ok;
}

static void
assert_is(struct str text, const char *expected)
{
	assert_true(str_eq(text, str_of(expected)));
}

static void
without_options_the_defaults_hold(void **state)
{
	struct try *t = *state;
	assert_true(parse(t, ""));
	assert_is(t->options.format, "otlp");
	assert_is(t->options.convention, "weave");
	assert_int_equal(t->options.paths.len, 0);
	assert_false(options_given(&t->options, OPTION_OUTPUT));
	assert_int_equal(t->options.jobs, 0);
}

static void
options_and_paths_stand_in_any_order(void **state)
{
	static const char *const commands[] = {
	    "-f text -o out.txt --since 7d a b",
	    "a -ftext b --output=out.txt --since=7d",
	    "a b --since 7d --format=text --output out.txt",
	    "--output out.txt a --format text b --since 7d",
	};
	struct try *t = *state;
	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
		assert_true(parse(t, commands[i]));
		assert_is(t->options.format, "text");
		assert_is(t->options.output, "out.txt");
		assert_is(t->options.since, "7d");
		assert_int_equal(t->options.paths.len, 2);
		assert_is(t->options.paths.at[0], "a");
		assert_is(t->options.paths.at[1], "b");
	}
}

static void
behind_two_dashes_everything_is_a_path(void **state)
{
	struct try *t = *state;
	assert_true(parse(t, "-q -- -v --format x --"));
	assert_true(t->options.quiet);
	assert_false(t->options.verbose);
	assert_int_equal(t->options.paths.len, 4);
	assert_is(t->options.paths.at[0], "-v");
	assert_is(t->options.paths.at[3], "--");
}

static void
one_dash_alone_is_standard_input(void **state)
{
	struct try *t = *state;
	assert_true(parse(t, "-o - -"));
	assert_is(t->options.output, "-");
	assert_int_equal(t->options.paths.len, 1);
	assert_is(t->options.paths.at[0], "-");
}

static void
letters_are_bundled_and_the_last_may_take_a_value(void **state)
{
	struct try *t = *state;
	assert_true(parse(t, "-qvj4"));
	assert_true(t->options.quiet && t->options.verbose);
	assert_int_equal(t->options.jobs, 4);
	assert_true(parse(t, "-vqj 12"));
	assert_int_equal(t->options.jobs, 12);
	assert_true(parse(t, "-vfotlp-json"));
	assert_is(t->options.format, "otlp-json");
}

static void
of_an_option_given_twice_the_last_counts_but_sessions_add_up(void **state)
{
	struct try *t = *state;
	assert_true(
	    parse(t, "-f text -f otlp --session a --session=b --content none --content full"));
	assert_is(t->options.format, "otlp");
	assert_true(options_given(&t->options, OPTION_CONTENT) && t->options.content == CLASS_ALL);
	assert_int_equal(t->options.sessions.len, 2);
	assert_is(t->options.sessions.at[1], "b");
}

static void
a_wrong_command_line_is_refused_with_the_option_s_name(void **state)
{
	static const struct {
		const char *command, *says;
	} cases[] = {
	    {"--formt text", "unknown option --formt"},
	    {"-x", "unknown option -x"},
	    {"-qx", "unknown option -x"},
	    {"-home-ada-app", "-h stands alone: a path is ./-home-ada-app"},
	    {"-qh", "-h stands alone"},
	    {"-Vq", "-V stands alone"},
	    {"-f xml", "--format: 'xml' is not one of:"},
	    {"-f otl", "--format: 'otl' is not one of:"},
	    {"--format=", "--format: '' is not"},
	    {"--format", "--format needs a value"},
	    {"-o", "--output needs a value"},
	    {"-o _", "--output: '' is not"},
	    {"--quiet=yes", "--quiet takes no value"},
	    {"-j 0", "--jobs: '0' is not a number from 1 to 1024"},
	    {"-j 1025", "--jobs: '1025' is not"},
	    {"-j 4x", "--jobs: '4x' is not"},
	    {"-j -1", "--jobs: '-1' is not"},
	    {"--max-value-bytes 0", "--max-value-bytes: '0' is not"},
	    {"--max-value-bytes 99999999999999999999", "--max-value-bytes"},
	    {"--since yesterday", "--since: 'yesterday' is not a time (RFC 3339) nor an age"},
	    {"--content none,full", "--content: 'none,full' is not one of:"},
	    {"--content none,user-prompts", "--content: 'none,user-prompts' is not"},
	    {"--content user-prompts,full", "--content: 'user-prompts,full' is not"},
	    {"--content user-prompts,", "--content: 'user-prompts,' is not"},
	    {"--emulate newest", "--emulate: 'newest' is not a version as 2.1.329, nor auto"},
	    {"--traceparent 00-1", "--traceparent: '00-1' is not"},
	    {"--until 7", "--until: '7' is not"},
	    {"--convention qwen", "--convention: 'qwen' is not one of:"},
	    {"--color sometimes", "--color: 'sometimes' is not one of:"},
	    {"--to kafka", "--to: 'kafka' is not one of:"},
	    {"--protocol http", "--protocol: 'http' is not one of:"},
	    {"--timeout -1", "--timeout: '-1' is not"},
	    {"--timeout 2147483648", "--timeout: '2147483648' is not"},
	    {"--deadline soon", "--deadline: 'soon' is not"},
	    {"--compression zstd", "--compression: 'zstd' is not one of:"},
	    {"--spool-max-bytes 0", "--spool-max-bytes: '0' is not"},
	    {"--max-request-bytes 67108865", "--max-request-bytes: '67108865' is not"},
	    {"--insecure=yes", "--insecure takes no value"},
	};
	struct try *t = *state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		assert_false(parse(t, cases[i].command));
		assert_non_null(strstr(t->said, cases[i].says));
		assert_non_null(strstr(t->said, "retrospan: "));
	}
}

static void
times_are_dates_or_ages(void **state)
{
	struct try *t = *state;
	assert_true(parse(t, "--since 2026-05-29T09:23:39Z --until 90m"));
	assert_is(t->options.since, "2026-05-29T09:23:39Z");
	assert_is(t->options.until, "90m");
}

static void
what_is_said_about_sending_is_kept(void **state)
{
	struct try *t = *state;
	assert_true(parse(t, "a"));
	assert_false(options_send(&t->options));
	assert_true(parse(t, "--to weave"));
	assert_true(options_send(&t->options));
	assert_true(parse(t, "--endpoint http://h --timeout 10s --deadline 1500 --insecure"));
	assert_true(options_send(&t->options));
	assert_is(t->options.sending.endpoint, "http://h");
	assert_true(t->options.sending.timeout.is_given);
	assert_int_equal(t->options.sending.timeout.ms, 10000);
	assert_int_equal(t->options.sending.deadline.ms, 1500);
	assert_true(t->options.sending.insecure);
	assert_true(parse(t, "--timeout 0 --max-request-bytes 67108864"));
	assert_true(t->options.sending.timeout.is_given);
	assert_int_equal(t->options.sending.timeout.ms, 0);
	assert_int_equal(t->options.sending.max_request_bytes, 64 << 20);
	assert_true(parse(t, "--deadline 0"));
	assert_true(t->options.sending.deadline.is_given);
	assert_true(parse(t, "--spool /s --spool-max-bytes 5000000000 --no-spool"));
	assert_is(t->options.sending.spool, "/s");
	assert_int_equal(t->options.sending.spool_max_bytes, UINT64_C(5000000000));
	assert_true(t->options.sending.no_spool);
}

static void
options_about_sending_are_known_as_such(void **state)
{
	static const char *const words[] = {
	    "--protocol grpc",     "--header a=b",
	    "--timeout 0",         "--deadline 0",
	    "--compression none",  "--certificate c",
	    "--client-key k",      "--client-certificate c",
	    "--insecure",          "--max-request-bytes 1",
	    "--spool s",           "--no-spool",
	    "--spool-max-bytes 1",
	};
	struct try *t = *state;
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		assert_true(parse(t, words[i]));
		assert_true(options_send_nowhere(&t->options));
		struct str more = arena_printf(&t->arena, "%s --to otlp", words[i]);
		assert_true(parse(t, arena_cstr(&t->arena, more)));
		assert_false(options_send_nowhere(&t->options));
	}
	assert_true(parse(t, "-f text -o x --since 7d -q --detailed"));
	assert_false(options_send_nowhere(&t->options));
}

static void
a_relative_path_is_found(void **state)
{
	struct try *t = *state;
	assert_true(parse(t, "-o /a --spool /b --header @/c --header d=e f"));
	assert_null(options_relative(&t->options));
	assert_true(parse(t, "-o /a --certificate b"));
	assert_string_equal(options_relative(&t->options)->name, "certificate");
	assert_true(parse(t, "-o a/"));
	assert_string_equal(options_relative(&t->options)->name, "output");
	assert_true(parse(t, "--header @c"));
	assert_string_equal(options_relative(&t->options)->name, "header");
}

static void
secrets_vanish_from_the_command_line(void **state)
{
	struct try *t = *state;
	char one[] = "--header=a: secret", name[] = "--header", two[] = "b=secret";
	char path[] = "secret", program[] = "retrospan";
	char *argv[] = {program, one, name, two, path, NULL};
	assert_true(options_parse(&t->arena, 5, argv, &t->options, stderr));
	assert_int_equal(t->options.sending.headers.len, 2);
	assert_is(t->options.sending.headers.at[0], "a: secret");
	assert_is(t->options.sending.headers.at[1], "b=secret");
	assert_string_equal(one, "--header=*********");
	assert_string_equal(two, "********");
	assert_is(t->options.paths.at[0], "secret");
	char url[] = "--endpoint=http://ada:secret@h";
	char *with_url[] = {program, url, NULL};
	assert_true(options_parse(&t->arena, 2, with_url, &t->options, stderr));
	assert_is(t->options.sending.endpoint, "http://ada:secret@h");
	assert_null(strstr(url, "secret"));
}

static void
the_table_is_in_order_and_its_letters_and_names_are_unique(void **state)
{
	const struct option *table = option_table();
	(void)state;
	for (size_t i = 0; i < OPTION_COUNT; i++) {
		assert_int_equal(table[i].id, i);
		assert_true(table[i].argument != NULL || table[i].values == NULL);
		assert_true((table[i].argument == NULL) == (table[i].form == FORM_FLAG));
		assert_true((table[i].most != 0) ==
		            (table[i].form == FORM_NUMBER || table[i].form == FORM_DURATION));
		for (size_t k = 0; k < i; k++) {
			assert_string_not_equal(table[i].name, table[k].name);
			assert_true(table[i].letter == '\0' || table[i].letter != table[k].letter);
		}
	}
}

static void
the_first_word_may_be_a_command(void **state)
{
	struct try *t = *state;
	assert_true(parse(t, "check --json --drift -j2 a"));
	assert_int_equal(t->options.command, COMMAND_CHECK);
	assert_true(t->options.json && t->options.drift);
	assert_int_equal(t->options.paths.len, 1);
	assert_true(parse(t, "check check"));
	assert_is(t->options.paths.at[0], "check");
}

static void
a_file_called_like_a_command_is_a_path_elsewhere(void **state)
{
	static const char *const commands[] = {"./check", "-- check", "-q check", "a check"};
	struct try *t = *state;
	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
		assert_true(parse(t, commands[i]));
		assert_int_equal(t->options.command, COMMAND_CONVERT);
		const struct strs *paths = &t->options.paths;
		assert_true(str_ends(paths->at[paths->len - 1], STR("check")));
	}
}

static void
an_option_of_another_command_is_refused(void **state)
{
	static const struct {
		const char *command, *says;
	} cases[] = {
	    {"--json", "a conversion takes no --json, but retrospan check does"},
	    {"--drift a", "takes no --drift"},
	    {"flush -o a", "flush takes no --output, but retrospan"},
	    {"flush --no-spool", "takes no --no-spool"},
	    {"check -f text", "check takes no --format, but retrospan and retrospan hook do"},
	    {"check --since 7d", "takes no --since"},
	    {"check -v", "takes no --verbose"},
	    {"check --completion bash", "takes no --completion"},
	};
	struct try *t = *state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		assert_false(parse(t, cases[i].command));
		assert_non_null(strstr(t->said, cases[i].says));
	}
	assert_int_equal(t->options.command, COMMAND_CHECK);
}

static void
a_hook_keeps_its_words_and_knows_whether_a_mistake_is_a_failure(void **state)
{
	struct try *t = *state;
	assert_true(parse(t, "hook --to otlp --header a=secret --detach"));
	assert_int_equal(t->options.words.len, 5);
	assert_string_equal(arena_cstr(&t->arena, t->options.words.at[3]), "a=secret");
	assert_true(t->options.detach);
	assert_false(t->options.fail);
	assert_false(parse(t, "hook --frob"));
	assert_false(t->options.fail);
	assert_false(parse(t, "hook --frob --fail"));
	assert_true(t->options.fail);
	assert_false(parse(t, "hook --frob --install=claude-code"));
	assert_true(t->options.fail);
}

static void
commands_are_in_order_and_every_option_belongs_to_one(void **state)
{
	const struct command *table = command_table();
	uint64_t all = 0;
	(void)state;
	for (size_t i = 0; i < COMMAND_COUNT; i++) {
		assert_int_equal(table[i].id, i);
		assert_true(command_takes(&table[i], OPTION_HELP));
		assert_int_equal(table[i].name[0] == '\0', i == COMMAND_CONVERT);
		all |= table[i].options;
	}
	for (size_t i = 0; i < OPTION_COUNT; i++)
		assert_true((all >> i & 1) != 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(without_options_the_defaults_hold),
	    cmocka_unit_test(options_and_paths_stand_in_any_order),
	    cmocka_unit_test(behind_two_dashes_everything_is_a_path),
	    cmocka_unit_test(one_dash_alone_is_standard_input),
	    cmocka_unit_test(letters_are_bundled_and_the_last_may_take_a_value),
	    cmocka_unit_test(of_an_option_given_twice_the_last_counts_but_sessions_add_up),
	    cmocka_unit_test(a_wrong_command_line_is_refused_with_the_option_s_name),
	    cmocka_unit_test(times_are_dates_or_ages),
	    cmocka_unit_test(the_first_word_may_be_a_command),
	    cmocka_unit_test(a_file_called_like_a_command_is_a_path_elsewhere),
	    cmocka_unit_test(an_option_of_another_command_is_refused),
	    cmocka_unit_test(a_hook_keeps_its_words_and_knows_whether_a_mistake_is_a_failure),
	    cmocka_unit_test(commands_are_in_order_and_every_option_belongs_to_one),
	    cmocka_unit_test(what_is_said_about_sending_is_kept),
	    cmocka_unit_test(options_about_sending_are_known_as_such),
	    cmocka_unit_test(a_relative_path_is_found),
	    cmocka_unit_test(secrets_vanish_from_the_command_line),
	    cmocka_unit_test(the_table_is_in_order_and_its_letters_and_names_are_unique),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
