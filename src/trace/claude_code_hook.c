/* The convention `claude-code`: hooks, one span for each time that an event set them off. cc 8 */
#include "base/when.h"
#include "trace/claude_code_private.h"

#define FIRING_HOOKS_MAX 64 /* after the first, among which the others of a firing are looked for */

/* Hooks that ran in parallel for one event. */
struct firing {
	const struct record *first;
	uint64_t start_ns, end_ns, duration_ms;
	uint64_t count;
	uint64_t told, counts[HOOK_CANCELLED + 1]; /* of those that left a line: how they ended */
	struct buf definitions;                    /* of these */
};

static uint64_t
start_of(uint64_t end_ns, uint64_t duration_ms)
{
	return duration_ms < end_ns / WHEN_MS ? end_ns - duration_ms * WHEN_MS : end_ns;
}

static void
extend(struct firing *f, const struct record *r, uint64_t duration_ms)
{
	uint64_t start_ns = start_of(r->time_ns, duration_ms);
	if (f->first == NULL || start_ns < f->start_ns)
		f->start_ns = start_ns;
	if (f->first == NULL)
		f->first = r;
	if (r->time_ns > f->end_ns)
		f->end_ns = r->time_ns;
	if (duration_ms > f->duration_ms)
		f->duration_ms = duration_ms;
}

static void
add_hook(const struct claude_code *c, struct firing *f, const struct hook_use *use)
{
	const struct hook_record *h = use->record->hook;
	extend(f, use->record, h->has_duration ? h->duration_ms : 0);
	f->count++;
	f->counts[h->outcome]++;
	f->told++;
	buf_add(&f->definitions, f->definitions.len == 0 ? STR("[") : STR(","));
	BUF_LIT(&f->definitions, "{\"type\":\"command\",\"command\":");
	json_put_text(&f->definitions, trace_content(&c->t, use->line)->hook);
	BUF_LIT(&f->definitions, "}");
}

/* The event is what stands before the ':' of "PreToolUse:Bash". */
static struct str
event_of(struct str name)
{
	size_t colon = str_find_byte(name, ':');
	return colon == STR_NONE ? name : str_head(name, colon);
}

static void
add_span(struct claude_code *c, const struct place *place, struct firing *f, struct str name)
{
	const struct record *r = f->first;
	struct arena *a = c->t.in->arena;
	struct span *s = claude_code_span(c, place, STR("hook"), trace_name(&c->t, r->uuid),
	                                  r->version);
	struct attributes *l = &s->attributes;
	claude_code_times(c, s, place->parent, (struct moment){f->start_ns, EVIDENCE_DERIVED},
	                  (struct moment){f->end_ns, EVIDENCE_MEASURED});
	claude_code_conversation(c, s, place, r->version);
	claude_code_text(c, l, STR("hook_event"), event_of(name));
	claude_code_text(c, l, STR("hook_name"), name);
	attribute_int(a, l, STR("num_hooks"), f->count);
	if (f->told > 0 && f->told == f->count) {
		BUF_LIT(&f->definitions, "]");
		policy_text(&c->t.in->options->policy, a, l, STR("hook_definitions"),
		            CLASS_TOOL_INPUT, arena_str(a, buf_str(&f->definitions)));
	}
	attribute_int(a, l, STR("duration_ms"), f->duration_ms);
	buf_free(&f->definitions);
	if (f->told == 0)
		return;
	attribute_int(a, l, STR("num_success"), f->counts[HOOK_SUCCEEDED]);
	attribute_int(a, l, STR("num_blocking"), f->counts[HOOK_BLOCKED]);
	attribute_int(a, l, STR("num_non_blocking_error"), f->counts[HOOK_FAILED]);
	attribute_int(a, l, STR("num_cancelled"), f->counts[HOOK_CANCELLED]);
	if (f->counts[HOOK_SUCCEEDED] < f->told) {
		s->status = STATUS_ERROR;
		s->status_message = STR("hook failed");
	}
}

static bool
is_same_firing(const struct record *a, const struct record *b)
{
	return a->kind == RECORD_HOOK && b->kind == RECORD_HOOK && a->hook->name == b->hook->name &&
	       a->hook->call == b->hook->call;
}

/* Whether a summary of Stop hooks follows, which speaks of this hook too. */
static bool
is_summed_up(const struct hook_uses *hooks, size_t i)
{
	size_t end = i + FIRING_HOOKS_MAX < hooks->len ? i + FIRING_HOOKS_MAX : hooks->len;
	bool is_stop = hooks->at[i].record->hook->event == HOOK_STOP;
	for (size_t k = i + 1; k < end && is_stop; k++)
		if (hooks->at[k].record->kind == RECORD_STOP_HOOKS)
			return true;
	return false;
}

/* A firing of Stop hooks: when it was, the summary says; how they ended, the lines before it of those
 * that had something to say. */
static void
add_stop(struct claude_code *c, const struct place *place, struct firing *f,
         const struct record *summary)
{
	f->first = NULL;
	f->start_ns = f->end_ns = f->duration_ms = 0;
	extend(f, summary, summary->stop_hooks->duration_ms);
	f->count = summary->stop_hooks->count;
	add_span(c, place, f, STR("Stop"));
	*f = (struct firing){0};
}

void
claude_code_hooks(struct claude_code *c, const struct place *place, const struct hook_uses *hooks)
{
	bool *done = ARENA_ARRAY(c->t.in->arena, bool, hooks->len + 1);
	struct firing stop = {0};
	for (size_t i = 0; i < hooks->len; i++) {
		const struct record *r = hooks->at[i].record;
		struct firing f = {0};
		if (done[i])
			continue;
		if (r->kind == RECORD_STOP_HOOKS) {
			add_stop(c, place, &stop, r);
			continue;
		}
		if (is_summed_up(hooks, i)) {
			add_hook(c, &stop, &hooks->at[i]);
			continue;
		}
		size_t end = i + FIRING_HOOKS_MAX < hooks->len ? i + FIRING_HOOKS_MAX : hooks->len;
		add_hook(c, &f, &hooks->at[i]);
		for (size_t k = i + 1; k < end; k++) {
			if (done[k] || !is_same_firing(r, hooks->at[k].record))
				continue;
			done[k] = true;
			add_hook(c, &f, &hooks->at[k]);
		}
		add_span(c, place, &f, trace_name(&c->t, r->hook->name));
	}
}
