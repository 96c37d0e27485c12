/* Notifications that background work ended. claude-code-transcripts 8.2, 8.3 */
#include "session/build.h"

#define REPEATS_WITHIN 64 /* notifications, of one call or task */

static void
add(struct builder *b, uint32_t key, const struct notice *notice, struct record *r)
{
	if (key == 0)
		return;
	struct notice_use *first = by_ident_get(&b->notices, key);
	struct notice_use *last = first == NULL ? NULL : first->last, *n = last;
	for (int i = 0; n != NULL && i < REPEATS_WITHIN; n = n->before, i++) {
		bool same = n->notice.call == notice->call && n->notice.task == notice->task &&
		            n->notice.status == notice->status;
		/* The enqueue tells the time, what is delivered later the text. */
		if (same && n->record->kind == RECORD_QUEUE && r->kind != RECORD_QUEUE) {
			n->record = r;
			return;
		}
		if (same && n->record == r)
			return;
	}
	n = ARENA_NEW(&b->scratch, struct notice_use);
	n->notice = *notice;
	n->record = r;
	n->ns = r->time_ns;
	n->before = last;
	if (last == NULL)
		by_ident_put(&b->notices, key, first = n);
	else
		last->next = n;
	first->last = n;
}

static void
collect(struct builder *b, const struct chain *c)
{
	for (size_t i = 0; i < c->len; i++) {
		struct record *r = c->at[i];
		const struct notice *n = NULL;
		if (r->kind == RECORD_USER && r->user->text == TEXT_NOTIFICATION)
			n = &r->user->notice;
		else if (r->kind == RECORD_QUEUED && r->queued->notification)
			n = &r->queued->notice;
		else if (r->kind == RECORD_QUEUE && r->queue->operation == QUEUE_ENQUEUE &&
		         r->queue->notification)
			n = &r->queue->notice;
		if (n == NULL || r->time_ns == 0)
			continue;
		add(b, n->call, n, r);
		if (n->task != n->call)
			add(b, n->task, n, r);
	}
}

void
notice_collect(struct builder *b)
{
	if (b->main != NULL)
		collect(b, b->main);
	for (size_t i = 0; i < b->agents.len; i++)
		collect(b, b->agents.at[i]);
}

/* The first notification at or after a time that tells how it ended; else the last. By
 * call if one names it, else by task. */
const struct notice_use *
notice_for(const struct builder *b, uint32_t call, uint32_t task, uint64_t after_ns)
{
	const struct notice_use *best = NULL;
	const struct notice_use *n = by_ident_get(&b->notices, call);
	if (n == NULL)
		n = by_ident_get(&b->notices, task);
	for (; n != NULL; n = n->next) {
		if (n->notice.status == NOTICE_NONE)
			continue; /* an event, not an end */
		best = n;
		if (n->ns >= after_ns)
			break;
	}
	return best;
}
