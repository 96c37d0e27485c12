/* The first reading of a file: lines to records. Files are read by pieces, side by side;
 * what is kept of them is put together in the order of the file. */
#include "decode/transcript.h"

#include <stdlib.h>

#include "base/json.h"
#include "base/pool.h"
#include "base/utf8.h"
#include "input/lines.h"

#define RESYNC_BYTES_MAX                                                                           \
	((size_t)64 << 20) /* parsed in the search for records in torn lines of one piece */

/* One piece of one file. */
struct item {
	size_t look, piece;
};

/* What a piece gave. Its records are in one block of the heap until they join those of its file. */
struct yield {
	struct buf records; /* struct record */
	struct type_counts ignored;
	uint64_t read, skipped;
	uint32_t lines;
	uint32_t session; /* that an ignored line names */
	bool failed;
	struct arena arena; /* notes */
	struct diag diag;
	struct watch watch;
};

struct worker {
	struct decoder decoder;
	struct json_parser *parser;
	struct arena scratch;
	struct buf buf;
	size_t searched; /* bytes, in the piece at hand */
};

struct job {
	const struct reading *reading;
	struct look *const *looks;
	struct item *items;
	struct worker *workers;
	struct transcripts *out;
	struct transcript *now; /* the file that comes in */
	struct {
		struct record *at;
		size_t len, cap;
	} records;      /* of that file so far */
	uint32_t lines; /* of that file, in the pieces before */
	bool failed;
};

/* ---- a line ---- */

/* A value that was parsed becomes a record. */
static void
take_value(struct worker *w, struct yield *y, const struct look *look, const struct json *v,
           struct record *r)
{
	const char *why = "";
	y->read++;
	bool ok = look->format->decode(&w->decoder, v, r, &why);
	if (ok && r->version != 0)
		y->watch.version = r->version;
	if (!ok) {
		y->skipped++;
		(void)diag_skip(&y->diag, look->source->path, r->line, "%s", why);
	} else if (r->kind == RECORD_IGNORED || r->kind == RECORD_COST) {
		type_counts_add(&y->arena, &y->ignored, r->type, 1);
		if (r->kind == RECORD_COST)
			costs_add(&y->arena, &y->watch.costs,
			          &(struct cost){r->cost, r->session, r->line, false});
		if (y->session == 0)
			y->session = r->session;
	} else {
		buf_add(&y->records, (struct str){(const char *)r, sizeof *r});
	}
}

/* Where the next record may begin behind something that is none: claude-code-transcripts 14. */
static size_t
resync(struct str text)
{
	size_t at = str_find(str_skip(text, 1), STR("{\""));
	return at == STR_NONE ? text.len : at + 1;
}

static bool
is_blank(struct str text)
{
	return str_trim(text).len == 0;
}

static void
tell(struct yield *y, const struct look *look, uint32_t line, struct str text,
     const struct json_error *error)
{
	size_t i = 0;
	while (i < text.len && text.at[i] == '\0')
		i++;
	if (i == text.len)
		(void)diag_skip(&y->diag, look->source->path, line, "a run of NUL bytes");
	else
		(void)diag_skip(&y->diag, look->source->path, line, "unreadable JSON: %s",
		                error->what);
}

/* Inside something torn, a value counts only if it stands at the end of the line or before
 * another, and says of which session it is: what lies in the middle of a record looks like records
 * too. */
static bool
stands_alone(const struct json *v, struct str after)
{
	after = str_trim(after);
	return (after.len == 0 || after.at[0] == '{') && json_is_string(json_get(v, STR("type"))) &&
	       (json_get(v, STR("sessionId")) != NULL || json_get(v, STR("leafUuid")) != NULL);
}

