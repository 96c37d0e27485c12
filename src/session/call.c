/* Tool calls: their results, what became of them, and when. Sections:
 * claude-code-transcripts, and convention-weave where it says "weave". */
#include "session/build.h"

#define REPAIR_LINES_MAX 8 /* between such a result and its filler */

static void
take_hook(struct builder *b, const struct record *r)
{
	const struct hook_record *h = r->hook;
	struct tool_call *call = by_ident_get(&b->call_by_id, h->call);
	if (call == NULL || h->started || r->time_ns == 0)
		return;
	uint64_t length_ns = h->has_duration && h->duration_ms < UINT32_MAX
	                         ? h->duration_ms * 1000000
	                         : 0;
	uint64_t start_ns = length_ns < r->time_ns ? r->time_ns - length_ns : r->time_ns;
	call->hook_allowed |= h->allows;
	if (h->event == HOOK_PRE_TOOL)
		call->pre_hooks_end_ns = later(call->pre_hooks_end_ns, r->time_ns);
	else if (h->event == HOOK_POST_TOOL && h->has_duration &&
	         (call->post_hooks_start_ns == 0 || start_ns < call->post_hooks_start_ns))
		call->post_hooks_start_ns = start_ns;
}

/* A result written on resume for one that never came says nothing: 6.7, weave 10. It tells by its
 * text, or, in a fork, by what follows: an injected line and a filler. */
static bool
is_repair(const struct chain *c, size_t i, const struct result_record *o)
{
	if (o->sign == SIGN_SESSION_ENDED)
		return true;
	for (size_t k = i + 1;
	     o->sign == SIGN_INTERRUPTED && k < c->len && k <= i + REPAIR_LINES_MAX; k++) {
		const struct record *r = c->at[k];
		if (r->kind == RECORD_RESPONSE)
			return r->response->filler;
		if (r->kind == RECORD_USER && !(r->flags & RECORD_META))
			return false;
	}
	return false;
}

void
call_collect_answers(struct builder *b, struct chain *c)
{
	for (size_t i = 0; i < c->len; i++) {
		struct record *r = c->at[i];
		if (r->kind == RECORD_HOOK)
			take_hook(b, r);
		/* Versions that say who opened a turn also say who allowed a call. */
		if (r->kind == RECORD_USER && r->user->says_origin)
			b->version_decides[r->version] = true;
		if (r->kind != RECORD_RESULTS)
			continue;
		for (size_t k = 0; k < r->results->len; k++) {
			const struct result_record *o = &r->results->at[k];
			if (o->decision != DECISION_NONE)
				b->version_decides[r->version] = true;
			if (o->sign == SIGN_FORK_CONTEXT ||
			    by_ident_get(&b->answers, o->call) != NULL)
				continue;
			struct answer *answer = ARENA_NEW(&b->scratch, struct answer);
			answer->result = o;
			answer->line = r;
			answer->repair = is_repair(c, i, o);
			by_ident_put(&b->answers, o->call, answer);
		}
	}
}

/* weave 6.4, first that applies */
static enum outcome
outcome_of(const struct result_record *o, bool version_decides)
{
	if (o->decision == DECISION_REJECT || o->denied_before_run)
		return OUTCOME_DENIED;
	if (version_decides) {
		if (o->denial == DENIAL_USER)
			return OUTCOME_CANCELLED;
	} else {
		if (o->denial == DENIAL_INTERRUPTED || o->sign == SIGN_INTERRUPTED)
			return OUTCOME_CANCELLED;
		if (o->denial != DENIAL_NONE || o->sign == SIGN_USER_REFUSED ||
		    o->sign == SIGN_RULE_REFUSED || o->sign == SIGN_HOOK_REFUSED)
			return OUTCOME_DENIED;
	}
	if (!o->error)
		return OUTCOME_SUCCESS;
	return o->sign == SIGN_SIBLING ? OUTCOME_CANCELLED : OUTCOME_FAILED;
}

