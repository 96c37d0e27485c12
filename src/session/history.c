/* Telling a session's own lines from copies of another session's. Sections: claude-code-
 * transcripts. */
#include "base/when.h"
#include "session/build.h"

/* What gives the forks of 1.0.x away: 10.4, 6d */
#define STAMP_LINES_MIN 3
#define STAMP_NS_MAX (2 * WHEN_MS) /* the new prompt may follow after 4 ms */

struct ledger {
	struct builder *b;
	struct by_ident by_uuid;    /* struct record: the likeliest owner so far */
	struct by_ident by_message; /* the same, by message id */
	struct by_ident requests;   /* struct transcript that holds the request */
	uint64_t *own_since;        /* per transcript: its earliest line that nobody else has */
	bool *has_agents; /* per transcript: its session has agents' files, which no copy has */
	bool *one_prompt; /* per transcript: prompts share one id, as copies of form 4 have it */
};

static bool
is_conversation(const struct record *r)
{
	return r->uuid != 0;
}

static bool
is_main_line(const struct record *r)
{
	return !(r->flags & RECORD_SIDECHAIN);
}

/* Rules 1 to 3. */
static bool
is_marked(const struct transcript *t, const struct record *r)
{
	if (r->origin_session != 0 && r->origin_session != t->session)
		return true;
	if (r->forked_session != 0 && r->forked_session != t->session)
		return true;
	return r->session != 0 && r->session != t->session;
}

/* Other writers give all slices of a response one uuid: the later one with another block is no
 * repeat. */
static bool
is_other_slice(const struct record *a, const struct record *b)
{
	if (a->kind != RECORD_RESPONSE || b->kind != RECORD_RESPONSE || a->time_ns == b->time_ns ||
	    a->response->block_count == 0 || b->response->block_count == 0)
		return false;
	const struct block_record *x = &a->response->blocks[0], *y = &b->response->blocks[0];
	return x->kind != y->kind || x->id != y->id;
}

/* Rule 4: inside a file the first line with a uuid counts. 10.1 */
static void
drop_repeats(struct builder *b, struct transcript *t, struct by_ident *seen)
{
	(void)b;
	for (size_t i = 0; i < t->record_count; i++) {
		struct record *r = &t->records[i];
		if (r->uuid == 0)
			continue;
		struct record *first = by_ident_get(seen, r->uuid);
		if (first == NULL)
			by_ident_put(seen, r->uuid, r);
		else if (is_other_slice(first, r))
			continue;
		else if (!(first->flags & RECORD_CARRIED) || (r->flags & RECORD_CARRIED))
			r->fate = FATE_DUPLICATE;
		else
			first->fate = FATE_DUPLICATE; /* the line itself beats what carried it */
	}
	for (size_t i = 0; i < t->record_count; i++)
		by_ident_put(seen, t->records[i].uuid, NULL);
}

/* Rule 6a: a response whose request is not in a file that holds other requests. */
static bool
lacks_request(const struct ledger *l, const struct transcript *t, const struct record *r,
              bool has_requests)
{
	return has_requests && r->kind == RECORD_RESPONSE && r->response->request_ref != 0 &&
	       by_ident_get(&l->requests, r->response->request_ref) != t;
}

/* Rule 6b: older than the queue line at the head of the file. */
static bool
before_queue(const struct record *r, uint64_t queue_ns)
{
	if (queue_ns == 0 || r->time_ns == 0)
		return false;
	bool said = (r->kind == RECORD_RESPONSE && !r->response->filler) ||
	            r->kind == RECORD_USER || r->kind == RECORD_RESULTS;
	if (said && !(r->flags & RECORD_META))
		return r->time_ns < queue_ns;
	return r->time_ns + WHEN_S < queue_ns;
}

static uint64_t
head_queue_time(const struct transcript *t)
{
	for (size_t i = 0; i < t->record_count && !is_conversation(&t->records[i]); i++)
		if (t->records[i].kind == RECORD_QUEUE)
			return t->records[i].time_ns;
	return 0;
}

static bool
has_own_requests(const struct ledger *l, const struct transcript *t)
{
	for (size_t i = 0; i < t->record_count; i++) {
		const struct record *r = &t->records[i];
		if (r->kind == RECORD_RESPONSE && r->response->request_ref != 0 &&
		    by_ident_get(&l->requests, r->response->request_ref) == t)
			return true;
	}
	return false;
}

