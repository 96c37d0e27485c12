/* A thread that sends, retries and halves. otlp 5 to 7 */
#include "sink/sender.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "sink/grpc.h"
#include "sink/gzip.h"
#include "sink/http.h"

/* So many batches in a row are refused for good before the others are not sent any more. */
#define SENDER_REFUSALS_MAX 5

#define SENDER_RANGES_MAX 64 /* each halving leaves one waiting */

/* A part of a parcel. */
struct range {
	size_t from, to;
	bool is_last;  /* smaller pieces are not tried any more */
	bool is_spare; /* one item, in its spare form */
};

struct sender {
	struct sender_options options;
	struct http *http;
	struct gzip *gzip;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed; /* a parcel came, or became free, or it shall end */
	/* under lock */
	struct parcel *free, *first, *last;
	bool is_ending;
	bool is_closed; /* nothing more is sent */
	struct arena notes;
	struct diag diag;
	/* the thread's */
	struct parcel parcels[SENDER_PARCELS];
	const struct parcel *now; /* the one that is on its way */
	struct buf items;         /* struct str, of the range that is being sent */
	struct buf batch, body;
	struct sender_tally tally;
	size_t refused_bytes; /* the smallest batch that was too large; 0: none was */
	unsigned refusals;    /* in a row */
	struct str told;      /* the last trouble; lives in told_arena */
	bool told_failure;    /* it was one */
	uint64_t untold;      /* requests that met the same */
	struct arena told_arena;
};

/* ---- telling ---- */

static void
tell(struct sender *s, bool is_failure, struct str text)
{
	const struct endpoint *e = s->options.endpoint;
	struct arena a = {0};
	(void)pthread_mutex_lock(&s->lock);
	text = endpoint_redact(&a, e, text);
	if (str_eq(text, s->told)) {
		s->untold++;
	} else {
		arena_reset(&s->told_arena);
		s->told = arena_str(&s->told_arena, text);
		s->told_failure = is_failure;
		s->untold = 0;
		if (is_failure)
			(void)diag_fail(&s->diag, e->shown, "%.*s", STR_ARG(text));
		else
			diag_warn(&s->diag, e->shown, 0, "%.*s", STR_ARG(text));
	}
	(void)pthread_mutex_unlock(&s->lock);
	arena_free(&a);
}

static void
settle(struct sender *s, const struct range *r, enum fate fate, uint64_t lost)
{
	size_t items = r->to - r->from;
	if (fate == FATE_DELIVERED) {
		lost = lost < items ? lost : items;
		s->tally.delivered += items - lost;
		s->tally.rejected += lost;
	} else if (fate == FATE_REJECTED || fate == FATE_BARRED) {
		lost = items;
		s->tally.rejected += items;
	} else {
		lost = items;
		s->tally.undelivered += items;
	}
	if (s->options.settled != NULL)
		s->options.settled(s->options.ctx, s->now, fate, buf_str(&s->batch), items,
		                   (size_t)lost);
}

static void
stop(struct sender *s)
{
	(void)pthread_mutex_lock(&s->lock);
	s->is_closed = true;
	(void)pthread_mutex_unlock(&s->lock);
}

static void
tell_loss(struct sender *s, const struct range *r, struct str text, const char *became)
{
	struct arena a = {0};
	size_t items = r->to - r->from;
	tell(s, true,
	     arena_printf(&a, "%.*s: %zu span%s %s", STR_ARG(text), items, PLURAL(items), became));
	arena_free(&a);
}

/* ---- one request ---- */

/* The joined items, compressed and framed as the endpoint wants them. */
static struct http_request
make_request(struct sender *s)
{
	const struct endpoint *e = s->options.endpoint;
	struct http_request request = {.is_gzip = e->gzip, .body = buf_str(&s->batch)};
	if (!e->gzip && !e->protocol->is_grpc)
		return request;
	buf_clear(&s->body);
	if (e->protocol->is_grpc)
		grpc_frame(e->gzip, 0, &s->body);
	if (e->gzip)
		gzip_add(s->gzip, buf_str(&s->batch), &s->body);
	else
		buf_add(&s->body, buf_str(&s->batch));
	if (e->protocol->is_grpc) { /* now the length is known */
		struct buf head = {0};
		grpc_frame(e->gzip, s->body.len - GRPC_FRAME_BYTES, &head);
		memcpy(s->body.at, head.at, GRPC_FRAME_BYTES);
		buf_free(&head);
	}
	request.body = buf_str(&s->body);
	return request;
}

