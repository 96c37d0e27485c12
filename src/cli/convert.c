/* One family of files, from lines to spans. */
#include "cli/convert.h"

#include "cli/family.h"
#include "cli/task.h"

/* ---- the account ---- */

static void
tally_lines(struct family *f, struct tally *tally, struct log *log)
{
	struct account account = {0};
	for (size_t i = 0; i < f->transcripts.len; i++) {
		const struct transcript *t = f->transcripts.at[i];
		if (!family_counts(f, t))
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
warn_timeless(struct family *f, const struct sessions *sessions, bool takes_commands)
{
	for (size_t i = 0; i < sessions->len; i++) {
		const struct session *s = sessions->at[i];
		size_t count = s->timeless_turns + (takes_commands ? s->timeless_commands : 0);
		if (s->wanted && count > 0)
			diag_warn(&f->diag,
			          s->transcript != NULL ? s->transcript->source->path
			                                : (struct str){0},
			          0, "no line with a time: %zu turn%s of session %.*s left out",
			          count, PLURAL(count), STR_ARG(intern_str(f->names, s->id)));
	}
}

/* ---- all of it ---- */

bool
convert_family(const struct looks *looks, const struct options *o, const struct environment *env,
               struct render *render, struct tally *tally, struct log *log)
{
	struct family f = {.threads = render->threads};
	struct session_options options = task_session_options(o, render->convention,
	                                                      &render->trace);
	family_read(&f, looks, env->seed, &options);
	log_print(log, &f.diag);
	tally_lines(&f, tally, log);
	tally_sessions(&f.sessions, tally);
	warn_timeless(&f, &f.sessions, render->convention->takes_commands);
	bool ok = render_sessions(render, f.names, &f.sessions, &f.diag);
	log_print(log, &f.diag);
	family_free(&f);
	return ok;
}
