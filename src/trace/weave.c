/* The convention `weave`: turns, and what all its spans share. Sections: convention-weave. */
#include "trace/weave.h"

#include "base/utf8.h"
#include "trace/weave_private.h"

#define AGENT STR("claude-code")

/* ---- what every span has ---- */

void
weave_text(struct weave *w, struct span *s, struct str key, struct str text)
{
	attribute_text(w->t.in->arena, &s->attributes, key, text);
}

struct span *
weave_span(struct weave *w, const struct span *parent, struct str operation, struct str target,
           struct str type, struct str key, uint32_t version)
{
	struct str own = w->t.in->options->version;
	struct span *s = trace_span(&w->t, parent, type, key);
	struct str name[] = {operation, STR(" "), target};
	s->name = target.len > 0 ? arena_join(w->t.in->arena, name, 3) : operation;
	weave_text(w, s, STR("gen_ai.operation.name"), operation);
	weave_text(w, s, STR("gen_ai.conversation.id"), w->conversation);
	weave_text(w, s, STR("weave.claude_code.session.id"), w->session_id);
	weave_text(w, s, STR("weave.claude_code.plugin.version"), own);
	weave_text(w, s, STR("weave.integration.name"), STR("retrospan"));
	weave_text(w, s, STR("weave.integration.version"), own);
	weave_text(w, s, STR("weave.integration.meta.claude_code_app_version"),
	           weave_name(w, version));
	return s;
}

void
weave_times(struct weave *w, struct span *s, const struct span *parent, struct moment start,
            struct moment end)
{
	trace_times(s, parent, start, end);
	weave_text(w, s, STR("retrospan.time.evidence"), trace_evidence(start, end));
}

void
weave_error(struct weave *w, struct span *s, struct str type, struct str message)
{
	s->status = STATUS_ERROR;
	s->status_message = message;
	weave_text(w, s, STR("error.type"), type);
}

/* Length of the white space at the start of s, as the contract counts it; 0: there is none. */
static size_t
white_len(struct str s)
{
	static const struct str wide[] = {STR_INIT("\xc2\xa0"),     STR_INIT("\xe2\x80\xa8"),
	                                  STR_INIT("\xe2\x80\xa9"), STR_INIT("\xe2\x80\xaf"),
	                                  STR_INIT("\xe3\x80\x80"), STR_INIT("\xef\xbb\xbf")};
	if (s.at[0] == ' ' || (s.at[0] >= '\t' && s.at[0] <= '\r'))
		return 1;
	for (size_t i = 0; (s.at[0] & 0x80) != 0 && i < sizeof wide / sizeof *wide; i++)
		if (str_starts(s, wide[i]))
			return wide[i].len;
	return 0;
}

struct str
weave_snippet(struct weave *w, struct str text)
{
	struct buf b = {0};
	bool space = false;
	/* Some more than the snippet can hold, up to the end of a character. */
	while (text.len > 0 &&
	       (b.len < 4 * WEAVE_SNIPPET_UNITS || ((unsigned char)text.at[0] & 0xc0) == 0x80)) {
		size_t white = white_len(text);
		if (white == 0) {
			if (space && b.len > 0)
				buf_byte(&b, ' ');
			buf_byte(&b, text.at[0]);
		}
		space = white > 0;
		text = str_skip(text, white > 0 ? white : 1);
	}
	struct str whole = arena_str(w->t.in->arena, buf_str(&b));
	buf_free(&b);
	if (utf8_utf16_len(whole) <= WEAVE_SNIPPET_UNITS)
		return whole;
	struct str cut[] = {utf8_utf16_head(whole, WEAVE_SNIPPET_UNITS - 1), STR("\xe2\x80\xa6")};
	return arena_join(w->t.in->arena, cut, 2);
}

struct str
weave_orphan_reason(enum unfinished u)
{
	static const struct str reasons[] = {
	    STR_INIT(""),
	    STR_INIT("superseded_by_next_prompt"),
	    STR_INIT("session_ended"),
	    STR_INIT("no_matching_tool_call"),
	};
	return reasons[u];
}

