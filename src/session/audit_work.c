/* The account of what turns and agents did. Sections: claude-code-transcripts. */
#include <inttypes.h>
#include <stdlib.h>

#include "session/audit_private.h"

/* ---- times ---- */

static void
take_times(struct auditor *r, enum timed what, struct moment start, struct moment end,
           const struct record *at, struct str name)
{
	enum evidence worst = start.evidence > end.evidence ? start.evidence : end.evidence;
	r->audit->times[what][worst]++;
	if (at != NULL && start.ns != 0 && end.ns != 0 && end.ns < start.ns)
		AUDIT_LINE(r, PROBLEM_END_BEFORE_START, at,
		           "%.*s ends %" PRIu64 " ms before it starts", STR_ARG(name),
		           (start.ns - end.ns) / 1000000);
}

static void
push(struct auditor *r, struct record_set *set, const struct record *x)
{
	*ARENA_PUSH(&r->scratch, set) = x;
}

/* ---- responses ---- */

static void
add_sum(struct auditor *r, struct model_sums *sums, uint32_t model, const struct model_tokens *m)
{
	if (sums->at[model] == 0) {
		ARENA_PUSH(&r->scratch, &sums->list)->model = audit_name(r, model);
		sums->at[model] = sums->list.len;
	}
	audit_add_tokens(&sums->list.at[sums->at[model] - 1], m);
}

static void
take_tokens(struct auditor *r, const struct response *p)
{
	const struct usage *u = p->usage;
	if (u == NULL || p->model == 0)
		return;
	struct model_tokens m = {.calls = 1,
	                         .incomplete = p->usage_incomplete,
	                         .input = u->input,
	                         .output = u->output,
	                         .cache_read = u->cache_read,
	                         .cache_creation = u->cache_creation,
	                         .reasoning = u->reasoning};
	add_sum(r, &r->answered, p->model, &m);
	add_sum(r, &r->asked, p->requested_model != 0 ? p->requested_model : p->model, &m);
}

static void
forget_sums(const struct auditor *r, struct model_sums *sums)
{
	for (size_t i = 0; i < sums->list.len; i++)
		sums->at[intern_find(r->family->names, sums->list.at[i].model)] = 0;
	sums->list = (struct models_tokens){0};
}

/* What lines of a response say that can't be of one. 4.1, 16 */
static void
take_slice(struct auditor *r, const struct response *p, const struct record *x)
{
	const struct response_record *a = x->response;
	push(r, &r->slices, x);
	if (x->kind != RECORD_RESPONSE)
		return;
	for (size_t k = 0; k < a->block_count; k++) {
		const struct block_record *block = &a->blocks[k];
		if (block->kind != BLOCK_TOOL_CALL || block->id == 0)
			continue;
		if (r->caller[block->id] != 0 && r->caller[block->id] != p->key)
			AUDIT_LINE(r, PROBLEM_DOUBLED_TOOL_CALL, x,
			           "%.*s is also a call of response %.*s, which counts",
			           STR_ARG(audit_name(r, block->id)),
			           STR_ARG(audit_name(r, r->caller[block->id])));
		else
			r->caller[block->id] = p->key;
	}
	const struct record *first = p->slices.at[0];
	uint32_t request = first->kind == RECORD_RESPONSE ? first->response->request : 0;
	if (request != 0 && a->request != 0 && a->request != request)
		AUDIT_LINE(r, PROBLEM_MERGED_REQUESTS, x,
		           "response %.*s answers request %.*s here, and %.*s on its first line",
		           STR_ARG(audit_name(r, p->key)), STR_ARG(audit_name(r, a->request)),
		           STR_ARG(audit_name(r, request)));
}

static void
take_response(struct auditor *r, const struct response *p)
{
	const struct record *first = p->slices.at[0];
	struct str name = audit_name(r, p->key);
	push(r, &r->origins, first);
	for (size_t i = 0; i < p->slices.len; i++)
		take_slice(r, p, p->slices.at[i]);
	if (p->message != 0)
		audit_id(r->audit, PROBLEM_DOUBLED_MESSAGE, audit_name(r, p->message), name,
		         first->in->source->path, first->line);
	take_times(r, TIMED_RESPONSE, p->start, p->end, first, name);
	take_tokens(r, p);
	if (p->start.ns != 0 && p->start.ns < r->first_response_ns)
		r->first_response_ns = p->start.ns;
	if (!p->failed && !p->aborted && p->end.ns > p->start.ns)
		r->response_ms += (p->end.ns - p->start.ns) / 1000000;
}

struct successor {
	const struct response *of, *next;
};

static int
compare(const void *a, const void *b)
{
	uintptr_t x = (uintptr_t)((const struct successor *)a)->of;
	uintptr_t y = (uintptr_t)((const struct successor *)b)->of;
	return x == y ? 0 : x < y ? -1 : 1;
}

/* A call that waited for results can't have begun before the last of them; what stands behind it
 * in the file it did not wait for. 11.3, 16 */
