/* The account of a session as a whole: its forks, its turns' numbers, and the sums that the agent
 * keeps of it. Sections: claude-code-transcripts. */
#include <inttypes.h>

#include "base/when.h"
#include "decode/watch.h"
#include "session/audit_private.h"

#define COST_LATE_NS WHEN_S /* sums that begin that much later than the first call lost some */
#define COST_SLACK_MS 10    /* a call's start is found within some milliseconds: 11.2 */

/* ---- forks ---- */

static enum fork_source
source_of(const struct auditor *r, uint32_t session)
{
	const struct transcripts *all = r->family->transcripts;
	for (size_t i = 0; i < all->len && session != 0; i++)
		if (all->at[i]->kind == TRANSCRIPT_MAIN && all->at[i]->session == session)
			return r->family->counts[i] ? SOURCE_INPUT : SOURCE_FOUND;
	return SOURCE_MISSING;
}

static void
add_origin(struct auditor *r, struct fork *f, const struct record *x)
{
	const struct transcript *owner = r->owner[x->uuid];
	if (owner == NULL && x->kind == RECORD_RESPONSE)
		owner = r->owner[x->response->message];
	if (owner != NULL && owner->session == r->session->id)
		return; /* an agent's, whose file has it: 4.1 */
	f->lines++;
	uint32_t named = x->origin_session != 0 ? x->origin_session : x->forked_session;
	if (named == 0 && x->session != r->session->id)
		named = x->session;
	struct str session = audit_name(r, owner != NULL ? owner->session : named);
	for (size_t i = 0; i < f->origin_count; i++)
		if ((str_eq(f->origins[i].session, session) &&
		     f->origins[i].here == (owner != NULL)) ||
		    i + 1 == FORK_ORIGINS_MAX) {
			f->origins[i].lines++;
			return;
		}
	f->origins[f->origin_count++] = (struct fork_origin){session, 1, owner != NULL};
}

static void
add_fork(struct auditor *r)
{
	const struct session *s = r->session;
	const struct transcript *t = s->transcript;
	struct fork f = {.inherited_turns = s->inherited_turns};
	for (size_t i = 0; i < t->record_count; i++)
		if (t->records[i].fate == FATE_HISTORY)
			add_origin(r, &f, &t->records[i]);
	if (f.lines == 0 && s->parent == 0)
		return;
	for (size_t i = 0; i < f.origin_count; i++)
		f.origins[i].session = audit_text(r->audit, f.origins[i].session);
	f.session = audit_text(r->audit, audit_name(r, s->id));
	f.file = audit_text(r->audit, t->source->path);
	f.from = audit_text(r->audit, audit_name(r, s->parent));
	f.conversation = audit_text(r->audit, audit_name(r, s->conversation));
	f.source = source_of(r, s->parent);
	*ARENA_PUSH(&r->audit->arena, &r->audit->forks) = f;
}

/* ---- turns ---- */

/* turnIndex goes up by one, and back after a rewind. 2.3, 16 */
static void
check_indexes(struct auditor *r, const struct transcript *t)
{
	uint32_t last = 0;
	for (size_t i = 0; i < t->record_count; i++) {
		const struct record *x = &t->records[i];
		if (x->kind != RECORD_USER || (x->flags & RECORD_SIDECHAIN) ||
		    !x->user->opens_turn || x->user->turn_index == 0 || x->fate == FATE_DUPLICATE)
			continue;
		uint32_t index = x->user->turn_index;
		if (x->fate == FATE_OWN && last != 0 && index > last + 1)
			AUDIT_LINE(r, PROBLEM_TURN_INDEX, x,
			           "the turn says that it is number %u, the one before %u", index,
			           last);
		last = index;
	}
}

/* As many lines say that they open a turn as turns were opened by one. A prompt that nothing came of
 * is no turn: 5.3. 16 */
static void
check_count(struct auditor *r, const struct transcript *t)
{
	uint64_t lines = 0, turns = 0;
	bool open = false;
	for (size_t i = 0; i < t->record_count; i++) {
		const struct record *x = &t->records[i];
		if (x->fate != FATE_OWN || (x->flags & RECORD_SIDECHAIN))
			continue;
		if (x->kind == RECORD_USER && x->user->opens_turn && !(x->flags & RECORD_META))
			open = true;
		if (!open || (x->kind != RECORD_REQUEST &&
		              (x->kind != RECORD_RESPONSE || x->response->filler)))
			continue;
		lines++;
		open = false;
	}
	for (size_t i = 0; i < r->session->turns.len; i++) {
		const struct turn *turn = r->session->turns.at[i];
		turns += !turn->history && turn->opening->kind == RECORD_USER;
	}
	if (lines > turns)
		audit_problem(r->audit, PROBLEM_TURN_COUNT, t->source->path, 0,
		              "%" PRIu64 " prompts say that they open a turn, %" PRIu64
		              " turns were found",
		              lines, turns);
}

/* ---- cost-state ---- */

static const struct cost *
cost_of(const struct auditor *r, const struct transcript *t)
{
	const struct costs *list = t->watch == NULL ? NULL : &t->watch->costs;
	const struct cost *last = NULL;
	for (size_t i = 0; list != NULL && i < list->len; i++)
		if (list->at[i].session == r->session->id)
			last = &list->at[i];
	return last;
}

