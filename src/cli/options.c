/* The command line: a table of options, and the parser that follows it. */
#include "cli/options.h"

#include <inttypes.h>

#include "base/version.h"
#include "base/when.h"
#include "sink/endpoint.h"
#include "trace/context.h"
#include "trace/policy.h"

#define AT(member) offsetof(struct options, member)
#define JOBS_MAX 1024
#define REQUEST_BYTES_MAX (64 << 20) /* otlp 5.1 */
#define SEND_TIME_MS_MAX INT32_MAX   /* otlp 9.1 */

static const struct option table[OPTION_COUNT] = {
    {OPTION_FORMAT, "format", 'f', "NAME", "otlp otlp-delimited otlp-json text", FORM_TEXT,
     AT(format), 0, "how traces are written (default: otlp)"},
    {OPTION_CONVENTION, "convention", '\0', "NAME", "weave claude-code", FORM_TEXT, AT(convention),
     0, "names and shape of the spans (default: weave)"},
    {OPTION_EMULATE, "emulate", '\0', "VERSION", NULL, FORM_VERSION, AT(emulate), 0,
     "claude-code: only what that version of the agent exported; auto: of each line"},
    {OPTION_DETAILED, "detailed", '\0', NULL, NULL, FORM_FLAG, AT(detailed), 0,
     "claude-code: also hooks, and what each call was sent and gave"},
    {OPTION_OUTPUT, "output", 'o', "FILE", "FILE", FORM_TEXT, AT(output), 0,
     "write to FILE; - is standard output"},
    {OPTION_TO, "to", '\0', "NAME", "otlp weave", FORM_TEXT, AT(sending.to), 0,
     "send to an OTLP endpoint, or to W&B Weave"},
    {OPTION_ENDPOINT, "endpoint", '\0', "URL", NULL, FORM_TEXT, AT(sending.endpoint), 0,
     "send to this OTLP endpoint (default: http://localhost:4318)"},
    {OPTION_PROTOCOL, "protocol", '\0', "NAME", "http/protobuf http/json grpc", FORM_TEXT,
     AT(sending.protocol), 0, "how to send (default: http/protobuf)"},
    {OPTION_HEADER, "header", '\0', "LINE", NULL, FORM_TEXTS, AT(sending.headers), 0,
     "send NAME=VALUE along (repeatable; @FILE keeps it out of sight)"},
    {OPTION_TIMEOUT, "timeout", '\0', "TIME", NULL, FORM_DURATION, AT(sending.timeout),
     SEND_TIME_MS_MAX, "limit of one attempt to send, in ms or as 10s 1m (default: 10s)"},
    {OPTION_DEADLINE, "deadline", '\0', "TIME", NULL, FORM_DURATION, AT(sending.deadline),
     SEND_TIME_MS_MAX, "stop sending after this time, in ms or as 30s 5m (default: never)"},
    {OPTION_COMPRESSION, "compression", '\0', "NAME", "gzip none", FORM_TEXT,
     AT(sending.compression), 0, "of what is sent (default: none; gzip to Weave)"},
    {OPTION_CERTIFICATE, "certificate", '\0', "FILE", "FILE", FORM_TEXT, AT(sending.certificate), 0,
     "trust the authorities in this PEM file"},
    {OPTION_CLIENT_KEY, "client-key", '\0', "FILE", "FILE", FORM_TEXT, AT(sending.client_key), 0,
     "our own key, a PEM file"},
    {OPTION_CLIENT_CERTIFICATE, "client-certificate", '\0', "FILE", "FILE", FORM_TEXT,
     AT(sending.client_certificate), 0, "our own certificate, a PEM file"},
    {OPTION_INSECURE, "insecure", '\0', NULL, NULL, FORM_FLAG, AT(sending.insecure), 0,
     "no TLS to a gRPC endpoint given as HOST:PORT"},
    {OPTION_MAX_REQUEST_BYTES, "max-request-bytes", '\0', "N", NULL, FORM_NUMBER,
     AT(sending.max_request_bytes), REQUEST_BYTES_MAX,
     "limit of one request before compression (default: 3670016)"},
    {OPTION_SPOOL, "spool", '\0', "DIR", "FILE", FORM_TEXT, AT(sending.spool), 0,
     "keep what can't be sent there (default: $XDG_STATE_HOME/retrospan/spool)"},
    {OPTION_NO_SPOOL, "no-spool", '\0', NULL, NULL, FORM_FLAG, AT(sending.no_spool), 0,
     "don't keep what can't be sent"},
    {OPTION_SPOOL_MAX_BYTES, "spool-max-bytes", '\0', "N", NULL, FORM_NUMBER,
     AT(sending.spool_max_bytes), SIZE_MAX / 2,
     "limit of what is kept; the oldest goes (default: 268435456)"},
    {OPTION_SESSION, "session", '\0', "ID", NULL, FORM_TEXTS, AT(sessions), 0,
     "only this session (repeatable; the start of an id is enough)"},
    {OPTION_SINCE, "since", '\0', "TIME", NULL, FORM_TIME, AT(since), 0,
     "only turns that start at or after TIME (RFC 3339, or an age: 90m 12h 7d 2w)"},
    {OPTION_UNTIL, "until", '\0', "TIME", NULL, FORM_TIME, AT(until), 0,
     "only turns that start before TIME"},
    {OPTION_HISTORY, "history", '\0', NULL, NULL, FORM_FLAG, AT(history), 0,
     "also write what a fork inherited, when its original is not there"},
    {OPTION_TRACEPARENT, "traceparent", '\0', "CONTEXT", NULL, FORM_CONTEXT, AT(traceparent), 0,
     "put the traces below this W3C span; env: that of TRACEPARENT"},
    {OPTION_CONTENT, "content", '\0', "WHAT", "full none user-prompts tool-details tool-content",
     FORM_CONTENT, AT(content), 0,
     "what words may leave (default: full; claude-code: what OTEL_LOG_* say)"},
    {OPTION_MAX_VALUE_BYTES, "max-value-bytes", '\0', "N", NULL, FORM_NUMBER, AT(max_value_bytes),
     SIZE_MAX / 2, "cut the content in each attribute to N bytes of text"},
    {OPTION_JOBS, "jobs", 'j', "N", NULL, FORM_NUMBER, AT(jobs), JOBS_MAX,
     "threads (default: all processors)"},
    {OPTION_COLOR, "color", '\0', "WHEN", "auto always never", FORM_TEXT, AT(color), 0,
     "colours in -f text (default: auto; NO_COLOR turns them off)"},
    {OPTION_QUIET, "quiet", 'q', NULL, NULL, FORM_FLAG, AT(quiet), 0,
     "no progress and no summary; errors stay"},
    {OPTION_VERBOSE, "verbose", 'v', NULL, NULL, FORM_FLAG, AT(verbose), 0,
     "also say what became of the lines"},
    {OPTION_LOG_FORMAT, "log-format", '\0', "NAME", "text json", FORM_TEXT, AT(log_format), 0,
     "how messages are written (default: text)"},
    {OPTION_STRICT, "strict", '\0', NULL, NULL, FORM_FLAG, AT(strict), 0,
     "exit 1 when a line had to be skipped"},
    {OPTION_JSON, "json", '\0', NULL, NULL, FORM_FLAG, AT(json), 0,
     "the report as one JSON object"},
    {OPTION_DRIFT, "drift", '\0', NULL, NULL, FORM_FLAG, AT(drift), 0,
     "also exit 1 when something unknown was found"},
    {OPTION_DETACH, "detach", '\0', NULL, NULL, FORM_FLAG, AT(detach), 0,
     "return at once; wait, convert and send in the background"},
    {OPTION_FAIL, "fail", '\0', NULL, NULL, FORM_FLAG, AT(fail), 0,
     "exit 1 when something failed, not 0"},
    {OPTION_INSTALL, "install", '\0', "AGENT", "claude-code", FORM_TEXT, AT(install), 0,
     "make the agent run this command line at Stop and SessionEnd"},
    {OPTION_UNINSTALL, "uninstall", '\0', "AGENT", "claude-code", FORM_TEXT, AT(uninstall), 0,
     "take that back"},
    {OPTION_COMPLETION, "completion", '\0', "SHELL", "bash zsh fish", FORM_TEXT, AT(completion), 0,
     "print a completion script and exit"},
    {OPTION_HELP, "help", 'h', NULL, NULL, FORM_FLAG, AT(help), 0, "print this and exit"},
    {OPTION_VERSION, "version", 'V', NULL, NULL, FORM_FLAG, AT(version), 0,
     "print the versions and exit"},
};

