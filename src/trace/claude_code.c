/* The convention `claude-code`: interactions, and what all its spans share. Sections named "cc" are
 * those of convention-claude-code. */
#include "base/utf8.h"
#include "base/when.h"
#include "trace/claude_code_private.h"

#define AGENT STR("claude-code")
#define MARK STR("\n\n[TRUNCATED - Content exceeds 60KB limit]")

/* ---- what every span has: cc 2.2 ---- */

void
claude_code_text(struct claude_code *c, struct attributes *list, struct str key, struct str text)
{
	attribute_text(c->t.in->arena, list, key, text);
}

/* The service that a model's plain name belongs to; without a model the one that there is mostly. */
static struct str
provider_of(const struct claude_code *c, const struct work *w)
{
	struct str model = {0};
	for (size_t i = 0; i < w->responses.len && model.len == 0; i++)
		model = trace_name(&c->t, w->responses.at[i]->model);
	return model.len == 0 || str_starts(model, STR("claude-")) ? STR("firstParty")
	                                                           : (struct str){0};
}

static void
add_common(struct claude_code *c, struct span *s, struct str kind, uint32_t version)
{
	struct attributes *l = &s->attributes;
	if (!c->live->no_session_id)
		claude_code_text(c, l, STR("session.id"), c->session);
	if (c->live->with_version)
		claude_code_text(c, l, STR("app.version"), trace_name(&c->t, version));
	if (c->live->with_entrypoint && c->turn != NULL &&
	    claude_code_has(c, version, FEATURE_ENTRYPOINT))
		claude_code_text(c, l, STR("app.entrypoint"),
		                 trace_name(&c->t, c->turn->entrypoint));
	if (claude_code_has(c, version, FEATURE_GEN_AI)) {
		claude_code_text(c, l, STR("anthropic.provider"), c->provider);
		claude_code_text(c, l, STR("gen_ai.provider.name"), STR("anthropic"));
	}
	claude_code_text(c, l, STR("span.type"), kind);
}

/* The resource's attributes of the user stand on spans too; a span's own win. */
static void
add_resource(struct arena *a, struct attributes *list, const struct attributes *resource)
{
	for (size_t i = 0; i < resource->len; i++)
		if (attribute_get(list, resource->at[i].key) == NULL)
			*ARENA_PUSH(a, list) = resource->at[i];
}

struct span *
claude_code_span(struct claude_code *c, const struct place *place, struct str kind, struct str key,
                 uint32_t version)
{
	struct span *s = trace_span(&c->t, place->parent, kind, key);
	struct str name[] = {STR("claude_code."), kind};
	s->name = arena_join(c->t.in->arena, name, 2);
	add_common(c, s, kind, version);
	s->is_open = place->agent != NULL && trace_agent_open(place->agent);
	if (!c->strict)
		attribute_bool(c->t.in->arena, &s->attributes, STR("retrospan.reconstructed"),
		               true);
	return s;
}

void
claude_code_times(struct claude_code *c, struct span *s, const struct span *parent,
                  struct moment start, struct moment end)
{
	uint64_t floor_ns = c->turn == NULL ? c->t.in->agent->start.ns : 0;
	if (parent == NULL && start.ns < floor_ns)
		start = (struct moment){floor_ns, EVIDENCE_ESTIMATED};
	trace_times(s, parent, start, end);
	if (!c->strict)
		claude_code_text(c, &s->attributes, STR("retrospan.time.evidence"),
		                 trace_evidence(start, end));
}

void
claude_code_duration(struct claude_code *c, struct span *s)
{
	attribute_int(c->t.in->arena, &s->attributes, STR("duration_ms"),
	              (s->end_ns - s->start_ns) / WHEN_MS);
}

void
claude_code_conversation(struct claude_code *c, struct span *s, const struct place *place,
                         uint32_t version)
{
	struct str id = place->agent != NULL ? trace_name(&c->t, place->agent->id) : c->session;
	if (claude_code_has(c, version, FEATURE_GEN_AI))
		claude_code_text(c, &s->attributes, STR("gen_ai.conversation.id"),
		                 id.len > 0 ? id : c->session);
}

void
claude_code_agent_ids(struct claude_code *c, struct span *s, const struct place *place,
                      uint32_t version, enum feature since)
{
	const struct agent *g = place->agent;
	struct attributes *l = &s->attributes;
	if (g == NULL)
		return;
	if (claude_code_has(c, version, since)) {
		uint32_t parent = g->parent != 0 ? g->parent : place->spawner;
		claude_code_text(c, l, STR("agent_id"), trace_name(&c->t, g->id));
		claude_code_text(c, l, STR("parent_agent_id"), trace_name(&c->t, parent));
	}
	if (g->workflow && claude_code_has(c, version, FEATURE_WORKFLOW)) {
		struct str flow = trace_name(&c->t, g->flow);
		if (!policy_allows(&c->t.in->options->policy, CLASS_TOOL_INPUT))
			flow = STR("custom");
		claude_code_text(c, l, STR("workflow.run_id"), trace_name(&c->t, g->run));
		claude_code_text(c, l, STR("workflow.name"), flow);
	}
	if (!c->strict)
		claude_code_text(c, l, STR("retrospan.agent.link"), link_basis_name(g->basis));
}