/* All values of a line; between them, what can't be read is passed over. */
static void
read_line(struct worker *w, struct yield *y, const struct look *look, const struct line *line)
{
	struct str rest = line->text;
	uint64_t offset = line->offset;
	bool lost = false;
	if (is_blank(rest)) {
		y->read++;
		type_counts_add(&y->arena, &y->ignored,
		                intern_add(w->decoder.names, STR("(blank)")), 1);
		return;
	}
	while (!is_blank(rest)) {
		struct json_error error = {"", 0};
		struct record r = {.line = line->number, .offset = offset};
		struct str mended = rest;
		size_t used = 0;
		const struct json *v = NULL;
		if (!json_holds_nul(rest))
			v = json_parse(w->parser, rest, &used, &error);
		if (v == NULL) {
			mended = json_repair(&w->scratch, rest);
			if (mended.at != rest.at || mended.len != rest.len) {
				v = json_parse(w->parser, mended, &used, &error);
				r.flags |= RECORD_MENDED;
			} else if (error.what[0] == '\0') {
				v = json_parse(w->parser, rest, &used, &error);
			}
		}
		if (v != NULL && lost && !stands_alone(v, str_skip(mended, used)))
			v = NULL;
		if (v == NULL) {
			if (!lost) {
				y->read++;
				y->skipped++;
				tell(y, look, line->number, rest, &error);
			}
			lost = true; /* told once for all that is lost up to the next value */
			w->searched += rest.len;
			size_t next = w->searched < RESYNC_BYTES_MAX ? resync(rest) : rest.len;
			rest = str_skip(rest, next);
			offset += next;
			continue;
		}
		lost = false;
		size_t eaten = (r.flags & RECORD_MENDED) ? utf8_repaired_from(rest, used) : used;
		r.length = (uint32_t)eaten;
		take_value(w, y, look, v, &r);
		rest = str_skip(rest, eaten);
		offset += eaten;
	}
}

/* ---- a piece ---- */

static void *
work(void *ctx, size_t index, size_t worker)
{
	struct job *job = ctx;
	struct worker *w = &job->workers[worker];
	const struct item *item = &job->items[index];
	const struct look *look = job->looks[item->look];
	struct yield *y = calloc(1, sizeof *y);
	struct lines l = {0};
	struct line line;
	if (y == NULL)
		arena_exhausted();
	y->diag.arena = y->watch.arena = &y->arena;
	w->decoder.watch = job->reading->watch ? &y->watch : NULL;
	y->ignored.other = intern_add(w->decoder.names, STR("(other types)"));
	w->searched = 0;
	y->failed = !lines_open(&l, look->source, item->piece, &w->buf, &y->diag);
	while (!y->failed && lines_next(&l, &line)) {
		read_line(w, y, look, &line);
		arena_reset(&w->scratch);
	}
	y->lines = l.number;
	return y;
}

static void
yield_free(struct yield *y)
{
	buf_free(&y->records);
	arena_free(&y->arena);
	free(y);
}

static size_t
weigh(void *ctx, size_t index)
{
	const struct job *job = ctx;
	const struct source *s = job->looks[job->items[index].look]->source;
	return s->size < LINE_PIECE_BYTES ? (size_t)s->size : LINE_PIECE_BYTES;
}

/* ---- a file, from its pieces ---- */

/*
 * A session is what its file is called (claude-code-transcripts 1.3), unless the file was renamed:
 * no line knows the name then, and the name is no session id. Then the lines tell (t->session:
 * what a line says that is not kept); 0: there are several sessions in it.
 */
static void
identify(const struct reading *rd, struct transcript *t, const struct look *look)
{
	uint32_t name = intern_add(rd->names, look->session), other = t->session;
	bool several = false, told = false;
	t->agent = intern_add(rd->names, look->agent);
	t->run = intern_add(rd->names, look->run);
	t->session = name;
	for (size_t i = 0; i < t->record_count; i++) {
		uint32_t says = t->records[i].session;
		if (says == 0)
			continue;
		if (says == name && t->kind == TRANSCRIPT_MAIN)
			return;
		several |= told && says != other;
		told = true;
		other = says;
	}
	if (t->kind == TRANSCRIPT_AGENT) {
		if (name == 0)
			t->session = other;
	} else if (other != 0 && (look->source->fd >= 0 || !session_id_is_uuid(look->session))) {
		t->session = several ? 0 : other;
	}
}

/* The parts of a stream, by session, and by agent within it. */
struct parts_of_stream {
	struct transcript **by_session, **by_agent; /* by ident */
	struct transcripts list;
};

