/* What could not be sent to an endpoint, and its way back. */
#include "cli/backlog.h"

#include <inttypes.h>
#include <stdlib.h>

#define SPOOL_BYTES_DEFAULT ((size_t)256 << 20)

struct backlog {
	struct spool *spool; /* NULL: there is no place */
	struct spool_target target;
	struct str type; /* media type of its batches */
	/* of the sender's thread, until that has ended */
	struct diag diag;
	struct arena notes;
	uint64_t kept, homeless;                   /* spans of this run */
	uint64_t flushed, set_aside;               /* spans that came from the spool */
	uint64_t delivered, rejected, undelivered; /* the same, as the sender counts them */
};

/* An entry of the spool on its way. */
struct journey {
	struct spool_entry entry;
	size_t items, left; /* of its parcel, and those that are not settled */
	bool is_refused;    /* as a whole */
	bool is_stuck;      /* some of it is not safe elsewhere: the entry stays */
};

/* What the ctx of its parcel points to. */
struct revived {
	const struct encoder *encoder; /* NULL: the batch is one item */
	struct str rest;               /* the batch without its items */
	struct journey *journey;
};

/* ---- opening ---- */

struct str
backlog_folder(const struct options *o, const struct environment *env)
{
	return o->sending.spool.len > 0 ? o->sending.spool : env->spool;
}

struct spool_target
backlog_target(const struct options *o, const struct exporter *x)
{
	const struct endpoint *e = &x->endpoint;
	struct spool_target t = {
	    .to = o->sending.to.len > 0 ? o->sending.to : STR("otlp"),
	    .protocol = e->protocol->name,
	    .url = e->shown,
	};
	/* A user stands in front of the host, and a query behind; of gRPC's the path is not shown. */
	bool is_told = e->protocol->is_grpc ? str_starts(e->url, e->shown)
	                                    : str_eq(e->url, e->shown);
	t.needs_more = !is_told || e->headers.len > 0 || e->client_key.len > 0;
	return t;
}

struct backlog *
backlog_open(const struct options *o, const struct environment *env, const struct exporter *x,
             struct diag *d)
{
	struct spool_options options = {
	    .folder = backlog_folder(o, env),
	    .max_bytes = o->sending.spool_max_bytes,
	    .now_ns = env->now_ns,
	};
	if (o->sending.no_spool)
		return NULL;
	if (options.max_bytes == 0)
		options.max_bytes = SPOOL_BYTES_DEFAULT;
	struct spool *spool = options.folder.len > 0 ? spool_open(&options, d) : NULL;
	if (spool == NULL && options.folder.len > 0)
		return NULL;
	struct backlog *b = calloc(1, sizeof *b);
	if (b == NULL)
		arena_exhausted();
	b->spool = spool;
	b->diag.arena = &b->notes;
	b->target = backlog_target(o, x);
	b->type = x->endpoint.protocol->payload_type;
	return b;
}

/* ---- to the sender ---- */

static void
refill(const void *ctx, const struct str *items, size_t count, struct buf *out)
{
	const struct revived *r = ctx;
	if (r->encoder != NULL)
		r->encoder->refill(r->rest, items, count, out);
	else
		buf_add(out, items[0]);
}

/* True when the batch comes out of its items byte for byte. */
static bool
take_apart(struct arena *a, const struct encoder *e, struct str batch, struct packed *items,
           struct str *rest)
{
	struct buf again = {0};
	if (!e->split(a, batch, items, rest))
		return false;
	struct str *list = ARENA_ARRAY(a, struct str, packed_len(items));
	for (size_t i = 0; i < packed_len(items); i++)
		list[i] = packed_item(items, i);
	e->refill(*rest, list, packed_len(items), &again);
	bool same = str_eq(buf_str(&again), batch);
	buf_free(&again);
	return same;
}

/* Fills a parcel with an entry. False when there is nothing to send. */
static bool
load(struct backlog *b, const struct encoder *e, struct parcel *p, struct str name, struct diag *d)
{
	struct journey *j = ARENA_NEW(&p->arena, struct journey);
	struct revived *r = ARENA_NEW(&p->arena, struct revived);
	struct packed items = {0};
	if (!spool_take(b->spool, &p->arena, &b->target, name, &j->entry, d))
		return false;
	if (!str_eq(j->entry.batch.type, b->type)) {
		spool_set_aside(b->spool, &j->entry, "it is of another type", d);
		return false;
	}
	r->journey = j;
	if (take_apart(&p->arena, e, j->entry.batch.bytes, &items, &r->rest) &&
	    packed_len(&items) == j->entry.batch.items) {
		r->encoder = e;
		for (size_t i = 0; i < packed_len(&items); i++)
			parcel_add(p, packed_item(&items, i), (struct str){0});
	} else {
		parcel_add(p, j->entry.batch.bytes, (struct str){0});
	}
	packed_free(&items);
	j->items = j->left = parcel_len(p);
	p->join = refill;
	p->ctx = r;
	return true;
}

