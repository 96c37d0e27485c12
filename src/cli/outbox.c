/* From packed traces to requests. */
#include "cli/outbox.h"

#include <stdlib.h>
#include <sys/random.h>
#include <time.h>

#include "base/when.h"
#include "sink/sender.h"

#define OUTBOX_SPANS_MAX 512     /* in a request. otlp 14 */
#define OUTBOX_TEXT_BYTES_MIN 64 /* contents are not cut below this */

/* otlp 7 */
#define OUTBOX_ATTEMPTS 5
#define OUTBOX_WAIT_FIRST_NS (1 * WHEN_S)
#define OUTBOX_WAIT_MOST_NS (30 * WHEN_S)
#define OUTBOX_WAIT_ASKED_NS (300 * WHEN_S)

struct outbox {
	const struct encoder *encoder;
	struct sender *sender;
	size_t max_bytes;
	bool strict;
	struct parcel *parcel; /* being filled, or NULL */
	size_t used;           /* bytes of its items, with what join adds to each */
	uint64_t lost;         /* items that could not be made small enough */
};

/* What a parcel's ctx points to. */
struct envelope {
	const struct encoder *encoder;
	struct resource resource;
};

/* ---- opening ---- */

static uint64_t
now_ns(void)
{
	struct timespec t = {0, 0};
	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * WHEN_S + (uint64_t)t.tv_nsec;
}

static uint64_t
chance(void)
{
	uint64_t n;
	return getrandom(&n, sizeof n, 0) == (ssize_t)sizeof n ? n : now_ns();
}

static const struct encoder *
encoder_for(struct str media_type)
{
	const struct encoder *const *all = encoder_all();
	while (!str_eq((*all)->media_type, media_type))
		all++; /* each protocol's is there */
	return *all;
}

struct outbox *
outbox_open(const struct exporter *x, bool strict, struct diag *d)
{
	struct sender_options options = {
	    .endpoint = &x->endpoint,
	    .retry = {.attempts = OUTBOX_ATTEMPTS,
	              .first_ns = OUTBOX_WAIT_FIRST_NS,
	              .most_ns = OUTBOX_WAIT_MOST_NS,
	              .hint_ns = OUTBOX_WAIT_ASKED_NS,
	              .deadline_ns = x->deadline_ms > 0 ? now_ns() + x->deadline_ms * WHEN_MS : 0},
	    .now_ns = now_ns,
	    .chance = chance,
	};
	struct outbox *o = calloc(1, sizeof *o);
	if (o == NULL)
		arena_exhausted();
	o->encoder = encoder_for(x->endpoint.protocol->payload_type);
	o->max_bytes = x->max_request_bytes;
	o->strict = strict;
	o->sender = sender_open(&options, d);
	if (o->sender != NULL)
		return o;
	free(o);
	return NULL;
}

/* ---- spans that are too large ---- */

/* Bytes of items, with what join adds to each, for which a request has room. */
static size_t
room_for(const struct outbox *o, const struct resource *resource)
{
	size_t overhead = o->encoder->overhead(resource);
	return overhead < o->max_bytes ? o->max_bytes - overhead : 0;
}

static size_t
cost_of(const struct outbox *o, struct str item)
{
	return item.len + o->encoder->item_overhead;
}

static size_t
count_large(const struct outbox *o, const struct packed *items, size_t room)
{
	size_t count = 0;
	for (size_t i = 0; i < packed_len(items); i++)
		count += cost_of(o, packed_item(items, i)) > room;
	return count;
}

static void
tell_large(const struct span *span, size_t bytes, size_t room, bool is_cut, struct diag *d)
{
	struct arena a = {0};
	struct buf id = {0};
	buf_hex(&id, span->span_id, SPAN_ID_LEN);
	struct str text = arena_printf(
	    &a,
	    "span %.*s (%.*s) takes %zu bytes, and a request has room for %zu "
	    "(--max-request-bytes)",
	    STR_ARG(buf_str(&id)), STR_ARG(span->name), bytes, room);
	if (is_cut)
		diag_warn(d, (struct str){0}, 0, "%.*s: its longest contents are cut for sending",
		          STR_ARG(text));
	else
		(void)diag_fail(d, (struct str){0}, "%.*s: it is not sent", STR_ARG(text));
	buf_free(&id);
	arena_free(&a);
}

/* Makes the trace with its contents cut to fewer and fewer bytes, until each item that is
 * too large has a form that fits; forms holds these, in a. */
