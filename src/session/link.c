/* Which call started which agent. claude-code-transcripts 9.1, weave 7.2: the first evidence
 * that applies, exact before likely. */
#include "base/when.h"
#include "session/build.h"

#define PROMPT_WINDOW_NS (WHEN_S / 2) /* from the call to the agent's first line */

struct str
link_basis_name(enum link_basis basis)
{
	static const struct str names[] = {
	    [LINK_NONE] = STR_INIT(""),
	    [LINK_META] = STR_INIT("sidecar"),
	    [LINK_RESULT] = STR_INIT("result"),
	    [LINK_PROGRESS] = STR_INIT("progress"),
	    [LINK_RESULT_TEXT] = STR_INIT("result_text"),
	    [LINK_NOTICE] = STR_INIT("notification"),
	    [LINK_FORK] = STR_INIT("fork"),
	    [LINK_MESSAGE] = STR_INIT("message"),
	    [LINK_WORKFLOW] = STR_INIT("workflow"),
	    [LINK_PROMPT] = STR_INIT("prompt"),
	    [LINK_GUESSED] = STR_INIT("guessed"),
	    [LINK_INLINE] = STR_INIT("inline"),
	    [LINK_TURN] = STR_INIT("turn"),
	    [LINK_TIME] = STR_INIT("time"),
	};
	return names[basis];
}

/* Calls by the agent that their results name. */
struct named {
	struct by_ident by_result, by_text, by_notice;
};

static void
learn_names(struct builder *b, struct named *n)
{
	n->by_result = by_ident_new(b);
	n->by_text = by_ident_new(b);
	n->by_notice = by_ident_new(b);
	for (size_t i = 0; i < b->calls.len; i++) {
		struct tool_call *call = b->calls.at[i];
		const struct notice_use *u = by_ident_get(&b->notices, call->id);
		for (; u != NULL && call->block->spawns_agent; u = u->next)
			by_ident_put(&n->by_notice, u->notice.task, call);
		const struct result_record *o = call->result;
		if (o == NULL || o->agent == 0 || o->resumed_agent != 0)
			continue;
		struct by_ident *map = o->agent_by_text ? &n->by_text : &n->by_result;
		/* An agent that is asked again appears in several results: the first is the
		 * launch. */
		if (by_ident_get(map, o->agent) == NULL &&
		    (call->block->spawns_agent || !o->agent_by_text))
			by_ident_put(map, o->agent, call);
	}
}

/* A call that another session made counts there: an agent that has only such a call here still gets a span. */
static bool
is_elsewhere(const struct builder *b, const struct tool_call *call)
{
	bool written = b->options->history && (call->use->flags & RECORD_SOLE);
	return call->use->fate == FATE_HISTORY && !written;
}

static bool
take(struct builder *b, struct agent *g, struct tool_call *call, enum link_basis basis)
{
	if (call == NULL || call->agent != NULL || basis == LINK_NONE || is_elsewhere(b, call))
		return false;
	call->agent = g;
	g->call = call;
	g->spawner = call;
	g->spawning_call = call->id;
	g->basis = basis;
	return true;
}

/* Rows 1 to 6. */
static bool
link_exactly(struct builder *b, const struct named *n, const struct chain *c, struct agent *g)
{
	if (c->facts != NULL && c->facts->call != 0 &&
	    take(b, g, by_ident_get(&b->call_by_id, c->facts->call), LINK_META))
		return true;
	return take(b, g, by_ident_get(&n->by_result, c->agent), LINK_RESULT) ||
	       take(b, g, by_ident_get(&b->call_by_id, c->carrier), LINK_PROGRESS) ||
	       take(b, g, by_ident_get(&n->by_text, c->agent), LINK_RESULT_TEXT) ||
	       take(b, g, by_ident_get(&n->by_notice, c->agent), LINK_NOTICE) ||
	       take(b, g, by_ident_get(&b->call_by_id, c->copied_call), LINK_FORK);
}

/* Row 8: same prompt, same type where both tell it, at the same time. */
static bool
prompt_fits(const struct builder *b, const struct chain *c, const struct agent *g,
            const struct tool_call *call)
{
	if (!call->block->spawns_agent || call->agent != NULL || g->opening->kind != RECORD_USER ||
	    call->block->prompt_print != g->opening->user->print || is_elsewhere(b, call))
		return false;
	if (c->facts != NULL && c->facts->type != 0 && call->block->agent_type != 0 &&
	    c->facts->type != call->block->agent_type)
		return false;
	uint64_t from = call->use->time_ns, to = later(call->start.ns, call->pre_hooks_end_ns);
	return g->first_ns >= from && g->first_ns <= later(from, to) + PROMPT_WINDOW_NS;
}

