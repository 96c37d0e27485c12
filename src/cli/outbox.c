/* From packed traces to requests. */
#include "cli/outbox.h"

#include <assert.h>
#include <stdlib.h>
#include <sys/random.h>

#include "base/when.h"
#include "cli/environment.h"
#include "sink/sender.h"

#define OUTBOX_SPANS_MAX 512     /* in a request. otlp 14 */
#define OUTBOX_TEXT_BYTES_MIN 64 /* contents are not cut below this */

/* A span above the first gets a spare form of at most the second, its contents cut, for the server
 * that finds it too large: the span itself is forgotten by then. Web servers refuse
 * what is above 1 MiB, gRPC servers what is above 4 MiB. */
#define OUTBOX_HEAVY_BYTES ((size_t)256 << 10)
#define OUTBOX_SPARE_BYTES ((size_t)128 << 10)

/* otlp 7 */
#define OUTBOX_ATTEMPTS 5
#define OUTBOX_WAIT_FIRST_NS (1 * WHEN_S)
#define OUTBOX_WAIT_MOST_NS (30 * WHEN_S)
#define OUTBOX_WAIT_ASKED_NS (300 * WHEN_S)

struct outbox {
	const struct encoder *encoder;
	struct sender *sender;
	struct backlog *backlog; /* or NULL */
	size_t max_bytes;
	bool strict;
	struct selection *selection; /* NULL: everything is sent */
	struct parcel *parcel;       /* being filled, or NULL */
	size_t used;                 /* bytes of its items, with what join adds to each */
	uint64_t lost;               /* items that could not be made small enough */
};

/* What a parcel's ctx points to. */
struct envelope {
	const struct encoder *encoder;
	struct resource resource;
};

/* ---- opening ---- */

static uint64_t
chance(void)
{
	uint64_t n;
	return getrandom(&n, sizeof n, 0) == (ssize_t)sizeof n ? n : environment_clock();
}

static const struct encoder *
encoder_for(struct str media_type)
{
	const struct encoder *const *all = encoder_all();
	while (!str_eq((*all)->media_type, media_type))
		all++; /* each protocol's is there */
	return *all;
}

static void
settled(void *ctx, const struct parcel *p, enum fate fate, struct str batch, size_t items,
        size_t lost)
{
	struct outbox *o = ctx;
	if (o->backlog != NULL && backlog_settled(o->backlog, p, fate, batch, items, lost))
		fate = FATE_DELIVERED; /* or kept, and so no more of ours to send */
	if (o->selection != NULL && !backlog_sent(p))
		selection_settled(o->selection, fate, items);
}

struct outbox *
outbox_open(const struct exporter *x, bool strict, struct backlog *backlog,
            struct selection *selection, struct diag *d)
{
	struct sender_options options = {
	    .endpoint = &x->endpoint,
	    .retry = {.attempts = OUTBOX_ATTEMPTS,
	              .first_ns = OUTBOX_WAIT_FIRST_NS,
	              .most_ns = OUTBOX_WAIT_MOST_NS,
	              .hint_ns = OUTBOX_WAIT_ASKED_NS,
	              .deadline_ns =
	                  x->deadline_ms > 0 ? environment_clock() + x->deadline_ms * WHEN_MS : 0},
	    .now_ns = environment_clock,
	    .chance = chance,
	};
	struct outbox *o = calloc(1, sizeof *o);
	if (o == NULL)
		arena_exhausted();
	o->encoder = encoder_for(x->endpoint.protocol->payload_type);
	o->max_bytes = x->max_request_bytes;
	o->strict = strict;
	o->backlog = backlog;
	o->selection = selection;
	if (backlog != NULL || selection != NULL) {
		options.settled = settled;
		options.ctx = o;
	}
	o->sender = sender_open(&options, d);
	if (o->sender != NULL)
		return o;
	if (backlog != NULL)
		backlog_close(backlog, &(struct summary){0}, d);
	free(o);
	return NULL;
}

