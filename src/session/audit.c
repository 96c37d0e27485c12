/* The account of a run: its lists, and a family's way into them. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>

#include "base/utf8.h"
#include "decode/watch.h"
#include "session/audit_private.h"

#define LEDGERS 3
#define AUDIT_NAME_BYTES 200 /* of a type or a model */

/* What was seen once, and where. */
struct id_ledger {
	struct intern *ids[LEDGERS];
	struct {
		struct place {
			struct str file;
			uint32_t line;
		} * at;
		size_t len, cap;
	} places[LEDGERS]; /* by ident */
	struct str file;   /* of the place noted last */
};

static const struct {
	struct str name;
	enum severity severity;
} kinds[PROBLEM_COUNT] = {
    [PROBLEM_SKIPPED_LINE] = {STR_INIT("skipped_line"), SEVERITY_LOST},
    [PROBLEM_LOST_RESPONSE] = {STR_INIT("lost_response"), SEVERITY_LOST},
    [PROBLEM_TURN_WITHOUT_TIME] = {STR_INIT("turn_without_time"), SEVERITY_LOST},
    [PROBLEM_DOUBLED_MESSAGE] = {STR_INIT("doubled_message"), SEVERITY_DOUBLED},
    [PROBLEM_DOUBLED_TOOL_CALL] = {STR_INIT("doubled_tool_call"), SEVERITY_DOUBLED},
    [PROBLEM_DOUBLED_SPAN] = {STR_INIT("doubled_span"), SEVERITY_DOUBLED},
    [PROBLEM_UNACCOUNTED_LINES] = {STR_INIT("unaccounted_lines"), SEVERITY_UNACCOUNTED},
    [PROBLEM_END_BEFORE_START] = {STR_INIT("end_before_start"), SEVERITY_CONTRADICTION},
    [PROBLEM_MERGED_REQUESTS] = {STR_INIT("merged_requests"), SEVERITY_CONTRADICTION},
    [PROBLEM_START_BEFORE_RESULT] = {STR_INIT("start_before_result"), SEVERITY_CONTRADICTION},
    [PROBLEM_TURN_INDEX] = {STR_INIT("turn_index"), SEVERITY_CONTRADICTION},
    [PROBLEM_TURN_COUNT] = {STR_INIT("turn_count"), SEVERITY_CONTRADICTION},
    [PROBLEM_TOKENS_ABOVE_COST_STATE] = {STR_INIT("tokens_above_cost_state"),
                                         SEVERITY_CONTRADICTION},
    [PROBLEM_TIME_ABOVE_COST_STATE] = {STR_INIT("time_above_cost_state"), SEVERITY_CONTRADICTION},
    [PROBLEM_CALL_WITHOUT_RESULT] = {STR_INIT("call_without_result"), SEVERITY_NOTICE},
    [PROBLEM_RESULT_WITHOUT_CALL] = {STR_INIT("result_without_call"), SEVERITY_NOTICE},
    [PROBLEM_AGENT_WITHOUT_CALL] = {STR_INIT("agent_without_call"), SEVERITY_NOTICE},
    [PROBLEM_WEAK_LINK] = {STR_INIT("weak_link"), SEVERITY_NOTICE},
};

struct str
problem_name(enum problem_kind kind)
{
	return kinds[kind].name;
}

enum severity
problem_severity(enum problem_kind kind)
{
	return kinds[kind].severity;
}

struct str
severity_name(enum severity severity)
{
	static const struct str names[] = {STR_INIT("notice"), STR_INIT("contradiction"),
	                                   STR_INIT("unaccounted"), STR_INIT("doubled"),
	                                   STR_INIT("lost")};
	return names[severity];
}

/* ---- texts ---- */

struct str
audit_text(struct audit *audit, struct str text)
{
	return diag_shown(&audit->arena, text);
}

struct str
audit_name(const struct auditor *r, uint32_t ident)
{
	return intern_str(r->family->names, ident);
}