static void
take_answer(struct builder *b, struct tool_call *call)
{
	const struct answer *o = by_ident_get(&b->answers, call->id);
	call->outcome = OUTCOME_UNFINISHED;
	if (o == NULL || o->repair)
		return;
	call->result = o->result;
	call->answer = o->line;
	call->outcome = outcome_of(o->result, b->version_decides[o->line->version]);
	call->end = measured(o->line->time_ns);
	if (o->line->time_ns == 0)
		call->end = (struct moment){call->start.ns, EVIDENCE_ESTIMATED};
	if (call->post_hooks_start_ns != 0 && call->post_hooks_start_ns < call->end.ns)
		call->end = (struct moment){call->post_hooks_start_ns, EVIDENCE_DERIVED};
	call->background = o->result->async || o->result->task != 0;
}

/* Two calls of a response overlap only if both may; a result of the later one before
 * that of the earlier one proves it. 6.2, weave 6.2.1 */
static bool
waits_for(const struct tool_call *call, const struct tool_call *earlier)
{
	if (earlier->answer == NULL || earlier->answer->time_ns == 0)
		return false;
	if (call->answer != NULL && call->answer->time_ns < earlier->answer->time_ns)
		return false;
	return !call->block->concurrent || !earlier->block->concurrent;
}

static void
not_before(struct tool_call *call, uint64_t ns)
{
	if (ns > call->start.ns)
		call->start = (struct moment){ns, EVIDENCE_DERIVED};
}

#define CALLS_OF_RESPONSE_MAX 512 /* compared with each other */

static void
time_calls(struct builder *b, const struct response *p)
{
	struct tool_call *calls[CALLS_OF_RESPONSE_MAX];
	size_t len = 0;
	for (size_t i = 0; i < p->slices.len; i++) {
		const struct record *r = p->slices.at[i];
		for (size_t k = 0; r->kind == RECORD_RESPONSE && k < r->response->block_count;
		     k++) {
			struct tool_call *call = by_ident_get(&b->call_by_id,
			                                      r->response->blocks[k].id);
			if (call == NULL || call->block != &r->response->blocks[k])
				continue;
			call->slice = (uint32_t)i;
			if (len < CALLS_OF_RESPONSE_MAX)
				calls[len++] = call;
		}
	}
	for (size_t i = 0; i < len; i++) {
		for (size_t k = 0; k < i; k++)
			if (waits_for(calls[i], calls[k]))
				not_before(calls[i], calls[k]->answer->time_ns);
		not_before(calls[i], calls[i]->pre_hooks_end_ns);
		if (version_at_most(b, calls[i]->version, 2, 1, 22))
			not_before(calls[i], p->end.ns);
		/* A call can't begin after it ended: the rule does not fit this one. */
		if (calls[i]->end.ns != 0 && calls[i]->start.ns > calls[i]->end.ns)
			calls[i]->start = (struct moment){calls[i]->use->time_ns < calls[i]->end.ns
			                                      ? calls[i]->use->time_ns
			                                      : calls[i]->end.ns,
			                                  EVIDENCE_ESTIMATED};
	}
}

static void
finish_chain(struct builder *b, const struct chain *c)
{
	for (size_t i = 0; i < c->responses.len; i++)
		time_calls(b, c->responses.at[i]);
}

void
call_finish(struct builder *b)
{
	for (size_t i = 0; i < b->calls.len; i++) {
		struct tool_call *call = b->calls.at[i];
		take_answer(b, call);
		if (!call->background)
			continue;
		const struct notice_use *n = notice_for(b, call->id, call->result->task,
		                                        call->end.ns);
		if (n != NULL) {
			call->background_end_ns = n->ns;
			call->background_status = n->notice.status;
			call->notice = n->record;
		}
	}
	if (b->main != NULL)
		finish_chain(b, b->main);
	for (size_t i = 0; i < b->agents.len; i++)
		finish_chain(b, b->agents.at[i]);
}
