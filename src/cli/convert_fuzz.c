/*
 * Any bytes as the files of a session, all the way to encoded spans. The bytes are cut at each
 * RS (0x1e) into files of a made-up project: see files[].
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/utf8.h"
#include "cli/report.h"
#include "decode/transcript.h"
#include "encode/encoder.h"
#include "session/audit.h"
#include "session/session.h"
#include "trace/convention.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FILES_MAX 6
#define CUT '\x1e'
#define FIRST "0a000000-0000-4000-8000-00000000000a"
#define SECOND "0b000000-0000-4000-8000-00000000000b"

static const struct str files[FILES_MAX] = {
    STR_INIT("p/" FIRST ".jsonl"),
    STR_INIT("p/" FIRST "/subagents/agent-a1.jsonl"),
    STR_INIT("p/" SECOND ".jsonl"),
    STR_INIT("p/" FIRST "/subagents/agent-a1.meta.json"),
    STR_INIT("p/" FIRST "/subagents/workflows/wf_1/agent-a2.jsonl"),
    STR_INIT("p/" FIRST "/workflows/wf_1.json"),
};

struct piece {
	struct source source;
	struct look look;
	FILE *file;
	struct str text;
};

/* One way through: what differs between them must not change more than it says. */
struct pass {
	uint64_t seed;
	bool history;
	struct policy policy;
	bool watch; /* and audit it */
};

struct door {
	struct arena arena, worker;
	struct intern *names;
	struct diag diag;
	struct piece pieces[FILES_MAX];
	size_t piece_count;
	struct agent_facts *facts;
	size_t fact_count;
	struct transcripts transcripts;
	struct buf out;
};

#define claim(holds) ((holds) ? (void)0 : broken(#holds, __LINE__))

static _Noreturn void
broken(const char *holds, int line)
{
	fprintf(stderr, "line %d: %s\n", line, holds);
	abort();
}

/* ---- the input ---- */

static void
open_piece(struct door *d, struct str text)
{
	struct piece *p = &d->pieces[d->piece_count];
	struct str path = files[d->piece_count++];
	size_t slash = str_find_last(path, STR("/"));
	p->text = text;
	p->file = tmpfile();
	if (p->file == NULL || (text.len > 0 && fwrite(text.at, text.len, 1, p->file) != 1) ||
	    fflush(p->file) != 0)
		abort();
	p->source = (struct source){.path = path,
	                            .dir = str_head(path, slash),
	                            .name = str_skip(path, slash + 1),
	                            .size = text.len,
	                            .fd = fileno(p->file),
	                            .named = true};
}

static void
open_pieces(struct door *d, struct str text)
{
	while (d->piece_count < FILES_MAX) {
		size_t cut = d->piece_count + 1 < FILES_MAX ? str_find_byte(text, CUT) : STR_NONE;
		open_piece(d, str_head(text, cut));
		if (cut == STR_NONE)
			break;
		text = str_skip(text, cut + 1);
	}
}

static void
read_sidecar(struct door *d, struct json_parser *parser, const struct piece *p)
{
	const struct format *format = format_all()[0];
	struct decoder decoder = {.arena = &d->arena, .names = d->names};
	struct agent_facts *facts = NULL;
	struct json_error error;
	size_t count = 0, used;
	const struct json *v = json_parse(parser, json_repair(&d->arena, p->text), &used, &error);
	if (v == NULL || !format->sidecar(&decoder, p->source.path, v, &facts, &count) ||
	    count == 0)
		return;
	struct agent_facts *all = ARENA_ARRAY(&d->arena, struct agent_facts, d->fact_count + count);
	if (d->fact_count > 0)
		memcpy(all, d->facts, d->fact_count * sizeof *all);
	memcpy(all + d->fact_count, facts, count * sizeof *all);
	d->facts = all;
	d->fact_count += count;
}

static void
read_pieces(struct door *d, bool watch)
{
	struct json_parser *parser = json_parser_new();
	struct look *looks[FILES_MAX];
	size_t count = 0;
	for (size_t i = 0; i < d->piece_count; i++) {
		struct piece *p = &d->pieces[i];
		if (str_ends(p->source.name, STR(".json"))) {
			read_sidecar(d, parser, p);
		} else if (p->text.len > 0 &&
		           look_at(&d->arena, parser, &p->source, &p->look, &d->diag)) {
			p->look.wanted = true;
			looks[count++] = &p->look;
		}
	}
	json_parser_free(parser);
	struct reading r = {&d->arena, &d->worker, d->names, 1, &d->diag, watch};
	claim(transcripts_read(&r, looks, count, &d->transcripts));
}