void
audit_problem(struct audit *audit, enum problem_kind kind, struct str file, uint32_t line,
              const char *format, ...)
{
	va_list args;
	audit->problem_counts[kind]++;
	if (audit->problems_listed[kind]++ >= AUDIT_PROBLEMS_MAX)
		return;
	va_start(args, format);
	struct str text = arena_vprintf(&audit->arena, format, args);
	va_end(args);
	*ARENA_PUSH(&audit->arena, &audit->problems) = (struct problem){
	    kind, audit_text(audit, file), line, diag_shown(&audit->arena, text)};
}

enum severity
audit_severity(const struct audit *audit)
{
	enum severity worst = SEVERITY_NOTICE;
	for (size_t i = 0; i < PROBLEM_COUNT; i++)
		if (audit->problem_counts[i] > 0 && kinds[i].severity > worst)
			worst = kinds[i].severity;
	return worst;
}

void
audit_id(struct audit *audit, enum problem_kind kind, struct str id, struct str what,
         struct str file, uint32_t line)
{
	size_t k = (size_t)kind - PROBLEM_DOUBLED_MESSAGE;
	struct intern *ids = audit->ids->ids[k];
	uint32_t known = intern_find(ids, id);
	if (id.len == 0)
		return;
	if (known != 0) {
		const struct place *p = &audit->ids->places[k].at[known];
		audit_problem(audit, kind, file, line, "%.*s is also in %.*s:%u", STR_ARG(what),
		              STR_ARG(p->file), p->line);
		return;
	}
	uint32_t ident = intern_add(ids, id);
	while (audit->ids->places[k].len <= ident)
		(void)ARENA_PUSH(&audit->arena, &audit->ids->places[k]);
	if (!str_eq(audit->ids->file, file))
		audit->ids->file = arena_str(&audit->arena, file);
	audit->ids->places[k].at[ident] = (struct place){audit->ids->file, line};
}

/* ---- lists ---- */

static struct type_fates *
type_fates_of(struct audit *audit, struct str type)
{
	struct types_fates *list = &audit->types;
	type = audit_text(audit, utf8_head(type, AUDIT_NAME_BYTES));
	for (int again = 0; again < 2; again++) {
		for (size_t i = 0; i < list->len; i++)
			if (str_eq(list->at[i].type, type))
				return &list->at[i];
		if (list->len < AUDIT_NAMES_MAX)
			break;
		type = STR("(other types)");
	}
	struct type_fates *f = ARENA_PUSH(&audit->arena, list);
	f->type = type;
	return f;
}

struct model_tokens *
audit_model(struct arena *a, struct models_tokens *list, struct str model)
{
	model = diag_shown(a, utf8_head(model, AUDIT_NAME_BYTES));
	for (int again = 0; again < 2; again++) {
		for (size_t i = 0; i < list->len; i++)
			if (str_eq(list->at[i].model, model))
				return &list->at[i];
		if (list->len < AUDIT_NAMES_MAX)
			break;
		model = STR("(other models)");
	}
	struct model_tokens *m = ARENA_PUSH(a, list);
	m->model = model;
	return m;
}

void
audit_add_tokens(struct model_tokens *to, const struct model_tokens *from)
{
	to->calls += from->calls;
	to->incomplete += from->incomplete;
	to->input += from->input;
	to->output += from->output;
	to->cache_read += from->cache_read;
	to->cache_creation += from->cache_creation;
	to->reasoning += from->reasoning;
}

/* ---- what is unknown ---- */

