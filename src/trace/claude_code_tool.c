/* The convention `claude-code`: tool calls, what they waited for, and how they ran. cc 5 to 7 */
#include "base/when.h"
#include "trace/claude_code_private.h"

static bool
allows(const struct claude_code *c, enum content_class class)
{
	return policy_allows(&c->t.in->options->policy, class);
}

static struct str
name_of(const struct claude_code *c, const struct tool_call *call)
{
	return trace_name(&c->t, call->name);
}

static struct str
input_text(const struct claude_code *c, const struct tool_call *call, struct str key)
{
	return content_input_text(c->t.in->arena, trace_call_input(&c->t, call), key);
}

/* ---- claude_code.tool ---- */

static void
add_names(struct claude_code *c, struct span *s, const struct tool_call *call)
{
	struct attributes *l = &s->attributes;
	struct str name = name_of(c, call), server = {0}, tool = name;
	bool mcp = trace_mcp_name(name, &server, &tool);
	claude_code_text(c, l, STR("tool_name"), name);
	if (claude_code_has(c, call->version, FEATURE_SAFE_NAMES))
		claude_code_text(c, l, STR("tool_name_safe"), mcp ? STR("mcp_other") : name);
	if (!claude_code_has(c, call->version, FEATURE_GEN_AI))
		return;
	claude_code_text(c, l, STR("gen_ai.operation.name"), STR("execute_tool"));
	claude_code_text(c, l, STR("gen_ai.tool.name"), tool);
	claude_code_text(c, l, STR("anthropic.mcp.server.name"), server);
}

/* The one member of the input that says most, for some tools. cc 5, row 7 */
static void
add_details(struct claude_code *c, struct span *s, const struct tool_call *call)
{
	static const struct {
		struct str tool, key, attribute;
	} details[] = {
	    {STR_INIT("Read"), STR_INIT("file_path"), STR_INIT("file_path")},
	    {STR_INIT("Edit"), STR_INIT("file_path"), STR_INIT("file_path")},
	    {STR_INIT("Write"), STR_INIT("file_path"), STR_INIT("file_path")},
	    {STR_INIT("Bash"), STR_INIT("command"), STR_INIT("full_command")},
	    {STR_INIT("Skill"), STR_INIT("skill"), STR_INIT("skill_name")},
	    {STR_INIT("Skill"), STR_INIT("command"), STR_INIT("skill_name")},
	    {STR_INIT("Agent"), STR_INIT("subagent_type"), STR_INIT("subagent_type")},
	    {STR_INIT("Task"), STR_INIT("subagent_type"), STR_INIT("subagent_type")},
	};
	struct str name = name_of(c, call), text;
	for (size_t i = 0; i < sizeof details / sizeof *details; i++) {
		if (!str_eq(details[i].tool, name) || !allows(c, CLASS_TOOL_INPUT) ||
		    attribute_get(&s->attributes, details[i].attribute) != NULL)
			continue;
		text = input_text(c, call, details[i].key);
		policy_text(&c->t.in->options->policy, c->t.in->arena, &s->attributes,
		            details[i].attribute, CLASS_TOOL_INPUT, text);
	}
}

static void
add_command(struct claude_code *c, struct span *s, const struct tool_call *call)
{
	struct str program, class;
	if (!str_eq(name_of(c, call), STR("Bash")) ||
	    !claude_code_has(c, call->version, FEATURE_SAFE_NAMES) ||
	    !claude_code_command(input_text(c, call, STR("command")), c->strict, &program, &class))
		return;
	claude_code_text(c, &s->attributes, STR("bash_command_class"), class);
	claude_code_text(c, &s->attributes, STR("bash_argv0"), program);
}

static void
add_call_id(struct claude_code *c, struct span *s, const struct tool_call *call)
{
	if (!claude_code_has(c, call->version, FEATURE_TOOL_CALL_ID))
		return;
	claude_code_text(c, &s->attributes, STR("tool_use_id"), trace_name(&c->t, call->id));
	claude_code_text(c, &s->attributes, STR("gen_ai.tool.call.id"),
	                 trace_name(&c->t, call->id));
}

static struct span *
open_tool(struct claude_code *c, const struct place *place, const struct tool_call *call)
{
	struct span *s = claude_code_span(c, place, STR("tool"), trace_name(&c->t, call->id),
	                                  call->version);
	claude_code_times(c, s, place->parent, call->start, call->end);
	add_names(c, s, call);
	claude_code_conversation(c, s, place, call->version);
	add_details(c, s, call);
	add_command(c, s, call);
	claude_code_agent_ids(c, s, place, call->version, FEATURE_AGENT_OF_TOOL);
	add_call_id(c, s, call);
	if (c->live->detailed)
		claude_code_input_detail(c, s, call);
	claude_code_duration(c, s);
	if (c->live->detailed)
		claude_code_result_detail(c, s, call);
	return s;
}

