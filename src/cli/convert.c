/* One family of files, from lines to spans. */
#include "cli/convert.h"

#include <stdlib.h>

#define RELATIVES_ROUNDS_MAX 32 /* each finds the ancestors of those found before */

struct family {
	struct arena arena;
	struct arena *worker_arenas;
	struct intern *names;
	struct diag diag;
	struct transcripts transcripts;
	struct looks known;
};

/* ---- an order that the places of the files don't change ---- */

struct ranked {
	struct transcript *transcript;
	struct str session, agent;
};

/* Main files before agents'; by session; of copies the longer one first. */
static int
compare(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;
	const struct transcript *s = x->transcript, *t = y->transcript;
	if (s->kind != t->kind)
		return s->kind < t->kind ? -1 : 1;
	int order = str_cmp(x->session, y->session);
	if (order == 0)
		order = str_cmp(x->agent, y->agent);
	if (order != 0)
		return order;
	if (s->record_count != t->record_count)
		return s->record_count > t->record_count ? -1 : 1;
	return str_cmp(s->source->path, t->source->path);
}

static void
sort_transcripts(struct family *f)
{
	struct transcripts *list = &f->transcripts;
	struct ranked *ranked = ARENA_ARRAY(&f->arena, struct ranked, list->len);
	for (size_t i = 0; i < list->len; i++)
		ranked[i] = (struct ranked){list->at[i], intern_str(f->names, list->at[i]->session),
		                            intern_str(f->names, list->at[i]->agent)};
	if (list->len > 1)
		qsort(ranked, list->len, sizeof *ranked, compare);
	for (size_t i = 0; i < list->len; i++)
		list->at[i] = ranked[i].transcript;
	for (size_t i = 1; i < list->len; i++) {
		const struct transcript *t = list->at[i], *before = list->at[i - 1];
		if (t->kind == TRANSCRIPT_MAIN && before->kind == TRANSCRIPT_MAIN &&
		    t->session == before->session && t->record_count > 0)
			diag_warn(&f->diag, t->source->path, 0,
			          "session %.*s is also in %.*s, which counts",
			          STR_ARG(ranked[i].session), STR_ARG(before->source->path));
	}
}

/* ---- reading ---- */

static void
read_files(struct family *f, unsigned threads, const struct looks *looks, size_t from)
{
	struct reading r = {&f->arena, f->worker_arenas, f->names, threads, &f->diag, false};
	(void)transcripts_read(&r, looks->at + from, looks->len - from, &f->transcripts);
}

static bool
has_main(const struct family *f, uint32_t session)
{
	for (size_t i = 0; i < f->transcripts.len; i++)
		if (f->transcripts.at[i]->kind == TRANSCRIPT_MAIN &&
		    f->transcripts.at[i]->session == session)
			return true;
	return false;
}

/* The folder of a renamed file's agents has the file's name, not the session's. */
static void
adopt_agents(struct family *f)
{
	for (size_t i = 0; i < f->transcripts.len; i++) {
		const struct transcript *main = f->transcripts.at[i];
		if (main->kind != TRANSCRIPT_MAIN || !str_ends(main->source->name, STR(".jsonl")))
			continue;
		uint32_t stem = intern_add(
		    f->names, str_head(main->source->name, main->source->name.len - 6));
		for (size_t k = 0; stem != main->session && k < f->transcripts.len; k++) {
			struct transcript *t = f->transcripts.at[k];
			if (t->kind == TRANSCRIPT_AGENT && t->session == stem && !has_main(f, stem))
				t->session = main->session;
		}
	}
}

/* Reads a family and, round by round, what its files refer to. */
static void
read_family(struct family *f, unsigned threads, const struct looks *looks)
{
	for (size_t i = 0; i < looks->len; i++)
		*ARENA_PUSH(&f->arena, &f->known) = looks->at[i];
	read_files(f, threads, &f->known, 0);
	for (int round = 0; round < RELATIVES_ROUNDS_MAX; round++) {
		size_t before = f->known.len;
		if (inputs_relatives(&f->arena, f->names, &f->transcripts, &f->known) == 0)
			break;
		read_files(f, threads, &f->known, before);
	}
	adopt_agents(f);
	sort_transcripts(f);
}

