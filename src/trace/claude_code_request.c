/* The convention `claude-code`: calls of a model. cc 4 */
#include "base/when.h"
#include "trace/claude_code_private.h"

/* ---- who asked: cc 4.2 ---- */

static bool
is_builtin(const struct claude_code *c, const struct agent *g)
{
	static const struct str types[] = {STR_INIT("general-purpose"), STR_INIT("Explore"),
	                                   STR_INIT("Plan"), STR_INIT("fork"),
	                                   STR_INIT("workflow-subagent")};
	if (g->builtin)
		return true;
	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		if (str_eq(trace_name(&c->t, g->name), types[i]))
			return true;
	return false;
}

/* "agent:builtin:Explore" as it stands on the request, or made up of what is known. */
static struct str
query_source(const struct claude_code *c, const struct place *place, const struct response *p)
{
	if (p->purpose != 0)
		return trace_name(&c->t, p->purpose);
	if (place->agent == NULL)
		return c->turn == NULL || c->turn->interactive ? STR("repl_main_thread")
		                                               : STR("sdk");
	struct str parts[] = {STR("agent:builtin:"), trace_name(&c->t, place->agent->name)};
	return is_builtin(c, place->agent) ? arena_join(c->t.in->arena, parts, 2)
	                                   : STR("agent:custom");
}

static struct str
safe_source(const struct claude_code *c, struct str source)
{
	if (str_starts(source, STR("agent:custom")))
		return STR("agent.custom");
	char *text = arena_bytes(c->t.in->arena, source.len);
	for (size_t i = 0; i < source.len; i++)
		text[i] = source.at[i] == ':' ? '.' : source.at[i];
	return (struct str){text, source.len};
}

/* ---- the span ---- */

static struct str
model_of(const struct claude_code *c, const struct response *p)
{
	return trace_name(&c->t, p->requested_model != 0 ? p->requested_model : p->model);
}

static struct span *
open_request(struct claude_code *c, const struct place *place, const struct response *p,
             struct str key, struct str source)
{
	struct span *s = claude_code_span(c, place, STR("llm_request"), key, p->version);
	struct attributes *l = &s->attributes;
	struct str model = model_of(c, p);
	claude_code_times(c, s, place->parent, p->start, p->end);
	claude_code_text(c, l, STR("model"), model);
	if (claude_code_has(c, p->version, FEATURE_REQUEST_ID)) {
		claude_code_text(c, l, STR("gen_ai.system"), STR("anthropic"));
		claude_code_text(c, l, STR("gen_ai.request.model"), model);
	}
	claude_code_text(c, l, STR("llm_request.context"),
	                 place->parent == NULL      ? STR("standalone")
	                 : place->parent == c->root ? STR("interaction")
	                                            : STR("tool"));
	claude_code_text(c, l, STR("speed"),
	                 p->usage != NULL && p->usage->fast ? STR("fast") : STR("normal"));
	claude_code_conversation(c, s, place, p->version);
	if (c->live->detailed)
		claude_code_text(c, l, STR("query_source"), source);
	if (claude_code_has(c, p->version, FEATURE_SAFE_NAMES))
		claude_code_text(c, l, STR("query_source_safe"), safe_source(c, source));
	claude_code_agent_ids(c, s, place, p->version, FEATURE_AGENT_OF_REQUEST);
	return s;
}

/* cc 4.4 */
static void
add_attempts(struct claude_code *c, struct span *s, const struct response *p)
{
	struct arena *a = c->t.in->arena;
	size_t len = p->attempts.len > 0 ? p->attempts.len : 1;
	for (size_t i = 0; i < len && claude_code_has(c, p->version, FEATURE_REQUEST_ID); i++) {
		struct span_event *e = ARENA_PUSH(a, &s->events);
		uint64_t ns = p->attempts.len > 0 ? p->attempts.at[i].start_ns : 0;
		e->name = STR("gen_ai.request.attempt");
		e->time_ns = ns < s->start_ns ? s->start_ns : ns > s->end_ns ? s->end_ns : ns;
		attribute_int(a, &e->attributes, STR("attempt"), i + 1);
	}
}

static void
add_usage(struct claude_code *c, struct span *s, const struct response *p)
{
	struct arena *a = c->t.in->arena;
	struct attributes *l = &s->attributes;
	const struct usage *u = p->usage;
	if (u == NULL)
		return;
	attribute_int(a, l, STR("input_tokens"), u->input);
	attribute_int(a, l, STR("output_tokens"), u->output);
	attribute_int(a, l, STR("cache_read_tokens"), u->cache_read);
	attribute_int(a, l, STR("cache_creation_tokens"), u->cache_creation);
	if (p->usage_incomplete && !c->strict)
		attribute_bool(a, l, STR("retrospan.usage.incomplete"), true);
}