/* ---- claude_code.tool.blocked_on_user: cc 6 ---- */

static const struct str decisions[] = {
    [DECISION_NONE] = STR_INIT("unknown"),
    [DECISION_ACCEPT] = STR_INIT("accept"),
    [DECISION_REJECT] = STR_INIT("reject"),
    [DECISION_UNKNOWN] = STR_INIT("unknown"),
};

static struct str
source_name(const struct claude_code *c, const struct permission *p)
{
	static const struct str names[] = {
	    [SOURCE_NONE] = STR_INIT("unknown"),
	    [SOURCE_UNKNOWN] = STR_INIT("unknown"),
	    [SOURCE_CONFIG] = STR_INIT("config"),
	    [SOURCE_HOOK] = STR_INIT("hook"),
	    [SOURCE_USER_TEMPORARY] = STR_INIT("user_temporary"),
	    [SOURCE_USER_PERMANENT] = STR_INIT("user_permanent"),
	    [SOURCE_USER_REJECT] = STR_INIT("user_reject"),
	    [SOURCE_USER_ABORT] = STR_INIT("user_abort"),
	};
	return p->source == SOURCE_OTHER ? trace_name(&c->t, p->source_name) : names[p->source];
}

/* Versions that did not record who allowed a call in print mode did not tell their own spans
 * either. */
static bool
told_nobody(const struct claude_code *c, const struct tool_call *call)
{
	bool told = call->permission.told && claude_code_has(c, call->version, FEATURE_DECISION);
	return !told && call->answer != NULL && (call->answer->flags & RECORD_SDK) &&
	       call->permission.decision == DECISION_ACCEPT;
}

static void
blocked_on_user(struct claude_code *c, const struct place *place, const struct tool_call *call)
{
	struct permission p = call->permission;
	struct moment end = call->start;
	if (told_nobody(c, call))
		p = (struct permission){0};
	if (call->outcome == OUTCOME_DENIED)
		end = call->end;
	else if (p.asked || call->block->asks_user)
		end = call->run_start;
	struct span *s = claude_code_span(c, place, STR("tool.blocked_on_user"),
	                                  trace_name(&c->t, call->id), call->version);
	claude_code_times(c, s, place->parent, call->start, end);
	claude_code_conversation(c, s, place, call->version);
	claude_code_duration(c, s);
	claude_code_text(c, &s->attributes, STR("decision"), decisions[p.decision]);
	claude_code_text(c, &s->attributes, STR("source"), source_name(c, &p));
}

/* ---- claude_code.tool.execution: cc 7 ---- */

/* As an attribute's value the class has no ':'. */
static struct str
class_value(const struct claude_code *c, struct str class)
{
	char *text = arena_bytes(c->t.in->arena, class.len);
	for (size_t i = 0; i < class.len; i++)
		text[i] = class.at[i] == ':' ? '_' : class.at[i];
	return (struct str){text, class.len};
}

static void
add_failure(struct claude_code *c, struct span *s, const struct tool_call *call)
{
	struct str text = trace_unframed(trace_result_text(&c->t, call));
	struct str class = claude_code_tool_error_class(c, call, text), message = text;
	if (!allows(c, CLASS_TOOL_INPUT))
		message = class;
	else if (str_eq(class, STR("ShellError")))
		message = STR("Shell command failed");
	else if (str_eq(class, STR("McpToolCallError")))
		message = STR("mcp tool failed");
	else
		message = policy_cut(&c->t.in->options->policy, c->t.in->arena, text);
	if (call->outcome != OUTCOME_CANCELLED && claude_code_has(c, call->version, FEATURE_GEN_AI))
		claude_code_text(c, &s->attributes, STR("error.type"), STR("tool_error"));
	claude_code_error(c, s, message, call->version);
	if (claude_code_has(c, call->version, FEATURE_SAFE_NAMES))
		claude_code_text(c, &s->attributes, STR("error_class"), class_value(c, class));
}

static struct span *
execution(struct claude_code *c, const struct place *place, const struct tool_call *call)
{
	struct span *s = claude_code_span(c, place, STR("tool.execution"),
	                                  trace_name(&c->t, call->id), call->version);
	bool success = call->outcome == OUTCOME_SUCCESS;
	claude_code_times(c, s, place->parent, call->run_start, call->end);
	claude_code_conversation(c, s, place, call->version);
	add_call_id(c, s, call);
	claude_code_duration(c, s);
	attribute_bool(c->t.in->arena, &s->attributes, STR("success"), success);
	if (!success)
		add_failure(c, s, call);
	return s;
}

