/* Tool results: what became of a call, as far as its result line tells.
 * claude-code-transcripts 6. */
#include "decode/claude_private.h"

#define RESULT_HEAD_MAX 4096 /* bytes of a result's text in which its kind shows */
#define RESULT_TAIL_MAX 1024 /* bytes at its end that may name an agent */

/* What the text says, in the order in which it is tried. 6.3, 6.4, weave 6.4 */
static const struct {
	struct str text;
	bool anywhere; /* else at the start */
	enum result_sign sign;
} signs[] = {
    {STR_INIT("[Tool call interrupted: the session ended"), false, SIGN_SESSION_ENDED},
    {STR_INIT("[Request interrupted by user"), false, SIGN_INTERRUPTED},
    {STR_INIT("The user doesn't want to proceed with this tool use"), false, SIGN_USER_REFUSED},
    {STR_INIT("The user doesn't want to take this action right now"), false, SIGN_USER_REFUSED},
    {STR_INIT("Permission to use"), false, SIGN_RULE_REFUSED},
    {STR_INIT("This command requires approval"), false, SIGN_RULE_REFUSED},
    {STR_INIT("Claude requested permissions to"), false, SIGN_RULE_REFUSED},
    {STR_INIT("Sibling tool call errored"), false, SIGN_SIBLING},
    {STR_INIT("Cancelled: parallel tool call"), false, SIGN_SIBLING},
    {STR_INIT("No such tool available"), true, SIGN_NEVER_RAN},
    {STR_INIT("InputValidationError"), true, SIGN_NEVER_RAN},
    {STR_INIT("Fork started \xe2\x80\x94 that fork is you."), false, SIGN_FORK_CONTEXT},
};

static const struct {
	struct str name;
	enum decision_source source;
} sources[] = {
    {STR_INIT("config"), SOURCE_CONFIG},
    {STR_INIT("hook"), SOURCE_HOOK},
    {STR_INIT("user_temporary"), SOURCE_USER_TEMPORARY},
    {STR_INIT("user_permanent"), SOURCE_USER_PERMANENT},
    {STR_INIT("user_reject"), SOURCE_USER_REJECT},
    {STR_INIT("user_abort"), SOURCE_USER_ABORT},
};

/* The text without the frame that marks an error. weave 6.4.1 */
static struct str
error_text(struct str text)
{
	text = str_trim(text);
	if (str_starts(text, STR("<tool_use_error>"))) {
		text = str_skip(text, STR("<tool_use_error>").len);
		size_t end = str_find(text, STR("</tool_use_error>"));
		text = str_trim(end == STR_NONE ? text : str_head(text, end));
	}
	if (str_starts(text, STR("Error: ")))
		text = str_trim(str_skip(text, 7));
	return text;
}

/* "Hook PreToolUse:Bash denied this tool", "PreToolUse:Bash hook error: ..." */
static bool
denied_by_hook(struct str text)
{
	struct str line = text;
	size_t end = str_find_byte(text, '\n');
	if (end != STR_NONE)
		line = str_head(text, end);
	size_t at = str_find(line, STR("PreToolUse:"));
	return at != STR_NONE && (str_has(str_skip(line, at), STR("hook error:")) ||
	                          str_has(str_skip(line, at), STR("denied this tool")));
}

static enum result_sign
sign_of(struct str text, bool error)
{
	/* What a good result prints says nothing: 6.3. The made-up result of a fork is no error. */
	for (size_t i = 0; i < sizeof signs / sizeof *signs; i++)
		if ((error || signs[i].sign == SIGN_FORK_CONTEXT) &&
		    (str_starts(text, signs[i].text) ||
		     (signs[i].anywhere && str_has(text, signs[i].text))))
			return signs[i].sign;
	return error && denied_by_hook(text) ? SIGN_HOOK_REFUSED : SIGN_NONE;
}

