/* The report for machines. Its keys stay: man/retrospan.1 names them. */
#include "base/json.h"
#include "base/utf8.h"
#include "cli/report.h"
#include "cli/version.h"

/* A comma comes before everything but the first of an object or an array. */
static void
separate(struct buf *b)
{
	char last = b->len > 0 ? b->at[b->len - 1] : '{';
	if (last != '{' && last != '[' && last != ':')
		buf_byte(b, ',');
}

static void
put_text(struct buf *b, struct str text)
{
	struct arena scratch = {0};
	json_put_text(b, utf8_repair(&scratch, text));
	arena_free(&scratch);
}

static void
put_key(struct buf *b, struct str key)
{
	separate(b);
	put_text(b, key);
	buf_byte(b, ':');
}

static void
put_open(struct buf *b, struct str key, char bracket)
{
	put_key(b, key);
	buf_byte(b, bracket);
}

static void
put_number(struct buf *b, struct str key, uint64_t n)
{
	put_key(b, key);
	buf_u64(b, n);
}

static void
put_member(struct buf *b, struct str key, struct str text)
{
	put_key(b, key);
	put_text(b, text);
}

static void
put_flag(struct buf *b, struct str key, bool flag)
{
	put_key(b, key);
	buf_add(b, flag ? STR("true") : STR("false"));
}

static void
put_place(struct buf *b, struct str file, uint32_t line)
{
	put_member(b, STR("file"), file);
	put_key(b, STR("line"));
	if (line > 0)
		buf_u64(b, line);
	else
		BUF_LIT(b, "null"); /* about the whole file */
}

/* ---- the parts ---- */

static void
put_lines(struct buf *b, const struct audit *a)
{
	put_open(b, STR("lines"), '{');
	put_number(b, STR("read"), a->read);
	put_number(b, STR("used"), a->used);
	put_number(b, STR("span_lines"), a->span_lines);
	put_number(b, STR("part_lines"), a->used - a->span_lines);
	put_number(b, STR("history"), a->history);
	put_number(b, STR("ignored"), a->ignored);
	put_number(b, STR("skipped"), a->skipped);
	put_open(b, STR("by_type"), '{');
	for (size_t i = 0; i < a->types.len; i++) {
		const struct type_fates *t = &a->types.at[i];
		put_open(b, t->type, '{');
		put_number(b, STR("used"), t->used);
		put_number(b, STR("history"), t->history);
		put_number(b, STR("ignored"), t->ignored);
		put_number(b, STR("skipped"), t->skipped);
		buf_byte(b, '}');
	}
	BUF_LIT(b, "}}");
}

static void
put_spans(struct buf *b, const struct report *r)
{
	put_open(b, STR("spans"), '{');
	put_number(b, STR("turns"), r->spans->turns);
	put_number(b, STR("total"), report_spans(r));
	put_open(b, STR("by_kind"), '{');
	for (size_t i = 0; i < r->spans->len; i++)
		put_number(b, r->spans->at[i].kind, r->spans->at[i].count);
	BUF_LIT(b, "}}");
}

static void
put_sums(struct buf *b, const struct model_tokens *m)
{
	put_number(b, STR("input"), m->input);
	put_number(b, STR("output"), m->output);
	put_number(b, STR("cache_read"), m->cache_read);
	put_number(b, STR("cache_creation"), m->cache_creation);
}

static void
put_tokens(struct buf *b, const struct audit *a)
{
	put_open(b, STR("tokens"), '{');
	for (size_t i = 0; i < a->tokens.len; i++) {
		const struct model_tokens *m = &a->tokens.at[i];
		put_open(b, m->model, '{');
		put_number(b, STR("calls"), m->calls);
		put_number(b, STR("incomplete"), m->incomplete);
		put_sums(b, m);
		put_number(b, STR("reasoning"), m->reasoning);
		buf_byte(b, '}');
	}
	buf_byte(b, '}');
}

static void
put_costs(struct buf *b, const struct audit *a)
{
	put_open(b, STR("cost_states"), '[');
	for (size_t i = 0; i < a->costs.len; i++) {
		const struct cost_check *c = &a->costs.at[i];
		separate(b);
		buf_byte(b, '{');
		put_member(b, STR("session"), c->session);
		put_place(b, c->file, c->line);
		put_member(b, STR("verdict"), report_verdict(c->verdict));
		put_member(b, STR("why"), c->why);
		put_open(b, STR("models"), '{');
		for (size_t k = 0; k < c->ours.len; k++) {
			put_open(b, c->ours.at[k].model, '{');
			put_open(b, STR("calls"), '{');
			put_sums(b, &c->ours.at[k]);
			buf_byte(b, '}');
			put_open(b, STR("cost_state"), '{');
			put_sums(b, &c->theirs.at[k]);
			BUF_LIT(b, "}}");
		}
		buf_byte(b, '}');
		put_open(b, STR("call_ms"), '{');
		put_number(b, STR("calls"), c->our_ms);
		put_number(b, STR("cost_state"), c->their_ms);
		BUF_LIT(b, "}}");
	}
	buf_byte(b, ']');
}

