/* The files that a command line means, and those that they refer to. */
#include "cli/inputs.h"

#include <sys/stat.h>

#include "base/pool.h"
#include "input/source.h"
#include "session/family.h"

#define RELATIVES_MAX 4096       /* files that are looked for because others name them */
#define PROJECT_FOLDERS_MAX 4096 /* sibling folders in which they are looked for */

/* ---- looking at files ---- */

struct look_job {
	struct arena *arena; /* of the run: used by done alone */
	struct arena *arenas;
	struct json_parser **parsers;
	const struct sources *sources;
	struct looks *looks;
	struct diag *diag;
};

static void *
look_work(void *ctx, size_t i, size_t worker)
{
	const struct look_job *job = ctx;
	struct diag quiet = {.arena = &job->arenas[worker]};
	struct look *look = ARENA_NEW(&job->arenas[worker], struct look);
	const struct source *s = job->sources->at[i];
	if (!look_at(&job->arenas[worker], job->parsers[worker], s, look, &quiet))
		look->kind = TRANSCRIPT_NONE;
	return look;
}

static struct look *
look_copy(struct arena *a, const struct look *from)
{
	struct look *look = ARENA_NEW(a, struct look);
	*look = *from;
	look->id = arena_str(a, from->id);
	for (size_t i = 0; i < from->key_count; i++)
		look->keys[i] = arena_str(a, from->keys[i]);
	return look;
}

/* Named like a session or an agent. */
static bool
is_named_like_one(const struct source *s)
{
	return str_starts(s->name, STR("agent-")) ||
	       (s->name.len > 6 && session_id_is_uuid(str_head(s->name, s->name.len - 6)));
}

/* A file that was asked for by name, or is called like one, should be something. */
static bool
look_done(void *ctx, size_t i, void *result)
{
	struct look_job *job = ctx;
	struct look *look = look_copy(job->arena, result);
	const struct source *s = job->sources->at[i];
	if (look->kind == TRANSCRIPT_NONE) {
		if (s->size > 0 && look->format == NULL && s->named)
			(void)diag_fail(job->diag, s->path, "no transcript of a known format");
		else if (s->size > 0 && look->format == NULL && is_named_like_one(s))
			diag_warn(job->diag, s->path, 0, "no transcript of a known format");
		return true;
	}
	*ARENA_PUSH(job->arena, job->looks) = look;
	return true;
}

static void
look_at_all(struct arena *a, const struct sources *sources, unsigned threads, struct looks *looks,
            struct diag *d)
{
	struct look_job job = {.arena = a, .sources = sources, .looks = looks, .diag = d};
	job.arenas = ARENA_ARRAY(a, struct arena, threads);
	job.parsers = ARENA_ARRAY(a, struct json_parser *, threads);
	for (unsigned i = 0; i < threads; i++)
		job.parsers[i] = json_parser_new();
	struct pool_job pool = {.count = sources->len,
	                        .threads = threads,
	                        .ctx = &job,
	                        .window = 256,
	                        .work = look_work,
	                        .done = look_done};
	(void)pool_run(&pool);
	for (unsigned i = 0; i < threads; i++) {
		json_parser_free(job.parsers[i]);
		arena_free(&job.arenas[i]);
	}
}

/* ---- what the arguments mean ---- */

static bool
is_transcript(const struct source *s)
{
	return s->named || str_ends(s->name, STR(".jsonl"));
}

static bool
find_sources(struct arena *a, const struct options *o, const struct environment *env,
             struct sources *list, struct diag *d)
{
	struct sources all = {0};
	bool ok = true;
	for (size_t i = 0; i < o->paths.len; i++)
		ok &= str_eq(o->paths.at[i], STR("-")) ? source_stdin(a, 0, env->tmp_dir, &all, d)
		                                       : source_find(a, o->paths.at[i], &all, d);
	if (o->paths.len == 0)
		ok = source_stdin(a, 0, env->tmp_dir, &all, d);
	source_sort(&all);
	for (size_t i = 0; i < all.len; i++)
		if (is_transcript(all.at[i]))
			*ARENA_PUSH(a, list) = all.at[i];
	return ok;
}

/* A session that was named alone brings the files of its agents along. */
static void
find_agents(struct arena *a, const struct sources *sources, struct sources *own,
            struct sources *beside, struct diag *d)
{
	for (size_t i = 0; i < sources->len; i++) {
		const struct source *s = sources->at[i];
		struct str stem = str_head(s->name, s->name.len > 6 ? s->name.len - 6 : 0);
		if (!s->named || s->fd >= 0 || !str_ends(s->name, STR(".jsonl")) ||
		    str_starts(s->name, STR("agent-")) || !source_name_safe(stem))
			continue;
		struct str parts[] = {s->dir, STR("/"), stem, STR("/subagents")};
		source_below(a, arena_join(a, parts, 4), STR(".jsonl"), own, d);
		source_in(a, s->dir, STR("agent-"), STR(".jsonl"), beside);
	}
}