static void
find_forms(const struct outbox *o, const struct convention *convention,
           const struct trace_input *in, size_t room, struct str *forms, size_t len)
{
	struct trace_options options = *in->options;
	struct trace_input again = *in;
	struct packed cut = {0};
	size_t bytes = room;
	bool is_done = false;
	again.options = &options;
	while (!is_done && (bytes /= 2) >= OUTBOX_TEXT_BYTES_MIN) {
		struct spans spans = {0};
		if (in->options->policy.max_value_bytes != 0 &&
		    bytes >= in->options->policy.max_value_bytes)
			continue;
		options.policy.max_value_bytes = bytes;
		convention->trace(&again, &spans);
		packed_clear(&cut);
		o->encoder->pack(&spans, &(struct encode_options){0}, &cut);
		is_done = true;
		for (size_t i = 0; i < len && i < packed_len(&cut); i++) {
			struct str item = packed_item(&cut, i);
			if (forms[i].len == 0 && cost_of(o, item) <= room)
				forms[i] = arena_str(in->arena, item);
			is_done &= forms[i].len > 0;
		}
	}
	packed_free(&cut);
}

static void
shrink(const struct outbox *o, const struct convention *convention, const struct trace_input *in,
       const struct spans *spans, size_t room, struct packed *items, struct diag *d)
{
	size_t len = packed_len(items);
	struct str *forms = ARENA_ARRAY(in->arena, struct str, len);
	for (size_t i = 0; i < len; i++)
		if (cost_of(o, packed_item(items, i)) <= room)
			forms[i] = arena_str(in->arena, packed_item(items, i));
	if (!o->strict)
		find_forms(o, convention, in, room, forms, len);
	for (size_t i = 0; i < len; i++)
		if (cost_of(o, packed_item(items, i)) > room)
			tell_large(spans->at[i], packed_item(items, i).len, room, forms[i].len > 0,
			           d);
	packed_clear(items);
	for (size_t i = 0; i < len; i++) {
		buf_add(&items->bytes, forms[i]);
		packed_end_item(items);
	}
}

void
outbox_pack(const struct outbox *o, const struct convention *convention,
            const struct trace_input *in, const struct spans *spans,
            const struct resource *resource, struct packed *to, struct diag *d)
{
	size_t room = room_for(o, resource);
	o->encoder->pack(spans, &(struct encode_options){0}, to);
	/* Both encoders make one item of each span. */
	if (packed_len(to) == spans->len && count_large(o, to, room) > 0)
		shrink(o, convention, in, spans, room, to, d);
}

/* ---- requests ---- */

static void
join(const void *ctx, const struct str *items, size_t count, struct buf *out)
{
	const struct envelope *e = ctx;
	e->encoder->join(items, count, &e->resource, out);
}

static bool
flush(struct outbox *o, struct diag *d)
{
	struct parcel *p = o->parcel;
	o->parcel = NULL;
	o->used = 0;
	return p == NULL || sender_send(o->sender, p, d);
}

static struct parcel *
parcel_for(struct outbox *o, const struct resource *resource)
{
	struct envelope *e;
	if (o->parcel != NULL)
		return o->parcel;
	o->parcel = sender_parcel(o->sender);
	e = ARENA_NEW(&o->parcel->arena, struct envelope);
	e->encoder = o->encoder;
	e->resource = resource_copy(&o->parcel->arena, resource);
	o->parcel->join = join;
	o->parcel->ctx = e;
	return o->parcel;
}

/* True when len more items of that cost have no place in the request that is being filled. */
static bool
is_full(const struct outbox *o, size_t room, size_t len, size_t cost)
{
	return o->parcel != NULL && (o->used > room || cost > room - o->used ||
	                             parcel_len(o->parcel) + len > OUTBOX_SPANS_MAX);
}

bool
outbox_add(struct outbox *o, const struct packed *items, const struct resource *resource,
           struct diag *d)
{
	size_t room = room_for(o, resource), all = 0, len = packed_len(items);
	bool ok = true;
	for (size_t i = 0; i < len; i++)
		all += cost_of(o, packed_item(items, i));
	if (o->parcel != NULL) {
		const struct envelope *e = o->parcel->ctx;
		/* A trace stays together where it can. otlp 14 */
		bool parts = all <= room && len <= OUTBOX_SPANS_MAX && is_full(o, room, len, all);
		if (parts || !resource_equal(&e->resource, resource))
			ok = flush(o, d);
	}
	for (size_t i = 0; i < len && ok; i++) {
		struct str item = packed_item(items, i);
		if (item.len == 0) {
			o->lost++;
			continue;
		}
		if (is_full(o, room, 1, cost_of(o, item)))
			ok = flush(o, d);
		parcel_add(parcel_for(o, resource), item);
		o->used += cost_of(o, item);
	}
	return ok;
}

bool
outbox_close(struct outbox *o, struct summary *summary, struct diag *d)
{
	struct sender_tally tally;
	(void)flush(o, d);
	bool ok = sender_close(o->sender, &tally, d) && o->lost == 0;
	summary->sends = true;
	summary->delivered = tally.delivered;
	summary->rejected = tally.rejected + o->lost;
	summary->undelivered = tally.undelivered;
	summary->requests = tally.requests;
	summary->sent_bytes = tally.bytes;
	free(o);
	return ok;
}