static void
check_order(struct auditor *r, const struct work *w)
{
	size_t len = w->responses.len;
	struct successor *all = ARENA_ARRAY(&r->scratch, struct successor, len);
	for (size_t i = 0; i < len; i++)
		all[i] = (struct successor){w->responses.at[i],
		                            i + 1 < len ? w->responses.at[i + 1] : NULL};
	if (len > 1)
		qsort(all, len, sizeof *all, compare);
	for (size_t i = 0; i < w->calls.len && len > 1; i++) {
		const struct tool_call *call = w->calls.at[i];
		struct successor key = {call->response, NULL};
		const struct successor *s = bsearch(&key, all, len, sizeof *all, compare);
		if (s == NULL || s->next == NULL || call->answer == NULL)
			continue;
		const struct record *first = s->next->slices.at[0], *answer = call->answer;
		if (answer->in == first->in && answer->line < first->line &&
		    answer->time_ns > s->next->start.ns && s->next->start.ns != 0)
			AUDIT_LINE(r, PROBLEM_START_BEFORE_RESULT, first,
			           "call %.*s starts %" PRIu64
			           " ms before the result of %.*s, which it had read",
			           STR_ARG(audit_name(r, s->next->key)),
			           (answer->time_ns - s->next->start.ns) / 1000000,
			           STR_ARG(audit_name(r, call->id)));
	}
}

/* ---- tool calls and agents ---- */

static void
take_call(struct auditor *r, const struct tool_call *call)
{
	struct str id = audit_name(r, call->id), name = audit_name(r, call->name);
	push(r, &r->origins, call->use);
	audit_id(r->audit, PROBLEM_DOUBLED_TOOL_CALL, id, id, call->use->in->source->path,
	         call->use->line);
	take_times(r, TIMED_TOOL_CALL, call->start, call->end, call->use, id);
	if (call->answer == NULL)
		AUDIT_LINE(r, PROBLEM_CALL_WITHOUT_RESULT, call->use, "%.*s call %.*s",
		           STR_ARG(name), STR_ARG(id));
}

static void
take_link(struct auditor *r, const struct agent *g)
{
	struct str id = audit_name(r, g->id), name = audit_name(r, g->name);
	const char *gap = id.len > 0 ? " " : "";
	if (g->opening == NULL) {
		r->audit->agents_without_file++;
		return;
	}
	r->audit->links[g->basis]++;
	if (g->unfinished == UNFINISHED_NO_CALL)
		AUDIT_LINE(r, PROBLEM_AGENT_WITHOUT_CALL, g->opening,
		           "agent %.*s%s%.*s: nothing calls it; %s", STR_ARG(name), gap,
		           STR_ARG(id),
		           g->basis == LINK_TURN ? "its prompt's id tells its turn"
		                                 : "only its time tells where it belongs");
	else if (g->basis == LINK_PROMPT || g->basis == LINK_GUESSED)
		AUDIT_LINE(r, PROBLEM_WEAK_LINK, g->opening,
		           "agent %.*s%s%.*s is tied to call %.*s by its prompt%s", STR_ARG(name),
		           gap, STR_ARG(id), STR_ARG(audit_name(r, g->spawning_call)),
		           g->basis == LINK_GUESSED ? ", which others share" : " alone");
}

static void take_work(struct auditor *r, const struct work *w);

static void
take_agent(struct auditor *r, const struct agent *g)
{
	take_link(r, g);
	if (g->call == NULL || g->woken) {
		struct str name = audit_name(r, g->id);
		take_times(r, TIMED_AGENT, g->start, g->end, g->opening, name);
		if (g->opening != NULL)
			push(r, &r->origins, g->opening);
	} else {
		take_times(r, TIMED_AGENT, g->start, g->end, g->call->use, audit_name(r, g->id));
	}
	struct builder b = {.names = r->family->names};
	if (g->opening != NULL)
		r->old_agent |= version_at_most(&b, g->opening->version, 2, 1, 328);
	take_work(r, &g->work);
}

static void
take_work(struct auditor *r, const struct work *w)
{
	for (size_t i = 0; i < w->responses.len; i++)
		take_response(r, w->responses.at[i]);
	for (size_t i = 0; i < w->calls.len; i++) {
		take_call(r, w->calls.at[i]);
		if (w->calls.at[i]->agent != NULL)
			take_agent(r, w->calls.at[i]->agent);
	}
	for (size_t i = 0; i < w->agents.len; i++)
		take_agent(r, w->agents.at[i]);
	check_order(r, w);
}

void
audit_turns(struct auditor *r)
{
	const struct session *s = r->session;
	forget_sums(r, &r->answered);
	forget_sums(r, &r->asked);
	r->response_ms = 0;
	r->first_response_ns = UINT64_MAX;
	r->old_agent = false;
	for (size_t i = 0; i < s->turns.len; i++) {
		const struct turn *t = s->turns.at[i];
		push(r, &r->origins, t->opening);
		take_times(r, TIMED_TURN, t->start, t->end, t->opening, audit_name(r, t->key));
		take_work(r, &t->work);
	}
	for (size_t i = 0; i < s->rootless.len; i++)
		take_agent(r, s->rootless.at[i]);
	for (size_t i = 0; i < r->answered.list.len; i++) {
		const struct model_tokens *m = &r->answered.list.at[i];
		audit_add_tokens(audit_model(&r->audit->arena, &r->audit->tokens, m->model), m);
	}
}