/* ^[A-Z][A-Za-z_]*Error: the longest such head. weave 6.4.1 */
static struct str
error_class(struct str text)
{
	size_t len = 0;
	while (len < text.len && len < 100 &&
	       (((text.at[len] | 32) >= 'a' && (text.at[len] | 32) <= 'z') ||
	        (len > 0 && text.at[len] == '_')))
		len++;
	struct str word = str_head(text, len);
	if (len == 0 || word.at[0] < 'A' || word.at[0] > 'Z')
		return (struct str){0};
	size_t end = str_find_last(word, STR("Error"));
	if (end == STR_NONE || end == 0)
		return (struct str){0};
	return str_head(word, end + 5);
}

/* "Exit code 3\n..." since 2.0.37 */
static void
read_exit_code(struct str text, struct result_record *o)
{
	uint64_t code;
	if (!str_starts(text, STR("Exit code ")))
		return;
	text = str_skip(text, 10);
	size_t len = 0;
	while (len < text.len && len < 10 && text.at[len] >= '0' && text.at[len] <= '9')
		len++;
	if (str_to_u64(str_head(text, len), &code) && code <= INT32_MAX) {
		o->has_exit_code = true;
		o->exit_code = (int64_t)code;
	}
}

/* The agent that a launch's text names: 9.1, row 3 */
static struct str
agent_in_text(struct str text)
{
	static const struct str marks[] = {STR_INIT("agentId: "), STR_INIT("(internal ID ")};
	for (size_t i = 0; i < 2; i++) {
		size_t at = str_find_last(text, marks[i]);
		if (at == STR_NONE)
			continue;
		struct str id = str_skip(text, at + marks[i].len);
		size_t len = 0;
		while (len < id.len && len < 64 && id.at[len] != ' ' && id.at[len] != ')' &&
		       id.at[len] != '\n' && id.at[len] != '.' && id.at[len] != ',')
			len++;
		return str_head(id, len);
	}
	return (struct str){0};
}

/* The last text block holds the agent's id; the first the error. */
static void
read_text(struct decoder *d, const struct json *content, bool structured, struct result_record *o)
{
	struct str first = json_text(content), last = first;
	bool seen = json_is_string(content);
	for (struct json_iter it = json_iter(content); json_next(&it);) {
		struct str text = json_get_text(it.value, STR("text"));
		if (text.len == 0)
			continue;
		last = text;
		if (!seen)
			first = text;
		seen = true;
	}
	struct str text = error_text(str_head(first, RESULT_HEAD_MAX));
	o->framed = o->error &&
	            str_starts(str_trim(str_head(first, RESULT_HEAD_MAX)), STR("<tool_use_error>"));
	o->sign = sign_of(text, o->error || o->denial != DENIAL_NONE);
	if (o->error) {
		read_exit_code(text, o);
		o->error_type = intern_add(d->names, error_class(text));
	}
	/* What the program recorded apart would name the agent: the text counts when there is
	 * nothing. */
	struct str agent = {0};
	if (!structured)
		agent = agent_in_text(
		    last.len > RESULT_TAIL_MAX ? str_skip(last, last.len - RESULT_TAIL_MAX) : last);
	/* A launch whose structured result is missing: 9.2 */
	if (!structured && str_starts(text, STR("Async agent launched")))
		o->async = true;
	if (agent.len > 0) {
		o->agent = intern_add(d->names, agent);
		o->agent_by_text = true;
	}
}

/* 6.6 */
static void
read_structured(struct decoder *d, const struct json *v, struct result_record *o)
{
	if (!json_is_object(v))
		return;
	struct str status = json_get_text(v, STR("status"));
	double seconds;
	o->async = json_true(json_get(v, STR("isAsync"))) ||
	           str_eq(status, STR("async_launched")) || str_eq(status, STR("remote_launched"));
	o->teammate = str_eq(status, STR("teammate_spawned"));
	o->interrupted = json_true(json_get(v, STR("interrupted")));
	o->agent = claude_member(d, v, STR("agentId"));
	o->resumed_agent = claude_member(d, v, STR("resumedAgentId"));
	o->run = claude_member(d, v, STR("runId"));
	o->workflow = claude_member(d, v, STR("workflowName"));
	o->task = claude_member(d, v, STR("backgroundTaskId"));
	if (o->task == 0 && o->async)
		o->task = claude_member(d, v, STR("taskId"));
	if (json_u64(json_get(v, STR("totalDurationMs")), &o->duration_ms) ||
	    json_u64(json_get(v, STR("durationMs")), &o->duration_ms))
		o->has_duration = true;
	else if (json_double(json_get(v, STR("durationSeconds")), &seconds) && seconds >= 0 &&
	         seconds < 1e9) {
		o->duration_ms = (uint64_t)(seconds * 1000);
		o->has_duration = true;
	}
}