static struct transcript *
part_for(const struct reading *rd, struct parts_of_stream *parts, const struct transcript *whole,
         uint32_t session, uint32_t agent)
{
	struct transcript **at = agent != 0 ? &parts->by_agent[agent] : &parts->by_session[session];
	if (*at != NULL)
		return *at;
	struct transcript *t = *at = ARENA_NEW(rd->arena, struct transcript);
	t->source = whole->source;
	t->format = whole->format;
	t->wanted = whole->wanted;
	t->ignored.other = whole->ignored.other;
	t->kind = agent != 0 ? TRANSCRIPT_AGENT : TRANSCRIPT_MAIN;
	t->session = session;
	t->agent = agent;
	*ARENA_PUSH(rd->arena, &parts->list) = t;
	return t;
}

/* Sums go to their sessions; what is unknown, to the first of them. */
static void
share_watch(const struct reading *rd, const struct transcript *whole,
            const struct transcripts *parts)
{
	const struct costs *costs = &whole->watch->costs;
	for (size_t i = 0; i < parts->len; i++) {
		struct transcript *t = parts->at[i];
		t->watch = ARENA_NEW(rd->arena, struct watch);
		t->watch->arena = rd->arena;
		for (size_t k = 0; t->kind == TRANSCRIPT_MAIN && k < costs->len; k++)
			if (costs->at[k].session == t->session)
				costs_add(rd->arena, &t->watch->costs, &costs->at[k]);
	}
	parts->at[0]->watch->unknown = whole->watch->unknown;
}

/* A stream of several files: each session's lines are a transcript, and each agent's. */
static void
split(const struct reading *rd, struct transcript *whole, struct transcripts *out)
{
	size_t idents = intern_count(rd->names);
	struct parts_of_stream parts = {ARENA_ARRAY(rd->arena, struct transcript *, idents),
	                                ARENA_ARRAY(rd->arena, struct transcript *, idents),
	                                {0}};
	struct transcript **part = ARENA_ARRAY(rd->arena, struct transcript *, whole->record_count);
	uint32_t session = 0;
	for (size_t i = 0; i < whole->record_count; i++) {
		const struct record *r = &whole->records[i];
		if (r->session != 0)
			session = r->session;
		bool agent = (r->flags & RECORD_SIDECHAIN) && !(r->flags & RECORD_CARRIED);
		part[i] = part_for(rd, &parts, whole, session, agent ? r->agent : 0);
		part[i]->record_count++;
	}
	for (size_t i = 0; i < parts.list.len; i++) {
		struct transcript *t = *ARENA_PUSH(rd->arena, out) = parts.list.at[i];
		t->records = ARENA_ARRAY(rd->arena, struct record, t->record_count);
		t->record_count = 0;
	}
	for (size_t i = 0; i < whole->record_count; i++) {
		struct record *r = &part[i]->records[part[i]->record_count++];
		*r = whole->records[i];
		r->in = part[i];
	}
	if (parts.list.len > 0) {
		parts.list.at[0]->read = whole->read;
		for (size_t i = 1; i < parts.list.len; i++) {
			parts.list.at[i]->read = parts.list.at[i]->record_count;
			parts.list.at[0]->read -= parts.list.at[i]->read;
		}
		parts.list.at[0]->skipped = whole->skipped;
		parts.list.at[0]->ignored = whole->ignored;
	}
	if (parts.list.len > 0 && whole->watch != NULL)
		share_watch(rd, whole, &parts.list);
}

static bool
holds_agents(const struct transcript *t)
{
	for (size_t i = 0; i < t->record_count; i++)
		if ((t->records[i].flags & RECORD_SIDECHAIN) && t->records[i].agent != 0 &&
		    !(t->records[i].flags & RECORD_CARRIED))
			return true;
	return false;
}

/* What stands before every line that tells its version was written by that of the first. */
static void
date_unknown(const struct transcript *t)
{
	uint32_t version = 0;
	for (size_t i = 0; i < t->record_count && version == 0; i++)
		version = t->records[i].version;
	struct unknowns all = t->watch->unknown, *list = &t->watch->unknown;
	list->len = 0;
	for (size_t i = 0; i < all.len; i++) {
		struct unknown u = all.at[i];
		if (u.version == 0)
			u.version = version;
		unknowns_add(t->watch->arena, list, &u);
	}
}

