/* From turns to bytes. */
#include "cli/render.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/pool.h"
#include "cli/task.h"
#include "decode/transcript.h"

#define IN_FLIGHT_BYTES ((size_t)16 << 20) /* of lines whose turns are rendered at once */

/* A trace, packed. */
struct rendered {
	struct rendered *next; /* in the list of those to be used again */
	struct packed packed;
	struct packed outgoing; /* for the outbox ... */
	struct buf ids;         /* ... and of which spans; see outbox_pack */
	struct arena notes;     /* holds the resource too */
	struct resource resource;
	struct diag diag;
	size_t spans;
};

/* Items wait here until they fill a batch; they live in the traces that hold them. */
struct batch {
	pthread_mutex_t lock;
	struct rendered *spare; /* under lock: their memory is warm */
	struct buf items;       /* struct str */
	struct buf holders;     /* struct rendered * */
	struct buf bytes;
	const struct resource *resource; /* of all its items; NULL while there are none */
	size_t used, room;
};

struct render_job {
	struct render *render;
	struct intern *names;
	struct tasks tasks;
	struct arena *arenas; /* one per thread */
	struct diag *diag;
};

static size_t
weigh(void *ctx, size_t i)
{
	const struct render_job *job = ctx;
	return (size_t)job->tasks.at[i].line_bytes;
}

static struct rendered *
rendered_take(struct batch *b)
{
	(void)pthread_mutex_lock(&b->lock);
	struct rendered *t = b->spare;
	if (t != NULL)
		b->spare = t->next;
	(void)pthread_mutex_unlock(&b->lock);
	if (t == NULL)
		t = calloc(1, sizeof *t);
	if (t == NULL)
		arena_exhausted();
	return t;
}

static void
rendered_give(struct batch *b, struct rendered *t)
{
	packed_clear(&t->packed);
	packed_clear(&t->outgoing);
	buf_clear(&t->ids);
	arena_reset(&t->notes);
	(void)pthread_mutex_lock(&b->lock);
	t->next = b->spare;
	b->spare = t;
	(void)pthread_mutex_unlock(&b->lock);
}

static void *
work(void *ctx, size_t i, size_t worker)
{
	const struct render_job *job = ctx;
	const struct render *r = job->render;
	const struct task *t = &job->tasks.at[i];
	const struct line_uses *lines = t->lines;
	struct arena *a = &job->arenas[worker];
	struct rendered *out = rendered_take(r->batch);
	struct spans spans = {0};
	out->diag.arena = &out->notes;
	struct content *contents = ARENA_ARRAY(a, struct content, lines->len);
	(void)content_load(a, lines->at, lines->len, contents, &out->diag);
	struct trace_input in = {.arena = a,
	                         .names = job->names,
	                         .options = &r->trace,
	                         .session = t->session,
	                         .turn = t->turn,
	                         .agent = t->agent,
	                         .contents = contents,
	                         .content_count = lines->len};
	convention_trace(r->convention, &in, &spans);
	if (r->sink != NULL)
		r->encoder->pack(&spans, &r->encode, &out->packed);
	if (r->outbox != NULL) {
		struct trace_made made = {r->convention, &in, &spans};
		outbox_pack(r->outbox, &made, &out->outgoing, &out->ids, &out->diag);
	}
	out->resource = resource_copy(&out->notes, &spans.resource);
	out->spans = spans.len;
	arena_reset(a);
	return out;
}

static void
rendered_free(struct rendered *t)
{
	packed_free(&t->packed);
	packed_free(&t->outgoing);
	buf_free(&t->ids);
	arena_free(&t->notes);
	free(t);
}

/* ---- batches ---- */

static struct batch *
batch_of(struct render *r)
{
	if (r->batch != NULL)
		return r->batch;
	r->batch = calloc(1, sizeof *r->batch);
	if (r->batch == NULL || pthread_mutex_init(&r->batch->lock, NULL) != 0)
		arena_exhausted();
	return r->batch;
}

/* Frees the traces that the batch holds, but for one that is still in use. */
static void
empty(struct batch *b, const struct rendered *keep)
{
	struct rendered **at = (struct rendered **)(void *)b->holders.at;
	size_t len = b->holders.len / sizeof *at;
	buf_clear(&b->items);
	b->resource = NULL;
	b->used = 0;
	for (size_t i = 0; i < len; i++)
		if (at[i] != keep)
			rendered_give(b, at[i]);
	buf_clear(&b->holders);
}