static bool
link_by_prompt(struct builder *b, const struct chain *c, struct agent *g)
{
	struct tool_call *first = NULL;
	size_t fitting = 0;
	for (size_t i = 0; i < b->calls.len; i++) {
		struct tool_call *call = b->calls.at[i];
		if (!prompt_fits(b, c, g, call))
			continue;
		if (first == NULL || call->use->time_ns < first->use->time_ns)
			first = call;
		fitting++;
	}
	bool twins = false; /* an equal call that is taken already makes this pairing a guess too */
	for (size_t i = 0; i < b->calls.len && first != NULL; i++) {
		const struct tool_call *call = b->calls.at[i];
		twins |= call->agent != NULL && call->agent->basis == LINK_GUESSED &&
		         call->block->prompt_print == first->block->prompt_print;
	}
	return take(b, g, first, fitting > 1 || twins ? LINK_GUESSED : LINK_PROMPT);
}

static struct tool_call *
workflow_call(const struct builder *b, uint32_t run)
{
	for (size_t i = 0; i < b->calls.len && run != 0; i++)
		if (b->calls.at[i]->result != NULL && b->calls.at[i]->result->run == run &&
		    !is_elsewhere(b, b->calls.at[i]))
			return b->calls.at[i];
	return NULL;
}

/* A member of a team is known by its name. weave 7.9 */
static bool
link_teammate(struct builder *b, struct agent *g)
{
	for (size_t i = 0; i < b->calls.len; i++) {
		const struct tool_call *call = b->calls.at[i];
		if (call->result != NULL && call->result->teammate && g->name != 0 &&
		    call->block->agent_name == g->name)
			g->spawning_call = call->id;
	}
	*ARENA_PUSH(b->arena, &b->session->rootless) = g;
	g->basis = g->spawning_call != 0 ? LINK_MESSAGE : LINK_NONE;
	return true;
}

/* What an agent did becomes somebody else's own work. */
static void
merge(struct builder *b, struct work *into, const struct work *from)
{
	for (size_t i = 0; i < from->responses.len; i++) {
		*ARENA_PUSH(b->arena, &into->responses) = from->responses.at[i];
		from->responses.at[i]->work = into;
	}
	for (size_t i = 0; i < from->unanswered.len; i++) {
		*ARENA_PUSH(b->arena, &into->unanswered) = from->unanswered.at[i];
		from->unanswered.at[i]->work = into;
	}
	for (size_t i = 0; i < from->calls.len; i++) {
		*ARENA_PUSH(b->arena, &into->calls) = from->calls.at[i];
		from->calls.at[i]->work = into;
	}
	for (size_t i = 0; i < from->agents.len; i++)
		*ARENA_PUSH(b->arena, &into->agents) = from->agents.at[i];
	for (size_t i = 0; i < from->hooks.len; i++)
		*ARENA_PUSH(b->arena, &into->hooks) = from->hooks.at[i];
}

/* ---- without a call ---- */

static struct turn *
turn_of_prompt(const struct builder *b, uint32_t prompt)
{
	struct turn *found = NULL;
	const struct turns *turns = &b->session->turns;
	for (size_t i = 0; i < turns->len && prompt != 0; i++) {
		if (turns->at[i]->opening->prompt != prompt || turns->at[i]->history)
			continue;
		if (found != NULL)
			return NULL; /* a fork gives all its prompts one id: 5.4 */
		found = turns->at[i];
	}
	return found;
}

static struct turn *
turn_at(const struct builder *b, uint64_t ns)
{
	struct turn *found = NULL;
	const struct turns *turns = &b->session->turns;
	for (size_t i = 0; i < turns->len; i++)
		if (!turns->at[i]->history && turns->at[i]->start.ns <= ns)
			found = turns->at[i];
	return found;
}