static uint64_t
first_response_time(const struct transcript *t)
{
	for (size_t i = 0; i < t->record_count; i++)
		if (is_conversation(&t->records[i]) && t->records[i].kind == RECORD_RESPONSE)
			return t->records[i].time_ns;
	return 0;
}

/* Rule 6d: where the lines at the head of the file end that bear the instant of the copying, and
 * are of several responses. Versions differ (1.0.120, seen in a file): where copies keep the ids of
 * their requests, their prompts keep their times, too, and so time goes back. Later versions
 * made no such forks (10.1): equal times are somebody else's there. */
static size_t
stamped_block(struct builder *b, const struct transcript *t)
{
	size_t lines = 0, end = 0;
	uint64_t ns = first_response_time(t);
	uint32_t message = 0;
	bool several = false, goes_back = false, keeps_ids = false, starts_earlier = false;
	for (size_t i = 0; i < t->record_count && ns != 0; i++) {
		const struct record *r = &t->records[i];
		if (!is_conversation(r))
			continue;
		if (r->time_ns == 0 || r->time_ns > ns + STAMP_NS_MAX ||
		    !version_at_most(b, r->version, 2, 0, 31))
			break;
		starts_earlier |= lines == 0 && r->time_ns < ns;
		goes_back |= lines > 0 && r->time_ns < ns;
		if (r->time_ns < ns)
			continue;
		lines++;
		end = i + 1;
		if (r->kind != RECORD_RESPONSE)
			continue;
		keeps_ids |= r->response->request != 0;
		several |= message != 0 && r->response->message != message;
		message = r->response->message;
	}
	bool stamped = goes_back || (!keeps_ids && !starts_earlier);
	return lines >= STAMP_LINES_MIN && several && stamped ? end : 0;
}

/* The SDK dates the last line that it copies at the fork. 10.3, form 8 */
static void
forget_fork_time(struct transcript *t)
{
	for (size_t i = t->record_count; i > 0; i--) {
		struct record *r = &t->records[i - 1];
		if (r->forked_uuid == 0)
			continue;
		if (r->forked_uuid != r->uuid)
			r->time_ns = 0;
		return;
	}
}

/* Rules 1 to 3, 6a, 6b, 6d; then 6c: what stands before such a line is history too. */
static void
mark_main(struct ledger *l, struct transcript *t)
{
	uint64_t queue_ns = head_queue_time(t);
	bool has_requests = has_own_requests(l, t);
	size_t end = stamped_block(l->b, t);
	for (size_t i = 0; i < t->record_count; i++) {
		const struct record *r = &t->records[i];
		if (!is_conversation(r) || r->fate == FATE_DUPLICATE)
			continue;
		if (is_marked(t, r) || lacks_request(l, t, r, has_requests) ||
		    before_queue(r, queue_ns))
			end = i + 1;
	}
	for (size_t i = 0; i < end; i++)
		if (is_conversation(&t->records[i]) && t->records[i].fate == FATE_OWN)
			t->records[i].fate = FATE_HISTORY;
}

static size_t
transcript_index(const struct builder *b, const struct transcript *t)
{
	for (size_t i = 0; i < b->transcripts->len; i++)
		if (b->transcripts->at[i] == t)
			return i;
	return 0;
}

/* A line of the conversation belongs there, not in an agent's file that carries it along; an
 * agent's line belongs in the agent's file. 1.5, weave 7.5 */
static int
place_of(const struct record *r)
{
	if (r->in->kind == TRANSCRIPT_AGENT)
		return 1;
	return is_main_line(r) ? 2 : 0;
}

