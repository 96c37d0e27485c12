/* The command line: a table of options, and the parser that follows it. */
#include "cli/options.h"

#include "base/version.h"
#include "base/when.h"
#include "cli/sending.h"
#include "sink/endpoint.h"
#include "trace/context.h"
#include "trace/policy.h"

static const struct option table[OPTION_COUNT] = {
    {OPTION_FORMAT, "format", 'f', "NAME", "otlp otlp-delimited otlp-json text", false,
     "how traces are written (default: otlp)"},
    {OPTION_CONVENTION, "convention", '\0', "NAME", "weave claude-code", false,
     "names and shape of the spans (default: weave)"},
    {OPTION_EMULATE, "emulate", '\0', "VERSION", NULL, false,
     "claude-code: only what that version of the agent exported; auto: of each line"},
    {OPTION_DETAILED, "detailed", '\0', NULL, NULL, false,
     "claude-code: also hooks, and what each call was sent and gave"},
    {OPTION_OUTPUT, "output", 'o', "FILE", "FILE", false, "write to FILE; - is standard output"},
    {OPTION_TO, "to", '\0', "NAME", "otlp weave", false,
     "send to an OTLP endpoint, or to W&B Weave"},
    {OPTION_ENDPOINT, "endpoint", '\0', "URL", NULL, false,
     "send to this OTLP endpoint (default: http://localhost:4318)"},
    {OPTION_PROTOCOL, "protocol", '\0', "NAME", "http/protobuf http/json grpc", false,
     "how to send (default: http/protobuf)"},
    {OPTION_HEADER, "header", '\0', "LINE", NULL, false,
     "send NAME=VALUE along (repeatable; @FILE keeps it out of sight)"},
    {OPTION_TIMEOUT, "timeout", '\0', "TIME", NULL, false,
     "limit of one attempt to send, in ms or as 10s 1m (default: 10s)"},
    {OPTION_DEADLINE, "deadline", '\0', "TIME", NULL, false,
     "stop sending after this time, in ms or as 30s 5m (default: never)"},
    {OPTION_COMPRESSION, "compression", '\0', "NAME", "gzip none", false,
     "of what is sent (default: none; gzip to Weave)"},
    {OPTION_CERTIFICATE, "certificate", '\0', "FILE", "FILE", false,
     "trust the authorities in this PEM file"},
    {OPTION_CLIENT_KEY, "client-key", '\0', "FILE", "FILE", false, "our own key, a PEM file"},
    {OPTION_CLIENT_CERTIFICATE, "client-certificate", '\0', "FILE", "FILE", false,
     "our own certificate, a PEM file"},
    {OPTION_INSECURE, "insecure", '\0', NULL, NULL, false,
     "no TLS to a gRPC endpoint given as HOST:PORT"},
    {OPTION_MAX_REQUEST_BYTES, "max-request-bytes", '\0', "N", NULL, false,
     "limit of one request before compression (default: 3670016)"},
    {OPTION_SPOOL, "spool", '\0', "DIR", "FILE", false,
     "keep what can't be sent there (default: $XDG_STATE_HOME/retrospan/spool)"},
    {OPTION_NO_SPOOL, "no-spool", '\0', NULL, NULL, false, "don't keep what can't be sent"},
    {OPTION_SPOOL_MAX_BYTES, "spool-max-bytes", '\0', "N", NULL, false,
     "limit of what is kept; the oldest goes (default: 268435456)"},
    {OPTION_SESSION, "session", '\0', "ID", NULL, false,
     "only this session (repeatable; the start of an id is enough)"},
    {OPTION_SINCE, "since", '\0', "TIME", NULL, false,
     "only turns that start at or after TIME (RFC 3339, or an age: 90m 12h 7d 2w)"},
    {OPTION_UNTIL, "until", '\0', "TIME", NULL, false, "only turns that start before TIME"},
    {OPTION_HISTORY, "history", '\0', NULL, NULL, false,
     "also write what a fork inherited, when its original is not there"},
    {OPTION_TRACEPARENT, "traceparent", '\0', "CONTEXT", NULL, false,
     "put the traces below this W3C span; env: that of TRACEPARENT"},
    {OPTION_CONTENT, "content", '\0', "WHAT", "full none user-prompts tool-details tool-content",
     true, "what words may leave (default: full; claude-code: what OTEL_LOG_* say)"},
    {OPTION_MAX_VALUE_BYTES, "max-value-bytes", '\0', "N", NULL, false,
     "cut the content in each attribute to N bytes of text"},
    {OPTION_JOBS, "jobs", 'j', "N", NULL, false, "threads (default: all processors)"},
    {OPTION_COLOR, "color", '\0', "WHEN", "auto always never", false,
     "colours in -f text (default: auto; NO_COLOR turns them off)"},
    {OPTION_QUIET, "quiet", 'q', NULL, NULL, false, "no progress and no summary; errors stay"},
    {OPTION_VERBOSE, "verbose", 'v', NULL, NULL, false, "also say what became of the lines"},
    {OPTION_LOG_FORMAT, "log-format", '\0', "NAME", "text json", false,
     "how messages are written (default: text)"},
    {OPTION_STRICT, "strict", '\0', NULL, NULL, false, "exit 1 when a line had to be skipped"},
    {OPTION_JSON, "json", '\0', NULL, NULL, false, "the report as one JSON object"},
    {OPTION_DRIFT, "drift", '\0', NULL, NULL, false,
     "also exit 1 when something unknown was found"},
    {OPTION_DETACH, "detach", '\0', NULL, NULL, false,
     "return at once; wait, convert and send in the background"},
    {OPTION_FAIL, "fail", '\0', NULL, NULL, false, "exit 1 when something failed, not 0"},
    {OPTION_INSTALL, "install", '\0', "AGENT", "claude-code", false,
     "make the agent run this command line at Stop and SessionEnd"},
    {OPTION_UNINSTALL, "uninstall", '\0', "AGENT", "claude-code", false, "take that back"},
    {OPTION_COMPLETION, "completion", '\0', "SHELL", "bash zsh fish", false,
     "print a completion script and exit"},
    {OPTION_HELP, "help", 'h', NULL, NULL, false, "print this and exit"},
    {OPTION_VERSION, "version", 'V', NULL, NULL, false, "print the versions and exit"},
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
	while (rest.len > 0) {
		size_t space = str_find_byte(rest, ' ');
		struct str word = space == STR_NONE ? rest : str_head(rest, space);
		if (str_eq(word, value))
			return true;
		rest = space == STR_NONE ? (struct str){0} : str_skip(rest, space + 1);
	}
	return false;
}

