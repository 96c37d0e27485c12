/* retrospan: coding-agent sessions to OpenTelemetry traces. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

#include "cli/check.h"
#include "cli/environment.h"
#include "cli/flush.h"
#include "cli/hook.h"
#include "cli/interrupt.h"
#include "cli/options.h"
#include "cli/run.h"
#include "cli/version.h"
#include "encode/encoder.h"

#define RETURNED_MIN (128 << 10)

/* Blocks of that size go back to the system when they are freed. By default glibc soon takes them
 * from heaps of its own, one per thread, and keeps what lies below something still in use. */
static void
return_what_is_freed(void)
{
#ifdef __GLIBC__
	(void)mallopt(M_MMAP_THRESHOLD, RETURNED_MIN);
#endif
}

static int
usage(enum command_id command)
{
	const char *name = command_table()[command].name;
	fprintf(stderr, "try: retrospan%s%s --help\n", name[0] != '\0' ? " " : "", name);
	return 2;
}

/* Text for people on stdout: worth an error when it can't be written. */
static int
printed(void)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return 0;
	fprintf(stderr, "retrospan: standard output: %s\n", strerror(errno));
	return 1;
}

static int
convert(const struct options *o, const struct environment *env, struct log *log)
{
	const struct encoder *encoder = encoder_find(o->format);
	if (encoder->binary && env->stdout_is_terminal && o->output.len == 0 && !options_send(o)) {
		fprintf(stderr,
		        "retrospan: %.*s is binary and does not go to a terminal: "
		        "use -o FILE, -f text, or -o - if you mean it\n",
		        STR_ARG(encoder->name));
		return 2;
	}
	return run(o, env, log);
}

/* By enum command_id. */
static int (*const commands[COMMAND_COUNT])(const struct options *o, const struct environment *env,
                                            struct log *log) = {
    [COMMAND_CONVERT] = convert,
    [COMMAND_CHECK] = check,
    [COMMAND_FLUSH] = flush,
    [COMMAND_HOOK] = hook,
};

/* A command behind an option is a path: which one, when there is no such file. */
static const char *
late_command(const struct options *o)
{
	for (size_t i = 0; i < o->paths.len && o->command == COMMAND_CONVERT; i++) {
		enum command_id id = command_find(o->paths.at[i]);
		if (id != COMMAND_CONVERT && access(command_table()[id].name, F_OK) != 0)
			return command_table()[id].name;
	}
	return NULL;
}

/* False, after a message, when the options don't go together. */
static bool
fit_together(const struct options *o, const struct environment *env)
{
	uint64_t since = run_time(o->since, env), until = run_time(o->until, env);
	const char *late = late_command(o);
	bool agent_only = options_given(o, OPTION_EMULATE) || o->detailed;
	if (agent_only && !str_eq(o->convention, STR("claude-code")))
		fputs("retrospan: --emulate and --detailed need --convention claude-code\n",
		      stderr);
	else if (o->command != COMMAND_FLUSH && options_send_nowhere(o))
		fputs("retrospan: options about sending need --to or --endpoint\n", stderr);
	else if (o->until.len > 0 && until <= since)
		fputs("retrospan: no time lies between --since and --until\n", stderr);
	else if (late != NULL)
		fprintf(stderr, "retrospan: %s: no such file; a command is the first word\n", late);
	else
		return true;
	return false;
}

static int
work(const struct options *o, const struct environment *env, struct log *log)
{
	if (o->command == COMMAND_FLUSH && o->paths.len > 0) {
		fputs("retrospan: flush takes no path\n", stderr);
		return usage(o->command);
	}
	if (!fit_together(o, env))
		return usage(o->command);
	if (o->paths.len == 0 && env->stdin_is_terminal && o->command != COMMAND_FLUSH &&
	    o->command != COMMAND_HOOK) {
		options_help(o->command, stderr);
		return 2;
	}
	return commands[o->command](o, env, log);
}

/* An agent takes a status of 2 for "go on working", and shows any but 0 to its user. */
static int
status_of(const struct options *o, int status)
{
	if (o->command != COMMAND_HOOK || status == 0)
		return status;
	return o->fail ? 1 : 0;
}

int
main(int argc, char **argv)
{
	struct arena arena = {0};
	struct options o;
	struct environment env;
	struct diag diag = {.arena = &arena};
	struct log log = {.out = stderr};
	int status;

	return_what_is_freed();
	interrupt_ignore_writes();
	if (!options_parse(&arena, argc, argv, &o, stderr)) {
		arena_free(&arena);
		return status_of(&o, usage(o.command));
	}
	environment_read(&arena, &env, &diag);
	log.json = str_eq(o.log_format, STR("json"));
	log.quiet = o.quiet || (o.command == COMMAND_HOOK && !o.verbose);
	log.verbose = o.verbose && !o.quiet;
	log.progress = env.stderr_is_terminal && !o.quiet && !log.json;
	log_print(&log, &diag);
	if (o.help) {
		options_help(o.command, stdout);
		status = printed();
	} else if (o.version) {
		version_print(stdout);
		status = printed();
	} else if (o.completion.len > 0) {
		(void)options_completion(o.completion, stdout);
		status = printed();
	} else {
		status = status_of(&o, work(&o, &env, &log));
	}
	arena_free(&arena);
	return status;
}