/* Rule 5, the comparisons in their order. Positive: a is the likelier owner. */
static int
compare_claims(const struct ledger *l, const struct record *x, const struct record *y)
{
	const struct transcript *a = x->in, *b = y->in;
	if (place_of(x) != place_of(y))
		return place_of(x) - place_of(y);
	/* Of two copies of one file the first counts: family.c has put the longer one there. */
	if (is_same_file(a, b))
		return transcript_index(l->b, a) < transcript_index(l->b, b) ? 1 : -1;
	bool mx = is_marked(a, x), my = is_marked(b, y);
	if (mx != my)
		return mx ? -1 : 1;
	if (x->kind == RECORD_RESPONSE && y->kind == RECORD_RESPONSE) {
		bool qx = by_ident_get(&l->requests, x->response->request_ref) == a;
		bool qy = by_ident_get(&l->requests, y->response->request_ref) == b;
		if (qx != qy)
			return qx ? 1 : -1;
		if ((x->response->request != 0) != (y->response->request != 0))
			return x->response->request != 0 ? 1 : -1;
	}
	if (x->time_ns != y->time_ns)
		return x->time_ns < y->time_ns ? 1 : -1;
	if ((x->fate == FATE_HISTORY) != (y->fate == FATE_HISTORY))
		return x->fate == FATE_HISTORY ? -1 : 1;
	bool gx = l->has_agents[transcript_index(l->b, a)];
	bool gy = l->has_agents[transcript_index(l->b, b)];
	if (gx != gy)
		return gx ? 1 : -1;
	bool px = l->one_prompt[transcript_index(l->b, a)];
	bool py = l->one_prompt[transcript_index(l->b, b)];
	if (px != py)
		return px ? -1 : 1;
	uint64_t ox = l->own_since[transcript_index(l->b, a)];
	uint64_t oy = l->own_since[transcript_index(l->b, b)];
	if (ox != oy)
		return ox < oy ? 1 : -1;
	/* Of a chain of copies the shorter is the older. */
	size_t na = a->record_count, nb = b->record_count;
	if (na != nb)
		return na < nb ? 1 : -1;
	int order = str_cmp(intern_str(l->b->names, a->session),
	                    intern_str(l->b->names, b->session));
	return order < 0 ? 1 : -1;
}

static void
stake(struct ledger *l, struct by_ident *map, uint32_t ident, struct record *r)
{
	const struct record *best = by_ident_get(map, ident);
	if (best == NULL || (best->in != r->in && compare_claims(l, r, best) > 0))
		by_ident_put(map, ident, r);
}

/* 10.3, form 4: all copied prompts have one id, which is otherwise that of one prompt. 5.4 */
static bool
shares_prompt_id(const struct transcript *t)
{
	uint32_t before = 0;
	for (size_t i = 0; i < t->record_count; i++) {
		const struct record *r = &t->records[i];
		if (r->kind != RECORD_USER || (r->flags & (RECORD_META | RECORD_SIDECHAIN)) ||
		    r->prompt == 0 || r->user->summary || r->fate == FATE_DUPLICATE ||
		    (r->user->text != TEXT_PROMPT && r->user->text != TEXT_COMMAND))
			continue;
		if (r->prompt == before)
			return true;
		before = r->prompt;
	}
	return false;
}

/* The earliest line of each file that no other file has. */
static void
find_own_since(struct ledger *l)
{
	const struct transcripts *all = l->b->transcripts;
	struct by_ident holder = by_ident_new(l->b);
	static const struct transcript shared;
	for (size_t i = 0; i < all->len; i++)
		for (size_t k = 0; k < all->at[i]->record_count; k++) {
			uint32_t uuid = all->at[i]->records[k].uuid;
			const struct transcript *who = by_ident_get(&holder, uuid);
			if (who == NULL)
				by_ident_put(&holder, uuid, all->at[i]);
			else if (who != &shared && !is_same_file(who, all->at[i]))
				by_ident_put(&holder, uuid, (void *)(uintptr_t)&shared);
		}
	for (size_t i = 0; i < all->len; i++) {
		l->one_prompt[i] = shares_prompt_id(all->at[i]);
		for (size_t k = 0; all->at[i]->kind == TRANSCRIPT_MAIN && k < all->len; k++)
			l->has_agents[i] |= all->at[k]->kind == TRANSCRIPT_AGENT &&
			                    all->at[k]->record_count > 0 &&
			                    all->at[k]->session == all->at[i]->session;
		/* A file all of whose lines others have is what they were copied from. */
		bool alone = false;
		l->own_since[i] = UINT64_MAX;
		for (size_t k = 0; k < all->at[i]->record_count; k++) {
			const struct record *r = &all->at[i]->records[k];
			const struct transcript *who = by_ident_get(&holder, r->uuid);
			if (r->uuid == 0 || who == &shared || !is_same_file(who, all->at[i]))
				continue;
			alone = true;
			if (r->time_ns != 0 && r->time_ns < l->own_since[i])
				l->own_since[i] = r->time_ns;
		}
		if (!alone)
			l->own_since[i] = 0;
	}
}