/* 10 */
void
weave_not_completed(struct weave *w, struct span *s, enum unfinished u)
{
	struct str reason = weave_orphan_reason(u);
	weave_text(w, s, STR("weave.claude_code.orphan_reason"), reason);
	s->status = STATUS_ERROR;
	s->status_message = arena_printf(w->t.in->arena, "call did not complete (%.*s)",
	                                 STR_ARG(reason));
}

/* ---- turns: 3 ---- */

static struct str
initiator_name(enum initiator i)
{
	static const struct str names[] = {
	    STR_INIT(""),       STR_INIT(""),
	    STR_INIT("system"), STR_INIT("task-notification"),
	    STR_INIT("peer"),   STR_INIT("coordinator"),
	};
	return names[i];
}

/* What the user typed. 3.5 */
static struct message
prompt_message(struct weave *w, const struct content *c)
{
	struct message m = {.role = STR("user"), .parts = c->parts.at, .len = c->parts.len};
	if (c->command.len == 0)
		return m;
	struct str typed[] = {c->command, c->arguments.len > 0 ? STR(" ") : STR(""), c->arguments};
	m.plain = arena_join(w->t.in->arena, typed, 3);
	return m;
}

static void
add_prompts(struct weave *w, struct span *s, const struct turn *t)
{
	struct arena *a = w->t.in->arena;
	size_t len = 1 + t->absorbed.len;
	struct message *m = ARENA_ARRAY(a, struct message, len);
	m[0] = prompt_message(w, trace_content(&w->t, t->prompt_line));
	for (size_t i = 0; i < t->absorbed.len; i++)
		m[1 + i] = prompt_message(w, trace_content(&w->t, t->absorbed.at[i].line));
	policy_messages(&w->t.in->options->policy, a, &s->attributes, STR("gen_ai.input.messages"),
	                CLASS_PROMPT, m, len);
}

/* One message for each response that has text. */
static void
add_answers(struct weave *w, struct span *s, const struct turn *t)
{
	struct arena *a = w->t.in->arena;
	const struct responses *all = &t->work.responses;
	struct message *m = ARENA_ARRAY(a, struct message, all->len);
	size_t len = 0;
	for (size_t i = 0; i < all->len; i++) {
		const struct response *p = all->at[i];
		struct parts texts = {0};
		if (p->failed || !p->has_text)
			continue;
		for (size_t k = 0; k < p->slices.len; k++) {
			const struct content *c = trace_content(&w->t, p->first_line + (line_ref)k);
			for (size_t n = 0; n < c->parts.len; n++)
				if (c->parts.at[n].kind == PART_TEXT)
					*ARENA_PUSH(a, &texts) = c->parts.at[n];
		}
		m[len++] = (struct message){
		    .role = STR("assistant"), .parts = texts.at, .len = texts.len};
	}
	policy_messages(&w->t.in->options->policy, a, &s->attributes, STR("gen_ai.output.messages"),
	                CLASS_RESPONSE, m, len);
}

static void
add_finish_reasons(struct weave *w, struct span *s, const struct turn *t)
{
	const struct responses *all = &t->work.responses;
	struct str *reasons = ARENA_ARRAY(w->t.in->arena, struct str, all->len);
	size_t len = 0;
	for (size_t i = 0; i < all->len; i++)
		if (!all->at[i]->failed && all->at[i]->stop_reason != 0)
			reasons[len++] = weave_name(w, all->at[i]->stop_reason);
	if (len > 0)
		attribute_texts(w->t.in->arena, &s->attributes,
		                STR("gen_ai.response.finish_reasons"), reasons, len);
}

/* The words of a prompt; what stands for its pictures when it has none. */
static struct str
first_text(struct weave *w, const struct parts *parts)
{
	struct parts texts = {0};
	for (size_t i = 0; i < parts->len; i++)
		if (parts->at[i].kind == PART_TEXT)
			*ARENA_PUSH(w->t.in->arena, &texts) = parts->at[i];
	return policy_plain(w->t.in->arena, texts.len > 0 ? &texts : parts);
}