static bool
wrong(FILE *err, const struct option *option, struct str value)
{
	fprintf(err, "retrospan: --%s: '%.*s' is not ", option->name, STR_ARG(value));
	if (option->values != NULL)
		fprintf(err, "one of: %s\n", option->values);
	else
		fprintf(err, "a valid %s\n", option->argument);
	return false;
}

#define JOBS_MAX 1024

static bool
set_number(struct options *o, const struct option *option, struct str value, FILE *err)
{
	uint64_t n;
	if (!str_to_u64(value, &n) || n == 0)
		return wrong(err, option, value);
	if (option->id == OPTION_JOBS) {
		if (n > JOBS_MAX)
			return wrong(err, option, value);
		o->jobs = (unsigned)n;
	} else {
		if (n > SIZE_MAX / 2)
			return wrong(err, option, value);
		o->max_value_bytes = (size_t)n;
	}
	return true;
}

static bool
set_time(struct str *to, const struct option *option, struct str value, FILE *err)
{
	uint64_t ns;
	if (!when_parse(value, &ns) && !when_parse_age(value, &ns))
		return wrong(err, option, value);
	*to = value;
	return true;
}

static struct str
next_of_list(struct str *rest)
{
	size_t comma = str_find_byte(*rest, ',');
	struct str one = comma == STR_NONE ? *rest : str_head(*rest, comma);
	*rest = comma == STR_NONE ? (struct str){0} : str_skip(*rest, comma + 1);
	return one;
}

static bool
fits(const struct option *option, struct str value)
{
	if (option->argument != NULL && value.len == 0)
		return false;
	if (option->values == NULL || strcmp(option->values, "FILE") == 0)
		return true;
	while (option->list && str_find_byte(value, ',') != STR_NONE)
		if (!is_listed(option->values, next_of_list(&value)))
			return false;
	return is_listed(option->values, value);
}