/* ---- the event tool.output: cc 11.2 ---- */

enum output_kind { OUTPUT_READ, OUTPUT_BASH, OUTPUT_EDIT, OUTPUT_WRITE, OUTPUT_PLAIN };

static const struct {
	struct str tool;
	enum output_kind kind;
} outputs[] = {
    {STR_INIT("Read"), OUTPUT_READ},      {STR_INIT("Bash"), OUTPUT_BASH},
    {STR_INIT("Edit"), OUTPUT_EDIT},      {STR_INIT("Write"), OUTPUT_WRITE},
    {STR_INIT("WebFetch"), OUTPUT_PLAIN}, {STR_INIT("WebSearch"), OUTPUT_PLAIN},
};

#define SILENCE STR("(Bash completed with no output)") /* to the model */

static bool
output_kind(struct str name, enum output_kind *kind)
{
	struct str server, tool;
	for (size_t i = 0; i < sizeof outputs / sizeof *outputs; i++)
		if (str_eq(outputs[i].tool, name)) {
			*kind = outputs[i].kind;
			return true;
		}
	*kind = OUTPUT_PLAIN;
	return trace_mcp_name(name, &server, &tool);
}

/* What the model was given of a file, without the numbers before its lines ("12\t"); empty when a
 * line has none. */
static struct str
unnumbered(struct arena *a, struct str text)
{
	struct buf b = {0};
	bool numbered = text.len > 0;
	while (text.len > 0 && numbered) {
		size_t end = str_find_byte(text, '\n');
		struct str line = end == STR_NONE ? text : str_head(text, end + 1);
		size_t tab = str_find_byte(line, '\t');
		uint64_t number;
		text = str_skip(text, line.len);
		numbered = tab != STR_NONE && str_to_u64(str_trim(str_head(line, tab)), &number);
		if (numbered)
			buf_add(&b, str_skip(line, tab + 1));
	}
	struct str plain = numbered ? arena_str(a, buf_str(&b)) : (struct str){0};
	buf_free(&b);
	return plain;
}

/* A text file's content; of anything else there is no output. Agents' files lack the structured
 * result: claude-code-transcripts 9.2 */
static struct str
read_output(struct claude_code *c, const struct tool_call *call, struct json_raw structured)
{
	struct arena *a = c->t.in->arena;
	if (json_raw_type(structured) != '{')
		return unnumbered(a, trace_result_text(&c->t, call));
	if (!str_eq(json_raw_text(a, json_raw_get(structured, STR("type"))), STR("text")))
		return (struct str){0};
	return json_raw_text(a,
	                     json_raw_get(json_raw_get(structured, STR("file")), STR("content")));
}

static struct str
bash_output(struct claude_code *c, const struct tool_call *call, struct json_raw structured)
{
	struct arena *a = c->t.in->arena;
	if (json_raw_type(structured) != '{') {
		struct str text = trace_result_text(&c->t, call);
		return str_eq(text, SILENCE) ? (struct str){0} : text;
	}
	struct str out = json_raw_text(a, json_raw_get(structured, STR("stdout")));
	struct str err = json_raw_text(a, json_raw_get(structured, STR("stderr")));
	if (err.len == 0 || claude_code_has(c, call->version, FEATURE_SAFE_NAMES))
		return out;
	struct str both[] = {out, out.len > 0 ? STR("\n") : STR(""), err};
	return arena_join(a, both, 3);
}

static struct str
write_output(struct claude_code *c, const struct tool_call *call, struct json_raw structured)
{
	struct str text = json_raw_text(c->t.in->arena, json_raw_get(structured, STR("content")));
	return text.len > 0 ? text : input_text(c, call, STR("content"));
}

static void
add_block(struct buf *b, struct str text)
{
	if (b->len > 0)
		buf_byte(b, '\n');
	buf_add(b, text);
}

/* What a server gave. The result that the model got may hold less of it, and name a file for the rest.
 * Agents' files have only that. */