const struct option *
option_table(void)
{
	return table;
}

static bool
is_listed(const char *values, struct str value)
{
	struct str rest = str_of(values);
	while (rest.len > 0)
		if (str_eq(str_cut(&rest, ' '), value))
			return true;
	return false;
}

static bool
wrong(FILE *err, const struct option *option, struct str value)
{
	static const char *const wants[] = {
	    [FORM_DURATION] = "a time in ms, or as 10s 5m 1h",
	    [FORM_TIME] = "a time (RFC 3339) nor an age (90m 12h 7d 2w)",
	    [FORM_VERSION] = "a version as 2.1.329, nor auto",
	    [FORM_CONTEXT] = "a W3C traceparent, nor env",
	    [FORM_CONTENT] = NULL,
	};
	const char *wanted = wants[option->form];
	fprintf(err, "retrospan: --%s: '%.*s' is not ", option->name, STR_ARG(value));
	if (option->form == FORM_NUMBER)
		fprintf(err, "a number from 1 to %" PRIu64, option->most);
	else if (wanted != NULL)
		fputs(wanted, err);
	else if (option->values != NULL && strcmp(option->values, "FILE") != 0)
		fprintf(err, "one of: %s", option->values);
	else
		fprintf(err, "a valid %s", option->argument);
	fputs(option->form == FORM_CONTENT ? "; nor a list of the last three\n" : "\n", err);
	return false;
}