/* Why sums and session need not agree; empty: they must. 3.7, 16 */
static struct str
incomparable(const struct auditor *r, const struct transcript *t, const struct cost *c)
{
	uint64_t since_ns = c->sums->start_ns, first_ns = r->first_response_ns;
	for (size_t i = 0; i < t->record_count; i++) {
		const struct record *x = &t->records[i];
		if (x->fate == FATE_HISTORY)
			return STR("it holds copied lines");
		if (x->kind == RECORD_RESPONSE && x->fate == FATE_OWN && x->line > c->line &&
		    !x->response->filler)
			return STR("the session went on");
	}
	if (c->fell ||
	    (first_ns != UINT64_MAX && since_ns > first_ns && since_ns - first_ns > COST_LATE_NS))
		return STR("the sums began anew after a kill");
	if (r->old_agent)
		return STR("an agent's version lost its tokens");
	return (struct str){0};
}

static bool
is_above(const struct model_tokens *a, const struct model_tokens *b)
{
	return a->input > b->input || a->output > b->output || a->cache_read > b->cache_read ||
	       a->cache_creation > b->cache_creation;
}

static bool
is_equal(const struct model_tokens *a, const struct model_tokens *b)
{
	return a->input == b->input && a->output == b->output && a->cache_read == b->cache_read &&
	       a->cache_creation == b->cache_creation;
}

/* The sums of both sides, by model; what only one side has is 0 on the other. */
static void
list_models(struct auditor *r, const struct cost *c, struct cost_check *check)
{
	struct arena *a = &r->audit->arena;
	for (size_t i = 0; i < c->sums->len; i++) {
		const struct cost_model *m = &c->sums->models[i];
		struct model_tokens sum = {.input = m->usage.input,
		                           .output = m->usage.output,
		                           .cache_read = m->usage.cache_read,
		                           .cache_creation = m->usage.cache_creation};
		struct str name = audit_name(r, m->model);
		audit_add_tokens(audit_model(a, &check->theirs, name), &sum);
		(void)audit_model(a, &check->ours, name);
	}
	for (size_t i = 0; i < r->asked.list.len; i++) {
		const struct model_tokens *m = &r->asked.list.at[i];
		audit_add_tokens(audit_model(a, &check->ours, m->model), m);
		(void)audit_model(a, &check->theirs, m->model);
	}
}

static void
judge(struct auditor *r, struct cost_check *check)
{
	uint64_t calls = 0;
	bool equal = true;
	check->verdict = COST_WITHIN;
	for (size_t i = 0; i < check->ours.len; i++) {
		const struct model_tokens *m = &check->ours.at[i], *n = &check->theirs.at[i];
		calls += m->calls;
		equal &= is_equal(m, n);
		if (!is_above(m, n))
			continue;
		check->verdict = COST_ABOVE;
		audit_problem(
		    r->audit, PROBLEM_TOKENS_ABOVE_COST_STATE, check->file, check->line,
		    "%.*s: input %" PRIu64 ", output %" PRIu64 ", cache %" PRIu64 " + %" PRIu64
		    "; cost-state says %" PRIu64 ", %" PRIu64 ", %" PRIu64 " + %" PRIu64,
		    STR_ARG(m->model), m->input, m->output, m->cache_read, m->cache_creation,
		    n->input, n->output, n->cache_read, n->cache_creation);
	}
	if (equal)
		check->verdict = COST_EQUAL;
	if (check->our_ms > check->their_ms + check->their_ms / 100 + calls * COST_SLACK_MS)
		audit_problem(r->audit, PROBLEM_TIME_ABOVE_COST_STATE, check->file, check->line,
		              "calls of models take %" PRIu64 " ms; cost-state says %" PRIu64,
		              check->our_ms, check->their_ms);
}

static void
check_cost(struct auditor *r, const struct transcript *t)
{
	const struct cost *c = cost_of(r, t);
	if (c == NULL)
		return;
	struct cost_check check = {.session = audit_text(r->audit, audit_name(r, r->session->id)),
	                           .file = audit_text(r->audit, t->source->path),
	                           .line = c->line,
	                           .our_ms = r->response_ms,
	                           .their_ms = c->sums->api_ms,
	                           .why = incomparable(r, t, c)};
	list_models(r, c, &check);
	if (check.why.len > 0)
		check.verdict = COST_OTHER;
	else
		judge(r, &check);
	*ARENA_PUSH(&r->audit->arena, &r->audit->costs) = check;
}

/* ---- all of it ---- */

void
audit_session(struct auditor *r)
{
	const struct session *s = r->session;
	const struct transcript *t = s->transcript;
	if (s->spoken)
		*ARENA_PUSH(&r->audit->arena,
		            &r->audit->sessions) = audit_text(r->audit, audit_name(r, s->id));
	size_t timeless = s->timeless_turns;
	if (r->family->takes_commands)
		timeless += s->timeless_commands;
	if (timeless > 0)
		audit_problem(r->audit, PROBLEM_TURN_WITHOUT_TIME,
		              t != NULL ? t->source->path : (struct str){0}, 0,
		              "%zu turns or agents of session %.*s have no time", timeless,
		              STR_ARG(audit_name(r, s->id)));
	if (t == NULL)
		return;
	add_fork(r);
	check_indexes(r, t);
	check_count(r, t);
	check_cost(r, t);
}
