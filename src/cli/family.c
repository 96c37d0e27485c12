/* One family of files, from lines to sessions. */
#include "cli/family.h"

#include <stdlib.h>

#define RELATIVES_ROUNDS_MAX 32 /* each finds the ancestors of those found before */

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

static struct reading
reading_of(struct family *f)
{
	return (struct reading){&f->arena,  f->worker_arenas, f->names,
	                        f->threads, &f->diag,         f->watch};
}

static void
read_files(struct family *f, size_t from)
{
	struct reading r = reading_of(f);
	(void)transcripts_read(&r, f->known.at + from, f->known.len - from, &f->transcripts);
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

/* Reads the files and, round by round, what they refer to. */
static void
read_all(struct family *f, const struct looks *looks)
{
	for (size_t i = 0; i < looks->len; i++)
		*ARENA_PUSH(&f->arena, &f->known) = looks->at[i];
	read_files(f, 0);
	for (int round = 0; round < RELATIVES_ROUNDS_MAX; round++) {
		size_t before = f->known.len;
		if (inputs_relatives(&f->arena, f->names, &f->transcripts, &f->known) == 0)
			break;
		read_files(f, before);
	}
	adopt_agents(f);
	sort_transcripts(f);
}

/* ---- all of it ---- */

/* In the order in which they began. */
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

void
family_read(struct family *f, const struct looks *looks, uint64_t seed,
            const struct session_options *options)
{
	struct agent_facts *facts = NULL;
	size_t fact_count = 0;
	f->names = intern_new(seed);
	f->diag.arena = &f->arena;
	f->worker_arenas = ARENA_ARRAY(&f->arena, struct arena, f->threads);
	read_all(f, looks);
	intern_settle(f->names);
	struct reading r = reading_of(f);
	transcripts_facts(&r, &f->transcripts, &facts, &fact_count);
	f->sessions = session_build(&f->arena, f->names, &f->transcripts, facts, fact_count,
	                            options);
	sort_sessions(&f->sessions);
}

bool
family_counts(const struct family *f, const struct transcript *t)
{
	for (size_t i = 0; i < f->sessions.len; i++)
		if (f->sessions.at[i]->id == t->session)
			return f->sessions.at[i]->wanted;
	return t->wanted;
}

void
family_free(struct family *f)
{
	for (unsigned i = 0; i < f->threads; i++)
		arena_free(&f->worker_arenas[i]);
	intern_free(f->names);
	arena_free(&f->arena);
}
