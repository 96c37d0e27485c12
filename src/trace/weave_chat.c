/* The convention `weave`: chat spans. Sections: convention-weave. */
#include <stdlib.h>

#include "trace/weave_private.h"

struct str
weave_request_model(const struct weave *w, const struct response *p)
{
	return weave_name(w, p->requested_model != 0 ? p->requested_model : p->model);
}

/* 5.3 */
static struct str
provider_of(struct str model)
{
	struct str us = str_head(model, 3);
	struct str rest = str_eq_nocase(us, STR("us.")) ? str_skip(model, 3) : model;
	if (str_eq_nocase(str_head(rest, 10), STR("anthropic.")))
		return STR("aws.bedrock");
	if (str_eq_nocase(str_head(model, 7), STR("claude-")))
		return STR("anthropic");
	return (struct str){0};
}

/* genai 8 */
static struct str
mapped_reason(const struct weave *w, const struct response *p)
{
	static const struct {
		struct str raw, mapped;
	} map[] = {
	    {STR_INIT("end_turn"), STR_INIT("stop")},
	    {STR_INIT("stop_sequence"), STR_INIT("stop")},
	    {STR_INIT("pause_turn"), STR_INIT("stop")},
	    {STR_INIT("max_tokens"), STR_INIT("length")},
	    {STR_INIT("model_context_window_exceeded"), STR_INIT("length")},
	    {STR_INIT("tool_use"), STR_INIT("tool_call")},
	    {STR_INIT("refusal"), STR_INIT("content_filter")},
	};
	struct str raw = weave_name(w, p->stop_reason);
	if (p->aborted)
		return STR("error");
	for (size_t i = 0; i < sizeof map / sizeof *map; i++)
		if (str_eq(raw, map[i].raw))
			return map[i].mapped;
	if (raw.len > 0)
		return raw;
	return p->has_call ? STR("tool_call") : STR("stop");
}

static int
compare_ids(const void *a, const void *b)
{
	const struct part *x = *(const struct part *const *)a;
	const struct part *y = *(const struct part *const *)b;
	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	int order = str_cmp(x->id, y->id);
	return order != 0 ? order : x < y ? -1 : 1;
}

/* A block that repeats an earlier one adds nothing: the same call ... 4.1 */
static void
drop_repeated_calls(struct arena *a, struct parts *parts)
{
	const struct part **named = ARENA_ARRAY(a, const struct part *, parts->len);
	bool *repeats = ARENA_ARRAY(a, bool, parts->len);
	size_t len = 0, kept = 0;
	for (size_t i = 0; i < parts->len; i++)
		if (parts->at[i].id.len > 0)
			named[len++] = &parts->at[i];
	if (len < 2)
		return;
	qsort(named, len, sizeof(const struct part *), compare_ids);
	for (size_t i = 1; i < len; i++)
		repeats[named[i] - parts->at] = named[i]->kind == named[i - 1]->kind &&
		                                str_eq(named[i]->id, named[i - 1]->id);
	for (size_t i = 0; i < parts->len; i++)
		if (!repeats[i])
			parts->at[kept++] = parts->at[i];
	parts->len = kept;
}

/* ... or the same text at the same index. */
static bool
says_again(const struct response *p, const struct parts *before, const struct part *part,
           size_t slice)
{
	if (slice == 0 || before->len == 0 || p->slices.at[slice]->kind != RECORD_RESPONSE)
		return false;
	uint32_t index = p->slices.at[slice]->response->block_index;
	const struct part *last = &before->at[before->len - 1];
	return index != BLOCK_INDEX_NONE &&
	       p->slices.at[slice - 1]->response->block_index == index &&
	       last->kind == part->kind && str_eq(last->text.text, part->text.text);
}

static void
add_output(struct weave *w, struct span *s, const struct response *p)
{
	struct arena *a = w->t.in->arena;
	struct parts parts = {0};
	if (!policy_allows(&w->t.in->options->policy, CLASS_RESPONSE))
		return;
	for (size_t i = 0; i < p->slices.len; i++) {
		const struct content *c = trace_content(&w->t, p->first_line + (line_ref)i);
		for (size_t k = 0; k < c->parts.len; k++)
			if (!says_again(p, &parts, &c->parts.at[k], i))
				*ARENA_PUSH(a, &parts) = c->parts.at[k];
	}
	drop_repeated_calls(a, &parts);
	struct message m = {.role = STR("assistant"),
	                    .parts = parts.at,
	                    .len = parts.len,
	                    .finish_reason = mapped_reason(w, p)};
	policy_messages(&w->t.in->options->policy, a, &s->attributes, STR("gen_ai.output.messages"),
	                CLASS_RESPONSE, &m, 1);
}