/* The words that the agent's own gates speak of, and what belongs to each. convention-claude-code
 * 10 */
static bool
read_content(struct str value, unsigned *classes)
{
	*classes = str_eq(value, STR("full")) ? CLASS_ALL : 0;
	if (*classes != 0 || str_eq(value, STR("none")))
		return true;
	for (bool more = true; more;) {
		more = str_find_byte(value, ',') != STR_NONE;
		struct str one = str_cut(&value, ',');
		if (str_eq(one, STR("user-prompts")))
			*classes |= CLASS_USER_PROMPTS;
		else if (str_eq(one, STR("tool-details")))
			*classes |= CLASS_TOOL_INPUT;
		else if (str_eq(one, STR("tool-content")))
			*classes |= CLASS_TOOL_OUTPUT;
		else
			return false;
	}
	return true;
}

/* Milliseconds, as in the variables, or an age. */
static bool
read_duration(struct str value, uint64_t most, struct duration *to)
{
	uint64_t ns;
	to->is_given = true;
	if (str_to_u64(value, &to->ms))
		return to->ms <= most;
	bool ok = when_parse_age(value, &ns);
	to->ms = ok ? ns / WHEN_MS : 0;
	return ok && to->ms <= most;
}

/* True for what a text of that form may be. */
static bool
is_text(const struct option *option, struct str value)
{
	struct span_context context;
	uint64_t n;
	switch (option->form) {
	case FORM_TIME:
		return when_parse(value, &n) || when_parse_age(value, &n);
	case FORM_VERSION:
		return str_eq(value, STR("auto")) || version_parse(value, &n);
	case FORM_CONTEXT:
		return str_eq(value, STR("env")) || context_parse(value, &context);
	default:
		return option->values == NULL || strcmp(option->values, "FILE") == 0 ||
		       is_listed(option->values, value);
	}
}

static bool
misplaced(FILE *err, enum command_id command, const struct option *option)
{
	const char *name = command_table()[command].name;
	size_t takers = 0, told = 0;
	for (size_t i = 0; i < COMMAND_COUNT; i++)
		takers += command_takes(&command_table()[i], option->id);
	fprintf(err, "retrospan: %s takes no --%s, but", name[0] != '\0' ? name : "a conversion",
	        option->name);
	for (size_t i = 0; i < COMMAND_COUNT; i++) {
		const struct command *c = &command_table()[i];
		if (!command_takes(c, option->id))
			continue;
		fprintf(err, "%s retrospan%s%s", told++ > 0 ? " and" : "",
		        c->name[0] != '\0' ? " " : "", c->name);
	}
	fputs(takers == 1 ? " does\n" : " do\n", err);
	return false;
}

/* Gives the value to its member. False when it can't be one. */
static bool
store(struct arena *a, struct options *o, const struct option *option, struct str value)
{
	void *member = (char *)o + option->at;
	uint64_t n;
	if (option->argument != NULL && value.len == 0)
		return false;
	switch (option->form) {
	case FORM_FLAG:
		*(bool *)member = true;
		return true;
	case FORM_NUMBER:
		if (!str_to_u64(value, &n) || n == 0 || n > option->most)
			return false;
		*(uint64_t *)member = n;
		return true;
	case FORM_DURATION:
		return read_duration(value, option->most, member);
	case FORM_CONTENT:
		return read_content(value, member);
	case FORM_TEXTS:
		*ARENA_PUSH(a, (struct strs *)member) = arena_str(a, value);
		return true;
	default:
		*(struct str *)member = arena_str(a, value);
		return is_text(option, value);
	}
}

/* One option, with its value when it takes one. */
static bool
set(struct arena *a, struct options *o, const struct option *option, struct str value, FILE *err)
{
	if (!command_takes(&command_table()[o->command], option->id))
		return misplaced(err, o->command, option);
	o->given |= UINT64_C(1) << option->id;
	return store(a, o, option, value) || wrong(err, option, value);
}

const struct option *
options_relative(const struct options *o)
{
	for (size_t i = 0; i < OPTION_COUNT; i++) {
		const struct option *option = &table[i];
		const struct str *text = (const void *)((const char *)o + option->at);
		if (option->form == FORM_TEXT && options_given(o, option->id) &&
		    option->values != NULL && strcmp(option->values, "FILE") == 0 &&
		    !str_starts(*text, STR("/")))
			return option;
	}
	for (size_t i = 0; i < o->sending.headers.len; i++) {
		struct str header = o->sending.headers.at[i];
		if (str_starts(header, STR("@")) && !str_starts(header, STR("@/")))
			return &table[OPTION_HEADER];
	}
	return NULL;
}