static bool
is_known(const struct looks *looks, const struct source *s)
{
	for (size_t i = 0; i < looks->len; i++)
		if (looks->at[i]->source->device == s->device &&
		    looks->at[i]->source->inode == s->inode)
			return true;
	return false;
}

static void
add_new(struct arena *a, const struct sources *from, const struct looks *known, struct sources *to)
{
	for (size_t i = 0; i < from->len; i++)
		if (!is_known(known, from->at[i]))
			*ARENA_PUSH(a, to) = from->at[i];
}

/* ---- --session ---- */

struct match {
	struct str id;
	bool several;
};

static struct match
match_session(const struct looks *looks, struct str prefix)
{
	struct match m = {0};
	for (size_t i = 0; i < looks->len; i++) {
		struct str id = looks->at[i]->id;
		if (!str_starts(id, prefix))
			continue;
		if (str_eq(id, prefix))
			return (struct match){id, false};
		m.several |= m.id.len > 0 && !str_eq(m.id, id);
		m.id = id;
	}
	return m;
}

static bool
select_sessions(const struct options *o, struct looks *looks, struct diag *d)
{
	bool ok = true;
	if (o->sessions.len == 0)
		return true;
	for (size_t i = 0; i < looks->len; i++)
		looks->at[i]->wanted = false;
	for (size_t k = 0; k < o->sessions.len; k++) {
		struct str prefix = o->sessions.at[k];
		struct match m = match_session(looks, prefix);
		if (m.id.len == 0 || m.several) {
			ok = diag_fail(d, (struct str){0}, "--session %.*s: %s", STR_ARG(prefix),
			               m.several ? "more than one session starts with that"
			                         : "no such session");
			continue;
		}
		for (size_t i = 0; i < looks->len; i++)
			looks->at[i]->wanted |= str_eq(looks->at[i]->id, m.id);
	}
	return ok;
}

/* ---- families ---- */

static void
group(struct arena *a, struct looks *looks, struct inputs *inputs)
{
	size_t count = family_group(a, looks->at, looks->len), kept = 0;
	struct looks *families = ARENA_ARRAY(a, struct looks, count);
	for (size_t i = 0; i < looks->len; i++)
		*ARENA_PUSH(a, &families[looks->at[i]->family]) = looks->at[i];
	for (size_t i = 0; i < count; i++) {
		bool wanted = false;
		for (size_t k = 0; k < families[i].len; k++) {
			wanted |= families[i].at[k]->wanted;
			if (families[i].at[k]->wanted)
				inputs->bytes += families[i].at[k]->source->size;
		}
		if (wanted)
			families[kept++] = families[i];
	}
	inputs->families = families;
	inputs->len = kept;
}

bool
inputs_find(struct arena *a, const struct options *o, const struct environment *env,
            unsigned threads, struct inputs *inputs, struct diag *d)
{
	struct sources named = {0}, own = {0}, beside = {0}, more = {0}, near = {0};
	struct looks looks = {0};
	bool ok = find_sources(a, o, env, &named, d);
	look_at_all(a, &named, threads, &looks, d);
	find_agents(a, &named, &own, &beside, d);
	add_new(a, &own, &looks, &more);
	look_at_all(a, &more, threads, &looks, d);
	for (size_t i = 0; i < looks.len; i++)
		looks.at[i]->wanted = true;
	add_new(a, &beside, &looks, &near);
	look_at_all(a, &near, threads, &looks, d);
	ok &= select_sessions(o, &looks, d);
	*inputs = (struct inputs){0};
	group(a, &looks, inputs);
	return ok;
}

/* ---- relatives ---- */

struct search {
	struct arena *arena;
	struct looks *known;
	struct str_list projects; /* sibling project folders, when they are needed */
	struct str parent;
	struct json_parser *parser;
	size_t found, asked;
};

static bool
take(struct search *s, struct source *source)
{
	struct diag quiet = {.arena = s->arena};
	if (source == NULL)
		return false;
	if (is_known(s->known, source))
		return true;
	struct look *look = ARENA_NEW(s->arena, struct look);
	if (!look_at(s->arena, s->parser, source, look, &quiet))
		return false;
	*ARENA_PUSH(s->arena, s->known) = look;
	s->found++;
	return true;
}

static struct str
project_of(const struct source *s)
{
	size_t inside = str_find(s->dir, STR("/subagents"));
	if (inside == STR_NONE)
		return s->dir;
	size_t slash = str_find_last(str_head(s->dir, inside), STR("/"));
	return slash == STR_NONE ? STR(".") : str_head(s->dir, slash);
}

