/* The convention `weave`: agents' spans. Sections: convention-weave. */
#include "trace/weave_private.h"

static const struct response *
last_answer(const struct agent *g)
{
	for (size_t i = g->work.responses.len; i > 0; i--)
		if (g->work.responses.at[i - 1]->model != 0)
			return g->work.responses.at[i - 1];
	return NULL;
}

static void
add_prompt(struct weave *w, struct span *s, const struct agent *g)
{
	struct arena *a = w->t.in->arena;
	struct message m = {.role = STR("user")};
	if (g->call != NULL && g->call->block->spawns_agent && !g->woken)
		m.plain = content_input_text(a, trace_call_input(&w->t, g->call), STR("prompt"));
	const struct content *c = trace_content(&w->t, g->prompt_line);
	m.parts = c->parts.at;
	m.len = c->parts.len;
	policy_messages(&w->t.in->options->policy, a, &s->attributes, STR("gen_ai.input.messages"),
	                CLASS_PROMPT, &m, 1);
}

/* The result's text without what the harness puts around the report: a frame before it, with the
 * report indented, and how to go on with the agent behind it. claude-code-transcripts 6.6 */
static struct str
unframed_report(struct weave *w, struct str text)
{
	size_t trailer = str_find_last(text, STR("agentId: "));
	if (trailer != STR_NONE && (trailer == 0 || text.at[trailer - 1] == '\n') &&
	    str_has(str_skip(text, trailer), STR(" (use SendMessage")))
		text = str_head(text, trailer);
	size_t frame = str_find(text, STR("[Subagent hand-back]"));
	size_t body = frame == STR_NONE ? STR_NONE : str_find_byte(str_skip(text, frame), '\n');
	if (body == STR_NONE)
		return str_trim(text);
	struct buf b = {0};
	for (struct str rest = str_skip(text, frame + body + 1); rest.len > 0;) {
		size_t end = str_find_byte(rest, '\n');
		struct str line = end == STR_NONE ? rest : str_head(rest, end + 1);
		rest = str_skip(rest, line.len);
		buf_add(&b, str_starts(line, STR("  ")) ? str_skip(line, 2) : line);
	}
	text = str_trim(arena_str(w->t.in->arena, buf_str(&b)));
	buf_free(&b);
	return text;
}

/* The report of a foreground agent, as the program recorded it or as the model was given it. */
static struct str
report_of_result(struct weave *w, const struct tool_call *call)
{
	const struct content *c = trace_content(&w->t, call->answer_line);
	struct str id = weave_name(w, call->id), text = {0};
	for (size_t i = 0; i < c->results.len; i++)
		if (str_eq(c->results.at[i].call, id))
			text = policy_plain(w->t.in->arena, &c->results.at[i].report);
	if (text.len > 0)
		return text;
	return unframed_report(w, trace_result_text(&w->t, call));
}

/* The text is no escaped XML: up to the last closing tag. 7.4 */
static struct str
report_of_notice(struct weave *w, const struct agent *g)
{
	struct str text = policy_plain(w->t.in->arena,
	                               &trace_content(&w->t, g->notice_line)->parts);
	if (str_starts(str_trim(text), STR("<teammate-message"))) {
		size_t open = str_find_byte(text, '>'),
		       close = str_find_last(text, STR("</teammate-message>"));
		if (open == STR_NONE || close == STR_NONE || close <= open)
			return (struct str){0};
		return str_trim(str_skip(str_head(text, close), open + 1));
	}
	size_t from = str_find(text, STR("<result>"));
	if (from == STR_NONE)
		return (struct str){0};
	text = str_skip(text, from + STR("<result>").len);
	size_t end = str_find_last(text, STR("</result>"));
	return end == STR_NONE ? (struct str){0} : str_head(text, end);
}

static struct str
report_of_file(struct weave *w, const struct agent *g)
{
	const struct response *p = g->last_text;
	struct parts texts = {0};
	for (size_t i = 0; p != NULL && i < p->slices.len; i++) {
		const struct content *c = trace_content(&w->t, p->first_line + (line_ref)i);
		for (size_t k = 0; k < c->parts.len; k++)
			if (c->parts.at[k].kind == PART_TEXT)
				*ARENA_PUSH(w->t.in->arena, &texts) = c->parts.at[k];
	}
	return policy_plain(w->t.in->arena, &texts);
}