/* What does not get into the file makes it useless, and is sent all the same. */
static void
flush(struct render *r, const struct rendered *keep, struct diag *d)
{
	struct batch *b = batch_of(r);
	size_t count = b->items.len / sizeof(struct str);
	if (count > 0) {
		buf_clear(&b->bytes);
		r->encoder->join((const struct str *)(const void *)b->items.at, count, b->resource,
		                 &b->bytes);
		if (r->encoder->warn_bytes != 0 && count == 1 &&
		    b->bytes.len > r->encoder->warn_bytes)
			diag_warn(d, (struct str){0}, 0,
			          "a single span takes %zu bytes: its line is longer than many "
			          "readers accept",
			          b->bytes.len);
		r->file_failed = !file_sink_write(r->sink, buf_str(&b->bytes), d);
	}
	empty(b, keep);
}

/* The flush rule of encoder_room; a batch has one resource. */
static void
add_item(struct render *r, struct str item, const struct rendered *holder, struct diag *d)
{
	struct batch *b = batch_of(r);
	size_t cost = item.len + r->encoder->item_overhead;
	if (r->encoder->item_bytes_max != 0 && item.len > r->encoder->item_bytes_max) {
		r->file_failed = true;
		(void)diag_fail(d, (struct str){0},
		                "a span of %zu bytes is too large to be written", item.len);
		return;
	}
	bool other = b->resource != NULL && b->resource != &holder->resource &&
	             !resource_equal(b->resource, &holder->resource);
	if (b->items.len > 0 && (other || b->used > b->room || cost > b->room - b->used))
		flush(r, holder, d);
	if (b->resource == NULL) {
		b->resource = &holder->resource;
		b->room = encoder_room(r->encoder, b->resource);
	}
	buf_add(&b->items, (struct str){(const char *)&item, sizeof item});
	b->used += cost;
}

static bool
done(void *ctx, size_t i, void *result)
{
	struct render_job *job = ctx;
	struct render *r = job->render;
	struct rendered *t = result;
	struct batch *b = batch_of(r);
	diag_move(job->diag, &t->diag, 0);
	r->spans += t->spans;
	if (r->tick != NULL)
		r->tick(r->tick_ctx, weigh(job, i));
	r->turns += job->tasks.at[i].turn != NULL && !job->tasks.at[i].turn->local;
	if (r->outbox != NULL) /* which copies it */
		outbox_add(r->outbox, &t->outgoing, buf_str(&t->ids), &t->resource, job->diag);
	for (size_t k = 0; k < packed_len(&t->packed) && !r->file_failed; k++)
		add_item(r, packed_item(&t->packed, k), t, job->diag);
	buf_add(&b->holders, (struct str){(const char *)&t, sizeof(struct rendered *)});
	if (r->file_failed || r->sink == NULL)
		empty(b, NULL);
	else if (r->encoder->batch_bytes == 0)
		flush(r, NULL, job->diag);
	return !r->file_failed || r->outbox != NULL;
}

static void
drop(void *ctx, size_t i, void *result)
{
	(void)ctx;
	(void)i;
	rendered_free(result);
}

bool
render_sessions(struct render *r, struct intern *names, const struct sessions *sessions,
                struct diag *d)
{
	struct arena a = {0};
	struct render_job job = {.render = r, .names = names, .diag = d};
	(void)batch_of(r);
	tasks_collect(&a, r->convention, sessions, r->since_ns, r->until_ns, &job.tasks);
	job.arenas = ARENA_ARRAY(&a, struct arena, r->threads);
	struct pool_job pool = {.count = job.tasks.len,
	                        .threads = r->threads,
	                        .ctx = &job,
	                        .weight = weigh,
	                        .weight_max = IN_FLIGHT_BYTES,
	                        .work = work,
	                        .done = done,
	                        .drop = drop};
	(void)pool_run(&pool);
	for (unsigned i = 0; i < r->threads; i++)
		arena_free(&job.arenas[i]);
	arena_free(&a);
	return !r->file_failed || r->outbox != NULL;
}

void
render_finish(struct render *r, struct diag *d)
{
	struct batch *b = batch_of(r);
	flush(r, NULL, d);
	while (b->spare != NULL)
		rendered_free(rendered_take(b));
	(void)pthread_mutex_destroy(&b->lock);
	buf_free(&b->items);
	buf_free(&b->holders);
	buf_free(&b->bytes);
	free(b);
	r->batch = NULL;
}
