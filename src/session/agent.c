/* Agents: the segments of their files. Sections: claude-code-transcripts, and
 * convention-weave where it says "weave". */
#include "session/build.h"

/* A text that starts a run of the agent: 9.3 */
static bool
is_prompt(const struct record *r)
{
	if (r->kind != RECORD_USER || r->user->summary || r->user->companion || r->user->empty)
		return false;
	if (r->flags & RECORD_META)
		return r->user->initiator == INITIATOR_COORDINATOR;
	switch (r->user->text) {
	case TEXT_PROMPT:
	case TEXT_SLASH:
	case TEXT_PEER:
	case TEXT_COMMAND:
		return r->user->initiator != INITIATOR_NOTIFICATION;
	default:
		return false;
	}
}

/* What stands before the first prompt is the parent's, carried in as context: weave 7.5. A
 * file without a prompt, or a fork's, is the agent's from its first line. */
static size_t
first_own_line(const struct chain *c)
{
	if (c->is_fork)
		return 0;
	for (size_t i = 0; i < c->len; i++)
		if (c->at[i]->kind == RECORD_USER)
			return i;
	return 0;
}

static struct agent *
open_segment(struct builder *b, struct chain *c, const struct record *r)
{
	struct agent *g = ARENA_NEW(b->arena, struct agent);
	const struct agent_facts *f = c->facts;
	g->id = c->agent;
	g->segment = (uint32_t)c->segments.len + 1;
	g->opening = r;
	g->version = r->version;
	g->teammate = r->kind == RECORD_USER && r->user->text == TEXT_PEER;
	g->workflow = c->transcript->run != 0 || (f != NULL && f->workflow);
	g->run = c->transcript->run;
	if (f != NULL) {
		g->name = f->type;
		g->label = f->label;
		g->parent = f->parent;
		g->builtin = f->builtin;
	}
	if (g->workflow && g->name == 0)
		g->name = intern_add(b->names, STR("workflow-subagent"));
	*ARENA_PUSH(&b->scratch, &c->segments) = g;
	return g;
}

static void
take_line(struct agent *g, const struct record *r)
{
	if (r->time_ns == 0 || r->kind == RECORD_TITLE)
		return;
	if (g->first_ns == 0 || r->time_ns < g->first_ns)
		g->first_ns = r->time_ns;
	g->last_ns = later(g->last_ns, r->time_ns);
}

void
agent_split(struct builder *b)
{
	for (size_t i = 0; i < b->agents.len; i++) {
		struct chain *c = b->agents.at[i];
		struct agent *g = NULL;
		bool prompted = false;
		size_t first = first_own_line(c);
		for (size_t k = 0; k < first; k++)
			c->at[k]->fate = FATE_HISTORY; /* the parent's, carried in as context */
		for (size_t k = first; k < c->len; k++) {
			const struct record *r = c->at[k];
			bool prompt = is_prompt(r);
			if (g == NULL || (prompt && prompted))
				g = open_segment(b, c, r);
			prompted |= prompt || k == first;
			take_line(g, r);
			c->owner[k].agent = g;
		}
	}
}

/* ---- times and outcome, when it is known which call belongs to which agent ---- */

static const struct response *
last_with_text(const struct agent *g)
{
	for (size_t i = g->work.responses.len; i > 0; i--)
		if (g->work.responses.at[i - 1]->has_text)
			return g->work.responses.at[i - 1];
	return NULL;
}

/* weave 7.3, 7.4 */
static void
end_in_background(struct builder *b, struct agent *g)
{
	uint32_t call = g->call != NULL ? g->call->id : g->spawning_call;
	const struct notice_use *n = notice_for(b, call, g->id, g->last_ns);
	g->background = true;
	g->outcome = OUTCOME_SUCCESS;
	if (n == NULL) {
		g->end = (struct moment){g->last_ns, EVIDENCE_ESTIMATED};
		if (g->last_ns == 0)
			g->outcome = OUTCOME_UNFINISHED;
		return;
	}
	g->end = measured(later(n->ns, g->last_ns));
	g->notice = n->record;
	if (n->notice.status == NOTICE_FAILED)
		g->outcome = OUTCOME_FAILED;
	else if (n->notice.status == NOTICE_KILLED)
		g->outcome = OUTCOME_CANCELLED;
}

/* The dispatch of a teammate ends with its first report: the line that brings it, or the last text
 * of its first wake-up. weave 7.9 */
static bool
end_dispatch(struct builder *b, struct agent *g)
{
	const struct tool_call *call = g->call;
	uint32_t name = call->block->agent_name;
	for (size_t i = 0; b->main != NULL && i < b->main->len && name != 0; i++) {
		const struct record *r = b->main->at[i];
		if (r->kind != RECORD_USER || r->user->peer != name || r->time_ns < call->end.ns)
			continue;
		g->end = measured(r->time_ns);
		g->notice = r;
		return true;
	}
	for (size_t i = 0; i < b->agents.len; i++) {
		const struct agents *list = &b->agents.at[i]->segments;
		if (list->len == 0 || !list->at[0]->teammate || list->at[0]->name != name)
			continue;
		g->last_text = last_with_text(list->at[0]);
		if (g->last_text != NULL)
			g->end = measured(g->last_text->end.ns);
		g->last_text = NULL; /* its words are in that trace */
		return g->end.ns != 0;
	}
	return false;
}

static void
time_agent(struct builder *b, struct agent *g)
{
	const struct tool_call *call = g->call;
	g->last_text = last_with_text(g);
	g->start = measured(call != NULL ? call->use->time_ns : g->first_ns);
	if (g->workflow && g->start.ns == 0)
		g->start = measured(g->first_ns);
	if (call == NULL || g->teammate) {
		g->outcome = OUTCOME_SUCCESS;
		g->end = measured(g->last_ns);
		return;
	}
	bool told = g->woken && notice_for(b, g->spawning_call, 0, g->first_ns) != NULL;
	if (told || (call->result != NULL && call->result->async)) {
		end_in_background(b, g);
		return;
	}
	g->outcome = call->outcome;
	if (call->answer == NULL)
		return;
	if (call->result != NULL && call->result->teammate && end_dispatch(b, g))
		return;
	g->end = measured(later(call->answer->time_ns, g->last_ns));
}

void
agent_time(struct builder *b)
{
	for (size_t i = 0; i < b->calls.len; i++)
		if (b->calls.at[i]->agent != NULL && b->calls.at[i]->agent->opening == NULL)
			time_agent(b, b->calls.at[i]->agent);
	for (size_t i = 0; i < b->agents.len; i++) {
		const struct agent_facts *facts = b->agents.at[i]->facts;
		struct agents *list = &b->agents.at[i]->segments;
		for (size_t k = 0; k < list->len; k++) {
			struct agent *g = list->at[k];
			time_agent(b, g);
			/* workflows/<run>.json knows better. weave 7.8 */
			if (g->workflow && facts != NULL && facts->start_ns != 0) {
				g->start = measured(facts->start_ns);
				g->end = measured(facts->end_ns);
			}
			if (g->end.ns != 0 && g->end.ns < g->start.ns)
				g->end.ns = g->start.ns;
		}
	}
}
