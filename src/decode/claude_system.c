/* Lines that the program writes about itself: system lines, attachments, the queue,
 * hooks. claude-code-transcripts 3.3 to 3.5, 7, 8. */
#include "base/hash.h"
#include "base/when.h"
#include "decode/claude_private.h"

static uint64_t
number(const struct json *v, struct str key)
{
	uint64_t n = 0;
	(void)json_u64(json_get(v, key), &n);
	return n;
}

static void
read_retry(struct decoder *d, const struct claude_line *l, struct record *r)
{
	struct retry_record *y = ARENA_NEW(d->arena, struct retry_record);
	const struct json *error = l->field[FIELD_ERROR];
	uint64_t status;
	if (json_u64(json_get(error, STR("status")), &status))
		y->status = intern_add(d->names,
		                       arena_printf(d->arena, "%llu", (unsigned long long)status));
	y->broken = str_eq(json_get_text(l->whole, STR("source")), STR("connection_retry"));
	y->request = claude_member(d, error, STR("requestId"));
	y->attempt = number(l->whole, STR("retryAttempt"));
	y->delay_ns = number(l->whole, STR("retryInMs"));
	y->delay_ns = y->delay_ns < WHEN_MAX_NS / WHEN_MS ? y->delay_ns * WHEN_MS : 0;
	r->kind = RECORD_RETRY;
	r->retry = y;
}

static void
read_fallback(struct decoder *d, const struct claude_line *l, struct record *r)
{
	struct fallback_record *f = ARENA_NEW(d->arena, struct fallback_record);
	f->from = claude_member(d, l->whole, STR("originalModel"));
	f->to = claude_member(d, l->whole, STR("fallbackModel"));
	f->trigger = claude_member(d, l->whole, STR("trigger"));
	r->kind = RECORD_FALLBACK;
	r->fallback = f;
}

static void
read_turn_end(struct decoder *d, const struct claude_line *l, struct record *r)
{
	struct turn_end_record *t = ARENA_NEW(d->arena, struct turn_end_record);
	t->duration_ms = number(l->whole, STR("durationMs"));
	t->pending_agents = number(l->whole, STR("pendingBackgroundAgentCount"));
	r->kind = RECORD_TURN_END;
	r->turn_end = t;
}

static void
read_stop_hooks(struct decoder *d, const struct claude_line *l, struct record *r)
{
	struct stop_hooks_record *s = ARENA_NEW(d->arena, struct stop_hooks_record);
	const struct json *infos = json_get(l->whole, STR("hookInfos"));
	s->count = number(l->whole, STR("hookCount"));
	for (struct json_iter it = json_iter(infos); json_next(&it);) {
		uint64_t ms = number(it.value, STR("durationMs"));
		if (ms > s->duration_ms)
			s->duration_ms = ms;
	}
	r->kind = RECORD_STOP_HOOKS;
	r->stop_hooks = s;
}

/* 10.6 */
static void
read_compaction(struct decoder *d, const struct claude_line *l, struct record *r)
{
	struct compaction_record *c = ARENA_NEW(d->arena, struct compaction_record);
	const struct json *m = json_get(l->whole, STR("compactMetadata"));
	c->trigger = claude_member(d, m, STR("trigger"));
	c->has_pre = json_u64(json_get(m, STR("preTokens")), &c->pre_tokens);
	c->has_post = json_u64(json_get(m, STR("postTokens")), &c->post_tokens);
	c->has_duration = json_u64(json_get(m, STR("durationMs")), &c->duration_ms);
	r->kind = RECORD_COMPACTION;
	r->compaction = c;
}

void
claude_system(struct decoder *d, const struct claude_line *l, struct record *r)
{
	struct str subtype = json_text(l->field[FIELD_SUBTYPE]);
	if (str_eq(subtype, STR("api_error")))
		read_retry(d, l, r);
	else if (str_eq(subtype, STR("model_fallback")))
		read_fallback(d, l, r);
	else if (str_eq(subtype, STR("turn_duration")))
		read_turn_end(d, l, r);
	else if (str_eq(subtype, STR("stop_hook_summary")))
		read_stop_hooks(d, l, r);
	else if (str_eq(subtype, STR("compact_boundary")))
		read_compaction(d, l, r);
	else if (str_eq(subtype, STR("local_command")))
		r->kind = str_starts(json_text(l->field[FIELD_CONTENT]), STR("<command-name>"))
		              ? RECORD_COMMAND
		              : RECORD_COMMAND_OUTPUT;
}

static enum hook_event
hook_event_of(struct str name)
{
	static const struct {
		struct str name;
		enum hook_event event;
	} events[] = {
	    {STR_INIT("SessionStart"), HOOK_SESSION_START},
	    {STR_INIT("UserPromptSubmit"), HOOK_PROMPT},
	    {STR_INIT("PreToolUse"), HOOK_PRE_TOOL},
	    {STR_INIT("PostToolUse"), HOOK_POST_TOOL},
	    {STR_INIT("PostToolUseFailure"), HOOK_POST_TOOL},
	    {STR_INIT("Stop"), HOOK_STOP},
	};
	for (size_t i = 0; i < sizeof events / sizeof *events; i++)
		if (str_eq(events[i].name, name))
			return events[i].event;
	return HOOK_OTHER;
}