static void
join(struct sender *s, const struct parcel *p, const struct range *r)
{
	buf_clear(&s->items);
	buf_clear(&s->batch);
	for (size_t i = r->from; i < r->to; i++) {
		struct str item = r->is_spare ? parcel_spare(p, i) : parcel_item(p, i);
		buf_add(&s->items, (struct str){(const char *)&item, sizeof item});
	}
	p->join(p->ctx, (const struct str *)(const void *)s->items.at, r->to - r->from, &s->batch);
}

static void
wait_for(uint64_t ns)
{
	struct timespec left = {(time_t)(ns / 1000000000), (long)(ns % 1000000000)};
	while (nanosleep(&left, &left) != 0)
		continue;
}

/* What is left of the deadline for one attempt; false when nothing is. */
static bool
attempt_time(const struct sender *s, uint64_t *timeout_ms)
{
	uint64_t deadline = s->options.retry.deadline_ns, now, left_ms;
	*timeout_ms = s->options.endpoint->timeout_ms;
	if (deadline == 0)
		return true;
	now = s->options.now_ns();
	left_ms = deadline > now ? (deadline - now) / 1000000 : 0;
	if (*timeout_ms == 0 || *timeout_ms > left_ms)
		*timeout_ms = left_ms;
	return left_ms > 0;
}

/* Why a request that failed in passing is not tried again. */
static struct str
give_up(struct arena *a, enum retry_step step, unsigned attempt, const struct verdict *v)
{
	struct str text = v->text;
	if (step == RETRY_LONG || (step == RETRY_DEADLINE && v->wait_ns > 0))
		return arena_printf(a, "%.*s: the server asks to wait %llu s, which is too long",
		                    STR_ARG(text), (unsigned long long)(v->wait_ns / 1000000000));
	if (step == RETRY_DEADLINE)
		return arena_printf(a, "%.*s: given up at the deadline, after %u attempt%s",
		                    STR_ARG(text), attempt, PLURAL(attempt));
	return arena_printf(a, "%.*s: given up after %u attempts", STR_ARG(text), attempt);
}

/*
 * Sends what make_request made until the answer is final. *v with ANSWER_LATER: given up.
 *
 * A gRPC server that finds a message too large may say so and end the stream while the message is
 * still coming. libcurl 7.88 then tells of the end only. So twice the same end means
 * ANSWER_TOO_LARGE where there is something to halve.
 */
static void
exchange(struct sender *s, struct arena *a, bool can_halve, struct verdict *v)
{
	struct http_request request = make_request(s);
	for (unsigned attempt = 1;; attempt++) {
		struct reply reply;
		uint64_t wait_ns;
		if (!attempt_time(s, &request.timeout_ms)) {
			*v = (struct verdict){.answer = ANSWER_LATER,
			                      .text = STR("the deadline is over")};
			return;
		}
		http_post(s->http, &request, &reply);
		s->tally.requests++;
		s->tally.bytes += reply.sent_bytes;
		s->options.endpoint->protocol->judge(a, &reply, v);
		v->text = arena_str(a, v->text);
		if (v->answer == ANSWER_LATER && reply.is_reset && can_halve && attempt > 1)
			v->answer = ANSWER_TOO_LARGE;
		if (v->answer != ANSWER_LATER)
			return;
		enum retry_step step = retry_next(&s->options.retry, attempt, s->options.now_ns(),
		                                  v->wait_ns, s->options.chance(), &wait_ns);
		if (step != RETRY_WAIT) {
			v->text = give_up(a, step, attempt, v);
			return;
		}
		wait_for(wait_ns);
	}
}

/* ---- one parcel ---- */

struct ranges {
	struct range at[SENDER_RANGES_MAX];
	size_t len;
};

/* The first half is sent first. False when there is only one item. */
static bool
halve(struct ranges *stack, const struct range *r, bool is_last)
{
	size_t middle = r->from + (r->to - r->from) / 2;
	if (middle == r->from || r->is_last || stack->len + 2 > SENDER_RANGES_MAX)
		return false;
	stack->at[stack->len++] = (struct range){middle, r->to, is_last, false};
	stack->at[stack->len++] = (struct range){r->from, middle, is_last, false};
	return true;
}