struct argument_list {
	int argc, at;
	char *const *argv;
};

static bool
take_value(struct argument_list *args, const struct option *option, struct str *value, FILE *err)
{
	if (args->at + 1 >= args->argc) {
		fprintf(err, "retrospan: --%s needs a value: %s\n", option->name, option->argument);
		return false;
	}
	*value = str_of(args->argv[++args->at]);
	return true;
}

/* The last `len` bytes of the argument at hand become stars: ps shows them to everybody. */
static void
scrub(const struct argument_list *args, size_t len)
{
	char *text = args->argv[args->at];
	(void)memset(text + strlen(text) - len, '*', len);
}

static bool
parse_long(struct arena *a, struct argument_list *args, struct str text, struct options *o,
           FILE *err)
{
	size_t equals = str_find_byte(text, '=');
	struct str name = equals == STR_NONE ? text : str_head(text, equals), value = {0};
	for (size_t i = 0; i < OPTION_COUNT; i++) {
		const struct option *option = &table[i];
		if (!str_eq(str_of(option->name), name))
			continue;
		if (equals != STR_NONE)
			value = str_skip(text, equals + 1);
		if (option->argument == NULL && equals != STR_NONE) {
			fprintf(err, "retrospan: --%s takes no value\n", option->name);
			return false;
		}
		if (option->argument != NULL && equals == STR_NONE &&
		    !take_value(args, option, &value, err))
			return false;
		bool ok = set(a, o, option, value, err);
		if (option->id == OPTION_HEADER ||
		    (option->id == OPTION_ENDPOINT && endpoint_may_hold_key(value)))
			scrub(args, value.len);
		return ok;
	}
	fprintf(err, "retrospan: unknown option --%.*s\n", STR_ARG(name));
	return false;
}

/* "-qv", "-j4", "-j 4" */
static bool
parse_letters(struct arena *a, struct argument_list *args, struct str text, struct options *o,
              FILE *err)
{
	const struct str all = text;
	while (text.len > 0) {
		const struct option *option = NULL;
		struct str value = {0};
		for (size_t i = 0; i < OPTION_COUNT; i++)
			if (table[i].letter == text.at[0])
				option = &table[i];
		if (option == NULL) {
			fprintf(err, "retrospan: unknown option -%c\n", text.at[0]);
			return false;
		}
		/* "-home-ada-app" is a folder whose name begins with a dash. */
		bool alone = option->id == OPTION_HELP || option->id == OPTION_VERSION;
		if (alone && all.len > 1) {
			fprintf(err, "retrospan: -%c stands alone: a path is ./-%.*s\n",
			        option->letter, STR_ARG(all));
			return false;
		}
		text = str_skip(text, 1);
		if (option->argument != NULL) {
			value = text;
			text = (struct str){0};
			if (value.len == 0 && !take_value(args, option, &value, err))
				return false;
		}
		if (!set(a, o, option, value, err))
			return false;
	}
	return true;
}

/* A hook's own command line may be written down, and says even when it is wrong whether that is a
 * failure: always, when it is given by a person. */
static void
keep_words(struct arena *a, int argc, char *const *argv, struct options *o)
{
	for (int i = 2; i < argc; i++) {
		struct str word = str_of(argv[i]);
		*ARENA_PUSH(a, &o->words) = arena_str(a, word);
		o->fail |= str_eq(word, STR("--fail")) || str_starts(word, STR("--install")) ||
		           str_starts(word, STR("--uninstall"));
	}
}

bool
options_parse(struct arena *a, int argc, char *const *argv, struct options *o, FILE *err)
{
	struct argument_list args = {argc, 1, argv};
	bool only_paths = false;
	*o = (struct options){.format = STR("otlp"), .convention = STR("weave")};
	if (argc > 1)
		o->command = command_find(str_of(argv[1]));
	if (o->command != COMMAND_CONVERT)
		args.at++;
	if (o->command == COMMAND_HOOK)
		keep_words(a, argc, argv, o);
	for (; args.at < argc; args.at++) {
		struct str text = str_of(argv[args.at]);
		bool ok = true;
		if (!only_paths && str_eq(text, STR("--")))
			only_paths = true;
		else if (!only_paths && str_starts(text, STR("--")))
			ok = parse_long(a, &args, str_skip(text, 2), o, err);
		else if (!only_paths && text.len > 1 && text.at[0] == '-')
			ok = parse_letters(a, &args, str_skip(text, 1), o, err);
		else
			*ARENA_PUSH(a, &o->paths) = text;
		if (!ok)
			return false;
	}
	return true;
}
