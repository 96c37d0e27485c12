/* The sums of tokens and times that Claude Code keeps of a session. claude-code-transcripts 3.7 */
#include "base/when.h"
#include "decode/claude_private.h"

#define COST_MODELS_MAX 64 /* of one line */

static uint64_t
number(const struct json *v, struct str key)
{
	uint64_t n = 0;
	(void)json_u64(json_get(v, key), &n);
	return n;
}

void
claude_cost(struct decoder *d, const struct claude_line *l, struct record *r)
{
	struct cost_record *c = ARENA_NEW(d->arena, struct cost_record);
	const struct json *usage = json_get(l->whole, STR("modelUsage"));
	size_t len = json_is_object(usage) ? json_len(usage) : 0;
	uint64_t start_ms = number(l->whole, STR("startTime"));
	if (len > COST_MODELS_MAX)
		len = COST_MODELS_MAX;
	c->models = ARENA_ARRAY(d->arena, struct cost_model, len);
	for (struct json_iter it = json_iter(usage); c->len < len && json_next(&it);) {
		struct cost_model *m = &c->models[c->len++];
		m->model = intern_add(d->names, it.key);
		m->usage = (struct usage){
		    .input = number(it.value, STR("inputTokens")),
		    .output = number(it.value, STR("outputTokens")),
		    .cache_read = number(it.value, STR("cacheReadInputTokens")),
		    .cache_creation = number(it.value, STR("cacheCreationInputTokens"))};
	}
	c->api_ms = number(l->whole, STR("totalAPIDuration"));
	c->start_ns = start_ms < WHEN_MAX_NS / WHEN_MS ? start_ms * WHEN_MS : 0;
	r->kind = RECORD_COST;
	r->cost = c;
}
