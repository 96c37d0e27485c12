/* The report for people: what does not add up first. */
#include <inttypes.h>

#include "cli/report.h"

#define SHOWN_MAX 20 /* problems of a kind, and unknown names of each sort; --json lists more */

static void
put_place(struct buf *b, struct str file, uint32_t line)
{
	buf_add(b, file.len > 0 ? file : STR("retrospan"));
	if (line > 0)
		buf_printf(b, ":%" PRIu32, line);
	BUF_LIT(b, ": ");
}

/* ---- problems ---- */

/* The listed ones of a kind stand together; gives the index behind them. */
static size_t
put_problems_of(struct buf *b, const struct audit *a, size_t from)
{
	enum problem_kind kind = a->problems.at[from].kind;
	uint64_t all = a->problem_counts[kind], shown = 0;
	size_t i = from;
	buf_printf(b, "  %.*s, %.*s: %" PRIu64 "\n", STR_ARG(problem_name(kind)),
	           STR_ARG(severity_name(problem_severity(kind))), all);
	for (; i < a->problems.len && a->problems.at[i].kind == kind; i++) {
		const struct problem *p = &a->problems.at[i];
		if (shown >= SHOWN_MAX)
			continue;
		shown++;
		BUF_LIT(b, "    ");
		put_place(b, p->file, p->line);
		buf_add(b, p->text);
		buf_byte(b, '\n');
	}
	if (all > shown)
		buf_printf(b, "    and %" PRIu64 " more\n", all - shown);
	return i;
}

static void
put_problems(const struct report *r, struct buf *b)
{
	const struct audit *a = r->audit;
	if (a->problems.len == 0)
		return;
	BUF_LIT(b, "\nproblems\n");
	for (size_t i = 0; i < a->problems.len;)
		i = put_problems_of(b, a, i);
}

/* ---- lines and spans ---- */

static void
put_lines(const struct report *r, struct buf *b)
{
	const struct audit *a = r->audit;
	buf_printf(b,
	           "\nlines: %" PRIu64 " read = %" PRIu64 " used + %" PRIu64 " history + %" PRIu64
	           " ignored + %" PRIu64 " skipped\n",
	           a->read, a->used, a->history, a->ignored, a->skipped);
	buf_printf(
	    b, "  of those used, a span begins at %" PRIu64 ", and %" PRIu64 " are part of one\n",
	    a->span_lines, a->used - a->span_lines);
	buf_printf(b, "  %-36s %9s %9s %9s %9s\n", "type", "used", "history", "ignored", "skipped");
	for (size_t i = 0; i < a->types.len; i++) {
		const struct type_fates *t = &a->types.at[i];
		buf_printf(b, "  %-36.*s %9" PRIu64 " %9" PRIu64 " %9" PRIu64 " %9" PRIu64 "\n",
		           STR_ARG(t->type), t->used, t->history, t->ignored, t->skipped);
	}
}

static void
put_spans(const struct report *r, struct buf *b)
{
	buf_printf(b, "\nspans: %" PRIu64 " (%.*s)\n", report_spans(r), STR_ARG(r->convention));
	for (size_t i = 0; i < r->spans->len; i++)
		buf_printf(b, "  %-36.*s %9" PRIu64 "\n", STR_ARG(r->spans->at[i].kind),
		           r->spans->at[i].count);
}

/* ---- tokens ---- */

static void
put_sums(struct buf *b, struct str name, const struct model_tokens *m)
{
	buf_printf(b, "  %-36.*s %9" PRIu64 " %12" PRIu64 " %12" PRIu64 " %12" PRIu64 " %12" PRIu64,
	           STR_ARG(name), m->calls, m->input, m->output, m->cache_read, m->cache_creation);
	if (m->incomplete > 0)
		buf_printf(b, "  output of %" PRIu64 " never became final", m->incomplete);
	buf_byte(b, '\n');
}

static void
put_cost(struct buf *b, const struct cost_check *c)
{
	BUF_LIT(b, "    ");
	put_place(b, c->file, c->line);
	buf_add(b, report_verdict(c->verdict));
	if (c->why.len > 0)
		buf_printf(b, ": %.*s", STR_ARG(c->why));
	buf_byte(b, '\n');
	for (size_t i = 0; i < c->ours.len; i++) {
		const struct model_tokens *m = &c->ours.at[i], *n = &c->theirs.at[i];
		buf_printf(b,
		           "      %.*s: input %" PRIu64 " of %" PRIu64 ", output %" PRIu64
		           " of %" PRIu64 ", cache read %" PRIu64 " of %" PRIu64
		           ", cache creation %" PRIu64 " of %" PRIu64 "\n",
		           STR_ARG(m->model), m->input, n->input, m->output, n->output,
		           m->cache_read, n->cache_read, m->cache_creation, n->cache_creation);
	}
}

static void
put_tokens(const struct report *r, struct buf *b)
{
	const struct audit *a = r->audit;
	uint64_t verdicts[COST_OTHER + 1] = {0};
	if (a->tokens.len > 0)
		buf_printf(b, "\n%-38s %9s %12s %12s %12s %12s\n", "tokens", "calls", "input",
		           "output", "cache read", "cache made");
	for (size_t i = 0; i < a->tokens.len; i++)
		put_sums(b, a->tokens.at[i].model, &a->tokens.at[i]);
	for (size_t i = 0; i < a->costs.len; i++)
		verdicts[a->costs.at[i].verdict]++;
	if (a->costs.len == 0)
		return;
	buf_printf(b,
	           "  beside cost-state: %" PRIu64 " equal, %" PRIu64 " within, %" PRIu64
	           " above, %" PRIu64 " not comparable\n",
	           verdicts[COST_EQUAL], verdicts[COST_WITHIN], verdicts[COST_ABOVE],
	           verdicts[COST_OTHER]);
	for (size_t i = 0; i < a->costs.len; i++)
		if (a->costs.at[i].verdict != COST_EQUAL)
			put_cost(b, &a->costs.at[i]);
}

