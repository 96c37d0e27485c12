/* Turns: how they ended, and what else belongs to them. Sections: claude-code-transcripts, and
 * convention-weave where it says "weave". */
#include "base/when.h"
#include "session/build.h"

struct ending {
	uint64_t turn_end_ns, stop_ns, interrupt_ns, output_ns, last_ns, any_ns;
	uint64_t first_ns, before_ns; /* earliest of its lines, latest of those before them */
};

static void
take_end(struct turn *t, struct ending *e, const struct record *r)
{
	e->any_ns = later(e->any_ns, r->time_ns);
	if (r->time_ns != 0 && (e->first_ns == 0 || r->time_ns < e->first_ns))
		e->first_ns = r->time_ns;
	if (r->kind == RECORD_TURN_END) {
		e->turn_end_ns = r->time_ns;
		t->has_active = true;
		t->active_ms = r->turn_end->duration_ms;
		t->agents_pending = r->turn_end->pending_agents > 0;
	} else if (r->kind == RECORD_RESPONSE && !r->response->filler) {
		e->stop_ns = 0; /* the hook sent it back to work: 5.3 */
	} else if (r->kind == RECORD_STOP_HOOKS) {
		e->stop_ns = r->time_ns;
	} else if (r->kind == RECORD_USER && r->user->text == TEXT_INTERRUPT) {
		e->interrupt_ns = r->time_ns;
		t->interrupted = true;
	} else if (r->kind == RECORD_HOOK && r->hook->event == HOOK_STOP && !r->hook->started) {
		e->last_ns = later(e->last_ns, r->time_ns);
	} else if (r->kind == RECORD_COMMAND_OUTPUT && t->forked_skill) {
		e->output_ns = r->time_ns;
	}
}

/* weave 4.5: the marker names the response that was cut. */
static void
mark_aborted(struct builder *b, const struct record *r)
{
	struct response *p = by_ident_get(&b->responses, r->user->interrupted);
	if (p != NULL && p->stop_reason == 0)
		p->aborted = true;
}

static bool
ends_properly(struct builder *b, const struct turn *t, const struct ending *e)
{
	static const struct str ends[] = {STR_INIT("end_turn"), STR_INIT("stop_sequence"),
	                                  STR_INIT("max_tokens"), STR_INIT("refusal")};
	if (e->turn_end_ns != 0 || e->stop_ns != 0 || e->output_ns != 0 || t->interrupted ||
	    t->failed)
		return true;
	if (t->work.responses.len == 0)
		return false;
	uint32_t reason = t->work.responses.at[t->work.responses.len - 1]->stop_reason;
	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
		if (str_eq(intern_str(b->names, reason), ends[i]))
			return true;
	return false;
}

/* weave 3.4, first that applies */
static void
end_turn(struct turn *t, struct ending *e)
{
	for (size_t i = 0; i < t->work.responses.len; i++)
		e->last_ns = later(e->last_ns, t->work.responses.at[i]->end.ns);
	for (size_t i = 0; i < t->work.calls.len; i++)
		if (t->work.calls.at[i]->answer != NULL)
			e->last_ns = later(e->last_ns, t->work.calls.at[i]->answer->time_ns);
	if (e->turn_end_ns != 0)
		t->end = measured(e->turn_end_ns);
	else if (e->stop_ns != 0)
		t->end = measured(e->stop_ns);
	else if (e->output_ns != 0)
		t->end = measured(e->output_ns);
	else if (e->interrupt_ns != 0)
		t->end = measured(e->interrupt_ns);
	else if (e->last_ns != 0)
		t->end = (struct moment){e->last_ns, EVIDENCE_DERIVED};
	else
		t->end = (struct moment){e->any_ns, EVIDENCE_ESTIMATED};
	if (t->start.ns == 0)
		t->start = (struct moment){e->first_ns != 0 ? e->first_ns : e->before_ns,
		                           EVIDENCE_ESTIMATED};
	if (t->end.ns < t->start.ns)
		t->end = (struct moment){t->start.ns, EVIDENCE_ESTIMATED};
}

/* weave 3.6 */
static void
take_failure(struct turn *t)
{
	if (t->work.responses.len == 0)
		return;
	const struct response *last = t->work.responses.at[t->work.responses.len - 1];
	t->failed = last->failed && last->slices.at[0]->kind == RECORD_RESPONSE;
	t->error = t->failed ? last->error : 0;
	t->status = t->failed ? last->status : 0;
}

