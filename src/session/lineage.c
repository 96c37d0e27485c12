/* The chain of forks that a session stands in. claude-code-transcripts 10.5, weave 11. */
#include "session/build.h"

#define LINEAGE_HOPS_MAX 32 /* weave 11.2 */

static const struct transcript *
main_of(const struct builder *b, uint32_t session)
{
	for (size_t i = 0; i < b->transcripts->len; i++) {
		const struct transcript *t = b->transcripts->at[i];
		if (t->kind == TRANSCRIPT_MAIN && t->session == session)
			return t;
	}
	return NULL;
}

/* The session that says it goes on in this one. 10.3, form 6 */
static uint32_t
continued_from(const struct builder *b, uint32_t session)
{
	for (size_t i = 0; i < b->transcripts->len; i++) {
		const struct transcript *t = b->transcripts->at[i];
		for (size_t k = 0; t->kind == TRANSCRIPT_MAIN && k < t->record_count; k++)
			if (t->records[k].kind == RECORD_CONTINUED &&
			    t->records[k].continued->to == session && t->session != session)
				return t->session;
	}
	return 0;
}

/* The older session among the inputs that holds a line which is history here. */
static uint32_t
shares_lines_with(const struct builder *b, const struct transcript *t)
{
	uint32_t uuid = 0;
	for (size_t i = 0; i < t->record_count && uuid == 0; i++)
		if (t->records[i].fate == FATE_HISTORY && !(t->records[i].flags & RECORD_SOLE))
			uuid = t->records[i].uuid;
	if (uuid == 0)
		return 0;
	for (size_t i = 0; i < b->transcripts->len; i++) {
		const struct transcript *o = b->transcripts->at[i];
		for (size_t k = 0; o != t && o->kind == TRANSCRIPT_MAIN && k < o->record_count; k++)
			if (o->records[k].uuid == uuid &&
			    (o->records[k].fate == FATE_OWN || (o->records[k].flags & RECORD_SOLE)))
				return o->session;
	}
	return 0;
}

/* The immediate ancestor: the first rule that gives one. */
static uint32_t
ancestor(const struct builder *b, const struct transcript *t)
{
	for (size_t i = 0; i < t->record_count; i++)
		if (t->records[i].forked_session != 0)
			return t->records[i].forked_session;
	for (size_t i = 0; i < t->record_count; i++)
		if (t->records[i].origin_session != 0 && t->records[i].origin_session != t->session)
			return t->records[i].origin_session;
	uint32_t from = continued_from(b, t->session);
	return from != 0 ? from : shares_lines_with(b, t);
}

void
lineage_resolve(struct builder *b, struct session *s)
{
	uint32_t seen[LINEAGE_HOPS_MAX + 1];
	size_t hops = 0;
	uint32_t at = s->id;
	seen[0] = at;
	while (hops < LINEAGE_HOPS_MAX) {
		const struct transcript *t = main_of(b, at);
		uint32_t next = t == NULL ? 0 : ancestor(b, t);
		bool again = next == 0;
		for (size_t i = 0; i <= hops; i++)
			again |= seen[i] == next;
		if (again)
			break;
		at = seen[++hops] = next;
		if (hops == 1)
			s->parent = at;
	}
	s->conversation = at;
}