/* ---- the account ---- */

static bool
is_counted(const struct sessions *sessions, const struct transcript *t)
{
	for (size_t i = 0; i < sessions->len; i++)
		if (sessions->at[i]->id == t->session)
			return sessions->at[i]->wanted;
	return t->wanted;
}

static void
tally_lines(struct family *f, const struct sessions *sessions, struct tally *tally, struct log *log)
{
	struct account account = {0};
	for (size_t i = 0; i < f->transcripts.len; i++) {
		const struct transcript *t = f->transcripts.at[i];
		if (!is_counted(sessions, t))
			continue;
		session_account(&f->arena, t, &account);
		if (t->skipped > DIAG_NOTES_MAX)
			log_more(log, t->source->path, t->skipped - DIAG_NOTES_MAX);
	}
	struct summary *s = &tally->summary;
	s->read += account.read;
	s->used += account.used;
	s->history += account.history;
	s->ignored += account.ignored;
	s->skipped += account.skipped;
	for (size_t i = 0; i < account.by_type.len; i++) {
		uint32_t ident = intern_add(tally->types,
		                            intern_str(f->names, account.by_type.at[i].type));
		while (tally->ignored.len <= ident)
			(void)ARENA_PUSH(&tally->arena, &tally->ignored);
		tally->ignored.at[ident].type = intern_str(tally->types, ident);
		tally->ignored.at[ident].count += account.by_type.at[i].count;
	}
}

static void
tally_sessions(const struct sessions *sessions, struct tally *tally)
{
	for (size_t i = 0; i < sessions->len; i++) {
		const struct session *s = sessions->at[i];
		if (!s->wanted || !s->spoken)
			continue;
		tally->summary.sessions++;
		tally->summary.inherited += sessions->at[i]->inherited_turns;
	}
}

static void
warn_timeless(struct family *f, const struct sessions *sessions)
{
	for (size_t i = 0; i < sessions->len; i++) {
		const struct session *s = sessions->at[i];
		if (s->wanted && s->timeless_turns > 0)
			diag_warn(&f->diag,
			          s->transcript != NULL ? s->transcript->source->path
			                                : (struct str){0},
			          0, "no line with a time: %zu turn%s of session %.*s left out",
			          s->timeless_turns, s->timeless_turns == 1 ? "" : "s",
			          STR_ARG(intern_str(f->names, s->id)));
	}
}

/* ---- all of it ---- */

/* Sessions leave in the order in which they began. */
static void
sort_sessions(struct sessions *list)
{
	for (size_t i = 1; i < list->len; i++) {
		struct session *s = list->at[i];
		size_t k = i;
		for (; k > 0 && list->at[k - 1]->start_ns > s->start_ns; k--)
			list->at[k] = list->at[k - 1];
		list->at[k] = s;
	}
}

bool
convert_family(const struct looks *looks, const struct options *o, const struct environment *env,
               struct render *render, struct tally *tally, struct log *log)
{
	struct family f = {.names = intern_new(env->seed)};
	struct session_options options = {.history = o->history};
	struct agent_facts *facts = NULL;
	size_t fact_count = 0;
	f.diag.arena = &f.arena;
	f.worker_arenas = ARENA_ARRAY(&f.arena, struct arena, render->threads);
	read_family(&f, render->threads, looks);
	struct reading r = {&f.arena, f.worker_arenas, f.names, render->threads, &f.diag, false};
	transcripts_facts(&r, &f.transcripts, &facts, &fact_count);
	struct sessions sessions = session_build(&f.arena, f.names, &f.transcripts, facts,
	                                         fact_count, &options);
	sort_sessions(&sessions);
	log_print(log, &f.diag);
	tally_lines(&f, &sessions, tally, log);
	tally_sessions(&sessions, tally);
	warn_timeless(&f, &sessions);
	bool ok = render_sessions(render, f.names, &sessions, &f.diag);
	log_print(log, &f.diag);
	for (unsigned i = 0; i < render->threads; i++)
		arena_free(&f.worker_arenas[i]);
	intern_free(f.names);
	arena_free(&f.arena);
	return ok;
}
