/* The convention `weave`: tool spans and permission events. Sections: convention-weave. */
#include "base/when.h"
#include "trace/weave_private.h"

/* 6.5 */
static void
add_result(struct weave *w, struct span *s, const struct tool_call *call)
{
	const struct policy *p = &w->t.in->options->policy;
	struct arena *a = w->t.in->arena;
	const struct result_content *o = trace_call_result(&w->t, call);
	struct str key = STR("gen_ai.tool.call.result");
	char type = json_raw_type(o->structured);
	if (call->outcome != OUTCOME_SUCCESS)
		policy_text(p, a, &s->attributes, key, CLASS_TOOL_OUTPUT,
		            trace_unframed(trace_result_text(&w->t, call)));
	else if (type == '"')
		policy_text(p, a, &s->attributes, key, CLASS_TOOL_OUTPUT,
		            json_raw_text(a, o->structured));
	else if (type != '\0' && type != 'n')
		policy_json(p, a, &s->attributes, key, CLASS_TOOL_OUTPUT, o->structured);
	else
		policy_text(p, a, &s->attributes, key, CLASS_TOOL_OUTPUT,
		            trace_result_text(&w->t, call));
}

/* 6.6 */
struct str
weave_tool_name(struct weave *w, const struct tool_call *call)
{
	static const struct {
		struct str tool, label, field, other;
	} names[] = {
	    {STR_INIT("Read"), STR_INIT("Read"), STR_INIT("file_path"), STR_INIT("")},
	    {STR_INIT("Edit"), STR_INIT("Edit"), STR_INIT("file_path"), STR_INIT("")},
	    {STR_INIT("Write"), STR_INIT("Write"), STR_INIT("file_path"), STR_INIT("")},
	    {STR_INIT("Glob"), STR_INIT("Glob"), STR_INIT("pattern"), STR_INIT("")},
	    {STR_INIT("Grep"), STR_INIT("Grep"), STR_INIT("pattern"), STR_INIT("")},
	    {STR_INIT("Bash"), STR_INIT("Bash"), STR_INIT("command"), STR_INIT("")},
	    {STR_INIT("Agent"), STR_INIT("Agent"), STR_INIT("description"),
	     STR_INIT("subagent_type")},
	    {STR_INIT("Task"), STR_INIT("Agent"), STR_INIT("description"),
	     STR_INIT("subagent_type")},
	    {STR_INIT("WebFetch"), STR_INIT("WebFetch"), STR_INIT("url"), STR_INIT("")},
	    {STR_INIT("WebSearch"), STR_INIT("WebSearch"), STR_INIT("query"), STR_INIT("")},
	};
	struct arena *a = w->t.in->arena;
	struct json_raw input = trace_call_input(&w->t, call);
	struct str tool = weave_name(w, call->name), label = tool, text = {0};
	bool known = false;
	if (!policy_allows(&w->t.in->options->policy, CLASS_TOOL_INPUT))
		return tool;
	for (size_t i = 0; i < sizeof names / sizeof *names && !known; i++) {
		if (!str_eq(tool, names[i].tool))
			continue;
		known = true;
		label = names[i].label;
		text = content_input_text(a, input, names[i].field);
		if (str_trim(text).len == 0 && names[i].other.len > 0)
			text = content_input_text(a, input, names[i].other);
	}
	if (!known)
		text = content_input_first(a, input);
	text = weave_snippet(w, text);
	if (text.len == 0)
		return label;
	struct str parts[] = {label, STR(": "), text};
	return arena_join(a, parts, 3);
}

/* 6.4 */
struct str
weave_error_type(const struct weave *w, const struct tool_call *call)
{
	if (call->outcome == OUTCOME_DENIED)
		return STR("permission_denied");
	if (call->outcome == OUTCOME_CANCELLED)
		return STR("cancelled");
	struct str class = call->result == NULL ? (struct str){0}
	                                        : weave_name(w, call->result->error_type);
	return class.len > 0 ? class : STR("tool_error");
}