static struct str
plain_output(struct claude_code *c, const struct tool_call *call, struct json_raw structured)
{
	struct arena *a = c->t.in->arena;
	const struct parts *parts = &trace_call_result(&c->t, call)->parts;
	struct json_raw_iter it = json_raw_iter(structured);
	struct buf b = {0};
	if (json_raw_type(structured) == '"')
		return json_raw_text(a, structured);
	while (json_raw_type(structured) == '[' && json_raw_next(&it)) {
		struct str type = json_raw_text(a, json_raw_get(it.value, STR("type")));
		if (str_eq(type, STR("text")))
			add_block(&b, json_raw_text(a, json_raw_get(it.value, STR("text"))));
		else if (str_eq(type, STR("image")))
			add_block(&b, STR("[image]"));
	}
	for (size_t i = 0; i < parts->len && json_raw_type(structured) != '['; i++)
		if (parts->at[i].kind == PART_TEXT)
			add_block(&b, json_raw_text(a, parts->at[i].text));
		else if (parts->at[i].kind == PART_MEDIA)
			add_block(&b, STR("[image]"));
	struct str text = arena_str(a, buf_str(&b));
	buf_free(&b);
	return text;
}

/* What is written under which key, and whether it needs more than the gate of contents. */
static struct str
output_text(struct claude_code *c, const struct tool_call *call, enum output_kind kind,
            struct str *key)
{
	struct json_raw structured = trace_call_result(&c->t, call)->structured;
	struct arena *a = c->t.in->arena;
	*key = STR("content");
	switch (kind) {
	case OUTPUT_READ:
		return read_output(c, call, structured);
	case OUTPUT_WRITE:
		return write_output(c, call, structured);
	case OUTPUT_EDIT:
		*key = STR("diff");
		return json_raw_compact(a, json_raw_get(structured, STR("structuredPatch")));
	case OUTPUT_BASH:
		*key = STR("output");
		return bash_output(c, call, structured);
	case OUTPUT_PLAIN:
		*key = STR("output");
		return plain_output(c, call, structured);
	}
	return (struct str){0};
}

/* Which calls have the event: by tool, gates and version. */
static bool
has_output(const struct claude_code *c, const struct tool_call *call, enum output_kind *kind)
{
	if (call->outcome != OUTCOME_SUCCESS || !allows(c, CLASS_TOOL_OUTPUT) ||
	    !output_kind(name_of(c, call), kind))
		return false;
	switch (*kind) {
	case OUTPUT_READ:
		return claude_code_has(c, call->version, FEATURE_OUTPUT);
	case OUTPUT_EDIT:
	case OUTPUT_WRITE:
		return allows(c, CLASS_TOOL_INPUT);
	case OUTPUT_PLAIN:
		return claude_code_has(c, call->version, FEATURE_MORE_OUTPUT);
	case OUTPUT_BASH:
		break;
	}
	return true;
}

static void
add_output(struct claude_code *c, struct span *s, const struct tool_call *call)
{
	const struct policy *p = &c->t.in->options->policy;
	struct arena *a = c->t.in->arena;
	enum output_kind kind;
	struct str key, text;
	if (!has_output(c, call, &kind))
		return;
	text = output_text(c, call, kind, &key);
	bool is_silent = kind == OUTPUT_BASH && text.len == 0;
	if (text.len == 0 && !is_silent)
		return;
	struct span_event *e = ARENA_PUSH(a, &s->events);
	e->name = STR("tool.output");
	e->time_ns = s->end_ns;
	if (kind == OUTPUT_BASH)
		policy_text(p, a, &e->attributes, STR("bash_command"), CLASS_TOOL_INPUT,
		            input_text(c, call, STR("command")));
	else if (kind != OUTPUT_PLAIN)
		policy_text(p, a, &e->attributes, STR("file_path"), CLASS_TOOL_INPUT,
		            input_text(c, call, STR("file_path")));
	if (kind == OUTPUT_WRITE || claude_code_has(c, call->version, FEATURE_OUTPUT))
		claude_code_content(c, &e->attributes, key, CLASS_TOOL_OUTPUT, (struct str){0},
		                    text, call->version);
	if (is_silent && claude_code_has(c, call->version, FEATURE_OUTPUT))
		attribute_empty(a, &e->attributes, key);
}

/* ---- all of a call ---- */

const struct span *
claude_code_tool(struct claude_code *c, const struct place *place, const struct tool_call *call)
{
	bool reached = call->outcome == OUTCOME_UNFINISHED ||
	               call->permission.decision != DECISION_NONE;
	bool ran = call->result != NULL && call->outcome != OUTCOME_DENIED;
	/* What failed before it could run, or never ended, the live program has no span of: 5.2 */
	if (c->strict && (!reached || call->outcome == OUTCOME_UNFINISHED))
		return NULL;
	struct span *s = open_tool(c, place, call);
	struct place inside = *place;
	inside.parent = s;
	s->is_open |= call->unfinished == UNFINISHED_SESSION_ENDED;
	add_output(c, s, call);
	if (reached)
		blocked_on_user(c, &inside, call);
	return ran ? execution(c, &inside, call) : s;
}
