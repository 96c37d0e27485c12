/* Everything that comes from outside and is no input: variables, terminals, the clock. */
#include "cli/environment.h"

#include <stdlib.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "base/percent.h"
#include "base/utf8.h"
#include "base/when.h"

struct str
environment_variable(const char *name)
{
	return str_trim(str_of(getenv(name)));
}

static bool
decode(struct arena *a, struct str text, struct str *out)
{
	return percent_decode(a, text, out) && utf8_valid(*out) &&
	       str_find_byte(*out, '\0') == STR_NONE;
}

static bool
add_member(struct arena *a, struct str member, struct attributes *list)
{
	struct str key, value;
	size_t equals = str_find_byte(member, '=');
	if (equals == STR_NONE || !decode(a, str_trim(str_head(member, equals)), &key) ||
	    !decode(a, str_trim(str_skip(member, equals + 1)), &value) || key.len == 0)
		return false;
	for (size_t i = 0; i < list->len; i++)
		if (str_eq(list->at[i].key, key)) {
			list->at[i].value.text = value; /* the last one counts: otlp 13.10 */
			return true;
		}
	attribute_text(a, list, key, value);
	return true;
}

bool
environment_attributes(struct arena *a, struct str text, struct attributes *list, struct diag *d)
{
	struct str rest = text;
	*list = (struct attributes){0};
	while (rest.len > 0) {
		struct str member = str_trim(str_cut(&rest, ','));
		if (member.len == 0 || add_member(a, member, list))
			continue;
		diag_warn(d, (struct str){0}, 0,
		          "OTEL_RESOURCE_ATTRIBUTES can't be decoded and is ignored");
		*list = (struct attributes){0};
		return false;
	}
	return true;
}

static void
read_project(struct environment *env, struct diag *d)
{
	struct str text = environment_variable("WEAVE_PROJECT");
	size_t slash = str_find_byte(text, '/');
	if (text.len == 0)
		return;
	if (slash == STR_NONE || slash == 0 || slash + 1 == text.len || !utf8_valid(text)) {
		diag_warn(d, (struct str){0}, 0,
		          "WEAVE_PROJECT is not ENTITY/PROJECT and is ignored");
		return;
	}
	env->entity = str_head(text, slash);
	env->project = str_skip(text, slash + 1);
}

/* convention-claude-code 10 */
static bool
is_on(const char *name, bool otherwise)
{
	static const struct str words[] = {STR_INIT("1"), STR_INIT("true"), STR_INIT("yes"),
	                                   STR_INIT("on")};
	struct str value = environment_variable(name);
	if (value.len == 0)
		return otherwise;
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (str_eq_nocase(value, words[i]))
			return true;
	return false;
}

/* The smallest of what the variables say, and of what the agent takes by itself. */
static size_t
content_units(void)
{
	static const char *const names[] = {"CLAUDE_CODE_OTEL_CONTENT_MAX_LENGTH",
	                                    "OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT",
	                                    "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT"};
	uint64_t limit = LIVE_CONTENT_UNITS, n;
	if (str_to_u64(environment_variable(names[0]), &n) && n > 0 && n < SIZE_MAX)
		limit = n;
	for (size_t i = 1; i < sizeof names / sizeof *names; i++)
		if (str_to_u64(environment_variable(names[i]), &n) && n < limit)
			limit = n;
	return (size_t)limit;
}

/* The agent's own variables, which say what its spans may hold. */
static void
read_live(struct environment *env)
{
	if (is_on("OTEL_LOG_USER_PROMPTS", false))
		env->content |= CLASS_USER_PROMPTS;
	if (is_on("OTEL_LOG_TOOL_DETAILS", false))
		env->content |= CLASS_TOOL_INPUT;
	if (is_on("OTEL_LOG_TOOL_CONTENT", false))
		env->content |= CLASS_TOOL_OUTPUT;
	env->live = (struct live_options){
	    .detailed = is_on("ENABLE_BETA_TRACING_DETAILED", false) &&
	                environment_variable("BETA_TRACING_ENDPOINT").len > 0,
	    .no_session_id = !is_on("OTEL_METRICS_INCLUDE_SESSION_ID", true),
	    .with_version = is_on("OTEL_METRICS_INCLUDE_VERSION", false),
	    .with_entrypoint = is_on("OTEL_METRICS_INCLUDE_ENTRYPOINT", false),
	    .no_resource = !is_on("OTEL_METRICS_INCLUDE_RESOURCE_ATTRIBUTES", true),
	    .content_units = content_units(),
	};
}

/* What is kept between runs. A relative path is none: XDG Base Directory Specification 0.8. */
static struct str
state_folder(struct arena *a)
{
	struct str state = environment_variable("XDG_STATE_HOME"),
		   home = environment_variable("HOME");
	if (str_starts(state, STR("/")))
		return arena_join(a, (struct str[]){state, STR("/retrospan")}, 2);
	if (str_starts(home, STR("/")))
		return arena_join(a, (struct str[]){home, STR("/.local/state/retrospan")}, 2);
	return (struct str){0};
}

uint64_t
environment_clock(void)
{
	struct timespec t = {0, 0};
	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * WHEN_S + (uint64_t)t.tv_nsec;
}

void
environment_read(struct arena *a, struct environment *env, struct diag *d)
{
	struct timespec now = {0, 0};
	*env = (struct environment){0};
	env->tmp_dir = environment_variable("TMPDIR");
	env->state = state_folder(a);
	if (env->state.len > 0)
		env->spool = arena_join(a, (struct str[]){env->state, STR("/spool")}, 2);
	env->stdin_is_terminal = isatty(STDIN_FILENO);
	env->stdout_is_terminal = isatty(STDOUT_FILENO);
	env->stderr_is_terminal = isatty(STDERR_FILENO);
	env->no_color = environment_variable("NO_COLOR").len > 0;
	env->service_name = utf8_repair(a, environment_variable("OTEL_SERVICE_NAME"));
	env->agent_name = utf8_repair(a, environment_variable("WEAVE_AGENT_NAME"));
	(void)environment_attributes(a, environment_variable("OTEL_RESOURCE_ATTRIBUTES"),
	                             &env->resource, d);
	read_project(env, d);
	if (context_parse(environment_variable("TRACEPARENT"), &env->caller) &&
	    context_state_valid(environment_variable("TRACESTATE")))
		env->caller.state = environment_variable("TRACESTATE");
	read_live(env);
	(void)clock_gettime(CLOCK_REALTIME, &now);
	if (now.tv_sec > 0 && (uint64_t)now.tv_sec < WHEN_MAX_NS / WHEN_S)
		env->now_ns = (uint64_t)now.tv_sec * WHEN_S + (uint64_t)now.tv_nsec;
	if (getrandom(&env->seed, sizeof env->seed, 0) != (ssize_t)sizeof env->seed)
		env->seed = env->now_ns;
}