void
outbox_catch_up(struct outbox *o, struct diag *d)
{
	if (o->backlog != NULL)
		backlog_send(o->backlog, o->encoder, o->sender, d);
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
count_above(const struct outbox *o, const struct packed *items, size_t bytes)
{
	size_t count = 0;
	for (size_t i = 0; i < packed_len(items); i++)
		count += cost_of(o, packed_item(items, i)) > bytes;
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

/*
 * Makes the trace with its contents cut to fewer and fewer bytes, until each item that costs more
 * than `above` has a form that costs no more than room: in forms, which has a place for each item.
 * Other places stay as they are.
 */
static void
find_forms(const struct outbox *o, const struct trace_made *made, const struct packed *items,
           size_t above, size_t room, struct str *forms)
{
	struct trace_options options = *made->in->options;
	struct trace_input again = *made->in;
	struct packed cut = {0};
	size_t bytes = room, most = options.policy.max_value_bytes;
	bool is_done = false;
	again.options = &options;
	while (!is_done && (bytes /= 2) >= OUTBOX_TEXT_BYTES_MIN) {
		struct spans spans = {0};
		if (most != 0 && bytes >= most)
			continue;
		options.policy.max_value_bytes = bytes;
		convention_trace(made->convention, &again, &spans);
		packed_clear(&cut);
		o->encoder->pack(&spans, &(struct encode_options){0}, &cut);
		is_done = true;
		for (size_t i = 0; i < packed_len(items) && i < packed_len(&cut); i++) {
			struct str item = packed_item(&cut, i);
			if (cost_of(o, packed_item(items, i)) <= above)
				continue;
			if (forms[i].len == 0 && cost_of(o, item) <= room)
				forms[i] = arena_str(again.arena, item);
			is_done &= forms[i].len > 0;
		}
	}
	packed_free(&cut);
}

/* Replaces the items by pairs: the form that is sent, and the spare one. */
static void
pair_items(struct arena *a, struct packed *items, const struct str *forms, const struct str *spares)
{
	size_t len = packed_len(items);
	struct str all = arena_str(a, buf_str(&items->bytes)),
		   *old = ARENA_ARRAY(a, struct str, len);
	for (size_t i = 0; i < len; i++) {
		struct str item = packed_item(items, i);
		old[i] = str_head(str_skip(all, (size_t)(item.at - items->bytes.at)), item.len);
	}
	packed_clear(items);
	for (size_t i = 0; i < len; i++) {
		buf_add(&items->bytes, forms != NULL ? forms[i] : old[i]);
		packed_end_item(items);
		buf_add(&items->bytes, spares[i]);
		packed_end_item(items);
	}
}

/* The same when there is nothing to replace: nearly always. */
static void
pair_with_nothing(struct arena *a, struct packed *items)
{
	struct str ends = arena_str(a, buf_str(&items->ends));
	buf_clear(&items->ends);
	for (size_t at = 0; at < ends.len; at += sizeof(size_t)) {
		struct str end = {ends.at + at, sizeof(size_t)};
		buf_add(&items->ends, end);
		buf_add(&items->ends, end);
	}
}

static struct str *
fit_items(const struct outbox *o, const struct trace_made *made, size_t room,
          const struct packed *items, struct diag *d)
{
	struct str *forms = ARENA_ARRAY(made->in->arena, struct str, packed_len(items));
	for (size_t i = 0; i < packed_len(items); i++)
		if (cost_of(o, packed_item(items, i)) <= room)
			forms[i] = arena_str(made->in->arena, packed_item(items, i));
	if (!o->strict)
		find_forms(o, made, items, room, room, forms);
	for (size_t i = 0; i < packed_len(items); i++)
		if (cost_of(o, packed_item(items, i)) > room)
			tell_large(made->spans->at[i], packed_item(items, i).len, room,
			           forms[i].len > 0, d);
	return forms;
}

/* Leaves only the pairs of the spans that are kept, and adds the ids of these. */
static void
keep_pairs(const struct trace_made *made, const bool *keep, struct packed *pairs, struct buf *ids)
{
	struct arena *a = made->in->arena;
	struct packed all = *pairs;
	all.bytes.at = arena_bytes(a, all.bytes.len);
	all.ends.at = ARENA_ARRAY(a, char, all.ends.len);
	if (pairs->bytes.len > 0)
		memcpy(all.bytes.at, pairs->bytes.at, all.bytes.len);
	memcpy(all.ends.at, pairs->ends.at, all.ends.len);
	packed_clear(pairs);
	for (size_t i = 0; i < made->spans->len; i++) {
		if (!keep[i])
			continue;
		for (size_t k = 2 * i; k < 2 * i + 2; k++) {
			buf_add(&pairs->bytes, packed_item(&all, k));
			packed_end_item(pairs);
		}
		buf_add(ids, (struct str){(const char *)made->spans->at[i]->span_id, SPAN_ID_LEN});
	}
}

static void
pack_pairs(const struct outbox *o, const struct trace_made *made, struct packed *to, struct diag *d)
{
	size_t room = room_for(o, &made->spans->resource);
	struct arena *a = made->in->arena;
	o->encoder->pack(made->spans, &(struct encode_options){0}, to);
	assert(packed_len(to) == made->spans->len); /* both encoders make one item of each span */
	size_t large = count_above(o, to, room);
	size_t heavy = o->strict ? 0 : count_above(o, to, OUTBOX_HEAVY_BYTES);
	if (large == 0 && heavy == 0) {
		pair_with_nothing(a, to);
		return;
	}
	struct str *forms = large > 0 ? fit_items(o, made, room, to, d) : NULL;
	struct str *spares = ARENA_ARRAY(a, struct str, packed_len(to));
	if (heavy > 0)
		find_forms(o, made, to, OUTBOX_HEAVY_BYTES, OUTBOX_SPARE_BYTES, spares);
	pair_items(a, to, forms, spares);
}

void
outbox_pack(const struct outbox *o, const struct trace_made *made, struct packed *to,
            struct buf *ids, struct diag *d)
{
	const bool *keep;
	if (o->selection == NULL) {
		pack_pairs(o, made, to, d);
	} else if ((keep = selection_of(o->selection, made)) != NULL) {
		pack_pairs(o, made, to, d);
		keep_pairs(made, keep, to, ids);
	}
}

/* ---- requests ---- */

static void
join(const void *ctx, const struct str *items, size_t count, struct buf *out)
{
	const struct envelope *e = ctx;
	e->encoder->join(items, count, &e->resource, out);
}

static void
flush(struct outbox *o, struct diag *d)
{
	struct parcel *p = o->parcel;
	o->parcel = NULL;
	o->used = 0;
	if (p != NULL)
		(void)sender_send(o->sender, p, d);
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

void
outbox_add(struct outbox *o, const struct packed *pairs, struct str ids,
           const struct resource *resource, struct diag *d)
{
	size_t room = room_for(o, resource), all = 0, len = packed_len(pairs) / 2;
	for (size_t i = 0; i < len; i++)
		all += cost_of(o, packed_item(pairs, 2 * i));
	if (o->parcel != NULL) {
		const struct envelope *e = o->parcel->ctx;
		/* A trace stays together where it can. otlp 14 */
		bool parts = all <= room && len <= OUTBOX_SPANS_MAX && is_full(o, room, len, all);
		if (parts || !resource_equal(&e->resource, resource))
			flush(o, d);
	}
	/* Also when it is closed: each span has its fate. */
	for (size_t i = 0; i < len; i++) {
		struct str item = packed_item(pairs, 2 * i);
		if (item.len == 0) {
			o->lost++;
			continue;
		}
		if (is_full(o, room, 1, cost_of(o, item)))
			flush(o, d);
		if (o->selection != NULL)
			selection_handed(o->selection,
			                 str_head(str_skip(ids, i * SPAN_ID_LEN), SPAN_ID_LEN));
		parcel_add(parcel_for(o, resource), item, packed_item(pairs, 2 * i + 1));
		o->used += cost_of(o, item);
	}
}

bool
outbox_close(struct outbox *o, struct summary *summary, struct diag *d)
{
	struct sender_tally tally;
	flush(o, d);
	bool ok = sender_close(o->sender, &tally, d) && o->lost == 0;
	summary->sends = true;
	summary->delivered = tally.delivered;
	summary->rejected = tally.rejected + o->lost;
	summary->undelivered = tally.undelivered;
	summary->requests = tally.requests;
	summary->sent_bytes = tally.bytes;
	if (o->backlog != NULL)
		backlog_close(o->backlog, summary, d);
	free(o);
	return ok;
}
