/* retrospan: coding-agent sessions to OpenTelemetry traces. */
#include <stdio.h>
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
	return fflush(stdout) == 0 && !ferror(stdout) ? 0 : 1;
}

/* True when an option says how to send, and none says that anything is sent. */
static bool
sends_nowhere(const struct options *o)
{
	const struct sending_options *s = &o->sending;
	return !options_send(o) &&
	       (s->protocol.len > 0 || s->compression.len > 0 || s->certificate.len > 0 ||
	        s->client_key.len > 0 || s->client_certificate.len > 0 || s->headers.len > 0 ||
	        s->insecure || s->has_timeout || s->deadline_ms > 0 || s->max_request_bytes > 0 ||
	        s->spool.len > 0 || s->no_spool || s->spool_max_bytes > 0);
}

static int
convert(const struct options *o, const struct environment *env, struct log *log)
{
	const struct encoder *encoder = encoder_find(o->format);
	if (encoder->binary && env->stdout_is_terminal && !o->has_output && !options_send(o)) {
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

static int
work(const struct options *o, const struct environment *env, struct log *log)
{
	if (o->command == COMMAND_FLUSH && o->paths.len > 0) {
		fputs("retrospan: flush takes no path\n", stderr);
		return usage(o->command);
	}
	if (o->command != COMMAND_FLUSH && sends_nowhere(o)) {
		fputs("retrospan: options about sending need --to or --endpoint\n", stderr);
		return usage(o->command);
	}
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
	interrupt_ignore_pipe();
	if (!options_parse(&arena, argc, argv, &o, stderr)) {
		arena_free(&arena);
		return status_of(&o, usage(o.command));
	}
	environment_read(&arena, &env, &diag);
	log.json = o.log_json;
	log.quiet = o.quiet || (o.command == COMMAND_HOOK && !o.verbose);
	log.verbose = o.verbose && !o.quiet;
	log.progress = env.stderr_is_terminal && !o.quiet && !o.log_json;
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
