/* What each call of a model was sent, and the hooks that ran: only for those who ask for it. */
#include "session/build.h"

static void
note_hook(struct builder *b, struct work *w, const struct record *r)
{
	bool ended = r->kind == RECORD_STOP_HOOKS || (r->kind == RECORD_HOOK && !r->hook->started);
	/* Those of a starting process belong to no turn: turn.c */
	bool starts = r->kind == RECORD_HOOK && r->hook->source != 0;
	if (w != NULL && ended && !starts && r->fate == FATE_OWN && r->time_ns != 0)
		ARENA_PUSH(b->arena, &w->hooks)->record = r;
}

static void
note_requests(struct builder *b, const struct chain *c)
{
	for (size_t i = 0; i < c->len; i++) {
		struct record *r = c->at[i];
		if (r->kind == RECORD_REQUEST)
			by_ident_put(&b->requests, r->request->id, r);
		else if (r->kind == RECORD_SHAPE)
			by_ident_put(&b->shapes, r->shape->id, r);
	}
}

/* The shape of the request that was answered. 3.6 */
static const struct record *
shape_of(const struct builder *b, const struct response *p)
{
	for (size_t i = 0; i < p->slices.len; i++) {
		const struct record *r = p->slices.at[i], *q = NULL;
		if (r->kind == RECORD_RESPONSE)
			q = by_ident_get(&b->requests, r->response->request_ref);
		if (q != NULL)
			return by_ident_get(&b->shapes, q->request->shape);
	}
	return NULL;
}

static void
add_detail(struct builder *b, struct response *p, const struct line_uses *inputs)
{
	p->detail = ARENA_NEW(b->arena, struct request_detail);
	p->detail->inputs = *inputs;
	p->detail->shape = shape_of(b, p);
}

void
detail_collect(struct builder *b, struct chain *c)
{
	struct line_uses inputs = {0};
	size_t next = 0;
	note_requests(b, c);
	for (size_t i = 0; i < c->len; i++) {
		const struct record *r = c->at[i];
		note_hook(b, owner_work(b, c, i), r);
		if (response_is_fed_by(r) || r->kind == RECORD_QUEUED)
			*ARENA_PUSH(b->arena, &inputs) = r;
		if (next >= c->responses.len || r->kind != RECORD_RESPONSE ||
		    response_key(r) != c->responses.at[next]->key)
			continue;
		add_detail(b, c->responses.at[next++], &inputs);
		inputs = (struct line_uses){0};
	}
}