/* The one item that was too large is sent in its spare form. False when it has none. */
static bool
use_spare(struct sender *s, const struct parcel *p, const struct range *r, const struct verdict *v,
          struct ranges *stack)
{
	struct arena a = {0};
	if (r->to - r->from != 1 || r->is_spare || parcel_spare(p, r->from).len == 0 ||
	    stack->len == SENDER_RANGES_MAX)
		return false;
	stack->at[stack->len++] = (struct range){r->from, r->to, true, true};
	tell(s, false,
	     arena_printf(&a,
	                  "%.*s: a single span takes %zu bytes, and is sent again with its "
	                  "longest contents cut",
	                  STR_ARG(v->text), s->batch.len));
	arena_free(&a);
	return true;
}

/* After an answer that is about size. False when nothing smaller can be tried. */
static bool
try_smaller(struct sender *s, const struct parcel *p, const struct range *r,
            const struct verdict *v, struct ranges *stack)
{
	if (v->answer == ANSWER_EXHAUSTED)
		return halve(stack, r, true);
	return v->answer == ANSWER_TOO_LARGE &&
	       (halve(stack, r, false) || use_spare(s, p, r, v, stack));
}

static void
taken(struct sender *s, const struct range *r, const struct verdict *v)
{
	struct arena a = {0};
	s->refusals = 0;
	if (v->rejected > 0)
		tell(s, true,
		     arena_printf(&a, "%llu span%s rejected%s%.*s", (unsigned long long)v->rejected,
		                  PLURAL(v->rejected), v->text.len > 0 ? ": " : "",
		                  STR_ARG(v->text)));
	else if (v->text.len > 0)
		tell(s, false, v->text);
	settle(s, r, FATE_DELIVERED, v->rejected);
	arena_free(&a);
}

static void
refused(struct sender *s, const struct range *r, const struct verdict *v)
{
	struct arena a = {0};
	struct str text = v->text;
	if (v->answer == ANSWER_TOO_LARGE && r->to - r->from == 1)
		text = arena_printf(&a, "%.*s: a single span takes %zu bytes", STR_ARG(text),
		                    s->batch.len);
	s->refusals++;
	bool ends = v->answer == ANSWER_CLOSED || s->refusals >= SENDER_REFUSALS_MAX;
	tell_loss(s, r, text, ends ? "rejected, and nothing more is sent" : "rejected");
	settle(s, r, v->answer == ANSWER_CLOSED ? FATE_BARRED : FATE_REJECTED, 0);
	if (ends)
		stop(s);
	arena_free(&a);
}

/* Sends a range, or puts its halves on the stack. */
static void
send_range(struct sender *s, const struct parcel *p, const struct range *r, struct ranges *stack)
{
	struct arena a = {0};
	struct verdict v = {0};
	join(s, p, r);
	/* What is as large as something that was too large is not sent in vain. */
	if (s->refused_bytes != 0 && s->batch.len >= s->refused_bytes && halve(stack, r, false))
		return;
	exchange(s, &a, r->to - r->from > 1, &v);
	if (v.answer == ANSWER_TOO_LARGE &&
	    (s->refused_bytes == 0 || s->batch.len < s->refused_bytes))
		s->refused_bytes = s->batch.len;
	if (v.answer == ANSWER_TAKEN) {
		taken(s, r, &v);
	} else if (v.answer == ANSWER_LATER) {
		tell_loss(s, r, v.text, "not delivered, and nothing more is sent");
		settle(s, r, FATE_UNDELIVERED, 0);
		stop(s);
	} else if (!try_smaller(s, p, r, &v, stack)) {
		refused(s, r, &v);
	}
	arena_free(&a);
}

static bool
is_closed(struct sender *s)
{
	(void)pthread_mutex_lock(&s->lock);
	bool closed = s->is_closed;
	(void)pthread_mutex_unlock(&s->lock);
	return closed;
}