void
claude_code_error(struct claude_code *c, struct span *s, struct str message, uint32_t version)
{
	claude_code_text(c, &s->attributes, STR("error"), message);
	if (!claude_code_has(c, version, FEATURE_REQUEST_ID))
		return;
	s->status = STATUS_ERROR;
	s->status_message = message;
}

void
claude_code_content(struct claude_code *c, struct attributes *list, struct str key,
                    enum content_class class, struct str prefix, struct str text, uint32_t version)
{
	const struct policy *p = &c->t.in->options->policy;
	struct arena *a = c->t.in->arena;
	bool in_limit = claude_code_has(c, version, FEATURE_MARK_IN_LIMIT);
	size_t limit = in_limit ? c->live->content_units : LIVE_CONTENT_UNITS;
	size_t units = utf8_utf16_len(text);
	if (!policy_allows(p, class) || text.len == 0)
		return;
	struct str parts[] = {prefix, text, {0}};
	bool cut = units > limit;
	if (cut) {
		size_t mark = in_limit ? MARK.len : 0;
		parts[1] = utf8_utf16_head(text, limit > mark ? limit - mark : 0);
		parts[2] = MARK;
	}
	claude_code_text(c, list, key, policy_cut(p, a, arena_join(a, parts, 3)));
	if (!cut)
		return;
	struct str truncated[] = {key, STR("_truncated")},
		   length[] = {key, STR("_original_length")};
	attribute_bool(a, list, arena_join(a, truncated, 2), true);
	attribute_int(a, list, arena_join(a, length, 2), units);
}

/* ---- interactions: cc 3 ---- */

struct str
claude_code_prompt(struct claude_code *c, const struct turn *t)
{
	const struct content *content = trace_content(&c->t, t->prompt_line);
	struct parts texts = {0};
	for (size_t i = 0; i < content->parts.len; i++)
		if (content->parts.at[i].kind == PART_TEXT)
			*ARENA_PUSH(c->t.in->arena, &texts) = content->parts.at[i];
	struct str text = policy_plain(c->t.in->arena, &texts), inner;
	if (content->command.len > 0) {
		struct str typed[] = {content->command,
		                      content->arguments.len > 0 ? STR(" ") : STR(""),
		                      content->arguments};
		return arena_join(c->t.in->arena, typed, 3);
	}
	if (t->opening->kind == RECORD_USER && t->opening->user->text == TEXT_SHELL_INPUT &&
	    str_between(text, STR("<bash-input>"), STR("</bash-input>"), &inner))
		return inner;
	return text;
}

static struct span *
interaction(struct claude_code *c, const struct turn *t)
{
	const struct policy *p = &c->t.in->options->policy;
	struct arena *a = c->t.in->arena;
	struct place top = {0};
	struct str prompt = claude_code_prompt(c, t);
	struct span *s = claude_code_span(c, &top, STR("interaction"), trace_name(&c->t, t->key),
	                                  t->version);
	struct attributes *l = &s->attributes;
	claude_code_times(c, s, NULL, t->start, t->end);
	if (claude_code_has(c, t->version, FEATURE_GEN_AI))
		claude_code_text(c, l, STR("gen_ai.operation.name"), STR("invoke_agent"));
	claude_code_conversation(c, s, &top, t->version);
	claude_code_text(c, l, STR("user_prompt"),
	                 policy_allows(p, CLASS_PROMPT) ? policy_cut(p, a, prompt)
	                                                : STR("<REDACTED>"));
	attribute_int(a, l, STR("user_prompt_length"), utf8_utf16_len(prompt));
	attribute_int(a, l, STR("interaction.sequence"), t->sequence);
	if (claude_code_has(c, t->version, FEATURE_SAFE_NAMES)) {
		claude_code_text(c, l, STR("parent.source"),
		                 c->t.in->options->caller.is_set ? STR("env") : STR("none"));
		attribute_int(a, l, STR("queued_sends"), 0);
	}
	if (c->live->detailed)
		claude_code_prompt_detail(c, s, prompt, t->version);
	attribute_int(a, l, STR("interaction.duration_ms"), (s->end_ns - s->start_ns) / WHEN_MS);
	return s;
}

/* ---- the tree: cc 9 ---- */

static void work(struct claude_code *c, const struct place *place, const struct work *w);

static const struct span *
execution_of(const struct claude_code *c, const struct tool_call *call)
{
	for (size_t i = c->executed.len; i > 0; i--)
		if (c->executed.at[i - 1].call == call)
			return c->executed.at[i - 1].span;
	return NULL;
}

/* An agent has no span of its own: what it does hangs below the execution of its call; call and
 * execution are those that hold it. */
