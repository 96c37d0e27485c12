/* Questions to the user whether a call may run. weave 8, claude-code-transcripts 6.4 and 11.4 */
#include "session/build.h"

static bool
by_user(enum decision_source s)
{
	return s == SOURCE_USER_TEMPORARY || s == SOURCE_USER_PERMANENT ||
	       s == SOURCE_USER_REJECT || s == SOURCE_USER_ABORT;
}

static bool
user_refused(const struct tool_call *call)
{
	const struct result_record *o = call->result;
	if (o->denied_before_run)
		return true;
	bool older = call->outcome == OUTCOME_DENIED;
	bool says = o->denial == DENIAL_USER || o->sign == SIGN_USER_REFUSED;
	return older && says && !(call->answer->flags & RECORD_SDK);
}

/* What no line says, by the table of 6.4 for versions that don't write it; first that applies. */
static void
decide_by_signs(struct permission *p, const struct tool_call *call)
{
	const struct result_record *o = call->result;
	bool sdk = (call->answer->flags & RECORD_SDK) != 0;
	p->decision = DECISION_REJECT;
	p->source = SOURCE_CONFIG;
	if (o->denial == DENIAL_INTERRUPTED || o->sign == SIGN_INTERRUPTED) {
		p->decision = DECISION_UNKNOWN;
		p->source = SOURCE_USER_ABORT;
	} else if (o->denial == DENIAL_USER || o->sign == SIGN_USER_REFUSED) {
		p->source = sdk ? SOURCE_CONFIG : SOURCE_USER_REJECT;
	} else if (o->sign == SIGN_HOOK_REFUSED) {
		p->source = SOURCE_HOOK;
	} else if (o->denial == DENIAL_NONE && o->sign != SIGN_RULE_REFUSED) {
		p->decision = DECISION_ACCEPT;
		if (call->hook_allowed)
			p->source = SOURCE_HOOK;
		else if (o->interrupted || (!sdk && !call->block->harmless))
			p->source = SOURCE_UNKNOWN;
	}
}

static void
decide(struct permission *p, const struct tool_call *call, bool version_decides)
{
	const struct result_record *o = call->result;
	p->told = o->decision != DECISION_NONE;
	if (p->told) {
		p->decision = o->decision;
		p->source = o->source == SOURCE_NONE ? SOURCE_UNKNOWN : o->source;
		p->source_name = o->source_name;
	} else if (o->denied_before_run) {
		p->decision = DECISION_REJECT;
		p->source = SOURCE_USER_REJECT;
	} else if (version_decides && o->denial == DENIAL_USER) {
		p->decision = DECISION_ACCEPT; /* cut while it ran */
		p->source = SOURCE_CONFIG;
	} else if (o->framed && o->denial == DENIAL_NONE && o->sign != SIGN_HOOK_REFUSED) {
		p->decision = DECISION_NONE; /* it never came to the question. 6.3 */
	} else {
		decide_by_signs(p, call);
	}
}

static void
find(struct tool_call *call)
{
	struct permission *p = &call->permission;
	const struct result_record *o = call->result;
	uint64_t asked = later(call->start.ns, call->pre_hooks_end_ns);
	if (o == NULL)
		return;
	if (asked > call->end.ns) /* a hook's line may be late */
		asked = call->end.ns;
	if (o->decision == DECISION_ACCEPT) {
		p->asked = p->resolved = p->approved = by_user(o->source);
	} else if (o->decision == DECISION_REJECT) {
		p->asked = by_user(o->source);
		p->resolved = true;
	} else if (user_refused(call)) {
		p->asked = p->resolved = true;
	} else if (call->outcome == OUTCOME_DENIED) {
		p->resolved = true; /* by rule, hook, classifier or mode */
	}
	if (p->asked)
		p->asked_ns = asked;
	if (p->resolved && !p->approved) {
		p->resolved_ns = call->answer->time_ns != 0 ? call->answer->time_ns : call->end.ns;
		p->estimated = call->answer->time_ns == 0;
	}
	/* An event must have a time. */
	p->asked &= p->asked_ns != 0;
	p->resolved &= p->approved || p->resolved_ns != 0;
}

struct asked {
	struct tool_call **at;
	size_t len, cap;
};

static void
collect_asked(struct builder *b, const struct work *w, struct asked *list)
{
	for (size_t i = 0; i < w->calls.len; i++)
		if (w->calls.at[i]->permission.asked)
			*ARENA_PUSH(&b->scratch, list) = w->calls.at[i];
}