/* A file of one piece, as most are, gets just the room it needs. */
static void
add_records(struct job *job, const struct yield *y, bool only)
{
	const struct record *records = (const struct record *)(const void *)y->records.at;
	size_t count = y->records.len / sizeof *records;
	if (only) {
		job->records.at = ARENA_ARRAY(job->reading->arena, struct record, count);
		job->records.cap = count;
	}
	for (size_t i = 0; i < count; i++) {
		struct record *r = ARENA_PUSH(job->reading->arena, &job->records);
		*r = records[i];
		r->in = job->now;
		r->line += job->lines;
	}
}

static void
finish_file(struct job *job, const struct look *look)
{
	const struct reading *rd = job->reading;
	struct transcript *t = job->now;
	t->records = job->records.at;
	t->record_count = job->records.len;
	if (t->watch != NULL)
		date_unknown(t);
	identify(rd, t, look);
	if (t->kind == TRANSCRIPT_MAIN && (t->session == 0 || look->source->fd >= 0) &&
	    (t->session == 0 || holds_agents(t)))
		split(rd, t, job->out);
	else
		*ARENA_PUSH(rd->arena, job->out) = t;
}

static bool
done(void *ctx, size_t index, void *result)
{
	struct job *job = ctx;
	struct yield *y = result;
	const struct item *item = &job->items[index];
	const struct look *look = job->looks[item->look];
	size_t pieces = lines_pieces(look->source);
	if (item->piece == 0) {
		job->now = ARENA_NEW(job->reading->arena, struct transcript);
		job->now->source = look->source;
		job->now->format = look->format;
		job->now->kind = look->kind;
		job->now->ignored.other = y->ignored.other;
		job->now->wanted = look->wanted;
		if (job->reading->watch) {
			job->now->watch = ARENA_NEW(job->reading->arena, struct watch);
			job->now->watch->arena = job->reading->arena;
		}
		job->lines = 0;
		memset(&job->records, 0, sizeof job->records);
	}
	add_records(job, y, pieces == 1);
	for (size_t i = 0; i < y->ignored.len; i++)
		type_counts_add(job->reading->arena, &job->now->ignored, y->ignored.at[i].type,
		                y->ignored.at[i].count);
	if (job->now->watch != NULL)
		watch_move(job->now->watch, &y->watch, job->lines);
	if (job->now->session == 0)
		job->now->session = y->session;
	job->now->read += y->read;
	job->now->skipped += y->skipped;
	job->failed |= y->failed;
	diag_move(job->reading->diag, &y->diag, job->lines);
	job->lines += y->lines;
	yield_free(y);
	if (item->piece + 1 == pieces)
		finish_file(job, look);
	return true;
}

bool
transcripts_read(const struct reading *r, struct look *const *looks, size_t count,
                 struct transcripts *out)
{
	struct {
		struct item *at;
		size_t len, cap;
	} items = {0};
	for (size_t i = 0; i < count; i++)
		for (size_t p = 0; p < lines_pieces(looks[i]->source); p++)
			*ARENA_PUSH(r->arena, &items) = (struct item){i, p};
	struct job job = {.reading = r, .looks = looks, .items = items.at, .out = out};
	job.workers = ARENA_ARRAY(r->arena, struct worker, r->threads);
	for (unsigned i = 0; i < r->threads; i++) {
		job.workers[i].decoder = (struct decoder){.arena = &r->worker_arenas[i],
		                                          .names = r->names};
		job.workers[i].parser = json_parser_new();
	}
	struct pool_job pool = {.count = items.len,
	                        .threads = r->threads,
	                        .ctx = &job,
	                        .weight = weigh,
	                        .work = work,
	                        .done = done,
	                        .weight_max = (size_t)8 * LINE_PIECE_BYTES};
	(void)pool_run(&pool);
	for (unsigned i = 0; i < r->threads; i++) {
		json_parser_free(job.workers[i].parser);
		arena_free(&job.workers[i].scratch);
		buf_free(&job.workers[i].buf);
	}
	return !job.failed;
}