/* ---- what must hold ---- */

static void
check_text(struct str text)
{
	claim(utf8_valid(text) && str_find_byte(text, '\0') == STR_NONE);
}

static void
check_attributes(struct json_parser *parser, const struct attributes *list)
{
	for (size_t i = 0; i < list->len; i++) {
		const struct attribute *x = &list->at[i];
		claim(x->key.len > 0 && attribute_get(list, x->key) == &x->value);
		check_text(x->key);
		for (size_t k = 0; x->value.type == VALUE_TEXTS && k < x->value.texts.len; k++)
			check_text(x->value.texts.at[k]);
		if (x->value.type != VALUE_TEXT)
			continue;
		check_text(x->value.text);
		if (str_ends(x->key, STR(".messages")) ||
		    str_ends(x->key, STR(".system_instructions"))) {
			struct json_error error;
			size_t used;
			claim(json_parse(parser, x->value.text, &used, &error) != NULL &&
			      used == x->value.text.len);
		}
	}
}

static bool
has_parent(const struct spans *spans, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (memcmp(spans->at[k]->span_id, spans->at[i]->parent_id, SPAN_ID_LEN) == 0)
			return true;
	return false;
}

static void
check_spans(struct json_parser *parser, const struct spans *spans, bool of_turn)
{
	static const unsigned char zero[TRACE_ID_LEN];
	for (size_t i = 0; i < spans->len; i++) {
		const struct span *s = spans->at[i];
		claim(memcmp(s->trace_id, zero, TRACE_ID_LEN) != 0 &&
		      memcmp(s->span_id, zero, SPAN_ID_LEN) != 0);
		claim(memcmp(s->trace_id, spans->at[0]->trace_id, TRACE_ID_LEN) == 0);
		claim(s->name.len > 0 && s->start_ns > 0 && s->end_ns >= s->start_ns);
		/* What an agent without a turn did may stand alone. */
		claim(span_is_root(s) ? i == 0 || !of_turn : has_parent(spans, i));
		claim(s->status == STATUS_ERROR || s->status_message.len == 0);
		for (size_t k = 0; k < i; k++)
			claim(memcmp(s->span_id, spans->at[k]->span_id, SPAN_ID_LEN) != 0);
		check_text(s->name);
		check_text(s->status_message);
		check_attributes(parser, &s->attributes);
		for (size_t k = 0; k < s->events.len; k++) {
			claim(s->events.at[k].time_ns > 0 && s->events.at[k].name.len > 0);
			claim(s->events.at[k].time_ns >= s->start_ns &&
			      s->events.at[k].time_ns <= s->end_ns);
			check_text(s->events.at[k].name);
			check_attributes(parser, &s->events.at[k].attributes);
		}
	}
}

static void
check_account(struct door *d)
{
	for (size_t i = 0; i < d->transcripts.len; i++) {
		uint64_t by_type = 0;
		struct account n = {0};
		session_account(&d->arena, d->transcripts.at[i], &n);
		for (size_t k = 0; k < n.by_type.len; k++)
			by_type += n.by_type.at[k].count;
		claim(n.read == n.used + n.history + n.ignored + n.skipped);
		claim(by_type == n.ignored);
	}
}

static void
check_audit(struct door *d, const struct sessions *sessions)
{
	struct audit audit;
	struct buf out = {0};
	uint64_t by_type = 0;
	bool *counts = ARENA_ARRAY(&d->arena, bool, d->transcripts.len);
	for (size_t i = 0; i < d->transcripts.len; i++)
		counts[i] = true;
	audit_begin(&audit, 1);
	audit_add(&audit, &(struct audit_family){.names = d->names,
	                                         .transcripts = &d->transcripts,
	                                         .counts = counts,
	                                         .sessions = sessions,
	                                         .notes = d->diag.first});
	audit_sort(&audit);
	claim(audit.problem_counts[PROBLEM_UNACCOUNTED_LINES] == 0);
	claim(audit.span_lines <= audit.used);
	for (size_t i = 0; i < audit.types.len; i++) {
		const struct type_fates *t = &audit.types.at[i];
		by_type += t->used + t->history + t->ignored + t->skipped;
	}
	claim(by_type == audit.read);
	report_text(&(struct report){&audit, &(struct span_counts){0}, STR("weave"), true}, &out);
	report_json(&(struct report){&audit, &(struct span_counts){0}, STR("weave"), true}, &out);
	buf_free(&out);
	audit_end(&audit);
}

