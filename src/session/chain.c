/* The chains of lines that a session's files hold: its own conversation and its agents'. */
#include "session/build.h"

static void
chain_add(struct builder *b, struct chain *c, struct record *r)
{
	*ARENA_PUSH(&b->scratch, c) = r;
}

/* What all sidecar files together say of an agent; NULL: nothing. */
static const struct agent_facts *
facts_of(struct builder *b, uint32_t agent)
{
	struct agent_facts *all = NULL;
	for (size_t i = 0; agent != 0 && i < b->fact_count; i++) {
		const struct agent_facts *f = &b->facts[i];
		if (f->agent != agent)
			continue;
		if (all == NULL)
			all = ARENA_NEW(b->arena, struct agent_facts);
		all->agent = agent;
		all->call = all->call != 0 ? all->call : f->call;
		all->type = all->type != 0 ? all->type : f->type;
		all->name = all->name != 0 ? all->name : f->name;
		all->label = all->label != 0 ? all->label : f->label;
		all->run = all->run != 0 ? all->run : f->run;
		all->parent = all->parent != 0 ? all->parent : f->parent;
		all->workflow |= f->workflow;
		all->builtin |= f->builtin;
		if (all->start_ns == 0) {
			all->start_ns = f->start_ns;
			all->end_ns = f->end_ns;
		}
	}
	return all;
}

static struct chain *
agent_chain(struct builder *b, const struct transcript *t, uint32_t agent)
{
	struct chain *c = ARENA_NEW(&b->scratch, struct chain);
	c->transcript = t;
	c->agent = agent;
	c->facts = facts_of(b, agent);
	*ARENA_PUSH(&b->scratch, &b->agents) = c;
	return c;
}

/* Agents that no tool call started, and that do no work of their own. 1.4 */
static bool
is_internal(struct builder *b, const struct chain *c)
{
	struct str id = intern_str(b->names, c->agent);
	const struct record *first = c->len > 0 ? c->at[0] : NULL;
	if (str_starts(id, STR("acompact-")) || str_starts(id, STR("aprompt_suggestion-")))
		return true;
	return c->len <= 2 && first != NULL && first->kind == RECORD_USER &&
	       first->user->text == TEXT_WARMUP;
}

/* Nothing comes of these lines; they are counted under their agent's kind. */
static void
drop_chain(struct builder *b, struct chain *c)
{
	for (size_t i = 0; i < c->len; i++) {
		c->at[i]->fate = FATE_UNUSED;
		c->at[i]->type = intern_add(b->names, STR("internal-agent"));
	}
	b->agents.len--;
}

/* Of a second copy of an agent's file only what has no uuid is left. */
static bool
is_rest_of_copy(const struct builder *b, const struct chain *c)
{
	for (size_t i = 0; i < c->len; i++)
		if (c->at[i]->uuid != 0)
			return false;
	for (size_t i = 0; b->transcripts->at[i] != c->transcript; i++)
		if (is_same_file(b->transcripts->at[i], c->transcript))
			return true;
	return false;
}

static void
drop_copy(struct builder *b, const struct chain *c)
{
	for (size_t i = 0; i < c->len; i++)
		c->at[i]->fate = FATE_DUPLICATE;
	b->agents.len--;
}

static void
collect_file(struct builder *b, const struct transcript *t)
{
	struct chain *c = agent_chain(b, t, t->agent);
	const struct record *carried = by_ident_get(&b->carriers, t->agent);
	c->cap = t->record_count;
	c->at = ARENA_ARRAY(&b->scratch, struct record *, c->cap);
	if (carried != NULL)
		c->carrier = carried->carrier;
	for (size_t i = 0; i < t->record_count; i++) {
		struct record *r = &t->records[i];
		if (r->kind == RECORD_FORK_CONTEXT)
			c->is_fork = true;
		if (c->is_fork && c->copied_call == 0 && r->kind == RECORD_RESULTS &&
		    r->fate == FATE_HISTORY && r->results->len > 0)
			c->copied_call = r->results->at[0].call;
		if (r->fate == FATE_OWN && !(r->flags & RECORD_CARRIED))
			chain_add(b, c, r);
	}
	if (is_internal(b, c))
		drop_chain(b, c);
	else if (is_rest_of_copy(b, c))
		drop_copy(b, c);
	else if (c->len == 0)
		b->agents.len--;
}

/* Side chains inside the main file: each line hangs at its parent's chain; a line
 * without one opens a chain. 1.5 */
static void
collect_inline(struct builder *b, const struct transcript *t, struct record *r,
               struct by_ident *by_uuid, struct by_ident *by_agent)
{
	struct chain *c = NULL;
	if (r->agent != 0)
		c = by_ident_get(by_agent, r->agent);
	else
		c = by_ident_get(by_uuid, r->parent);
	if (c == NULL) {
		c = agent_chain(b, t, r->agent);
		c->is_inline = true;
		c->carrier = r->carrier;
		by_ident_put(by_agent, r->agent, c);
	}
	chain_add(b, c, r);
	by_ident_put(by_uuid, r->uuid, c);
}

static bool
has_agent_file(const struct builder *b, const struct chain *main, uint32_t agent)
{
	for (size_t i = 0; i < b->transcripts->len; i++) {
		const struct transcript *t = b->transcripts->at[i];
		if (t->kind == TRANSCRIPT_AGENT && t->agent == agent && t->record_count > 0 &&
		    (t->session == 0 || t->session == main->transcript->session))
			return true;
	}
	return false;
}

static void
collect_main(struct builder *b, const struct transcript *t)
{
	struct by_ident by_uuid = by_ident_new(b), by_agent = by_ident_new(b);
	b->main = ARENA_NEW(&b->scratch, struct chain);
	b->main->transcript = t;
	b->main->cap = t->record_count;
	b->main->at = ARENA_ARRAY(&b->scratch, struct record *, b->main->cap);
	for (size_t i = 0; i < t->record_count; i++) {
		struct record *r = &t->records[i];
		bool carried = (r->flags & RECORD_CARRIED) != 0;
		if (carried && has_agent_file(b, b->main, r->agent)) {
			r->fate = FATE_DUPLICATE; /* 3.4 */
			by_ident_put(&b->carriers, r->agent, r);
		}
		if (r->fate == FATE_DUPLICATE)
			continue;
		if (!(r->flags & RECORD_SIDECHAIN)) {
			chain_add(b, b->main, r);
			continue;
		}
		if (r->fate != FATE_OWN)
			continue;
		collect_inline(b, t, r, &by_uuid, &by_agent);
	}
}

void
chain_collect(struct builder *b, const struct transcript *main)
{
	b->agents = (struct chains){0};
	b->main = NULL;
	if (main != NULL)
		collect_main(b, main);
	for (size_t i = 0; i < b->transcripts->len; i++) {
		const struct transcript *t = b->transcripts->at[i];
		if (t->kind == TRANSCRIPT_AGENT && t->session == b->session->id)
			collect_file(b, t);
	}
	if (b->main != NULL)
		b->main->owner = ARENA_ARRAY(&b->scratch, union owner, b->main->len);
	for (size_t i = 0; i < b->agents.len; i++)
		b->agents.at[i]->owner = ARENA_ARRAY(&b->scratch, union owner,
		                                     b->agents.at[i]->len);
}