static void
add_unknown(struct auditor *r, const struct transcript *t, const struct unknown *u)
{
	struct audit *audit = r->audit;
	struct unknown_names *list = &audit->unknown;
	struct str name = diag_shown(&r->scratch, audit_name(r, u->name));
	struct str version = diag_shown(&r->scratch, audit_name(r, u->version));
	for (size_t i = 0; i < list->len; i++)
		if (str_eq(list->at[i].name, name) && str_eq(list->at[i].version, version)) {
			list->at[i].count += u->count;
			return;
		}
	if (list->len >= AUDIT_NAMES_MAX) {
		list->more += u->count;
		return;
	}
	*ARENA_PUSH(&audit->arena,
	            list) = (struct unknown_name){.name = arena_str(&audit->arena, name),
	                                          .version = arena_str(&audit->arena, version),
	                                          .file = audit_text(audit, t->source->path),
	                                          .member = u->member,
	                                          .line = u->line,
	                                          .count = u->count};
}

/* ---- lines ---- */

struct line_counts {
	uint64_t used, history, ignored;
};

static void
count_lines(struct auditor *r, const struct transcript *t, struct line_counts *by_type)
{
	struct audit *audit = r->audit;
	uint64_t used = 0, history = 0, ignored = 0;
	for (size_t i = 0; i < t->record_count; i++) {
		enum line_use use = session_line_use(&t->records[i]);
		struct line_counts *c = &by_type[t->records[i].type];
		used += use == LINE_USED;
		history += use == LINE_HISTORY;
		ignored += use == LINE_IGNORED;
		c->used += use == LINE_USED;
		c->history += use == LINE_HISTORY;
		c->ignored += use == LINE_IGNORED;
	}
	for (size_t i = 0; i < t->ignored.len; i++) {
		ignored += t->ignored.at[i].count;
		by_type[t->ignored.at[i].type].ignored += t->ignored.at[i].count;
	}
	if (t->read != used + history + ignored + t->skipped)
		audit_problem(audit, PROBLEM_UNACCOUNTED_LINES, t->source->path, 0,
		              "%" PRIu64 " lines read, %" PRIu64 " accounted for", t->read,
		              used + history + ignored + t->skipped);
	audit->read += t->read;
	audit->used += used;
	audit->history += history;
	audit->ignored += ignored;
	audit->skipped += t->skipped;
	if (t->skipped > 0)
		type_fates_of(audit, STR("(unreadable)"))->skipped += t->skipped;
	if (t->skipped > DIAG_NOTES_MAX) {
		uint64_t more = t->skipped - DIAG_NOTES_MAX;
		audit_problem(audit, PROBLEM_SKIPPED_LINE, t->source->path, 0,
		              "%" PRIu64 " more lines skipped", more);
		audit->problem_counts[PROBLEM_SKIPPED_LINE] += more - 1;
	}
	for (size_t i = 0; t->watch != NULL && i < t->watch->unknown.len; i++)
		add_unknown(r, t, &t->watch->unknown.at[i]);
	audit->unknown.more += t->watch != NULL ? t->watch->unknown.more : 0;
}

static bool
is_counted_file(const struct auditor *r, struct str path)
{
	const struct transcripts *all = r->family->transcripts;
	for (size_t i = 0; i < all->len; i++)
		if (r->family->counts[i] && str_eq(all->at[i]->source->path, path))
			return true;
	return false;
}

static void
add_skipped(struct auditor *r)
{
	for (const struct diag_note *n = r->family->notes; n != NULL; n = n->next)
		if (n->kind == DIAG_SKIP && is_counted_file(r, n->file))
			audit_problem(r->audit, PROBLEM_SKIPPED_LINE, n->file, n->line, "%.*s",
			              STR_ARG(n->text));
}

struct named_counts {
	struct str type;
	struct line_counts counts;
};

static int
compare_names(const void *a, const void *b)
{
	return str_cmp(((const struct named_counts *)a)->type,
	               ((const struct named_counts *)b)->type);
}