static void
put_links(struct buf *b, const struct audit *a)
{
	put_open(b, STR("links"), '{');
	put_number(b, STR("weak"), report_weak_links(a));
	put_number(b, STR("without_file"), a->agents_without_file);
	put_open(b, STR("by_evidence"), '{');
	for (size_t i = 0; i < LINKS; i++)
		put_number(b, report_link((enum link_basis)i), a->links[i]);
	BUF_LIT(b, "}}");
}

static void
put_times(struct buf *b, const struct audit *a)
{
	put_open(b, STR("times"), '{');
	for (size_t i = 0; i < TIMED_COUNT; i++) {
		put_open(b, report_timed((enum timed)i), '{');
		for (size_t k = 0; k < EVIDENCES; k++)
			put_number(b, report_evidence((enum evidence)k), a->times[i][k]);
		buf_byte(b, '}');
	}
	buf_byte(b, '}');
}

static void
put_forks(struct buf *b, const struct audit *a)
{
	put_open(b, STR("forks"), '[');
	for (size_t i = 0; i < a->forks.len; i++) {
		const struct fork *f = &a->forks.at[i];
		separate(b);
		buf_byte(b, '{');
		put_member(b, STR("session"), f->session);
		put_member(b, STR("file"), f->file);
		put_member(b, STR("from"), f->from);
		put_member(b, STR("source"), report_source(f->source));
		put_member(b, STR("conversation"), f->conversation);
		put_number(b, STR("lines"), f->lines);
		put_open(b, STR("origins"), '[');
		for (size_t k = 0; k < f->origin_count; k++) {
			separate(b);
			buf_byte(b, '{');
			put_member(b, STR("session"), f->origins[k].session);
			put_number(b, STR("lines"), f->origins[k].lines);
			put_flag(b, STR("here"), f->origins[k].here);
			buf_byte(b, '}');
		}
		buf_byte(b, ']');
		put_number(b, STR("inherited_turns"), f->inherited_turns);
		buf_byte(b, '}');
	}
	buf_byte(b, ']');
}

static void
put_unknown_sort(struct buf *b, struct str key, const struct unknown_names *list, bool member)
{
	put_open(b, key, '[');
	for (size_t i = 0; i < list->len; i++) {
		const struct unknown_name *u = &list->at[i];
		if (u->member != member)
			continue;
		separate(b);
		buf_byte(b, '{');
		put_member(b, STR("name"), u->name);
		put_member(b, STR("version"), u->version);
		put_number(b, STR("count"), u->count);
		put_place(b, u->file, u->line);
		buf_byte(b, '}');
	}
	buf_byte(b, ']');
}

static void
put_problems(struct buf *b, const struct audit *a)
{
	put_open(b, STR("problems"), '[');
	for (size_t i = 0; i < a->problems.len; i++) {
		const struct problem *p = &a->problems.at[i];
		separate(b);
		buf_byte(b, '{');
		put_member(b, STR("kind"), problem_name(p->kind));
		put_member(b, STR("severity"), severity_name(problem_severity(p->kind)));
		put_place(b, p->file, p->line);
		put_member(b, STR("text"), p->text);
		buf_byte(b, '}');
	}
	buf_byte(b, ']');
	put_open(b, STR("problem_counts"), '{');
	for (size_t i = 0; i < PROBLEM_COUNT; i++)
		put_number(b, problem_name((enum problem_kind)i), a->problem_counts[i]);
	buf_byte(b, '}');
}

void
report_json(const struct report *r, struct buf *out)
{
	const struct audit *a = r->audit;
	buf_byte(out, '{');
	put_member(out, STR("version"), version_text());
	put_member(out, STR("convention"), r->convention);
	put_flag(out, STR("ok"), r->ok);
	put_open(out, STR("sessions"), '[');
	for (size_t i = 0; i < a->sessions.len; i++) {
		separate(out);
		put_text(out, a->sessions.at[i]);
	}
	buf_byte(out, ']');
	put_lines(out, a);
	put_spans(out, r);
	put_tokens(out, a);
	put_costs(out, a);
	put_links(out, a);
	put_times(out, a);
	put_forks(out, a);
	put_open(out, STR("unknown"), '{');
	put_unknown_sort(out, STR("types"), &a->unknown, false);
	put_unknown_sort(out, STR("fields"), &a->unknown, true);
	put_number(out, STR("more"), a->unknown.more);
	buf_byte(out, '}');
	put_problems(out, a);
	BUF_LIT(out, "}\n");
}
