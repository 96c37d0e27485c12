/* Which spans of a session are sent. */
#include "cli/selection.h"

#include "base/hash.h"

#define TARGET_BYTES 16 /* of the digest that stands for where spans go */

/* Items that the sender got one after the other, and that met the same fate. */
struct fated {
	enum fate fate;
	size_t items;
};

/* Where the spans go, and what else makes them other spans. */
static struct str
target_name(struct arena *a, const struct exporter *x, const struct options *o,
            const struct environment *env)
{
	const struct str parts[] = {
	    x->endpoint.url, o->convention, o->emulate,   o->detailed ? STR("detailed") : STR(""),
	    o->traceparent,  env->entity,   env->project,
	};
	struct strs all = {0};
	unsigned char digest[HASH_LEN];
	struct buf b = {0};
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
		*ARENA_PUSH(a, &all) = parts[i];
	/* A project or tenant may stand in a header; another key is no other place. */
	for (size_t i = 0; i < x->endpoint.headers.len; i++) {
		const struct header *h = &x->endpoint.headers.at[i];
		if (endpoint_is_key(h->name))
			continue;
		*ARENA_PUSH(a, &all) = h->name;
		*ARENA_PUSH(a, &all) = h->value;
	}
	hash_parts(all.at, all.len, digest);
	buf_hex(&b, digest, TARGET_BYTES);
	struct str name = arena_str(a, buf_str(&b));
	buf_free(&b);
	return name;
}

uint64_t
selection_wait_ms(const struct options *o, bool ends)
{
	uint64_t wait = o->detach && ends ? SELECTION_WAIT_LONG_MS : SELECTION_WAIT_MS;
	/* With a file and an endpoint there are two such waits. */
	uint64_t share = o->sending.deadline.ms / (o->output.len > 0 ? 4 : 2);
	return share > 0 && share < wait ? share : wait;
}

void
selection_begin(struct selection *s, struct arena *a, const struct exporter *x,
                const struct options *o, const struct environment *env, struct diag *d)
{
	struct str parts[] = {s->state, STR("/ledger/"), target_name(a, x, o, env)};
	if (s->state.len == 0)
		diag_warn(
		    d, (struct str){0}, 0,
		    "neither HOME nor XDG_STATE_HOME is set: what was sent before is not known");
	else
		s->ledger = ledger_open(a, arena_join(a, parts, 3), s->session,
		                        selection_wait_ms(o, s->whole), &s->is_busy, d);
	if (s->is_busy && s->whole) { /* no event follows that would send what is left */
		s->is_busy = false;
		diag_warn(d, (struct str){0}, 0,
		          "another run is still sending this session: all of it is sent again");
	}
}

/* True when nothing of the trace is final. An agent without a turn may yet find one. */
static bool
is_early(const struct selection *s, const struct trace_input *in)
{
	const struct turns *turns = &in->session->turns;
	if (s->whole)
		return false;
	if (in->turn == NULL || in->turn->unfinished == UNFINISHED_SESSION_ENDED)
		return true;
	return s->goes_on && turns->len > 0 && in->turn == turns->at[turns->len - 1];
}

static size_t
parent_of(const struct spans *spans, size_t i)
{
	for (size_t k = i; k-- > 0 && !span_is_root(spans->at[i]);)
		if (memcmp(spans->at[k]->span_id, spans->at[i]->parent_id, SPAN_ID_LEN) == 0)
			return k;
	return i;
}

/* What is above an open span sums up what is below, and what is below it may go on with it. */
static void
leave_out_open(const struct spans *spans, struct arena *a, bool *keep)
{
	size_t *parents = ARENA_ARRAY(a, size_t, spans->len);
	bool any = false;
	for (size_t i = 0; i < spans->len; i++)
		any |= spans->at[i]->is_open;
	for (size_t i = 0; i < spans->len && any; i++) {
		parents[i] = parent_of(spans, i);
		keep[i] = !spans->at[i]->is_open && (parents[i] == i || keep[parents[i]]);
	}
	for (size_t i = spans->len; any && i-- > 0;)
		if (!keep[i] && parents[i] != i && spans->at[i]->is_open)
			for (size_t k = i; parents[k] != k; k = parents[k])
				keep[parents[k]] = false;
}

const bool *
selection_of(const struct selection *s, const struct trace_made *made)
{
	const struct spans *spans = made->spans;
	bool any = false;
	if (s->is_busy || is_early(s, made->in))
		return NULL;
	bool *keep = ARENA_ARRAY(made->in->arena, bool, spans->len);
	for (size_t i = 0; i < spans->len; i++)
		keep[i] = true;
	if (!s->whole)
		leave_out_open(spans, made->in->arena, keep);
	for (size_t i = 0; i < spans->len; i++) {
		keep[i] = keep[i] && !ledger_has(s->ledger, spans->at[i]->span_id);
		any |= keep[i];
	}
	return any ? keep : NULL;
}

void
selection_handed(struct selection *s, struct str id)
{
	buf_add(&s->handed, id);
}

void
selection_settled(struct selection *s, enum fate fate, size_t items)
{
	struct fated f = {fate, items};
	buf_add(&s->fates, (struct str){(const char *)&f, sizeof f});
}

void
selection_end(struct selection *s, struct diag *d)
{
	size_t item = 0;
	for (size_t at = 0; at + sizeof(struct fated) <= s->fates.len; at += sizeof(struct fated)) {
		struct fated f;
		memcpy(&f, s->fates.at + at, sizeof f);
		for (size_t i = 0; i < f.items; i++, item++)
			/* What was refused is no longer to be refused once a key is mended. */
			if (f.fate == FATE_DELIVERED)
				ledger_add(s->ledger, (const unsigned char *)s->handed.at +
				                          item * SPAN_ID_LEN);
	}
	buf_free(&s->handed);
	buf_free(&s->fates);
	ledger_close(s->ledger, d);
	s->ledger = NULL;
}