static void
add_lines(struct auditor *r)
{
	const struct transcripts *all = r->family->transcripts;
	size_t idents = intern_count(r->family->names), len = 0;
	struct line_counts *by_type = ARENA_ARRAY(&r->scratch, struct line_counts, idents);
	struct named_counts *named = ARENA_ARRAY(&r->scratch, struct named_counts, idents);
	for (size_t i = 0; i < all->len; i++)
		if (r->family->counts[i])
			count_lines(r, all->at[i], by_type);
	for (size_t i = 0; i < idents; i++)
		if (by_type[i].used + by_type[i].history + by_type[i].ignored > 0)
			named[len++] = (struct named_counts){audit_name(r, (uint32_t)i),
			                                     by_type[i]};
	/* Not by ident: what is an other type must not depend on the order of arrival. */
	if (len > 1)
		qsort(named, len, sizeof *named, compare_names);
	for (size_t i = 0; i < len; i++) {
		struct type_fates *f = type_fates_of(r->audit, named[i].type);
		f->used += named[i].counts.used;
		f->history += named[i].counts.history;
		f->ignored += named[i].counts.ignored;
	}
	add_skipped(r);
}

/* ---- what must be somewhere ---- */

static int
compare(const void *a, const void *b)
{
	const struct record *x = *(const struct record *const *)a;
	const struct record *y = *(const struct record *const *)b;
	return x == y ? 0 : (uintptr_t)x < (uintptr_t)y ? -1 : 1;
}

static void
sort_set(struct record_set *s)
{
	size_t kept = 0;
	if (s->len > 1)
		qsort(s->at, s->len, sizeof(const struct record *), compare);
	for (size_t i = 0; i < s->len; i++)
		if (kept == 0 || s->at[kept - 1] != s->at[i])
			s->at[kept++] = s->at[i];
	s->len = kept;
}

static bool
is_in_set(const struct record_set *s, const struct record *r)
{
	return s->len > 0 &&
	       bsearch(&r, s->at, s->len, sizeof(const struct record *), compare) != NULL;
}

/* No copy, whatever came of it. */
static bool
is_own(const struct record *r)
{
	return r->fate == FATE_OWN || r->fate == FATE_UNUSED;
}

static bool
is_second_copy(const struct auditor *r, const struct transcript *t)
{
	const struct sessions *all = r->family->sessions;
	for (size_t i = 0; i < all->len; i++)
		if (all->at[i]->id == t->session && t->kind == TRANSCRIPT_MAIN)
			return all->at[i]->transcript != t;
	return false;
}

/* A copy of what stands nowhere, although the session that it names is at hand. 10.4 */
static bool
lacks_original(const struct auditor *r, const struct record *x)
{
	uint32_t named = x->origin_session != 0 ? x->origin_session : x->forked_session;
	return x->fate == FATE_HISTORY && r->at_hand[named] && r->owner[x->uuid] == NULL &&
	       r->owner[x->response->message] == NULL;
}

/* Every slice is part of a call, or a copy, or filler, or of an agent that does no work of its
 * own. claude-code-transcripts 16 */
static void
find_lost(struct auditor *r, const struct transcript *t, uint32_t internal)
{
	for (size_t i = 0; i < t->record_count; i++) {
		const struct record *x = &t->records[i];
		if (x->kind != RECORD_RESPONSE || x->response->filler ||
		    (internal != 0 && x->type == internal) ||
		    !(is_own(x) || lacks_original(r, x)) || is_in_set(&r->slices, x))
			continue;
		AUDIT_LINE(r, PROBLEM_LOST_RESPONSE, x, "response %.*s is part of no call%s",
		           STR_ARG(audit_name(r, x->response->message)),
		           !is_own(x) ? ": a copy, and its session is here without it (--history)"
		           : is_second_copy(r, t) ? ": another file of its session counts"
		                                  : "");
	}
}

