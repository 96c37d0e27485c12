/* Responses: their attempts and times. Sections: claude-code-transcripts. */
#include <stdlib.h>

#include "session/build.h"

/* What a call of the model may have waited for. 11.3 */
static bool
is_input(const struct record *r)
{
	switch ((enum record_kind)r->kind) {
	case RECORD_USER:
		return r->user->text != TEXT_CAVEAT && r->user->text != TEXT_INTERRUPT;
	case RECORD_RESULTS:
		return r->results->len == 0 || r->results->at[0].sign != SIGN_SESSION_ENDED;
	case RECORD_HOOK:
		return !r->hook->started;
	case RECORD_CONTEXT:
	case RECORD_QUEUED:
	case RECORD_INSTRUCTIONS:
		return !(r->flags & RECORD_META);
	default:
		return false;
	}
}

bool
response_is_fed_by(const struct record *r)
{
	return (r->kind == RECORD_USER || r->kind == RECORD_RESULTS) && is_input(r) &&
	       (!(r->flags & RECORD_META) || (r->kind == RECORD_USER && r->user->companion));
}

/* A walk along a chain that knows, at each response, what came since the one before. */
struct walk {
	uint64_t first_slice_ns;
	uint64_t input_ns, feed_ns, any_ns; /* latest that is not later than the first slice */
	size_t request;                     /* of the chain's requests: first not yet used */
};

struct request_list {
	const struct record **at;
	size_t len, cap;
};

static struct request_list
requests_of(struct builder *b, const struct chain *c)
{
	struct request_list q = {0};
	for (size_t i = 0; i < c->len; i++)
		if (c->at[i]->kind == RECORD_REQUEST && c->at[i]->fate == FATE_OWN)
			*ARENA_PUSH(&b->scratch, &q) = c->at[i];
	return q;
}

static void
take_line(struct walk *w, const struct record *r, uint64_t limit_ns)
{
	if (r->time_ns == 0 || r->time_ns > limit_ns)
		return;
	if (r->kind == RECORD_RESPONSE && r->response->filler) {
		w->input_ns = w->feed_ns = w->any_ns = 0; /* not to be crossed */
		return;
	}
	if (r->kind == RECORD_TITLE || r->kind == RECORD_REQUEST || r->kind == RECORD_RETRY)
		return;
	w->any_ns = later(w->any_ns, r->time_ns);
	if (is_input(r))
		w->input_ns = later(w->input_ns, r->time_ns);
	if (response_is_fed_by(r))
		w->feed_ns = later(w->feed_ns, r->time_ns);
}

/* The results of the calls of a response that its successor waited for. */
static void
take_results(struct builder *b, struct walk *w, const struct response *before, uint64_t limit_ns)
{
	for (size_t i = 0; before != NULL && i < before->slices.len; i++) {
		const struct response_record *a = before->slices.at[i]->response;
		for (size_t k = 0; k < a->block_count; k++) {
			const struct answer *o = by_ident_get(&b->answers, a->blocks[k].id);
			if (a->blocks[k].kind == BLOCK_TOOL_CALL && o != NULL)
				take_line(w, o->line, limit_ns);
		}
	}
}

static void
add_attempt(struct builder *b, struct response *p, const struct record *request)
{
	struct attempt *t = ARENA_PUSH(b->arena, &p->attempts);
	t->start_ns = request->time_ns;
	p->max_tokens = request->request->max_tokens;
	p->purpose = request->request->purpose;
	if (request->request->effort != 0)
		p->effort = request->request->effort;
	if (p->requested_model == 0)
		p->requested_model = request->request->model;
}

/* Up to which of the requests belongs to p: the one it names; when it names none (a call that
 * failed, or before requestRef) the last before its end or its first slice. */
static size_t
last_request(const struct response *p, const struct request_list *q, size_t from,
             uint64_t first_slice_ns)
{
	uint32_t ref = 0;
	for (size_t i = 0; i < p->slices.len && ref == 0; i++)
		ref = p->slices.at[i]->response->request_ref;
	for (size_t i = from; i < q->len && ref != 0; i++)
		if (q->at[i]->request->id == ref)
			return i + 1;
	size_t end = from;
	uint64_t until_ns = p->failed ? p->end.ns : first_slice_ns;
	while (ref == 0 && end < q->len && q->at[end]->time_ns <= until_ns)
		end++;
	return end;
}