static void
list_projects(struct search *s, struct str project)
{
	size_t slash = str_find_last(project, STR("/"));
	struct str parent = slash == STR_NONE ? (struct str){0} : str_head(project, slash);
	if (parent.len == 0 || str_eq(parent, s->parent))
		return;
	s->parent = parent;
	s->projects = (struct str_list){0};
	source_folders(s->arena, parent, &s->projects);
	if (s->projects.len > PROJECT_FOLDERS_MAX)
		s->projects.len = PROJECT_FOLDERS_MAX;
}

/* <id>.jsonl beside a file, else under another project. */
static void
find_session(struct search *s, struct str project, struct str id)
{
	struct str parts[] = {id, STR(".jsonl")};
	struct str name = arena_join(s->arena, parts, 2);
	if (s->asked++ >= RELATIVES_MAX || take(s, source_beside(s->arena, project, name)))
		return;
	list_projects(s, project);
	for (size_t i = 0; i < s->projects.len; i++)
		if (take(s, source_beside(s->arena, s->projects.at[i], name)))
			return;
}

/* An agent in a worktree lies under that worktree's project. 1.2 */
static void
find_agent(struct search *s, struct str project, struct str session, struct str id)
{
	struct str parts[] = {STR("agent-"), id, STR(".jsonl")};
	struct str name = arena_join(s->arena, parts, 3);
	if (s->asked++ >= RELATIVES_MAX || !source_name_safe(session))
		return;
	list_projects(s, project);
	for (size_t i = 0; i < s->projects.len; i++) {
		struct str dir[] = {s->projects.at[i], STR("/"), session, STR("/subagents")};
		if (!str_eq(s->projects.at[i], project) &&
		    take(s, source_beside(s->arena, arena_join(s->arena, dir, 4), name)))
			return;
	}
}

static bool
has_session(const struct transcripts *all, uint32_t id)
{
	for (size_t i = 0; i < all->len; i++)
		if (all->at[i]->kind == TRANSCRIPT_MAIN && all->at[i]->session == id)
			return true;
	return false;
}

static bool
has_agent(const struct transcripts *all, uint32_t id)
{
	for (size_t i = 0; i < all->len; i++)
		if (all->at[i]->kind == TRANSCRIPT_AGENT && all->at[i]->agent == id)
			return true;
	return false;
}

size_t
inputs_relatives(struct arena *a, struct intern *names, const struct transcripts *transcripts,
                 struct looks *known)
{
	struct search s = {.arena = a, .known = known, .parser = json_parser_new()};
	bool *asked = ARENA_ARRAY(a, bool, (size_t)intern_count(names));
	for (size_t i = 0; i < transcripts->len; i++) {
		const struct transcript *t = transcripts->at[i];
		struct str project = project_of(t->source);
		for (size_t k = 0; k < t->record_count && t->source->fd < 0; k++) {
			const struct record *r = &t->records[k];
			uint32_t sessions[] = {r->forked_session, r->origin_session};
			for (size_t n = 0; n < 2; n++) {
				if (sessions[n] == 0 || asked[sessions[n]])
					continue;
				asked[sessions[n]] = true;
				if (!has_session(transcripts, sessions[n]))
					find_session(&s, project, intern_str(names, sessions[n]));
			}
			for (size_t n = 0; r->kind == RECORD_RESULTS && n < r->results->len; n++) {
				uint32_t agent = r->results->at[n].agent;
				if (agent == 0 || asked[agent] || has_agent(transcripts, agent))
					continue;
				asked[agent] = true;
				find_agent(&s, project, intern_str(names, t->session),
				           intern_str(names, agent));
			}
		}
	}
	json_parser_free(s.parser);
	return s.found;
}

/* What we write is no transcript: to see that, a large file need not be looked at. */
static bool
is_ours(const struct source *s, struct diag *d)
{
	char head[16];
	struct str json = STR("{\"resourceSpans"), text = {head, json.len};
	int fd = s->size < text.len ? -1 : source_open(s, d);
	bool known = fd >= 0 && source_read(s, fd, 0, head, text.len, d) &&
	             (str_eq(text, json) || (head[0] != '{' && !str_ends(s->name, STR(".jsonl"))));
	if (fd >= 0)
		source_close(s, fd);
	return known;
}

bool
inputs_is_transcript(struct arena *a, struct str path)
{
	struct diag quiet = {.arena = a};
	struct sources found = {0};
	struct look look;
	struct stat st;
	if (stat(arena_cstr(a, path), &st) != 0 || !S_ISREG(st.st_mode) ||
	    !source_find(a, path, &found, &quiet) || is_ours(found.at[0], &quiet))
		return false;
	struct json_parser *parser = json_parser_new();
	bool is_one = look_at(a, parser, found.at[0], &look, &quiet);
	json_parser_free(parser);
	return is_one;
}