static void
hang_under_turn(struct builder *b, struct agent *g)
{
	struct turn *t = turn_of_prompt(b, g->opening->prompt);
	g->basis = t != NULL ? LINK_TURN : LINK_TIME;
	if (t == NULL)
		t = turn_at(b, g->first_ns);
	if (g->call != NULL)
		g->call->agent = NULL;
	g->call = NULL;
	g->spawner = NULL;
	g->spawning_call = 0;
	if (t != NULL)
		*ARENA_PUSH(b->arena, &t->work.agents) = g;
	else
		*ARENA_PUSH(b->arena, &b->session->rootless) = g;
}

/* A skill that the user started and that ran as an agent: 9.6 */
static bool
is_skill_of_user(const struct agent *g)
{
	return g->opening->kind == RECORD_USER && (g->opening->flags & RECORD_META) &&
	       g->opening->user->initiator == INITIATOR_NONE;
}

static void
link_first(struct builder *b, const struct named *n, const struct chain *c, struct agent *g)
{
	struct tool_call *flow = g->workflow ? workflow_call(b, c->transcript->run) : NULL;
	if (g->teammate && link_teammate(b, g))
		return;
	if (flow != NULL) {
		g->spawner = flow;
		g->spawning_call = flow->id;
		g->flow = flow->result->workflow;
		g->basis = LINK_WORKFLOW;
		*ARENA_PUSH(b->arena, &flow->work->agents) = g;
		return;
	}
	if (link_exactly(b, n, c, g))
		return;
	struct turn *skill = is_skill_of_user(g) ? turn_of_prompt(b, g->opening->prompt) : NULL;
	if (skill != NULL) { /* no agent of its own: weave 7.5 */
		merge(b, &skill->work, &g->work);
		g->reached = true;
		return;
	}
	if ((c->carrier == 0 || !c->is_inline) && link_by_prompt(b, c, g)) {
		if (c->is_inline && g->basis == LINK_PROMPT)
			g->basis = LINK_INLINE;
		return;
	}
	g->unfinished = UNFINISHED_NO_CALL;
	hang_under_turn(b, g);
}

/* ---- later segments ---- */

/* The message (or resuming call) that woke the agent most closely before. 9.3 */
static struct tool_call *
waking_call(const struct builder *b, const struct chain *c, const struct agent *g)
{
	struct tool_call *best = NULL;
	uint32_t name = c->facts != NULL ? c->facts->name : 0;
	for (size_t i = 0; i < b->calls.len; i++) {
		struct tool_call *call = b->calls.at[i];
		uint32_t to = call->block->target;
		bool names = to != 0 && (to == c->agent || to == name);
		names |= call->result != NULL && call->result->resumed_agent != 0 &&
		         call->result->resumed_agent == c->agent;
		if (!names || is_elsewhere(b, call) || call->use->time_ns > g->first_ns ||
		    call->agent != NULL)
			continue;
		if (best == NULL || call->use->time_ns >= best->use->time_ns)
			best = call;
	}
	return best;
}

static void
link_later(struct builder *b, struct chain *c)
{
	size_t kept = 1;
	for (size_t i = 1; i < c->segments.len; i++) {
		struct agent *g = c->segments.at[i], *before = c->segments.at[kept - 1];
		struct tool_call *call = g->teammate ? NULL : waking_call(b, c, g);
		if (g->teammate) {
			(void)link_teammate(b, g);
		} else if (call == NULL) {
			struct turn *skill = before->reached
			                         ? turn_of_prompt(b, before->opening->prompt)
			                         : NULL;
			merge(b, skill != NULL ? &skill->work : &before->work, &g->work);
			before->last_ns = later(before->last_ns, g->last_ns);
			if (g->first_ns != 0 &&
			    (before->first_ns == 0 || g->first_ns < before->first_ns))
				before->first_ns = g->first_ns;
			continue;
		} else if (call->block->spawns_agent) {
			(void)take(b, g, call, LINK_MESSAGE);
		} else {
			g->call = call; /* its own span stays: weave 7.5 */
			g->spawner = call;
			g->spawning_call = call->id;
			g->basis = LINK_MESSAGE;
			g->woken = true;
			*ARENA_PUSH(b->arena, &call->work->agents) = g;
		}
		g->segment = (uint32_t)kept + 1;
		c->segments.at[kept++] = g;
	}
	c->segments.len = c->segments.len == 0 ? 0 : kept;
}

/* ---- what every agent needs ---- */