static struct hook_record *
new_hook(struct decoder *d, const struct json *v, uint32_t call)
{
	struct hook_record *h = ARENA_NEW(d->arena, struct hook_record);
	struct str name = json_get_text(v, STR("hookName"));
	size_t colon = str_find_byte(name, ':');
	h->event = hook_event_of(json_get_text(v, STR("hookEvent")));
	h->name = intern_add(d->names, name);
	h->call = call;
	if (h->event == HOOK_SESSION_START && colon != STR_NONE)
		h->source = intern_add(d->names, str_skip(name, colon + 1));
	return h;
}

/* The progress line of a hook marks its start; no end is written. 3.4 */
void
claude_hook_progress(struct decoder *d, const struct claude_line *l, struct record *r)
{
	struct hook_record *h = new_hook(d, l->field[FIELD_DATA],
	                                 claude_member(d, l->whole, STR("parentToolUseID")));
	h->started = true;
	r->kind = RECORD_HOOK;
	r->hook = h;
}

static void
read_hook(struct decoder *d, const struct json *v, struct str type, struct record *r)
{
	struct hook_record *h = new_hook(d, v, claude_member(d, v, STR("toolUseID")));
	h->has_duration = json_u64(json_get(v, STR("durationMs")), &h->duration_ms);
	if (str_eq(type, STR("hook_blocking_error")))
		h->outcome = HOOK_BLOCKED;
	else if (str_eq(type, STR("hook_cancelled")))
		h->outcome = HOOK_CANCELLED;
	else if (!str_eq(type, STR("hook_success")))
		h->outcome = HOOK_FAILED;
	h->allows = str_has(json_get_text(v, STR("stdout")),
	                    STR("\"permissionDecision\":\"allow\""));
	r->kind = RECORD_HOOK;
	r->hook = h;
}

static void
read_queued(struct decoder *d, const struct json *v, struct record *r)
{
	struct queued_record *q = ARENA_NEW(d->arena, struct queued_record);
	struct str text = claude_text(json_get(v, STR("prompt")));
	q->notification = str_eq(json_get_text(v, STR("commandMode")), STR("task-notification"));
	q->command = claude_member(d, v, STR("source_uuid"));
	q->print = hash_fingerprint(str_trim(text));
	if (q->notification)
		q->notice = claude_notice(d, text);
	r->kind = RECORD_QUEUED;
	r->queued = q;
}

static void
read_environment(struct decoder *d, const struct json *v, struct record *r)
{
	const struct json *snapshot = json_get(v, STR("snapshot"));
	struct machine_record *m = ARENA_NEW(d->arena, struct machine_record);
	m->platform = claude_member(d, snapshot, STR("platform"));
	m->os_version = claude_member(d, snapshot, STR("osVersion"));
	r->kind = RECORD_CONTEXT;
	r->machine = m;
}

/* 3.5 */
void
claude_attachment(struct decoder *d, const struct claude_line *l, struct record *r)
{
	const struct json *v = l->field[FIELD_ATTACHMENT];
	struct str type = json_get_text(v, STR("type"));
	if (str_eq(type, STR("hook_success")) || str_eq(type, STR("hook_non_blocking_error")) ||
	    str_eq(type, STR("hook_cancelled")) || str_eq(type, STR("hook_blocking_error")) ||
	    str_eq(type, STR("hook_error_during_execution")))
		read_hook(d, v, type, r);
	else if (str_eq(type, STR("queued_command")))
		read_queued(d, v, r);
	else if (str_eq(type, STR("instructions")))
		r->kind = RECORD_INSTRUCTIONS;
	else if (str_eq(type, STR("environment")))
		read_environment(d, v, r);
}

/* 8.3 */
void
claude_queue(struct decoder *d, const struct claude_line *l, struct record *r)
{
	static const struct {
		struct str name;
		enum queue_operation operation;
	} operations[] = {
	    {STR_INIT("enqueue"), QUEUE_ENQUEUE},
	    {STR_INIT("dequeue"), QUEUE_DEQUEUE},
	    {STR_INIT("remove"), QUEUE_REMOVE},
	    {STR_INIT("popAll"), QUEUE_POP_ALL},
	};
	struct queue_record *q = ARENA_NEW(d->arena, struct queue_record);
	struct str name = json_text(l->field[FIELD_OPERATION]);
	struct str text = claude_text(l->field[FIELD_CONTENT]);
	for (size_t i = 0; i < sizeof operations / sizeof *operations; i++)
		if (str_eq(operations[i].name, name))
			q->operation = operations[i].operation;
	q->command = claude_member(d, l->whole, STR("commandUuid"));
	q->has_text = l->field[FIELD_CONTENT] != NULL;
	q->print = hash_fingerprint(str_trim(text));
	q->notice = claude_notice(d, text);
	q->notification = q->notice.task != 0 || q->notice.call != 0;
	r->kind = RECORD_QUEUE;
	r->queue = q;
}