/* 4.2; the whole prompt includes what the cache held */
static void
add_usage(struct weave *w, struct span *s, const struct response *p)
{
	struct arena *a = w->t.in->arena;
	struct attributes *l = &s->attributes;
	const struct usage *u = p->usage;
	if (u == NULL)
		return;
	attribute_int(a, l, STR("gen_ai.usage.input_tokens"),
	              u->input + u->cache_read + u->cache_creation);
	attribute_int(a, l, STR("gen_ai.usage.output_tokens"), u->output);
	if (u->has_cache_read)
		attribute_int(a, l, STR("gen_ai.usage.cache_read.input_tokens"), u->cache_read);
	if (u->has_cache_creation)
		attribute_int(a, l, STR("gen_ai.usage.cache_creation.input_tokens"),
		              u->cache_creation);
	if (u->reasoning > 0) {
		attribute_int(a, l, STR("gen_ai.usage.reasoning.output_tokens"), u->reasoning);
		attribute_int(a, l, STR("gen_ai.usage.reasoning_tokens"), u->reasoning);
	}
	if (p->usage_incomplete)
		attribute_bool(a, l, STR("retrospan.usage.incomplete"), true);
}

static void
add_request(struct weave *w, struct span *s, const struct response *p)
{
	struct arena *a = w->t.in->arena;
	if (p->max_tokens > 0)
		attribute_int(a, &s->attributes, STR("gen_ai.request.max_tokens"), p->max_tokens);
	weave_text(w, s, STR("gen_ai.request.reasoning.level"), weave_name(w, p->effort));
	weave_text(w, s, STR("retrospan.request.id"), weave_name(w, p->request));
	if (p->attempts.len > 1)
		attribute_int(a, &s->attributes, STR("retrospan.attempts"), p->attempts.len);
}

/* 5.5 */
static void
add_failure(struct weave *w, struct span *s, const struct response *p)
{
	struct str type = weave_name(w, p->error != 0 ? p->error : p->status);
	struct str text = policy_plain(w->t.in->arena, &trace_content(&w->t, p->error_line)->parts);
	weave_error(w, s, type.len > 0 ? type : STR("api_error"),
	            policy_cut(&w->t.in->options->policy, w->t.in->arena, text));
	weave_text(w, s, STR("gen_ai.provider.name"), provider_of(weave_request_model(w, p)));
	weave_text(w, s, STR("gen_ai.output.type"), STR("text"));
	add_request(w, s, p);
}

static void
add_success(struct weave *w, struct span *s, const struct response *p)
{
	struct str reason = weave_name(w, p->stop_reason);
	struct str model = weave_name(w, p->model);
	weave_text(w, s, STR("gen_ai.response.model"), model);
	weave_text(w, s, STR("gen_ai.provider.name"), provider_of(model));
	weave_text(w, s, STR("gen_ai.response.id"), weave_name(w, p->message));
	if (p->stop_reason != 0)
		attribute_texts(w->t.in->arena, &s->attributes,
		                STR("gen_ai.response.finish_reasons"), &reason, 1);
	weave_text(w, s, STR("gen_ai.output.type"), STR("text"));
	add_output(w, s, p);
	add_usage(w, s, p);
	add_request(w, s, p);
	if (p->aborted) { /* 4.5 */
		weave_error(w, s, STR("cancelled"), STR("aborted"));
		attribute_bool(w->t.in->arena, &s->attributes, STR("retrospan.aborted"), true);
	}
}

void
weave_chat(struct weave *w, const struct span *parent, const struct response *p,
           struct str agent_name)
{
	struct str model = weave_request_model(w, p);
	struct str outer = agent_name;
	if (p->no_call || (!p->failed && p->model == 0))
		return; /* 4.4, 5.5 */
	if (outer.len == 0)
		outer = attribute_get(&parent->attributes, STR("gen_ai.agent.name"))->text;
	struct span *s = weave_span(w, parent, STR("chat"), model, STR("chat"),
	                            weave_name(w, p->key), p->version);
	s->kind = SPAN_CLIENT;
	weave_times(w, s, parent, p->start, p->end);
	weave_text(w, s, STR("gen_ai.request.model"), model);
	weave_text(w, s, STR("gen_ai.agent.name"), outer);
	if (p->failed)
		add_failure(w, s, p);
	else
		add_success(w, s, p);
}