/* 7.1 */
static void
add_report(struct weave *w, struct span *s, const struct agent *g)
{
	struct message m = {.role = STR("assistant")};
	if (!policy_allows(&w->t.in->options->policy, CLASS_RESPONSE) ||
	    g->outcome == OUTCOME_UNFINISHED)
		return;
	bool own_call = g->call != NULL && !g->woken && g->call->result != NULL;
	if (own_call && !g->background && !g->teammate && !g->call->result->teammate)
		m.plain = report_of_result(w, g->call);
	if (m.plain.len == 0)
		m.plain = report_of_notice(w, g);
	if (m.plain.len == 0)
		m.plain = report_of_file(w, g);
	policy_messages(&w->t.in->options->policy, w->t.in->arena, &s->attributes,
	                STR("gen_ai.output.messages"), CLASS_RESPONSE, &m, 1);
}

static void
add_outcome(struct weave *w, struct span *s, const struct agent *g)
{
	const struct policy *p = &w->t.in->options->policy;
	if (g->unfinished == UNFINISHED_NO_CALL) {
		weave_text(w, s, STR("weave.claude_code.orphan_reason"),
		           weave_orphan_reason(g->unfinished));
		return;
	}
	if (g->outcome == OUTCOME_SUCCESS)
		return;
	if (g->outcome == OUTCOME_UNFINISHED) {
		weave_not_completed(w, s, g->unfinished);
		return;
	}
	struct str type = STR("tool_error");
	if (g->background)
		type = g->outcome == OUTCOME_CANCELLED ? STR("cancelled") : STR("tool_error");
	else if (g->call != NULL)
		type = weave_error_type(w, g->call);
	struct str message = type;
	if (policy_allows(p, CLASS_TOOL_OUTPUT) && g->call != NULL && !g->background)
		message = policy_cut(p, w->t.in->arena, trace_result_text(&w->t, g->call));
	weave_error(w, s, type, message);
}

static struct str
display_name(struct weave *w, const struct agent *g)
{
	if (g->call != NULL && !g->woken)
		return weave_tool_name(w, g->call);
	struct str label = weave_snippet(w, weave_name(w, g->label));
	if (label.len == 0 || !policy_allows(&w->t.in->options->policy, CLASS_TOOL_INPUT))
		return STR("Agent");
	struct str parts[] = {STR("Agent: "), label};
	return arena_join(w->t.in->arena, parts, 2);
}

/* 2.3: agent id and segment; the call's id when no agent is known. */
static struct str
key_of(struct weave *w, const struct agent *g)
{
	if (g->id != 0)
		return arena_printf(w->t.in->arena, "%.*s/%u", STR_ARG(weave_name(w, g->id)),
		                    g->segment);
	if (g->call != NULL)
		return weave_name(w, g->call->id);
	return weave_name(w, g->opening->uuid);
}

static void
add_facts(struct weave *w, struct span *s, const struct agent *g)
{
	struct arena *a = w->t.in->arena;
	const struct response *last = last_answer(g);
	weave_text(w, s, STR("gen_ai.agent.name"), weave_name(w, g->name));
	weave_text(w, s, STR("gen_ai.agent.id"), weave_name(w, g->id));
	weave_text(w, s, STR("gen_ai.agent.version"), w->t.in->options->version);
	if (last != NULL) {
		weave_text(w, s, STR("gen_ai.request.model"), weave_request_model(w, last));
		weave_text(w, s, STR("gen_ai.response.model"), weave_name(w, last->model));
	}
	weave_text(w, s, STR("weave.claude_code.subagent.spawning_tool_call_id"),
	           weave_name(w, g->spawning_call));
	weave_text(w, s, STR("weave.claude_code.display_name"), display_name(w, g));
	weave_text(w, s, STR("retrospan.agent.link"), link_basis_name(g->basis));
	if (g->background)
		attribute_bool(a, &s->attributes, STR("retrospan.background"), true);
}

void
weave_agent(struct weave *w, const struct span *parent, const struct agent *g)
{
	struct str name = weave_name(w, g->name);
	struct span *s = weave_span(w, parent, STR("invoke_agent"), name, STR("agent"),
	                            key_of(w, g), g->version);
	weave_times(w, s, parent, g->start, g->end);
	add_facts(w, s, g);
	add_prompt(w, s, g);
	add_report(w, s, g);
	add_outcome(w, s, g);
	s->is_open = trace_agent_open(g);
	if (g->call != NULL && !g->woken)
		weave_permission(w, s, g->call);
	weave_work(w, s, &g->work, name);
}