/* weave 7.1 */
static void
name_agent(struct builder *b, struct agent *g, const struct agent *first)
{
	const struct block_record *block = g->call == NULL || g->woken ? NULL : g->call->block;
	if (g->call != NULL && g->call->version != 0)
		g->version = g->call->version; /* the span begins with the call */
	if (first != NULL) {                   /* weave 7.5 */
		g->name = first->name;
		return;
	}
	if (block != NULL && block->agent_type != 0)
		g->name = block->agent_type;
	else if (block != NULL && block->agent_name != 0)
		g->name = block->agent_name;
	else if (block != NULL && block->spawns_agent && g->name == 0)
		g->name = intern_add(b->names, STR("Agent"));
	if (g->name == 0)
		g->name = intern_add(b->names, STR("Agent"));
}

/* A call that starts an agent is one, whether or not its file is here. weave 1.3 */
static void
add_missing(struct builder *b)
{
	for (size_t i = 0; i < b->calls.len; i++) {
		struct tool_call *call = b->calls.at[i];
		if (!call->block->spawns_agent || call->agent != NULL)
			continue;
		struct agent *g = ARENA_NEW(b->arena, struct agent);
		g->segment = 1;
		g->version = call->version;
		if (call->result != NULL)
			g->id = call->result->agent;
		(void)take(b, g, call, LINK_META);
		g->basis = LINK_NONE;
		name_agent(b, g, NULL);
	}
}

/* ---- a tree ---- */

static void reach(struct work *w, int depth);

/* False for an agent that hangs elsewhere, or would hang too deep. */
static bool
reach_agent(struct agent *g, int depth)
{
	if (g->reached || depth >= AGENT_DEPTH_MAX)
		return false;
	g->reached = true;
	reach(&g->work, depth + 1);
	return true;
}

/* Lets go of those. */
static void
reach(struct work *w, int depth)
{
	size_t kept = 0;
	for (size_t i = 0; i < w->agents.len; i++)
		if (reach_agent(w->agents.at[i], depth))
			w->agents.at[kept++] = w->agents.at[i];
	w->agents.len = kept;
	for (size_t i = 0; i < w->calls.len; i++)
		if (w->calls.at[i]->agent != NULL && !reach_agent(w->calls.at[i]->agent, depth))
			w->calls.at[i]->agent = NULL;
}

/* Files can claim that agents started each other: such rings hang nowhere. What is left hangs at
 * one place, at most AGENT_DEPTH_MAX deep. */
static void
make_tree(struct builder *b)
{
	struct session *s = b->session;
	for (size_t i = 0; i < s->turns.len; i++)
		reach(&s->turns.at[i]->work, 0);
	for (size_t i = 0; i < s->rootless.len; i++)
		(void)reach_agent(s->rootless.at[i], 0);
	for (size_t i = 0; i < b->agents.len; i++)
		for (size_t k = 0; k < b->agents.at[i]->segments.len; k++) {
			struct agent *g = b->agents.at[i]->segments.at[k];
			if (g->reached)
				continue;
			g->unfinished = UNFINISHED_NO_CALL;
			hang_under_turn(b, g);
			(void)reach_agent(g, 0);
		}
}

/* Agents in order of their first line, so that equal prompts pair in time order. */
static void
sort_by_time(struct chains *list)
{
	for (size_t i = 1; i < list->len; i++) {
		struct chain *c = list->at[i];
		size_t k = i;
		for (; k > 0 && list->at[k - 1]->segments.len > 0 && c->segments.len > 0 &&
		       list->at[k - 1]->segments.at[0]->first_ns > c->segments.at[0]->first_ns;
		     k--)
			list->at[k] = list->at[k - 1];
		list->at[k] = c;
	}
}

void
agent_link(struct builder *b)
{
	struct named n;
	learn_names(b, &n);
	sort_by_time(&b->agents);
	for (size_t i = 0; i < b->agents.len; i++)
		if (b->agents.at[i]->segments.len > 0)
			link_first(b, &n, b->agents.at[i], b->agents.at[i]->segments.at[0]);
	for (size_t i = 0; i < b->agents.len; i++)
		if (b->agents.at[i]->segments.len > 0)
			link_later(b, b->agents.at[i]);
	make_tree(b);
	add_missing(b);
	for (size_t i = 0; i < b->agents.len; i++) {
		const struct agents *list = &b->agents.at[i]->segments;
		for (size_t k = 0; k < list->len; k++)
			name_agent(b, list->at[k], k > 0 ? list->at[0] : NULL);
	}
}
