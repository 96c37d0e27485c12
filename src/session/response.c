/* Responses: slices put together, and their calls. Sections: claude-code-transcripts. */
#include <stdlib.h>

#include "session/build.h"

struct work *
owner_work(const struct builder *b, const struct chain *c, size_t i)
{
	union owner o = c->owner[i];
	if (c == b->main)
		return o.turn != NULL ? &o.turn->work : NULL;
	return o.agent != NULL ? &o.agent->work : NULL;
}

uint32_t
response_key(const struct record *r)
{
	const struct response_record *a = r->response;
	if (a->message != 0)
		return a->message;
	return a->request != 0 ? a->request : r->uuid;
}

/* 4.3: the last line with a stop reason, else the largest output. */
static void
take_usage(struct response *p, const struct response_record *a)
{
	bool decided = p->stop_reason != 0;
	if (a->usage == NULL)
		return;
	if (a->stop_reason != 0 || p->usage == NULL ||
	    (!decided && a->usage->output > p->usage->output))
		p->usage = a->usage;
}

struct placed {
	const struct record *slice;
	size_t at;
};

static int
compare_placed(const void *a, const void *b)
{
	const struct placed *x = a, *y = b;
	uint32_t i = x->slice->response->block_index, k = y->slice->response->block_index;
	if (i != k)
		return i < k ? -1 : 1;
	return x->at < y->at ? -1 : 1;
}

static void
sort_run(struct builder *b, const struct record **at, size_t len)
{
	struct placed *all = ARENA_ARRAY(&b->scratch, struct placed, len);
	for (size_t i = 0; i < len; i++)
		all[i] = (struct placed){at[i], i};
	qsort(all, len, sizeof *all, compare_placed);
	for (size_t i = 0; i < len; i++)
		at[i] = all[i].slice;
}

/* In block order; lines without an index keep their place in the file. 4.1 */
static void
sort_slices(struct builder *b, struct response *p)
{
	for (size_t from = 0, i; from < p->slices.len; from = i + 1) {
		bool sorted = true;
		uint32_t before = 0;
		for (i = from; i < p->slices.len; i++) {
			uint32_t index = p->slices.at[i]->response->block_index;
			if (index == BLOCK_INDEX_NONE)
				break;
			sorted &= before <= index;
			before = index;
		}
		if (!sorted)
			sort_run(b, &p->slices.at[from], i - from);
	}
}

static void
take_slice(struct builder *b, struct response *p, const struct record *r)
{
	const struct response_record *a = r->response;
	take_usage(p, a);
	if (a->stop_reason != 0)
		p->stop_reason = a->stop_reason;
	if (p->model == 0)
		p->model = a->model;
	if (p->requested_model == 0)
		p->requested_model = a->requested_model;
	if (p->request == 0)
		p->request = a->request;
	if (p->effort == 0)
		p->effort = a->effort;
	if (a->error != 0)
		p->error = a->error;
	if (a->status != 0)
		p->status = a->status;
	p->aborted |= a->aborted;
	p->failed |= a->failed;
	p->has_text |= a->has_text;
	p->end = measured(later(p->end.ns, r->time_ns));
	*ARENA_PUSH(b->arena, &p->slices) = r;
}

static void
add_call(struct builder *b, struct response *p, const struct record *r,
         const struct block_record *block)
{
	if (block->kind != BLOCK_TOOL_CALL || block->id == 0)
		return;
	p->has_call = true;
	if (by_ident_get(&b->call_by_id, block->id) != NULL)
		return; /* repeats a block: weave 4.1 */
	struct tool_call *call = ARENA_NEW(b->arena, struct tool_call);
	call->id = block->id;
	call->name = block->name;
	call->version = r->version;
	call->block = block;
	call->response = p;
	call->use = r;
	call->work = p->work;
	call->start = measured(r->time_ns);
	*ARENA_PUSH(b->arena, &p->work->calls) = call;
	*ARENA_PUSH(&b->scratch, &b->calls) = call;
	by_ident_put(&b->call_by_id, block->id, call);
}

void
response_collect(struct builder *b, struct chain *c)
{
	for (size_t i = 0; i < c->len; i++) {
		const struct record *r = c->at[i];
		struct work *work = owner_work(b, c, i);
		if (r->kind != RECORD_RESPONSE || r->response->filler || work == NULL)
			continue;
		/* A copied response among own lines counts where it was made. */
		if (r->fate == FATE_HISTORY && c == b->main && !c->owner[i].turn->history)
			continue;
		if (r->response->request_ref != 0)
			b->answered[r->response->request_ref] = true;
		uint32_t key = response_key(r);
		struct response *p = by_ident_get(&b->responses, key);
		if (p == NULL) {
			p = ARENA_NEW(b->arena, struct response);
			p->key = key;
			p->message = r->response->message;
			p->version = r->version;
			p->work = work;
			*ARENA_PUSH(b->arena, &work->responses) = p;
			*ARENA_PUSH(&b->scratch, &c->responses) = p;
			by_ident_put(&b->responses, key, p);
		}
		take_slice(b, p, r);
		for (size_t k = 0; k < r->response->block_count; k++)
			add_call(b, p, r, &r->response->blocks[k]);
	}
	for (size_t i = 0; i < c->responses.len; i++) {
		struct response *p = c->responses.at[i];
		p->usage_incomplete = p->usage != NULL && p->stop_reason == 0;
		if (p->stop_reason == 0 && p->has_call)
			p->stop_reason = intern_add(b->names, STR("tool_use"));
	}
}

void
response_sort(struct builder *b, struct chain *c)
{
	for (size_t i = 0; i < c->responses.len; i++)
		sort_slices(b, c->responses.at[i]);
}