void
backlog_send(struct backlog *b, const struct encoder *e, struct sender *s, struct diag *d)
{
	struct arena a = {0};
	struct spool_names names;
	bool open = true;
	if (b->spool == NULL)
		return;
	spool_waiting(b->spool, &a, &b->target, &names);
	for (size_t i = 0; i < names.len && open; i++) {
		struct parcel *p = sender_parcel(s);
		(void)load(b, e, p, names.at[i], d);
		open = sender_send(s, p, d); /* without items it only comes back */
	}
	arena_free(&a);
}

/* ---- from the sender ---- */

/* Puts a part of an entry where it belongs now. */
static void
settle_part(struct backlog *b, struct journey *j, enum spool_place place, struct str batch,
            size_t items)
{
	struct spool_batch part = {b->type, items, batch};
	if (!spool_put_part(b->spool, &b->target, &j->entry, place, &part, &b->diag))
		j->is_stuck = true;
}

static void
arrive(struct backlog *b, struct journey *j)
{
	if (j->is_stuck) {
		spool_leave(&j->entry);
	} else if (j->is_refused) {
		spool_set_aside(b->spool, &j->entry, "it was refused", &b->diag);
	} else {
		spool_remove(b->spool, &j->entry, &b->diag);
	}
}

static void
settle_old(struct backlog *b, struct journey *j, enum fate fate, struct str batch, size_t items,
           size_t lost)
{
	uint64_t spans = j->items == 1 ? j->entry.batch.items : items;
	bool is_whole = items == j->items;
	switch (fate) {
	case FATE_DELIVERED:
		b->delivered += items - lost;
		b->rejected += lost;
		b->flushed += lost == 0 ? spans : items - lost;
		break;
	case FATE_REJECTED:
		b->rejected += items;
		b->set_aside += spans;
		j->is_refused = is_whole;
		if (!is_whole)
			settle_part(b, j, SPOOL_REJECTED, batch, items);
		break;
	default:
		b->rejected += fate == FATE_BARRED ? items : 0;
		b->undelivered += fate == FATE_UNDELIVERED ? items : 0;
		j->is_stuck |= is_whole;
		if (!is_whole)
			settle_part(b, j, SPOOL_WAITING, batch, items);
		break;
	}
	j->left -= items;
	if (j->left == 0)
		arrive(b, j);
}

bool
backlog_sent(const struct parcel *p)
{
	return p->join == refill;
}

bool
backlog_settled(struct backlog *b, const struct parcel *p, enum fate fate, struct str batch,
                size_t items, size_t lost)
{
	if (backlog_sent(p)) {
		const struct revived *r = p->ctx;
		settle_old(b, r->journey, fate, batch, items, lost);
		return fate != FATE_REJECTED;
	}
	if (fate == FATE_DELIVERED || fate == FATE_REJECTED)
		return fate == FATE_DELIVERED;
	struct spool_batch new = {b->type, items, batch};
	if (b->spool == NULL)
		b->homeless += items;
	else if (spool_put(b->spool, &b->target, &new, &b->diag)) {
		b->kept += items;
		return true;
	}
	return false;
}

void
backlog_close(struct backlog *b, struct summary *summary, struct diag *d)
{
	diag_move(d, &b->diag, 0);
	if (b->spool != NULL && b->kept > 0)
		diag_warn(d, spool_folder(b->spool), 0,
		          "%" PRIu64
		          " span%s kept; the next run to %.*s, or retrospan flush%s, sends "
		          "them first",
		          b->kept, PLURAL(b->kept), STR_ARG(b->target.url),
		          b->target.needs_more ? " with the same --to or --endpoint" : "");
	if (b->homeless > 0)
		diag_warn(d, (struct str){0}, 0,
		          "%" PRIu64 " span%s not kept: neither XDG_STATE_HOME nor HOME says where "
		          "(--spool DIR)",
		          b->homeless, PLURAL(b->homeless));
	summary->delivered -= b->delivered;
	summary->rejected -= b->rejected;
	summary->undelivered -= b->undelivered;
	summary->kept = b->kept;
	summary->flushed = b->flushed;
	summary->set_aside = b->set_aside;
	if (b->spool != NULL)
		spool_close(b->spool, d);
	arena_free(&b->notes);
	free(b);
}