/* ---- links, times, forks ---- */

static void
put_links(const struct report *r, struct buf *b)
{
	const struct audit *a = r->audit;
	uint64_t all = a->agents_without_file;
	for (size_t i = 0; i < LINKS; i++)
		all += a->links[i];
	if (all == 0)
		return;
	buf_printf(b,
	           "\nlinks: %" PRIu64 " agent%s, %" PRIu64 " by weak evidence, %" PRIu64
	           " without a line of its own\n",
	           all, PLURAL(all), report_weak_links(a), a->agents_without_file);
	for (size_t i = 0; i < LINKS; i++)
		if (a->links[i] > 0)
			buf_printf(b, "  %-36.*s %9" PRIu64 "\n",
			           STR_ARG(report_link((enum link_basis)i)), a->links[i]);
}

static void
put_times(const struct report *r, struct buf *b)
{
	buf_printf(b, "\n%-38s %9s %9s %9s\n", "times", "measured", "derived", "estimated");
	for (size_t i = 0; i < TIMED_COUNT; i++) {
		const uint64_t *n = r->audit->times[i];
		buf_printf(b, "  %-36.*s %9" PRIu64 " %9" PRIu64 " %9" PRIu64 "\n",
		           STR_ARG(report_timed((enum timed)i)), n[EVIDENCE_MEASURED],
		           n[EVIDENCE_DERIVED], n[EVIDENCE_ESTIMATED]);
	}
}

static void
put_forks(const struct report *r, struct buf *b)
{
	static const char *const sources[] = {"among the inputs", "found beside them", "not there"};
	const struct forks *list = &r->audit->forks;
	if (list->len == 0)
		return;
	BUF_LIT(b, "\nforks\n");
	for (size_t i = 0; i < list->len; i++) {
		const struct fork *f = &list->at[i];
		BUF_LIT(b, "  ");
		put_place(b, f->file, 0);
		if (f->from.len > 0)
			buf_printf(b, "forked from %.*s, which is %s", STR_ARG(f->from),
			           sources[f->source]);
		else
			BUF_LIT(b, "holds lines of others");
		buf_printf(b, "; %" PRIu64 " turn%s left out\n", f->inherited_turns,
		           PLURAL(f->inherited_turns));
		for (size_t k = 0; k < f->origin_count; k++) {
			const struct fork_origin *o = &f->origins[k];
			buf_printf(
			    b, "    %" PRIu64 " line%s of %.*s%s\n", o->lines, PLURAL(o->lines),
			    STR_ARG(o->session.len > 0 ? o->session : STR("an unknown session")),
			    o->here ? "" : " (in no other file at hand)");
		}
	}
}

/* ---- unknown ---- */

static void
put_unknown(const struct report *r, struct buf *b)
{
	const struct unknown_names *list = &r->audit->unknown;
	size_t shown[2] = {0, 0}, hidden = 0;
	if (list->len == 0 && list->more == 0)
		return;
	buf_printf(b, "\n%-38s %9s  %s\n", "unknown", "lines", "version, first seen");
	for (size_t i = 0; i < list->len; i++) {
		const struct unknown_name *u = &list->at[i];
		if (shown[u->member]++ >= SHOWN_MAX) {
			hidden++;
			continue;
		}
		buf_printf(b, "  %-5s %-30.*s %9" PRIu64 "  %.*s, ", u->member ? "field" : "type",
		           STR_ARG(u->name), u->count,
		           STR_ARG(u->version.len > 0 ? u->version : STR("?")));
		buf_add(b, u->file);
		buf_printf(b, ":%" PRIu32 "\n", u->line);
	}
	if (hidden > 0)
		buf_printf(b, "  and %zu more\n", hidden);
	if (list->more > 0)
		buf_printf(b, "  and %" PRIu64 " more, for which there is no room\n", list->more);
}

/* ---- all of it ---- */

static void
put_head(const struct report *r, struct buf *b)
{
	const struct audit *a = r->audit;
	uint64_t by_severity[SEVERITY_LOST + 1] = {0};
	uint64_t spans = report_spans(r);
	for (size_t i = 0; i < PROBLEM_COUNT; i++)
		by_severity[problem_severity((enum problem_kind)i)] += a->problem_counts[i];
	buf_printf(b, "%s: %zu session%s, %" PRIu64 " turn%s, %" PRIu64 " span%s;",
	           r->ok ? "ok" : "NOT OK", a->sessions.len, PLURAL(a->sessions.len),
	           r->spans->turns, PLURAL(r->spans->turns), spans, PLURAL(spans));
	for (size_t i = SEVERITY_LOST + 1; i-- > 0;)
		buf_printf(b, " %" PRIu64 " %.*s%s,", by_severity[i],
		           STR_ARG(severity_name((enum severity)i)),
		           i <= SEVERITY_CONTRADICTION ? PLURAL(by_severity[i]) : "");
	buf_printf(b, " %zu unknown\n", a->unknown.len);
}

void
report_text(const struct report *r, struct buf *out)
{
	put_head(r, out);
	put_problems(r, out);
	put_lines(r, out);
	put_spans(r, out);
	put_tokens(r, out);
	put_links(r, out);
	put_times(r, out);
	put_forks(r, out);
	put_unknown(r, out);
}
