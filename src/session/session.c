/* From records to sessions: the order in which the parts do their work. */
#include "session/build.h"

#include <stdlib.h>

struct by_ident
by_ident_new(struct builder *b)
{
	return (struct by_ident){.arena = &b->scratch};
}

void *
by_ident_get(const struct by_ident *m, uint32_t ident)
{
	size_t page = ident / INTERN_RUN;
	return page >= m->len || m->at[page] == NULL ? NULL : m->at[page][ident % INTERN_RUN];
}

void
by_ident_put(struct by_ident *m, uint32_t ident, void *p)
{
	size_t page = ident / INTERN_RUN;
	if (ident == 0)
		return;
	while (page >= m->len)
		*ARENA_PUSH(m->arena, m) = NULL;
	if (m->at[page] == NULL)
		m->at[page] = ARENA_ARRAY(m->arena, void *, INTERN_RUN);
	m->at[page][ident % INTERN_RUN] = p;
}

bool
version_at_most(struct builder *b, uint32_t version, unsigned major, unsigned minor, unsigned patch)
{
	struct str rest = intern_str(b->names, version);
	const uint64_t most[3] = {major, minor, patch};
	for (size_t i = 0; i < 3; i++) {
		uint64_t n;
		size_t dot = str_find_byte(rest, '.');
		struct str number = dot == STR_NONE ? rest : str_head(rest, dot);
		if (!str_to_u64(number, &n))
			return false;
		if (n != most[i])
			return n < most[i];
		rest = dot == STR_NONE ? (struct str){0} : str_skip(rest, dot + 1);
	}
	return true;
}

/* The names of a session: its title, and who it is in a team (weave 7.9). The last title of the
 * best rank. A summary is usually about another session. 13 */
static void
find_names(struct session *s, const struct transcript *t)
{
	int best = -1;
	for (size_t i = 0; i < t->record_count; i++) {
		const struct record *r = &t->records[i];
		if (r->kind == RECORD_USER && s->agent_name == 0 && !(r->flags & RECORD_SIDECHAIN))
			s->agent_name = r->user->member;
		if (r->kind != RECORD_TITLE || r->title->text == 0 ||
		    r->title->rank == TITLE_SUMMARY || (int)r->title->rank < best)
			continue;
		best = (int)r->title->rank;
		s->title = r->title->text;
	}
}

static void
reset(struct builder *b)
{
	struct by_ident *maps[] = {&b->call_by_id, &b->answers, &b->responses, &b->carriers,
	                           &b->notices,    &b->shapes,  &b->requests};
	arena_free(&b->scratch);
	for (size_t i = 0; i < sizeof maps / sizeof *maps; i++)
		*maps[i] = by_ident_new(b);
	b->answered = ARENA_ARRAY(&b->scratch, bool, (size_t)intern_count(b->names));
	b->version_decides = ARENA_ARRAY(&b->scratch, bool, (size_t)intern_count(b->names));
	b->calls = (struct tool_calls){0};
}

static void
for_each_chain(struct builder *b, void (*f)(struct builder *b, struct chain *c))
{
	if (b->main != NULL)
		f(b, b->main);
	for (size_t i = 0; i < b->agents.len; i++)
		f(b, b->agents.at[i]);
}

/* Own lines that no turn and no agent owns come to nothing; so does filler. */
static void
mark_unused(struct builder *b, struct chain *c)
{
	for (size_t i = 0; i < c->len; i++) {
		struct record *r = c->at[i];
		bool placeless = r->kind == RECORD_TITLE || r->kind == RECORD_QUEUE ||
		                 r->kind == RECORD_CONTINUED || r->kind == RECORD_FORK_CONTEXT ||
		                 r->kind == RECORD_HOOK || r->kind == RECORD_COMPACTION ||
		                 (r->kind == RECORD_USER && r->user->summary);
		bool filler = r->kind == RECORD_RESPONSE && r->response->filler;
		bool owned = c == b->main ? c->owner[i].turn != NULL : c->owner[i].agent != NULL;
		if (r->fate == FATE_OWN && (filler || (!owned && !placeless)))
			r->fate = FATE_UNUSED;
	}
}

/* History is built like the rest, so that turns are numbered alike; then it goes, but for
 * what is asked for and stands nowhere else. */
static void
drop_history(struct builder *b)
{
	struct turns *turns = &b->session->turns;
	size_t kept = 0;
	for (size_t i = 0; i < turns->len; i++) {
		struct turn *t = turns->at[i];
		if (t->history && !(b->options->history && (t->opening->flags & RECORD_SOLE))) {
			b->session->inherited_turns++;
			continue;
		}
		if (t->start.ns == 0) {
			b->session->timeless_turns++; /* a span must have a time: otlp 13.11 */
			continue;
		}
		turns->at[kept++] = t;
	}
	turns->len = kept;
}

static void
drop_timeless(struct agents *list, struct session *s)
{
	size_t kept = 0;
	for (size_t i = 0; i < list->len; i++) {
		if (list->at[i]->start.ns != 0)
			list->at[kept++] = list->at[i];
		else
			s->timeless_turns++;
	}
	list->len = kept;
}

static void
drop_timeless_commands(struct turns *list, struct session *s)
{
	size_t kept = 0;
	for (size_t i = 0; i < list->len; i++) {
		if (list->at[i]->start.ns != 0)
			list->at[kept++] = list->at[i];
		else
			s->timeless_commands++;
	}
	list->len = kept;
}