/* What the tool itself measured, taken from its end. */
static void
resolve_alone(struct tool_call *call)
{
	struct permission *p = &call->permission;
	uint64_t end = call->end.ns, own = 0;
	if (call->result->has_duration && call->result->duration_ms < UINT32_MAX)
		own = call->result->duration_ms * 1000000;
	p->estimated = true;
	p->resolved_ns = own > 0 && own < end ? later(end - own, p->asked_ns) : end;
}

/* A turn's working time leaves out what it waited for the user: 11.4 */
static void
resolve_turn(struct builder *b, const struct turn *t, bool agents_were_pending)
{
	struct asked list = {0};
	uint64_t length = 0, wait = 0;
	collect_asked(b, &t->work, &list);
	for (size_t i = 0; i < list.len; i++)
		length += list.at[i]->end.ns - list.at[i]->permission.asked_ns;
	if (t->has_active && !agents_were_pending && t->end.ns > t->start.ns &&
	    t->active_ms < (t->end.ns - t->start.ns) / 1000000)
		wait = t->end.ns - t->start.ns - t->active_ms * 1000000;
	for (size_t i = 0; i < list.len; i++) {
		struct permission *p = &list.at[i]->permission;
		uint64_t own = list.at[i]->end.ns - p->asked_ns;
		if (!p->approved)
			continue;
		if (wait == 0) {
			resolve_alone(list.at[i]);
			continue;
		}
		uint64_t share = list.len == 1 ? wait
		                 : length == 0
		                     ? 0
		                     : (uint64_t)((double)wait * (double)own / (double)length);
		p->resolved_ns = p->asked_ns + (share < own ? share : own);
		p->estimated = p->waited = true;
	}
}

/* A mode in which nobody is asked. 6.4 */
static void
decide_by_mode(const struct turn *t)
{
	const struct user_record *u = t->opening->kind == RECORD_USER ? t->opening->user : NULL;
	for (size_t i = 0; u != NULL && i < t->work.calls.len; i++) {
		const struct tool_call *call = t->work.calls.at[i];
		struct permission *p = &t->work.calls.at[i]->permission;
		if (p->decision == DECISION_ACCEPT && p->source == SOURCE_UNKNOWN && !p->told &&
		    (u->allows_all || (u->allows_edits && call->block->edits)))
			p->source = SOURCE_CONFIG;
	}
}

/* When a call that was allowed began to run: its end less what the tool itself measured; else when
 * the user said yes; else at once. 11.2 */
static void
time_run(struct tool_call *call)
{
	const struct permission *p = &call->permission;
	const struct result_record *o = call->result;
	uint64_t own_ns = 0;
	if (o == NULL || call->outcome == OUTCOME_DENIED)
		return;
	if (o->has_duration && o->duration_ms < UINT32_MAX)
		own_ns = o->duration_ms * 1000000;
	call->run_start = (struct moment){call->start.ns, EVIDENCE_DERIVED};
	if (call->block->asks_user)
		call->run_start.ns = call->end.ns;
	else if (own_ns > 0 && own_ns < call->end.ns)
		call->run_start.ns = later(call->start.ns, call->end.ns - own_ns);
	else if (p->waited)
		call->run_start = (struct moment){p->resolved_ns, EVIDENCE_ESTIMATED};
	/* Its agent was at work by then. 9.2 */
	if (call->agent != NULL && call->agent->first_ns != 0 &&
	    call->agent->first_ns < call->run_start.ns)
		call->run_start.ns = later(call->start.ns, call->agent->first_ns);
}

/* Of several calls refused at one instant only the first was asked about. 6.4 */
static bool
refused_with(const struct tool_call *a, const struct tool_call *b)
{
	return a->response == b->response && a->permission.resolved && b->permission.resolved &&
	       !b->permission.approved && a->permission.resolved_ns == b->permission.resolved_ns &&
	       b->result->denied_before_run;
}

void
permission_find(struct builder *b)
{
	const struct turns *turns = &b->session->turns;
	for (size_t i = 0; i < b->calls.len; i++) {
		find(b->calls.at[i]);
		if (b->calls.at[i]->result != NULL)
			decide(&b->calls.at[i]->permission, b->calls.at[i],
			       b->version_decides[b->calls.at[i]->answer->version]);
		if (i > 0 && refused_with(b->calls.at[i - 1], b->calls.at[i]))
			b->calls.at[i]->permission.asked = false;
		if (b->calls.at[i]->permission.approved)
			resolve_alone(b->calls.at[i]);
	}
	for (size_t i = 0; i < turns->len; i++) {
		resolve_turn(b, turns->at[i], i > 0 && turns->at[i - 1]->agents_pending);
		decide_by_mode(turns->at[i]);
	}
	for (size_t i = 0; i < b->calls.len; i++)
		time_run(b->calls.at[i]);
}