/* Calls that any file of the family holds; in a slice of a session some results have none. 6.1 */
static void
find_stray_results(struct auditor *r, const struct transcript *t, const bool *calls)
{
	for (size_t i = 0; i < t->record_count; i++) {
		const struct record *x = &t->records[i];
		if (x->kind != RECORD_RESULTS || !is_own(x))
			continue;
		for (size_t k = 0; k < x->results->len; k++) {
			const struct result_record *o = &x->results->at[k];
			if (o->sign != SIGN_FORK_CONTEXT && !calls[o->call])
				AUDIT_LINE(r, PROBLEM_RESULT_WITHOUT_CALL, x,
				           "result of %.*s, which nothing calls",
				           STR_ARG(audit_name(r, o->call)));
		}
	}
}

static bool *
find_calls(struct auditor *r)
{
	const struct transcripts *all = r->family->transcripts;
	bool *calls = ARENA_ARRAY(&r->scratch, bool, (size_t)intern_count(r->family->names));
	for (size_t i = 0; i < all->len; i++)
		for (size_t k = 0; k < all->at[i]->record_count; k++) {
			const struct record *x = &all->at[i]->records[k];
			for (size_t n = 0;
			     x->kind == RECORD_RESPONSE && n < x->response->block_count; n++)
				calls[x->response->blocks[n].id] = true;
		}
	return calls;
}

/* Lines and responses by the file in which they count, or would: where copies come from. */
static void
find_owners(struct auditor *r)
{
	const struct transcripts *all = r->family->transcripts;
	for (size_t i = 0; i < all->len; i++) {
		if (all->at[i]->kind == TRANSCRIPT_MAIN)
			r->at_hand[all->at[i]->session] = true;
		for (size_t k = 0; k < all->at[i]->record_count; k++) {
			const struct record *x = &all->at[i]->records[k];
			uint32_t ids[] = {x->uuid, 0};
			if (x->kind == RECORD_RESPONSE)
				ids[1] = x->response->message;
			for (size_t n = 0; n < 2; n++)
				if (x->fate == FATE_OWN ||
				    (x->fate == FATE_UNUSED && r->owner[ids[n]] == NULL))
					r->owner[ids[n]] = all->at[i];
		}
	}
	r->owner[0] = NULL;
	r->at_hand[0] = false;
}

/* ---- all of it ---- */

void
audit_begin(struct audit *audit, uint64_t seed)
{
	*audit = (struct audit){0};
	audit->ids = ARENA_NEW(&audit->arena, struct id_ledger);
	for (size_t i = 0; i < LEDGERS; i++)
		audit->ids->ids[i] = intern_new(seed);
}

void
audit_add(struct audit *audit, const struct audit_family *family)
{
	struct auditor r = {.audit = audit, .family = family};
	size_t idents = intern_count(family->names);
	r.answered.at = ARENA_ARRAY(&r.scratch, size_t, idents);
	r.asked.at = ARENA_ARRAY(&r.scratch, size_t, idents);
	r.owner = ARENA_ARRAY(&r.scratch, struct transcript *, idents);
	r.at_hand = ARENA_ARRAY(&r.scratch, bool, idents);
	r.caller = ARENA_ARRAY(&r.scratch, uint32_t, idents);
	find_owners(&r);
	add_lines(&r);
	for (size_t i = 0; i < family->sessions->len; i++) {
		r.session = family->sessions->at[i];
		if (!r.session->wanted)
			continue;
		audit_turns(&r);
		audit_session(&r);
	}
	sort_set(&r.origins);
	sort_set(&r.slices);
	for (size_t i = 0; i < r.origins.len; i++)
		audit->span_lines += session_line_use(r.origins.at[i]) == LINE_USED;
	const bool *calls = find_calls(&r);
	uint32_t internal = intern_find(family->names, STR("internal-agent"));
	for (size_t i = 0; i < family->transcripts->len; i++)
		if (family->counts[i]) {
			find_lost(&r, family->transcripts->at[i], internal);
			find_stray_results(&r, family->transcripts->at[i], calls);
		}
	arena_free(&r.scratch);
}

void
audit_end(struct audit *audit)
{
	for (size_t i = 0; i < LEDGERS; i++)
		intern_free(audit->ids->ids[i]);
	arena_free(&audit->arena);
}