/* An interactive prompt command's line is made after its hooks. 11.2 */
static void
start_at_hook(struct turn *t, const struct record *r)
{
	if (!t->interactive || t->opening->kind != RECORD_USER ||
	    t->opening->user->text != TEXT_COMMAND || r->kind != RECORD_HOOK ||
	    r->hook->event != HOOK_PROMPT || !r->hook->has_duration ||
	    r->hook->duration_ms > UINT32_MAX)
		return;
	uint64_t start = r->time_ns - r->hook->duration_ms * WHEN_MS;
	if (r->time_ns > r->hook->duration_ms * WHEN_MS && start < t->start.ns)
		t->start = (struct moment){start, EVIDENCE_DERIVED};
}

/* ---- queued texts ---- */

struct queue {
	const struct record **at;
	size_t len, cap;
};

static void
absorb(struct builder *b, struct turn *t, const struct record *r)
{
	if (t != NULL && t->history == (r->fate == FATE_HISTORY))
		ARENA_PUSH(b->arena, &t->absorbed)->record = r;
}

/* The waiting text that a remove line means: the one it repeats, else the oldest. */
static const struct record *
take_from_queue(struct queue *q, const struct record *r)
{
	size_t i = 0;
	while (r->queue->has_text && i < q->len && q->at[i]->queue->print != r->queue->print)
		i++;
	if (i >= q->len)
		return NULL;
	const struct record *taken = q->at[i];
	memmove(&q->at[i], &q->at[i + 1], (q->len - i - 1) * sizeof *q->at);
	q->len--;
	return taken;
}

static void
follow_queue(struct builder *b, struct queue *q, struct turn *t, const struct record *r,
             bool has_attachments)
{
	const struct record *taken;
	switch (r->queue->operation) {
	case QUEUE_ENQUEUE:
		*ARENA_PUSH(b->arena, q) = r;
		break;
	case QUEUE_DEQUEUE:
		(void)take_from_queue(q, r);
		break;
	case QUEUE_REMOVE:
		taken = take_from_queue(q, r);
		/* Before 2.1.98 the enqueue line is the only record of such a text. 8.3 */
		if (taken != NULL && taken->queue->has_text && !taken->queue->notification &&
		    !has_attachments)
			absorb(b, t, taken);
		break;
	case QUEUE_POP_ALL:
		q->len = 0;
		break;
	default:
		break;
	}
}

static void
collect_absorbed(struct builder *b)
{
	const struct chain *c = b->main;
	struct queue q = {0};
	bool has_attachments = false;
	for (size_t i = 0; i < c->len; i++)
		has_attachments |= c->at[i]->kind == RECORD_QUEUED;
	for (size_t i = 0; i < c->len; i++) {
		const struct record *r = c->at[i];
		if (r->kind == RECORD_QUEUED && !r->queued->notification)
			absorb(b, c->owner[i].turn, r);
		else if (r->kind == RECORD_QUEUE)
			follow_queue(b, &q, c->owner[i].turn, r, has_attachments);
	}
}

/* ---- compaction ---- */

static struct turn *
next_turn(const struct builder *b, const struct turn *t)
{
	const struct turns *turns = &b->session->turns;
	for (size_t i = 0; i < turns->len; i++)
		if (turns->at[i] == t)
			return i + 1 < turns->len ? turns->at[i + 1] : NULL;
	return NULL;
}

/* Compactions of the main chain, in order. */
struct compacting {
	struct builder *b;
	const struct record *boundary; /* without its summary so far */
	struct turn *boundary_turn;
	struct compaction last; /* .end.ns 0: none */
	struct turn *holder;    /* of the last; NULL: none */
	size_t command;         /* the next one of the session */
};

/* The turn that runs then; a manual one between turns goes to the next, else to the
 * previous. weave 9 */
static void
add_compaction(struct compacting *s, struct turn *t, const struct record *summary)
{
	const struct turns *turns = &s->b->session->turns;
	const struct record *boundary = s->boundary, *r = summary != NULL ? summary : boundary;
	bool manual = boundary != NULL &&
	              str_eq(intern_str(s->b->names, boundary->compaction->trigger), STR("manual"));
	if (manual || t == NULL) {
		struct turn *next = t == NULL && turns->len > 0 ? turns->at[0] : next_turn(s->b, t);
		t = next != NULL ? next : t;
	}
	s->boundary = NULL;
	s->holder = t != NULL && t->history == (r->fate == FATE_HISTORY) ? t : NULL;
	s->last = (struct compaction){.facts = boundary == NULL ? NULL : boundary->compaction,
	                              .summary = summary,
	                              .end = measured(r->fate == FATE_OWN ? r->time_ns : 0)};
	if (s->holder != NULL) {
		struct compaction *k = ARENA_PUSH(s->b->arena, &t->compactions);
		*k = s->last;
		k->end = measured(r->time_ns);
	}
}