/* The words that the agent's own gates speak of, and what belongs to each. convention-claude-code
 * 10 */
static unsigned
classes_of(struct str value)
{
	unsigned classes = 0;
	while (value.len > 0) {
		struct str one = next_of_list(&value);
		if (str_eq(one, STR("full")))
			classes |= CLASS_ALL;
		else if (str_eq(one, STR("user-prompts")))
			classes |= CLASS_USER_PROMPTS;
		else if (str_eq(one, STR("tool-details")))
			classes |= CLASS_TOOL_INPUT;
		else if (str_eq(one, STR("tool-content")))
			classes |= CLASS_TOOL_OUTPUT;
	}
	return classes;
}

static bool
set_traceparent(struct options *o, const struct option *option, struct str value, FILE *err)
{
	struct span_context context;
	o->traceparent = value;
	return str_eq(value, STR("env")) || context_parse(value, &context) ||
	       wrong(err, option, value);
}

static bool
set_emulate(struct options *o, const struct option *option, struct str value, FILE *err)
{
	uint64_t version;
	o->emulate = value;
	return str_eq(value, STR("auto")) || version_parse(value, &version) ||
	       wrong(err, option, value);
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

/* What an option without a value switches on. */
static bool *
flag_of(struct options *o, enum option_id id)
{
	switch (id) {
	case OPTION_DETAILED:
		return &o->detailed;
	case OPTION_HISTORY:
		return &o->history;
	case OPTION_DETACH:
		return &o->detach;
	case OPTION_FAIL:
		return &o->fail;
	case OPTION_QUIET:
		return &o->quiet;
	case OPTION_VERBOSE:
		return &o->verbose;
	case OPTION_STRICT:
		return &o->strict;
	case OPTION_JSON:
		return &o->json;
	case OPTION_DRIFT:
		return &o->drift;
	case OPTION_HELP:
		return &o->help;
	default:
		return &o->version;
	}
}

/* One option, with its value when it takes one. */
static bool
set(struct arena *a, struct options *o, const struct option *option, struct str value, FILE *err)
{
	if (!command_takes(&command_table()[o->command], option->id))
		return misplaced(err, o->command, option);
	if (!fits(option, value))
		return wrong(err, option, value);
	if (option->id >= OPTION_TO && option->id <= OPTION_SPOOL_MAX_BYTES)
		return sending_set(a, &o->sending, option->id, value) || wrong(err, option, value);
	if (option->argument == NULL) {
		*flag_of(o, option->id) = true;
		return true;
	}
	switch (option->id) {
	case OPTION_FORMAT:
		o->format = value;
		break;
	case OPTION_CONVENTION:
		o->convention = value;
		break;
	case OPTION_OUTPUT:
		o->output = value;
		o->has_output = true;
		break;
	case OPTION_SESSION:
		*ARENA_PUSH(a, &o->sessions) = value;
		break;
	case OPTION_SINCE:
		return set_time(&o->since, option, value, err);
	case OPTION_UNTIL:
		return set_time(&o->until, option, value, err);
	case OPTION_CONTENT:
		o->has_content = true;
		o->content = classes_of(value);
		break;
	case OPTION_EMULATE:
		return set_emulate(o, option, value, err);
	case OPTION_TRACEPARENT:
		return set_traceparent(o, option, value, err);
	case OPTION_MAX_VALUE_BYTES:
	case OPTION_JOBS:
		return set_number(o, option, value, err);
	case OPTION_COLOR:
		o->color_always = str_eq(value, STR("always"));
		o->color_never = str_eq(value, STR("never"));
		break;
	case OPTION_LOG_FORMAT:
		o->log_json = str_eq(value, STR("json"));
		break;
	case OPTION_COMPLETION:
		o->completion = value;
		break;
	case OPTION_INSTALL:
		o->install = value;
		break;
	case OPTION_UNINSTALL:
		o->uninstall = value;
		break;
	default: /* flag_of or sending_set has it */
		break;
	}
	return true;
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