static void
add_display_name(struct weave *w, struct span *s, const struct turn *t)
{
	struct arena *a = w->t.in->arena;
	struct str text = {0};
	if (policy_allows(&w->t.in->options->policy, CLASS_PROMPT)) {
		const struct content *c = trace_content(&w->t, t->prompt_line);
		text = prompt_message(w, c).plain;
		if (text.len == 0)
			text = first_text(w, &c->parts);
		text = weave_snippet(w, text);
	}
	struct str number = arena_printf(a, "Turn %u%s", t->number, text.len > 0 ? ": " : "");
	struct str parts[] = {number, text};
	weave_text(w, s, STR("weave.claude_code.display_name"), arena_join(a, parts, 2));
}

/* 9: the last one's values are kept */
static void
add_compaction(struct weave *w, struct span *s, const struct turn *t)
{
	struct arena *a = w->t.in->arena;
	if (t->compactions.len == 0)
		return;
	const struct compaction *k = &t->compactions.at[t->compactions.len - 1];
	const struct content *c = trace_content(&w->t, k->summary_line);
	policy_text(&w->t.in->options->policy, a, &s->attributes, STR("weave.compaction.summary"),
	            CLASS_RESPONSE, policy_plain(a, &c->parts));
	if (t->compactions.len > 1)
		attribute_int(a, &s->attributes, STR("retrospan.compaction.count"),
		              t->compactions.len);
	if (k->facts == NULL)
		return;
	weave_text(w, s, STR("retrospan.compaction.trigger"), weave_name(w, k->facts->trigger));
	if (k->facts->has_pre)
		attribute_int(a, &s->attributes, STR("retrospan.compaction.pre_tokens"),
		              k->facts->pre_tokens);
	if (k->facts->has_post)
		attribute_int(a, &s->attributes, STR("retrospan.compaction.post_tokens"),
		              k->facts->post_tokens);
	if (k->facts->has_duration)
		attribute_int(a, &s->attributes, STR("retrospan.compaction.duration_ms"),
		              k->facts->duration_ms);
}

static void
add_failure(struct weave *w, struct span *s, const struct turn *t)
{
	if (!t->failed)
		return;
	struct str type = weave_name(w, t->error != 0 ? t->error : t->status);
	struct str text = policy_plain(w->t.in->arena, &trace_content(&w->t, t->error_line)->parts);
	weave_error(w, s, type.len > 0 ? type : STR("api_error"),
	            policy_cut(&w->t.in->options->policy, w->t.in->arena, text));
}

static struct str
last_model(const struct weave *w, const struct work *work)
{
	for (size_t i = work->responses.len; i > 0; i--) {
		struct str model = weave_request_model(w, work->responses.at[i - 1]);
		if (model.len > 0)
			return model;
	}
	return (struct str){0};
}

/* The attributes of 3.5 that are not content. */
static void
add_facts(struct weave *w, struct span *s, const struct turn *t)
{
	struct arena *a = w->t.in->arena;
	struct attributes *l = &s->attributes;
	struct str source = weave_name(w, t->source);
	weave_text(w, s, STR("weave.claude_code.cwd"), weave_name(w, t->cwd));
	weave_text(w, s, STR("weave.claude_code.source"),
	           source.len > 0 ? source : STR("reconstructed"));
	attribute_int(a, l, STR("weave.claude_code.turn.number"), t->number);
	attribute_int(a, l, STR("weave.claude_code.turn.tool_count"), t->call_count);
	weave_text(w, s, STR("weave.claude_code.orphan_reason"),
	           weave_orphan_reason(t->unfinished));
	if (policy_allows(&w->t.in->options->policy, CLASS_TITLE))
		weave_text(w, s, STR("weave.conversation.name"), weave_name(w, t->session->title));
	weave_text(w, s, STR("retrospan.turn.initiator"), initiator_name(t->initiator));
	if (t->interrupted)
		attribute_bool(a, l, STR("retrospan.turn.interrupted"), true);
	if (t->abandoned)
		attribute_bool(a, l, STR("retrospan.turn.abandoned"), true);
	if (t->has_active)
		attribute_int(a, l, STR("retrospan.turn.active_ms"), t->active_ms);
}