/* Without content the message is the type of the error. 2.6 */
static void
add_outcome(struct weave *w, struct span *s, const struct tool_call *call)
{
	const struct policy *p = &w->t.in->options->policy;
	if (call->outcome == OUTCOME_SUCCESS)
		return;
	if (call->outcome == OUTCOME_UNFINISHED) {
		weave_not_completed(w, s, call->unfinished);
		return;
	}
	struct str type = weave_error_type(w, call), message = type;
	if (policy_allows(p, CLASS_TOOL_OUTPUT))
		message = policy_cut(p, w->t.in->arena,
		                     trace_unframed(trace_result_text(&w->t, call)));
	weave_error(w, s, type, message);
}

/* genai 10 */
static void
add_mcp(struct weave *w, struct span *s, struct str tool)
{
	struct str server, name;
	if (!trace_mcp_name(tool, &server, &name))
		return;
	weave_text(w, s, STR("mcp.method.name"), STR("tools/call"));
	weave_text(w, s, STR("retrospan.mcp.server.name"), server);
}

static void
add_background(struct weave *w, struct span *s, const struct tool_call *call)
{
	char text[WHEN_TEXT_MAX];
	if (!call->background)
		return;
	attribute_bool(w->t.in->arena, &s->attributes, STR("retrospan.background"), true);
	if (call->background_end_ns == 0)
		return;
	size_t len = when_format(call->background_end_ns, text);
	weave_text(w, s, STR("retrospan.background.end"),
	           arena_str(w->t.in->arena, (struct str){text, len}));
}

static struct span_event *
add_event(struct weave *w, struct span *s, struct str name, uint64_t ns, bool estimated)
{
	struct span_event *e = ARENA_PUSH(w->t.in->arena, &s->events);
	e->name = name;
	e->time_ns = ns < s->start_ns ? s->start_ns : ns > s->end_ns ? s->end_ns : ns;
	if (estimated || e->time_ns != ns)
		attribute_bool(w->t.in->arena, &e->attributes, STR("retrospan.time_estimated"),
		               true);
	return e;
}

/* 8 */
void
weave_permission(struct weave *w, struct span *s, const struct tool_call *call)
{
	const struct permission *p = &call->permission;
	if (p->asked)
		(void)add_event(w, s, STR("weave.permission_request"), p->asked_ns, false);
	if (p->resolved && p->resolved_ns != 0) {
		struct span_event *e = add_event(w, s, STR("weave.permission_resolved"),
		                                 p->resolved_ns, p->estimated);
		attribute_bool(w->t.in->arena, &e->attributes, STR("weave.permission.approved"),
		               p->approved);
	}
}

void
weave_tool(struct weave *w, const struct span *parent, const struct tool_call *call,
           struct str agent_name)
{
	const struct policy *p = &w->t.in->options->policy;
	struct arena *a = w->t.in->arena;
	struct str tool = weave_name(w, call->name);
	struct span *s = weave_span(w, parent, STR("execute_tool"), tool, STR("tool"),
	                            weave_name(w, call->id), call->version);
	weave_times(w, s, parent, call->start, call->end);
	weave_text(w, s, STR("gen_ai.tool.name"), tool);
	weave_text(w, s, STR("gen_ai.tool.call.id"), weave_name(w, call->id));
	weave_text(w, s, STR("gen_ai.tool.type"), STR("function"));
	policy_json(p, a, &s->attributes, STR("gen_ai.tool.call.arguments"), CLASS_TOOL_INPUT,
	            trace_call_input(&w->t, call));
	if (call->result != NULL)
		add_result(w, s, call);
	weave_text(w, s, STR("gen_ai.agent.name"), agent_name);
	weave_text(w, s, STR("weave.claude_code.display_name"), weave_tool_name(w, call));
	add_mcp(w, s, tool);
	if (call->result != NULL && call->result->has_exit_code && str_eq(tool, STR("Bash")))
		attribute_int(a, &s->attributes, STR("process.exit.code"),
		              (uint64_t)call->result->exit_code);
	add_background(w, s, call);
	add_outcome(w, s, call);
	s->is_open = call->unfinished == UNFINISHED_SESSION_ENDED;
	weave_permission(w, s, call);
}