static void
time_response(struct builder *b, struct response *p, struct walk *w, const struct request_list *q)
{
	size_t end = last_request(p, q, w->request, w->first_slice_ns);
	for (size_t i = w->request; i < end; i++)
		if (q->at[i]->time_ns >= w->feed_ns || i + 1 == end)
			add_attempt(b, p, q->at[i]);
	if (end > w->request)
		w->request = end;
	if (p->attempts.len > 0)
		p->start = measured(p->attempts.at[0].start_ns);
	else if (w->input_ns != 0)
		p->start = (struct moment){w->input_ns, EVIDENCE_DERIVED};
	else if (w->any_ns != 0)
		p->start = (struct moment){w->any_ns, EVIDENCE_ESTIMATED};
	else
		p->start = (struct moment){w->first_slice_ns, EVIDENCE_ESTIMATED};
	if (w->first_slice_ns != 0 && p->start.ns > w->first_slice_ns)
		p->start = (struct moment){w->first_slice_ns, EVIDENCE_ESTIMATED};
	if (p->end.ns == 0)
		p->end = (struct moment){p->start.ns, EVIDENCE_ESTIMATED};
	if (p->failed && p->slices.at[0]->response->request == 0 && p->status == 0 &&
	    p->attempts.len == 0)
		p->no_call = true; /* 4.4: nothing was sent */
	uint64_t lead = (uint64_t)p->slices.at[0]->response->lead_ms * 1000000;
	if (lead > 0 && lead < w->first_slice_ns)
		p->first_content_ns = w->first_slice_ns - lead;
}

/* Before the first response of the list that is not timed yet. */
static void
insert_timed(struct builder *b, struct responses *list, struct response *p)
{
	size_t i = list->len;
	*ARENA_PUSH(b->arena, list) = p;
	for (; i > 0 && list->at[i - 1]->start.ns == 0; i--)
		list->at[i] = list->at[i - 1];
	list->at[i] = p;
}

/* The attempts before a change of model are a call of their own, which failed. 3.3 */
static void
split_fallback(struct builder *b, struct chain *c, size_t at, struct walk *w,
               const struct request_list *q)
{
	const struct record *r = c->at[at];
	struct work *work = owner_work(b, c, at);
	size_t end = w->request;
	while (end < q->len && (r->fallback->from == 0 || q->at[end]->request->model == 0 ||
	                        q->at[end]->request->model == r->fallback->from))
		end++;
	if (work == NULL || end == w->request)
		return;
	struct response *p = ARENA_NEW(b->arena, struct response);
	p->key = r->uuid;
	p->requested_model = r->fallback->from;
	p->error = r->fallback->trigger;
	p->failed = true;
	p->version = r->version;
	p->work = work;
	p->end = measured(r->time_ns);
	for (size_t i = w->request; i < end; i++)
		add_attempt(b, p, q->at[i]);
	p->start = measured(p->attempts.at[0].start_ns);
	w->request = end;
	*ARENA_PUSH(b->arena, &p->slices) = r;
	insert_timed(b, &work->responses, p);
}

/* A line that came instead of an answer: the program asks for more words, or the user cut in
 * before the first one. 4.6, 5.6 */
static bool
stands_for_answer(const struct record *r)
{
	return r->kind == RECORD_USER && r->fate == FATE_OWN &&
	       (r->user->text == TEXT_INTERRUPT ||
	        ((r->flags & RECORD_META) && r->user->companion));
}

/* The requests before such a line, when no response names one of them. */
static void
add_unanswered(struct builder *b, struct chain *c, size_t at, struct walk *w,
               const struct request_list *q)
{
	const struct record *r = c->at[at];
	struct work *work = owner_work(b, c, at);
	size_t end = w->request;
	for (; end < q->len && q->at[end]->time_ns <= r->time_ns; end++)
		if (b->answered[q->at[end]->request->id])
			return;
	if (work == NULL || end == w->request)
		return;
	struct response *p = ARENA_NEW(b->arena, struct response);
	p->key = q->at[w->request]->request->id;
	p->aborted = r->user->text == TEXT_INTERRUPT;
	p->version = r->version;
	p->work = work;
	for (; w->request < end; w->request++)
		add_attempt(b, p, q->at[w->request]);
	p->start = measured(p->attempts.at[0].start_ns);
	p->end = (struct moment){r->time_ns, EVIDENCE_DERIVED};
	*ARENA_PUSH(b->arena, &work->unanswered) = p;
}

/* ---- failed attempts ---- */

/* The failures that a chain reports, by time. Lines are not written in the order of time. */
struct failures {
	const struct record **at;
	size_t len, cap;
	size_t *next; /* of each the first from there on that no call took yet */
};