static struct str
agent_name(const struct weave *w)
{
	struct str name = w->t.in->options->agent_name;
	if (name.len == 0)
		name = weave_name(w, w->t.in->session->agent_name);
	return name.len > 0 ? name : AGENT;
}

static void
weave_turn(struct weave *w, const struct turn *t)
{
	struct arena *a = w->t.in->arena;
	struct str key = weave_name(w, t->key);
	id_trace(AGENT, STR("turn"), key, w->t.id);
	struct span *s = weave_span(w, NULL, STR("invoke_agent"), agent_name(w), STR("turn"), key,
	                            t->version);
	weave_times(w, s, NULL, t->start, t->end);
	weave_text(w, s, STR("gen_ai.agent.name"), agent_name(w));
	weave_text(w, s, STR("gen_ai.agent.version"), w->t.in->options->version);
	weave_text(w, s, STR("gen_ai.request.model"), last_model(w, &t->work));
	add_prompts(w, s, t);
	add_answers(w, s, t);
	add_finish_reasons(w, s, t);
	if (t->instructions_line != LINE_NONE)
		policy_parts(&w->t.in->options->policy, a, &s->attributes,
		             STR("gen_ai.system_instructions"), CLASS_PROMPT,
		             &trace_content(&w->t, t->instructions_line)->parts);
	add_facts(w, s, t);
	add_display_name(w, s, t);
	add_compaction(w, s, t);
	add_failure(w, s, t);
	weave_work(w, s, &t->work, (struct str){0});
}

void
weave_work(struct weave *w, const struct span *parent, const struct work *work, struct str owner)
{
	for (size_t i = 0; i < work->responses.len; i++)
		weave_chat(w, parent, work->responses.at[i], owner);
	for (size_t i = 0; i < work->calls.len; i++) {
		const struct tool_call *call = work->calls.at[i];
		if (call->agent != NULL)
			weave_agent(w, parent, call->agent);
		if (call->agent == NULL || !call->block->spawns_agent)
			weave_tool(w, parent, call, owner);
	}
	for (size_t i = 0; i < work->agents.len; i++)
		weave_agent(w, parent, work->agents.at[i]);
}

/* 2.1 */
static void
weave_resource(struct arena *a, const struct trace_options *o, struct resource *r)
{
	struct attributes *l = &r->attributes;
	attribute_text(a, l, STR("service.name"),
	               o->service_name.len > 0 ? o->service_name : AGENT);
	attribute_text(a, l, STR("service.version"), o->version);
	attribute_text(a, l, STR("wandb.entity"), o->entity);
	attribute_text(a, l, STR("wandb.project"), o->project);
	attribute_text(a, l, STR("telemetry.distro.name"), STR("retrospan"));
	attribute_text(a, l, STR("telemetry.distro.version"), o->version);
	for (size_t i = 0; i < o->resource.len; i++)
		if (attribute_get(l, o->resource.at[i].key) == NULL)
			*ARENA_PUSH(a, l) = o->resource.at[i];
	r->scope_name = STR("retrospan");
	r->scope_version = o->version;
}

static void
weave_trace(const struct trace_input *in, struct spans *out)
{
	struct weave w = {.t = {.in = in, .out = out}};
	weave_resource(in->arena, in->options, &out->resource);
	w.conversation = intern_str(in->names, in->session->conversation);
	w.session_id = intern_str(in->names,
	                          in->turn != NULL ? in->turn->session_id : in->session->id);
	if (in->turn != NULL) {
		weave_turn(&w, in->turn);
		return;
	}
	id_trace(AGENT, STR("agent"), intern_str(in->names, in->agent->opening->uuid), w.t.id);
	weave_agent(&w, NULL, in->agent);
}

const struct convention weave_convention = {
    .name = STR_INIT("weave"),
    .trace = weave_trace,
};