static void
add_failure(struct claude_code *c, struct span *s, const struct response *p, struct str message)
{
	struct str status = trace_name(&c->t, p->status);
	struct str class = claude_code_request_error_class(status, message);
	uint64_t code;
	if (str_to_u64(status, &code))
		attribute_int(c->t.in->arena, &s->attributes, STR("status_code"), code);
	claude_code_error(c, s, message, p->version);
	if (claude_code_has(c, p->version, FEATURE_SAFE_NAMES))
		claude_code_text(c, &s->attributes, STR("error_class"), class);
}

/* Rows 21 to 28. */
static void
add_end(struct claude_code *c, struct span *s, const struct response *p, bool success)
{
	struct arena *a = c->t.in->arena;
	struct attributes *l = &s->attributes;
	struct str reason = trace_name(&c->t, p->stop_reason);
	attribute_int(a, l, STR("attempt"), 1 + (uint64_t)p->retry_count);
	if (success && c->live->detailed)
		attribute_bool(a, l, STR("response.has_tool_call"), p->has_call);
	if (claude_code_has(c, p->version, FEATURE_REQUEST_ID)) {
		claude_code_text(c, l, STR("request_id"), trace_name(&c->t, p->request));
		claude_code_text(c, l, STR("gen_ai.response.id"), trace_name(&c->t, p->request));
	}
	if (success && p->first_content_ns > s->start_ns &&
	    claude_code_has(c, p->version, FEATURE_SAFE_NAMES))
		attribute_int(a, l, STR("first_content_ms"),
		              (p->first_content_ns - s->start_ns) / WHEN_MS);
	if (claude_code_has(c, p->version, FEATURE_EFFORT))
		claude_code_text(c, l, STR("effort"), trace_name(&c->t, p->effort));
	if (success && c->live->detailed)
		claude_code_answer_detail(c, s, p);
	if (!success || reason.len == 0 || !claude_code_has(c, p->version, FEATURE_STOP_REASON))
		return;
	claude_code_text(c, l, STR("stop_reason"), reason);
	attribute_texts(a, l, STR("gen_ai.response.finish_reasons"), &reason, 1);
}

/* cc 4.1: which calls the live program has no span for */
static bool
is_left_out(const struct claude_code *c, const struct response *p)
{
	if (p->no_call || p->slices.len == 0 || p->slices.at[0]->kind == RECORD_FALLBACK)
		return true;
	return c->strict && p->aborted;
}

void
claude_code_request(struct claude_code *c, const struct place *place, const struct response *p)
{
	if (is_left_out(c, p))
		return;
	struct span *s = open_request(c, place, p, trace_name(&c->t, p->key),
	                              query_source(c, place, p));
	bool success = !p->failed && !p->aborted;
	if (c->live->detailed)
		claude_code_sent_detail(c, s, p);
	claude_code_duration(c, s);
	if (success)
		add_usage(c, s, p);
	attribute_bool(c->t.in->arena, &s->attributes, STR("success"), success);
	if (p->failed)
		add_failure(c, s, p, claude_code_request_error(c, p));
	else if (p->aborted)
		add_failure(c, s, p, STR("aborted"));
	add_end(c, s, p, success);
	add_attempts(c, s, p);
}

void
claude_code_unanswered(struct claude_code *c, const struct place *place, const struct response *p)
{
	if (c->strict && p->aborted)
		return;
	struct span *s = open_request(c, place, p, trace_name(&c->t, p->key),
	                              query_source(c, place, p));
	claude_code_duration(c, s);
	attribute_bool(c->t.in->arena, &s->attributes, STR("success"), !p->aborted);
	if (p->aborted)
		add_failure(c, s, p, STR("aborted"));
	add_end(c, s, p, !p->aborted);
	add_attempts(c, s, p);
}

/* The call that wrote a summary is on no line; how long it took with its hooks is. cc 4.1 */
void
claude_code_compaction(struct claude_code *c, const struct place *place, const struct compaction *k)
{
	const struct record *line = k->summary != NULL ? k->summary : NULL;
	struct response p = {.end = k->end};
	if (line == NULL || k->facts == NULL || !k->facts->has_duration ||
	    k->facts->duration_ms > k->end.ns / WHEN_MS)
		return;
	p.version = line->version;
	p.start = (struct moment){k->end.ns - k->facts->duration_ms * WHEN_MS, EVIDENCE_DERIVED};
	struct span *s = open_request(c, place, &p, trace_name(&c->t, line->uuid), STR("compact"));
	claude_code_duration(c, s);
	attribute_bool(c->t.in->arena, &s->attributes, STR("success"), true);
}