/* The line of /compact stands behind what it left. 10.6 */
static void
take_command(struct compacting *s, struct turn *command)
{
	uint64_t ns = s->last.end.ns;
	s->command++;
	if (ns == 0 || command->start.ns == 0 || ns < command->start.ns || ns > command->end.ns)
		return;
	s->last.by_command = true;
	*ARENA_PUSH(s->b->arena, &command->compactions) = s->last;
	if (s->holder != NULL)
		s->holder->compactions.at[s->holder->compactions.len - 1].by_command = true;
	s->last.end.ns = 0;
}

static void
collect_compactions(struct builder *b)
{
	const struct chain *c = b->main;
	const struct turns *commands = &b->session->commands;
	struct compacting s = {.b = b};
	struct turn *turn = NULL;
	for (size_t i = 0; i < c->len; i++) {
		const struct record *r = c->at[i];
		if (c->owner[i].turn != NULL)
			turn = c->owner[i].turn;
		if (r->kind == RECORD_COMPACTION) {
			if (s.boundary != NULL)
				add_compaction(&s, s.boundary_turn, NULL);
			s.boundary = r;
			s.boundary_turn = turn;
		} else if (r->kind == RECORD_USER && r->user->summary) {
			add_compaction(&s, turn, r);
		} else if (s.command < commands->len && commands->at[s.command]->opening == r) {
			take_command(&s, commands->at[s.command]);
		}
	}
	if (s.boundary != NULL)
		add_compaction(&s, s.boundary_turn, NULL);
}

/* ---- all together ---- */

static void close_calls(struct builder *b, struct work *w, const struct turn *t,
                        enum unfinished why);

static void
close_agent(struct builder *b, struct agent *g, const struct turn *t, enum unfinished why)
{
	if (g->outcome == OUTCOME_UNFINISHED) {
		g->unfinished = why;
		g->end = (struct moment){later(t->end.ns, g->last_ns), EVIDENCE_ESTIMATED};
	}
	close_calls(b, &g->work, t, why);
}

/* weave 10: what never ended ends with its turn. */
static void
close_calls(struct builder *b, struct work *w, const struct turn *t, enum unfinished why)
{
	for (size_t i = 0; i < w->calls.len; i++) {
		struct tool_call *call = w->calls.at[i];
		if (call->outcome == OUTCOME_UNFINISHED) {
			call->unfinished = why;
			call->end = (struct moment){later(t->end.ns, call->start.ns),
			                            EVIDENCE_ESTIMATED};
		}
		if (call->agent != NULL)
			close_agent(b, call->agent, t, why);
	}
	for (size_t i = 0; i < w->agents.len; i++)
		close_agent(b, w->agents.at[i], t, why);
}

static uint64_t
count_calls(const struct work *w)
{
	uint64_t n = 0;
	for (size_t i = 0; i < w->calls.len; i++) {
		n += w->calls.at[i]->outcome != OUTCOME_UNFINISHED;
		if (w->calls.at[i]->agent != NULL)
			n += count_calls(&w->calls.at[i]->agent->work);
	}
	for (size_t i = 0; i < w->agents.len; i++)
		n += count_calls(&w->agents.at[i]->work);
	return n;
}

void
turn_finish(struct builder *b)
{
	struct turns *turns = &b->session->turns;
	struct chain *c = b->main;
	size_t turn = 0;
	if (c == NULL)
		return;
	collect_absorbed(b);
	collect_compactions(b);
	struct ending *ends = ARENA_ARRAY(&b->scratch, struct ending, turns->len + 1);
	uint64_t before_ns = 0;
	for (size_t i = 0; i < c->len; i++) {
		struct turn *t = c->owner[i].turn;
		if (t == NULL) {
			before_ns = later(before_ns, c->at[i]->time_ns);
			continue;
		}
		while (turns->at[turn] != t)
			turn++;
		if (c->at[i] == t->opening)
			ends[turn].before_ns = before_ns;
		before_ns = later(before_ns, c->at[i]->time_ns);
		take_end(t, &ends[turn], c->at[i]);
		start_at_hook(t, c->at[i]);
		if (c->at[i]->kind == RECORD_USER && c->at[i]->user->interrupted != 0)
			mark_aborted(b, c->at[i]);
	}
	for (size_t i = 0; i < turns->len; i++) {
		struct turn *t = turns->at[i];
		enum unfinished why = i + 1 < turns->len ? UNFINISHED_SUPERSEDED
		                                         : UNFINISHED_SESSION_ENDED;
		take_failure(t);
		end_turn(t, &ends[i]);
		if (!ends_properly(b, t, &ends[i]))
			t->unfinished = why;
		close_calls(b, &t->work, t, why);
		t->call_count = count_calls(&t->work);
	}
}
