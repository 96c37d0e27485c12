/* The account: files, families, sessions, and what became of them. */
#include "cli/check.h"

#include <unistd.h>

#include "cli/family.h"
#include "cli/interrupt.h"
#include "cli/progress.h"
#include "cli/report.h"
#include "cli/run.h"
#include "cli/task.h"

struct checker {
	struct arena arena;
	struct audit audit;
	struct span_counts spans;
	struct trace_options options;
	const struct convention *convention;
	struct arena scratch; /* of one trace */
};

/* ---- spans ---- */

static void
count_span(struct checker *c, struct str kind)
{
	for (size_t i = 0; i < c->spans.len; i++)
		if (str_eq(c->spans.at[i].kind, kind)) {
			c->spans.at[i].count++;
			return;
		}
	size_t i = c->spans.len;
	(void)ARENA_PUSH(&c->arena, &c->spans);
	for (; i > 0 && str_cmp(c->spans.at[i - 1].kind, kind) > 0; i--)
		c->spans.at[i] = c->spans.at[i - 1];
	c->spans.at[i] = (struct span_count){arena_str(&c->arena, kind), 1};
}

/* Makes the spans of a trace without its words: nothing is read again. */
static void
trace(struct checker *c, const struct family *f, const struct task *t)
{
	const struct record *origin = t->turn != NULL ? t->turn->opening : t->agent->opening;
	struct spans spans = {0};
	struct trace_input in = {.arena = &c->scratch,
	                         .names = f->names,
	                         .options = &c->options,
	                         .session = t->session,
	                         .turn = t->turn,
	                         .agent = t->agent,
	                         .content_count = t->lines->len};
	in.contents = ARENA_ARRAY(in.arena, struct content, t->lines->len);
	convention_trace(c->convention, &in, &spans);
	c->spans.turns += t->turn != NULL && !t->turn->local;
	for (size_t i = 0; i < spans.len; i++) {
		const struct span *s = spans.at[i];
		struct str kind = str_head(s->name, str_find_byte(s->name, ' '));
		char id[TRACE_ID_LEN + SPAN_ID_LEN];
		memcpy(id, s->trace_id, TRACE_ID_LEN);
		memcpy(id + TRACE_ID_LEN, s->span_id, SPAN_ID_LEN);
		count_span(c, kind);
		audit_id(&c->audit, PROBLEM_DOUBLED_SPAN, (struct str){id, sizeof id},
		         arena_printf(in.arena, "span %.*s of the trace that begins here",
		                      STR_ARG(kind)),
		         origin->in->source->path, origin->line);
	}
	arena_reset(&c->scratch);
}

/* ---- families ---- */

static void
check_family(struct checker *c, const struct looks *looks, const struct options *o,
             const struct environment *env, struct log *log)
{
	struct family f = {.threads = run_threads(o), .watch = true};
	struct session_options options = task_session_options(o, c->convention, &c->options);
	family_read(&f, looks, env->seed, &options);
	bool *counts = ARENA_ARRAY(&f.arena, bool, f.transcripts.len);
	for (size_t i = 0; i < f.transcripts.len; i++)
		counts[i] = family_counts(&f, f.transcripts.at[i]);
	audit_add(&c->audit, &(struct audit_family){.names = f.names,
	                                            .transcripts = &f.transcripts,
	                                            .counts = counts,
	                                            .sessions = &f.sessions,
	                                            .takes_commands = c->convention->takes_commands,
	                                            .notes = f.diag.first});
	struct tasks tasks = {0};
	tasks_collect(&f.arena, c->convention, &f.sessions, 0, 0, &tasks);
	for (size_t i = 0; i < tasks.len; i++)
		trace(c, &f, &tasks.at[i]);
	log_print(log, &f.diag);
	family_free(&f);
}

static void
check_all(struct checker *c, const struct options *o, const struct environment *env,
          struct log *log)
{
	struct diag diag = {.arena = &c->arena};
	struct inputs in;
	(void)inputs_find(&c->arena, o, env, run_threads(o), &in, &diag);
	log_print(log, &diag);
	struct progress progress = progress_begin(log, in.bytes);
	for (size_t i = 0; i < in.len; i++) {
		progress_tick(&progress, 0);
		check_family(c, &in.families[i], o, env, log);
		progress_family(&progress, &in.families[i]);
	}
	progress_end(&progress);
	audit_sort(&c->audit);
}

static bool
write_report(const struct report *r, bool json, struct file_sink *sink, struct diag *d)
{
	struct buf text = {0};
	(json ? report_json : report_text)(r, &text);
	bool ok = file_sink_write(sink, buf_str(&text), d);
	if (!ok)
		file_sink_abort(sink);
	else
		ok = file_sink_commit(sink, d);
	buf_free(&text);
	return ok || file_sink_closed(sink); /* nobody reads: no failure */
}

int
check(const struct options *o, const struct environment *env, struct log *log)
{
	struct checker c = {.convention = convention_find(o->convention)};
	c.options = run_trace_options(o, env, c.convention);
	struct diag diag = {.arena = &c.arena};
	struct file_sink *sink = run_open_output(&c.arena, o, &diag);
	bool ok = sink != NULL;
	audit_begin(&c.audit, env->seed);
	if (ok) {
		interrupt_unlinks(file_sink_temporary(sink));
		check_all(&c, o, env, log);
		bool unknown = c.audit.unknown.len > 0 || c.audit.unknown.more > 0;
		struct report r = {
		    .audit = &c.audit, .spans = &c.spans, .convention = o->convention};
		r.ok = log->failures == 0 && audit_severity(&c.audit) < SEVERITY_UNACCOUNTED &&
		       !(o->drift && unknown);
		ok = write_report(&r, o->json, sink, &diag) && r.ok;
		interrupt_unlinks(NULL);
	}
	log_print(log, &diag);
	ok = ok && log->failures == 0;
	audit_end(&c.audit);
	arena_free(&c.scratch);
	arena_free(&c.arena);
	return ok ? 0 : 1;
}