static struct session *
build_session(struct builder *b, const struct transcript *main, uint32_t id)
{
	struct session *s = ARENA_NEW(b->arena, struct session);
	s->id = id;
	s->transcript = main;
	s->wanted = main != NULL && main->wanted;
	for (size_t i = 0; main == NULL && i < b->transcripts->len; i++)
		s->wanted |= b->transcripts->at[i]->session == id && b->transcripts->at[i]->wanted;
	b->session = s;
	reset(b);
	lineage_resolve(b, s);
	chain_collect(b, main);
	if (main != NULL)
		find_names(s, main);
	turn_split(b);
	agent_split(b);
	for_each_chain(b, response_collect);
	for_each_chain(b, response_sort);
	for_each_chain(b, call_collect_answers);
	notice_collect(b);
	for_each_chain(b, response_time);
	if (b->options->detailed)
		for_each_chain(b, detail_collect);
	call_finish(b);
	agent_link(b);
	agent_time(b);
	turn_finish(b);
	permission_find(b);
	for_each_chain(b, mark_unused);
	drop_history(b);
	s->spoken = main == NULL;
	for (size_t i = 0; main != NULL && i < main->record_count; i++)
		s->spoken |= main->records[i].uuid != 0 || main->records[i].kind == RECORD_USER ||
		             main->records[i].kind == RECORD_RESPONSE;
	drop_timeless(&s->rootless, s);
	drop_timeless_commands(&s->commands, s);
	s->start_ns = UINT64_MAX;
	arena_free(&b->scratch); /* before the lists of lines, which are long */
	for (size_t i = 0; i < s->turns.len; i++) {
		line_assign(b, s->turns.at[i]);
		if (s->turns.at[i]->start.ns < s->start_ns)
			s->start_ns = s->turns.at[i]->start.ns;
	}
	for (size_t i = 0; i < s->commands.len; i++)
		line_assign(b, s->commands.at[i]);
	for (size_t i = 0; i < s->rootless.len; i++) {
		line_assign_rootless(b, s->rootless.at[i]);
		if (s->rootless.at[i]->start.ns < s->start_ns)
			s->start_ns = s->rootless.at[i]->start.ns;
	}
	return s;
}

static bool
is_built(const struct sessions *list, uint32_t id)
{
	for (size_t i = 0; i < list->len; i++)
		if (list->at[i]->id == id)
			return true;
	return false;
}

struct sessions
session_build(struct arena *a, struct intern *names, const struct transcripts *transcripts,
              const struct agent_facts *facts, size_t fact_count,
              const struct session_options *options)
{
	struct sessions list = {0};
	struct builder b = {.arena = a,
	                    .names = names,
	                    .transcripts = transcripts,
	                    .facts = facts,
	                    .fact_count = fact_count,
	                    .options = options};
	history_classify(&b);
	for (size_t i = 0; i < transcripts->len; i++) {
		const struct transcript *t = transcripts->at[i];
		if (t->kind == TRANSCRIPT_MAIN && t->record_count > 0 &&
		    !is_built(&list, t->session))
			*ARENA_PUSH(a, &list) = build_session(&b, t, t->session);
	}
	/* A second copy of a session's file: what only it has comes to nothing. */
	for (size_t i = 0; i < transcripts->len; i++) {
		struct transcript *t = transcripts->at[i];
		bool built = t->kind != TRANSCRIPT_MAIN;
		for (size_t k = 0; k < list.len; k++)
			built |= list.at[k]->transcript == t;
		for (size_t k = 0; !built && k < t->record_count; k++)
			if (t->records[k].fate == FATE_OWN)
				t->records[k].fate = FATE_UNUSED;
	}
	/* Agents whose session's own file is not here. */
	for (size_t i = 0; i < transcripts->len; i++) {
		const struct transcript *t = transcripts->at[i];
		if (t->kind == TRANSCRIPT_AGENT && t->record_count > 0 &&
		    !is_built(&list, t->session))
			*ARENA_PUSH(a, &list) = build_session(&b, NULL, t->session);
	}
	process_number(&b, &list);
	arena_free(&b.scratch);
	return list;
}

/* ---- the account ---- */

enum line_use
session_line_use(const struct record *r)
{
	if (r->fate == FATE_HISTORY || r->fate == FATE_DUPLICATE)
		return LINE_HISTORY;
	if (r->kind == RECORD_CONTEXT || r->kind == RECORD_PLACE || r->kind == RECORD_SHAPE ||
	    r->fate == FATE_UNUSED)
		return LINE_IGNORED;
	return LINE_USED;
}

void
session_account(struct arena *a, const struct transcript *t, struct account *account)
{
	account->read += t->read;
	account->skipped += t->skipped;
	account->by_type.other = t->ignored.other;
	for (size_t i = 0; i < t->ignored.len; i++) {
		account->ignored += t->ignored.at[i].count;
		type_counts_add(a, &account->by_type, t->ignored.at[i].type,
		                t->ignored.at[i].count);
	}
	for (size_t i = 0; i < t->record_count; i++) {
		const struct record *r = &t->records[i];
		enum line_use use = session_line_use(r);
		account->history += use == LINE_HISTORY;
		account->used += use == LINE_USED;
		account->ignored += use == LINE_IGNORED;
		if (use == LINE_IGNORED)
			type_counts_add(a, &account->by_type, r->type, 1);
	}
}