static void
deliver(struct sender *s, const struct parcel *p)
{
	struct ranges stack = {.len = 0};
	if (parcel_len(p) == 0)
		return;
	s->now = p;
	stack.at[stack.len++] = (struct range){0, parcel_len(p), false, false};
	while (stack.len > 0) {
		struct range r = stack.at[--stack.len];
		if (!is_closed(s)) {
			send_range(s, p, &r, &stack);
			continue;
		}
		if (s->options.settled != NULL)
			join(s, p, &r);
		settle(s, &r, FATE_UNDELIVERED, 0);
	}
}

/* ---- the thread ---- */

static void *
work(void *ctx)
{
	struct sender *s = ctx;
	for (;;) {
		(void)pthread_mutex_lock(&s->lock);
		while (s->first == NULL && !s->is_ending)
			(void)pthread_cond_wait(&s->changed, &s->lock);
		struct parcel *p = s->first;
		if (p != NULL && (s->first = p->next) == NULL)
			s->last = NULL;
		(void)pthread_mutex_unlock(&s->lock);
		if (p == NULL)
			return NULL;
		deliver(s, p);
		parcel_clear(p);
		(void)pthread_mutex_lock(&s->lock);
		p->next = s->free;
		s->free = p;
		(void)pthread_cond_broadcast(&s->changed);
		(void)pthread_mutex_unlock(&s->lock);
	}
}

struct sender *
sender_open(const struct sender_options *options, struct diag *d)
{
	struct sender *s = calloc(1, sizeof *s);
	if (s == NULL)
		arena_exhausted();
	s->options = *options;
	s->diag.arena = &s->notes;
	s->http = http_open(options->endpoint, d);
	if (s->http == NULL) {
		free(s);
		return NULL;
	}
	if (options->endpoint->gzip)
		s->gzip = gzip_new();
	for (size_t i = 0; i < SENDER_PARCELS; i++) {
		s->parcels[i].next = s->free;
		s->free = &s->parcels[i];
	}
	if (pthread_mutex_init(&s->lock, NULL) != 0 || pthread_cond_init(&s->changed, NULL) != 0 ||
	    pthread_create(&s->thread, NULL, work, s) != 0)
		arena_exhausted();
	return s;
}

struct parcel *
sender_parcel(struct sender *s)
{
	(void)pthread_mutex_lock(&s->lock);
	while (s->free == NULL)
		(void)pthread_cond_wait(&s->changed, &s->lock);
	struct parcel *p = s->free;
	s->free = p->next;
	(void)pthread_mutex_unlock(&s->lock);
	p->next = NULL;
	return p;
}

bool
sender_send(struct sender *s, struct parcel *p, struct diag *d)
{
	(void)pthread_mutex_lock(&s->lock);
	if (s->last != NULL)
		s->last->next = p;
	else
		s->first = p;
	s->last = p;
	bool open = !s->is_closed;
	diag_move(d, &s->diag, 0);
	arena_reset(&s->notes);
	(void)pthread_cond_broadcast(&s->changed);
	(void)pthread_mutex_unlock(&s->lock);
	return open;
}

bool
sender_close(struct sender *s, struct sender_tally *tally, struct diag *d)
{
	(void)pthread_mutex_lock(&s->lock);
	s->is_ending = true;
	(void)pthread_cond_broadcast(&s->changed);
	(void)pthread_mutex_unlock(&s->lock);
	(void)pthread_join(s->thread, NULL);
	if (s->untold > 0 && s->told_failure)
		(void)diag_fail(&s->diag, s->options.endpoint->shown,
		                "%llu more request%s likewise", (unsigned long long)s->untold,
		                PLURAL(s->untold));
	diag_move(d, &s->diag, 0);
	*tally = s->tally;
	for (size_t i = 0; i < SENDER_PARCELS; i++)
		parcel_free(&s->parcels[i]);
	http_close(s->http);
	gzip_free(s->gzip);
	buf_free(&s->items);
	buf_free(&s->batch);
	buf_free(&s->body);
	arena_free(&s->told_arena);
	arena_free(&s->notes);
	(void)pthread_cond_destroy(&s->changed);
	(void)pthread_mutex_destroy(&s->lock);
	free(s);
	return tally->rejected == 0 && tally->undelivered == 0;
}

const char *
sender_http_version(void)
{
	return http_library_version();
}

const char *
sender_gzip_version(void)
{
	return gzip_library_version();
}