static void
read_permission(struct decoder *d, const struct claude_line *l, struct result_record *o)
{
	const struct json *p = l->field[FIELD_PERMISSION_DECISION];
	struct str decision = json_get_text(p, STR("decision"));
	struct str source = json_get_text(p, STR("source"));
	struct str denial = json_text(l->field[FIELD_DENIAL_KIND]);
	if (str_eq(decision, STR("accept")))
		o->decision = DECISION_ACCEPT;
	else if (str_eq(decision, STR("reject")))
		o->decision = DECISION_REJECT;
	if (source.len > 0)
		o->source = SOURCE_OTHER;
	for (size_t i = 0; i < sizeof sources / sizeof *sources; i++)
		if (str_eq(source, sources[i].name))
			o->source = sources[i].source;
	if (o->source == SOURCE_OTHER)
		o->source_name = intern_add(d->names, source);
	o->denied_before_run = json_true(l->field[FIELD_DENIED_BEFORE_RUN]);
	if (str_eq(denial, STR("user-rejected")))
		o->denial = DENIAL_USER;
	else if (str_eq(denial, STR("permission-rule")))
		o->denial = DENIAL_RULE;
	else if (str_eq(denial, STR("interrupted")) || str_eq(denial, STR("cancelled")))
		o->denial = DENIAL_INTERRUPTED;
	else if (str_starts(denial, STR("automode")))
		o->denial = DENIAL_MODE;
}

static bool
holds_media(const struct json *blocks)
{
	for (struct json_iter it = json_iter(blocks); json_next(&it);) {
		struct str type = json_get_text(it.value, STR("type"));
		if (str_eq(type, STR("image")) || str_eq(type, STR("document")))
			return true;
	}
	return false;
}

/* Read's files, and the blocks of an MCP tool or an agent. 6.6 */
static bool
result_holds_media(const struct json *v)
{
	if (json_is_array(v))
		return holds_media(v);
	return json_get(json_get(v, STR("file")), STR("base64")) != NULL ||
	       json_get(v, STR("base64")) != NULL || holds_media(json_get(v, STR("content")));
}

bool
claude_results(struct decoder *d, const struct claude_line *l, struct record *r)
{
	const struct json *content = json_get(l->field[FIELD_MESSAGE], STR("content"));
	size_t count = 0;
	if (!json_is_array(content))
		return false;
	for (struct json_iter it = json_iter(content); json_next(&it);)
		count += str_eq(json_get_text(it.value, STR("type")), STR("tool_result"));
	if (count == 0)
		return false;
	if (count > CLAUDE_BLOCKS_MAX)
		count = CLAUDE_BLOCKS_MAX;
	if (result_holds_media(l->field[FIELD_TOOL_USE_RESULT]))
		r->flags |= RECORD_BASE64;
	struct results_record *all = ARENA_NEW(d->arena, struct results_record);
	struct result_record *at = ARENA_ARRAY(d->arena, struct result_record, count);
	all->at = at;
	for (struct json_iter it = json_iter(content); all->len < count && json_next(&it);) {
		if (!str_eq(json_get_text(it.value, STR("type")), STR("tool_result")))
			continue;
		struct result_record *o = &at[all->len++];
		o->call = claude_member(d, it.value, STR("tool_use_id"));
		o->error = json_true(json_get(it.value, STR("is_error")));
		if (count == 1)
			read_structured(d, l->field[FIELD_TOOL_USE_RESULT], o);
		read_permission(d, l, o);
		read_text(d, json_get(it.value, STR("content")),
		          count == 1 && json_is_object(l->field[FIELD_TOOL_USE_RESULT]), o);
	}
	r->kind = RECORD_RESULTS;
	r->results = all;
	return true;
}