static int
compare_times(const void *a, const void *b)
{
	const struct record *x = *(const struct record *const *)a;
	const struct record *y = *(const struct record *const *)b;
	if (x->time_ns != y->time_ns)
		return x->time_ns < y->time_ns ? -1 : 1;
	return x->offset < y->offset ? -1 : x->offset > y->offset;
}

static struct failures
failures_of(struct builder *b, const struct chain *c)
{
	struct failures f = {0};
	for (size_t i = 0; i < c->len; i++)
		if (c->at[i]->kind == RECORD_RETRY)
			*ARENA_PUSH(&b->scratch, &f) = c->at[i];
	if (f.len > 1)
		qsort(f.at, f.len, sizeof *f.at, compare_times);
	f.next = ARENA_ARRAY(&b->scratch, size_t, f.len + 1);
	for (size_t i = 0; i <= f.len; i++)
		f.next[i] = i;
	return f;
}

static size_t
next_failure(struct failures *f, size_t i)
{
	while (f->next[i] != i) {
		f->next[i] = f->next[f->next[i]];
		i = f->next[i];
	}
	return i;
}

static size_t
first_failure(struct failures *f, uint64_t from_ns)
{
	size_t low = 0, high = f->len;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (f->at[middle]->time_ns < from_ns)
			low = middle + 1;
		else
			high = middle;
	}
	return next_failure(f, low);
}

/* Failures that were reported between a call's start and its end. 3.3 */
static void
note_failures(struct builder *b, struct failures *f, struct response *p)
{
	size_t known = p->attempts.len, n = 0;
	uint64_t again_ns = 0; /* when the next attempt was due */
	for (size_t i = first_failure(f, p->start.ns); i < f->len; i = next_failure(f, i)) {
		const struct record *r = f->at[i];
		if (r->time_ns > p->end.ns)
			break;
		if (known == 0) {
			struct attempt *t = ARENA_PUSH(b->arena, &p->attempts);
			t->start_ns = n == 0 ? p->start.ns : again_ns;
			t->fail_ns = r->time_ns;
			t->status = r->retry->status;
		} else if (n < known) {
			p->attempts.at[n].fail_ns = r->time_ns;
			p->attempts.at[n].status = r->retry->status;
		}
		p->retry_count += !r->retry->broken;
		again_ns = r->time_ns + r->retry->delay_ns;
		f->next[i] = i + 1;
		n++;
	}
	if (known == 0 && n > 0) /* the one that got through, or gave up */
		ARENA_PUSH(b->arena, &p->attempts)->start_ns = again_ns;
}

void
response_time(struct builder *b, struct chain *c)
{
	struct request_list q = requests_of(b, c);
	struct response *before = NULL;
	struct walk w = {0};
	size_t next = 0, from = 0;
	for (size_t i = 0; i < c->len; i++) {
		const struct record *r = c->at[i];
		if (r->kind == RECORD_FALLBACK)
			split_fallback(b, c, i, &w, &q);
		if (stands_for_answer(r))
			add_unanswered(b, c, i, &w, &q);
		if (next >= c->responses.len || r->kind != RECORD_RESPONSE ||
		    response_key(r) != c->responses.at[next]->key)
			continue;
		struct response *p = c->responses.at[next++];
		size_t request = w.request;
		w = (struct walk){.first_slice_ns = r->time_ns, .request = request};
		for (size_t k = 0; k < p->slices.len; k++)
			if (p->slices.at[k]->time_ns < w.first_slice_ns)
				w.first_slice_ns = p->slices.at[k]->time_ns;
		uint64_t limit_ns = w.first_slice_ns != 0 ? w.first_slice_ns : UINT64_MAX;
		for (size_t k = from; k < i; k++)
			take_line(&w, c->at[k], limit_ns);
		take_results(b, &w, before, limit_ns);
		if (w.any_ns == 0 && before != NULL && before->end.ns <= limit_ns)
			w.any_ns = before->end.ns;
		time_response(b, p, &w, &q);
		if (p->failed && !p->no_call && p->requested_model == 0 && before != NULL)
			p->requested_model = before->requested_model != 0
			                         ? before->requested_model
			                         : before->model; /* weave 5.5 */
		before = p;
		from = i + 1;
	}
	struct failures failures = failures_of(b, c);
	for (size_t i = 0; failures.len > 0 && i < c->responses.len; i++)
		note_failures(b, &failures, c->responses.at[i]);
}