static void
agent(struct claude_code *c, const struct place *outer, const struct agent *g,
      const struct executed *holder)
{
	struct place inner = {.parent = c->root, .agent = g};
	if (outer->agent != NULL)
		inner.spawner = outer->agent->id;
	if (g->spawner != NULL && claude_code_has(c, g->version, FEATURE_AGENT_OF_TOOL)) {
		const struct span *execution = holder != NULL && holder->call == g->spawner
		                                   ? holder->span
		                                   : execution_of(c, g->spawner);
		if (execution != NULL)
			inner.parent = execution;
	}
	work(c, &inner, &g->work);
}

static void
work(struct claude_code *c, const struct place *place, const struct work *w)
{
	for (size_t i = 0; i < w->responses.len; i++)
		claude_code_request(c, place, w->responses.at[i]);
	for (size_t i = 0; i < w->unanswered.len; i++)
		claude_code_unanswered(c, place, w->unanswered.at[i]);
	size_t first = c->executed.len;
	for (size_t i = 0; i < w->calls.len; i++)
		*ARENA_PUSH(c->t.in->arena, &c->executed) = (struct executed){
		    w->calls.at[i], claude_code_tool(c, place, w->calls.at[i])};
	for (size_t i = 0; i < w->calls.len; i++)
		if (w->calls.at[i]->agent != NULL) {
			struct executed holder = c->executed.at[first + i];
			agent(c, place, w->calls.at[i]->agent, &holder);
		}
	for (size_t i = 0; i < w->agents.len; i++)
		agent(c, place, w->agents.at[i], NULL);
	if (c->live->detailed)
		claude_code_hooks(c, place, &w->hooks);
}

static void
turn(struct claude_code *c, const struct turn *t)
{
	struct place place = {0};
	id_trace(AGENT, STR("interaction"), trace_name(&c->t, t->key), c->t.id);
	if (t->opening->kind == RECORD_HOOK) { /* of a start: a root of its own */
		claude_code_hooks(c, &place, &t->work.hooks);
		return;
	}
	c->root = place.parent = interaction(c, t);
	for (size_t i = 0; i < t->compactions.len && !c->strict; i++)
		if (t->compactions.at[i].by_command == t->local)
			claude_code_compaction(c, &place, &t->compactions.at[i]);
	work(c, &place, &t->work);
}

/* ---- the resource: cc 2.1 ---- */

/* "Linux 6.1.0" is version 6.1.0 of it. */
static struct str
os_version(struct str text)
{
	size_t space = str_find_byte(text, ' ');
	return space == STR_NONE ? text : str_skip(text, space + 1);
}

static void
set_resource(struct claude_code *c, const struct turn *t, uint32_t version, struct resource *r)
{
	const struct trace_options *o = c->t.in->options;
	struct attributes *l = &r->attributes;
	bool desktop = t != NULL && str_eq(trace_name(&c->t, t->entrypoint), STR("claude-desktop"));
	struct str service = desktop ? STR("claude-code-desktop") : AGENT;
	claude_code_text(c, l, STR("service.name"),
	                 o->service_name.len > 0 ? o->service_name : service);
	claude_code_text(c, l, STR("service.version"), trace_name(&c->t, version));
	if (t != NULL && t->machine != NULL) {
		claude_code_text(c, l, STR("os.type"), trace_name(&c->t, t->machine->platform));
		claude_code_text(c, l, STR("os.version"),
		                 os_version(trace_name(&c->t, t->machine->os_version)));
	}
	if (!c->strict) {
		claude_code_text(c, l, STR("telemetry.distro.name"), STR("retrospan"));
		claude_code_text(c, l, STR("telemetry.distro.version"), o->version);
	}
	add_resource(c->t.in->arena, l, &o->resource);
	r->scope_name = STR("com.anthropic.claude_code.tracing");
	r->scope_version = STR("1.0.0");
	claude_code_text(c, &r->scope_attributes, STR("retrospan.version"), o->version);
}

static void
claude_code_trace(const struct trace_input *in, struct spans *out)
{
	struct claude_code c = {.t = {.in = in, .out = out}, .turn = in->turn};
	struct place alone = {.agent = in->agent};
	c.live = &in->options->live;
	c.strict = c.live->emulate.len > 0;
	c.version = claude_code_version(c.live->emulate);
	c.session = intern_str(in->names,
	                       in->turn != NULL ? in->turn->session_id : in->session->id);
	c.provider = provider_of(&c, in->turn != NULL ? &in->turn->work : &in->agent->work);
	if (in->turn != NULL) {
		set_resource(&c, in->turn, in->turn->version, &out->resource);
		turn(&c, in->turn);
	} else {
		set_resource(&c, NULL, in->agent->version, &out->resource);
		id_trace(AGENT, STR("agent, alone"),
		         intern_str(in->names, in->agent->opening->uuid), c.t.id);
		work(&c, &alone, &in->agent->work);
	}
	for (size_t i = 0; i < out->len && !c.live->no_resource; i++)
		add_resource(in->arena, &out->at[i]->attributes, &in->options->resource);
}

const struct convention claude_code_convention = {
    .name = STR_INIT("claude-code"),
    .takes_commands = true,
    .gated = true,
    .trace = claude_code_trace,
};