/* Rule 5 over main files and side chains alike: 4.1, 9.4 */
static void
settle_across_files(struct ledger *l)
{
	const struct transcripts *all = l->b->transcripts;
	for (size_t i = 0; i < all->len; i++)
		for (size_t k = 0; k < all->at[i]->record_count; k++) {
			struct record *r = &all->at[i]->records[k];
			if (r->fate == FATE_DUPLICATE || (r->flags & RECORD_CARRIED))
				continue;
			stake(l, &l->by_uuid, r->uuid, r);
			if (r->kind == RECORD_RESPONSE && !r->response->filler)
				stake(l, &l->by_message, r->response->message, r);
		}
	for (size_t i = 0; i < all->len; i++)
		for (size_t k = 0; k < all->at[i]->record_count; k++) {
			struct record *r = &all->at[i]->records[k];
			const struct record *u = by_ident_get(&l->by_uuid, r->uuid);
			const struct record *m = NULL;
			if (r->kind == RECORD_RESPONSE && !r->response->filler)
				m = by_ident_get(&l->by_message, r->response->message);
			if (r->fate != FATE_OWN)
				continue;
			if ((u != NULL && u->in != all->at[i]) ||
			    (m != NULL && m->in != all->at[i]))
				r->fate = FATE_HISTORY;
		}
}

/* A fork agent's file begins with a copy of its parent's response and a made-up result. 9.5 */
static void
mark_fork_head(struct transcript *t)
{
	bool head = false;
	for (size_t i = 0; i < t->record_count; i++) {
		struct record *r = &t->records[i];
		if (r->kind == RECORD_FORK_CONTEXT) {
			head = true;
		} else if (head && r->kind == RECORD_RESPONSE) {
			r->fate = FATE_HISTORY;
		} else if (head && r->kind == RECORD_RESULTS) {
			r->fate = FATE_HISTORY;
			return;
		} else if (head && r->kind == RECORD_USER) {
			return;
		}
	}
}

/* The copies of 2.0.77 (form 2) lack parallel calls. Their prompts keep the id of an older
 * session, and the other lines do not. */
static bool
lost_calls(const struct transcript *t)
{
	bool foreign_prompt = false, own_line = false;
	for (size_t i = 0; i < t->record_count; i++) {
		const struct record *r = &t->records[i];
		if (r->fate != FATE_HISTORY || r->session == 0 || r->forked_session != 0)
			continue;
		foreign_prompt |= r->kind == RECORD_USER && r->session != t->session;
		own_line |= r->kind == RECORD_RESPONSE && r->session == t->session;
	}
	return foreign_prompt && own_line;
}

/* History that may be written in the place of an original that is not here: 10.4, last
 * paragraph. Not what lost its times (form 1) or calls (form 2). */
static void
mark_exportable(struct ledger *l)
{
	const struct transcripts *all = l->b->transcripts;
	for (size_t i = 0; i < all->len; i++) {
		struct transcript *t = all->at[i];
		size_t stamped = lost_calls(t) ? t->record_count : stamped_block(l->b, t);
		for (size_t k = stamped; k < t->record_count; k++) {
			struct record *r = &t->records[k];
			const struct record *best = by_ident_get(&l->by_uuid, r->uuid);
			if (r->fate == FATE_HISTORY && is_main_line(r) && best == r)
				r->flags |= RECORD_SOLE;
		}
	}
}

/* The file that holds a request, or the first of several copies of it. */
static void
take_request(struct ledger *l, struct transcript *t, uint32_t id)
{
	const struct transcript *other = by_ident_get(&l->requests, id);
	if (other == NULL || !is_same_file(other, t))
		by_ident_put(&l->requests, id, t);
}

void
history_classify(struct builder *b)
{
	struct ledger l = {.b = b};
	struct by_ident seen = by_ident_new(b);
	l.by_uuid = by_ident_new(b);
	l.by_message = by_ident_new(b);
	l.requests = by_ident_new(b);
	l.own_since = ARENA_ARRAY(&b->scratch, uint64_t, b->transcripts->len);
	l.has_agents = ARENA_ARRAY(&b->scratch, bool, b->transcripts->len);
	l.one_prompt = ARENA_ARRAY(&b->scratch, bool, b->transcripts->len);
	for (size_t i = 0; i < b->transcripts->len; i++) {
		struct transcript *t = b->transcripts->at[i];
		drop_repeats(b, t, &seen);
		for (size_t k = 0; k < t->record_count; k++)
			if (t->records[k].kind == RECORD_REQUEST)
				take_request(&l, t, t->records[k].request->id);
	}
	for (size_t i = 0; i < b->transcripts->len; i++) {
		struct transcript *t = b->transcripts->at[i];
		if (t->kind != TRANSCRIPT_MAIN) {
			mark_fork_head(t);
			continue;
		}
		mark_main(&l, t);
		forget_fork_time(t);
	}
	find_own_since(&l);
	settle_across_files(&l);
	mark_exportable(&l);
	arena_free(&b->scratch);
}
