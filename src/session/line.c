/* Gives every line whose content a turn needs its place in the turn's list. */
#include "session/build.h"

/* Lists grow in scratch; what is kept is just as long as it must be. */
struct place {
	struct arena *arena;
	struct line_uses lines;
	uint64_t bytes;
	const struct record *shape; /* the last one; NULL: none */
	line_ref shape_line;
};

static line_ref
add_line(struct place *p, const struct record *r)
{
	*ARENA_PUSH(p->arena, &p->lines) = r;
	p->bytes += r->length;
	return (line_ref)(p->lines.len - 1);
}

static line_ref
place_line(struct place *p, const struct record *r)
{
	if (r == NULL)
		return LINE_NONE;
	/* Parallel calls stand on one line, and their results follow: look back a little. */
	for (size_t i = p->lines.len; i > 0 && i + 8 > p->lines.len; i--)
		if (p->lines.at[i - 1] == r)
			return (line_ref)(i - 1);
	return add_line(p, r);
}

/* The other slices of a response that failed hold what the model said before. */
static bool
says_error(const struct record *r)
{
	return r->kind != RECORD_RESPONSE || r->response->failed;
}

/* What requests offer stands on one line for many of them. */
static line_ref
place_shape(struct place *p, const struct record *shape)
{
	if (shape == NULL)
		return LINE_NONE;
	if (p->shape != shape)
		p->shape_line = add_line(p, shape);
	p->shape = shape;
	return p->shape_line;
}

/* A response's lines stand one after the other. */
static void
place_response(struct place *p, struct response *a)
{
	a->first_line = (line_ref)p->lines.len;
	a->error_line = LINE_NONE;
	for (size_t i = 0; i < a->slices.len; i++) {
		line_ref line = add_line(p, a->slices.at[i]);
		if (a->failed && a->error_line == LINE_NONE && says_error(a->slices.at[i]))
			a->error_line = line;
	}
	if (a->detail == NULL)
		return;
	a->detail->first_input = (line_ref)p->lines.len;
	for (size_t i = 0; i < a->detail->inputs.len; i++)
		(void)add_line(p, a->detail->inputs.at[i]);
	a->detail->shape_line = place_shape(p, a->detail->shape);
}

static void
place_hooks(struct place *p, struct hook_uses *hooks)
{
	for (size_t i = 0; i < hooks->len; i++)
		hooks->at[i].line = hooks->at[i].record->kind == RECORD_HOOK
		                        ? add_line(p, hooks->at[i].record)
		                        : LINE_NONE;
}

static void place_work(struct place *p, struct work *w);

static void
place_agent(struct place *p, struct agent *g)
{
	g->prompt_line = LINE_NONE;
	if (g->opening != NULL && g->opening->kind == RECORD_USER)
		g->prompt_line = place_line(p, g->opening);
	g->notice_line = place_line(p, g->notice);
	place_work(p, &g->work);
}

static void
place_work(struct place *p, struct work *w)
{
	for (size_t i = 0; i < w->responses.len; i++)
		place_response(p, w->responses.at[i]);
	for (size_t i = 0; i < w->calls.len; i++) {
		struct tool_call *call = w->calls.at[i];
		call->use_line = call->response->first_line + call->slice;
		call->answer_line = place_line(p, call->answer);
		if (call->agent != NULL)
			place_agent(p, call->agent);
	}
	for (size_t i = 0; i < w->agents.len; i++)
		place_agent(p, w->agents.at[i]);
	place_hooks(p, &w->hooks);
}

static void
keep_lines(struct builder *b, const struct place *p, struct line_uses *lines, uint64_t *bytes)
{
	size_t len = p->lines.len;
	*lines = (struct line_uses){ARENA_ARRAY(b->arena, const struct record *, len), len, len};
	if (len > 0)
		memcpy(lines->at, p->lines.at, len * sizeof *lines->at);
	*bytes = p->bytes;
	arena_reset(&b->scratch);
}

void
line_assign(struct builder *b, struct turn *t)
{
	struct place p = {.arena = &b->scratch};
	t->prompt_line = LINE_NONE;
	if (t->opening->kind == RECORD_USER || t->opening->kind == RECORD_COMMAND)
		t->prompt_line = place_line(&p, t->opening);
	t->instructions_line = place_line(&p, t->instructions);
	for (size_t i = 0; i < t->absorbed.len; i++)
		t->absorbed.at[i].line = place_line(&p, t->absorbed.at[i].record);
	for (size_t i = 0; i < t->compactions.len; i++)
		t->compactions.at[i].summary_line = place_line(&p, t->compactions.at[i].summary);
	place_work(&p, &t->work);
	t->error_line = LINE_NONE;
	if (t->failed && t->work.responses.len > 0)
		t->error_line = t->work.responses.at[t->work.responses.len - 1]->error_line;
	keep_lines(b, &p, &t->lines, &t->line_bytes);
}

void
line_assign_rootless(struct builder *b, struct agent *g)
{
	struct place p = {.arena = &b->scratch};
	place_agent(&p, g);
	keep_lines(b, &p, &g->lines, &g->line_bytes);
}