/* ---- spans and bytes ---- */

static void
encode(struct door *d, const struct spans *spans)
{
	const struct encoder *const *all = encoder_all();
	struct encode_options encoding = {.color = true};
	for (size_t i = 0; all[i] != NULL; i++) {
		struct packed packed = {0};
		all[i]->pack(spans, &encoding, &packed);
		for (size_t k = 0; k < packed_len(&packed); k++) {
			struct str item = packed_item(&packed, k);
			all[i]->join(&item, 1, &spans->resource, &d->out);
		}
		packed_free(&packed);
	}
}

static bool
holds_line(const struct transcript *t, const struct record *r)
{
	return r >= t->records && (size_t)(r - t->records) < t->record_count;
}

static void
trace(struct door *d, struct json_parser *parser, const struct pass *pass, struct trace_input in)
{
	struct arena a = {0};
	struct trace_options options = {.policy = pass->policy, .version = STR("0")};
	if (in.turn == NULL && in.agent == NULL)
		return;
	const struct line_uses *lines = in.turn != NULL ? &in.turn->lines : &in.agent->lines;
	struct content *contents = ARENA_ARRAY(&a, struct content, lines->len);
	for (size_t i = 0; i < lines->len; i++)
		claim(holds_line(lines->at[i]->in, lines->at[i]));
	claim(content_load(&a, lines->at, lines->len, contents, &d->diag));
	in.arena = &a;
	in.names = d->names;
	in.options = &options;
	in.contents = contents;
	in.content_count = lines->len;
	for (const struct convention *const *c = convention_all(); *c != NULL; c++) {
		struct spans spans = {0};
		convention_trace(*c, &in, &spans);
		check_spans(parser, &spans, in.turn != NULL);
		encode(d, &spans);
	}
	arena_free(&a);
}

/* Gives the bytes of all traces; the caller frees them. */
static struct buf
convert(struct str text, const struct pass *pass)
{
	struct door d = {.names = intern_new(pass->seed)};
	struct session_options options = {.history = pass->history};
	struct json_parser *parser = json_parser_new();
	d.diag.arena = &d.arena;
	open_pieces(&d, text);
	read_pieces(&d, pass->watch);
	struct sessions sessions = session_build(&d.arena, d.names, &d.transcripts, d.facts,
	                                         d.fact_count, &options);
	check_account(&d);
	if (pass->watch)
		check_audit(&d, &sessions);
	for (size_t i = 0; i < sessions.len; i++) {
		const struct session *s = sessions.at[i];
		for (size_t k = 0; k < s->turns.len; k++)
			trace(&d, parser, pass,
			      (struct trace_input){.session = s, .turn = s->turns.at[k]});
		for (size_t k = 0; k < s->rootless.len; k++)
			trace(&d, parser, pass,
			      (struct trace_input){.session = s, .agent = s->rootless.at[k]});
	}
	for (size_t i = 0; i < d.piece_count; i++)
		(void)fclose(d.pieces[i].file);
	json_parser_free(parser);
	intern_free(d.names);
	arena_free(&d.worker);
	arena_free(&d.arena);
	return d.out;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct pass plain = {1, false, {CLASS_ALL, 0}, false},
				 again = {2, false, {CLASS_ALL, 0}, true},
				 history = {3, true, {CLASS_ALL, 40}, false},
				 bare = {4, true, {0, 0}, true};
	struct str text = {(const char *)data, size};
	struct buf first = convert(text, &plain), second = convert(text, &again);
	claim(str_eq(buf_str(&first), buf_str(&second)));
	struct buf third = convert(text, &history), fourth = convert(text, &bare);
	buf_free(&first);
	buf_free(&second);
	buf_free(&third);
	buf_free(&fourth);
	return 0;
}
