/* The straight line: files, families, sessions, spans, bytes. Read this first. */
#include "cli/run.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/pool.h"
#include "base/when.h"
#include "cli/convert.h"
#include "cli/interrupt.h"
#include "cli/progress.h"
#include "cli/version.h"

uint64_t
run_time(struct str text, const struct environment *env)
{
	uint64_t ns = 0;
	if (when_parse(text, &ns) || !when_parse_age(text, &ns))
		return ns;
	return ns < env->now_ns ? env->now_ns - ns : 0;
}

struct trace_options
run_trace_options(const struct options *o, const struct environment *env,
                  const struct convention *convention)
{
	struct live_options live = env->live;
	struct span_context caller = {0};
	unsigned content = convention->gated ? env->content : CLASS_ALL;
	live.emulate = o->emulate;
	live.detailed |= o->detailed;
	if (str_eq(o->traceparent, STR("env")))
		caller = env->caller;
	else
		(void)context_parse(o->traceparent, &caller); /* options.c has checked it */
	return (struct trace_options){
	    .policy = {options_given(o, OPTION_CONTENT) ? o->content : content,
	               (size_t)o->max_value_bytes},
	    .version = version_text(),
	    .agent_name = env->agent_name,
	    .service_name = env->service_name,
	    .entity = env->entity,
	    .project = env->project,
	    .resource = env->resource,
	    .live = live,
	    .caller = caller,
	};
}

unsigned
run_threads(const struct options *o)
{
	return o->jobs != 0 ? (unsigned)o->jobs : pool_processors();
}

static struct render
render_new(const struct options *o, const struct environment *env)
{
	struct render r = {.convention = convention_find(o->convention),
	                   .encoder = encoder_find(o->format)};
	bool to_terminal = env->stdout_is_terminal && o->output.len == 0;
	r.encode.color = str_eq(o->color, STR("always")) ||
	                 (to_terminal && !str_eq(o->color, STR("never")) && !env->no_color);
	r.trace = run_trace_options(o, env, r.convention);
	r.threads = run_threads(o);
	r.since_ns = run_time(o->since, env);
	r.until_ns = run_time(o->until, env);
	return r;
}

struct file_sink *
run_open_output(struct arena *a, const struct options *o, struct diag *d)
{
	if (o->output.len == 0 || str_eq(o->output, STR("-")))
		return file_sink_fd(a, STDOUT_FILENO, STR("standard output"));
	if (inputs_is_transcript(a, o->output)) {
		(void)diag_fail(d, o->output, "is a transcript: nothing is written in its place");
		return NULL;
	}
	return file_sink_open(a, o->output, d);
}

/* False after diag_fail. */
static bool
open_outbox(struct arena *a, const struct options *o, const struct environment *env,
            struct selection *selection, struct render *r, struct diag *d)
{
	struct exporter *x = ARENA_NEW(a, struct exporter);
	if (!exporter_read(a, o, env, environment_variable, x, d))
		return false;
	if (x->disabled_by != NULL) {
		diag_warn(d, (struct str){0}, 0, "%s: nothing is sent", x->disabled_by);
		return true;
	}
	r->outbox = outbox_open(x, o->strict, backlog_open(o, env, x, d), selection, d);
	if (r->outbox != NULL && selection != NULL)
		selection_begin(selection, a, x, o, env, d);
	return r->outbox != NULL;
}

/* Without a destination it is standard output. A file is written even when nothing can be sent. False
 * after diag_fail, when there is nothing to do. */
static bool
open_outputs(struct arena *a, const struct options *o, const struct environment *env,
             struct selection *selection, struct render *r, struct diag *d)
{
	bool sends = options_send(o) && open_outbox(a, o, env, selection, r, d);
	if (o->output.len == 0 && options_send(o))
		return sends;
	r->sink = run_open_output(a, o, d);
	return r->sink != NULL;
}

/* Whether something is in the file that would be replaced. */
static bool
is_archive(struct arena *a, const struct options *o)
{
	struct stat st;
	return o->output.len > 0 && !str_eq(o->output, STR("-")) &&
	       stat(arena_cstr(a, o->output), &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0;
}

/* Gives the file its name, or removes it. False after diag_fail; true also when nobody
 * reads any more, or when without spans the file of an earlier run stays. */
static bool
close_file(struct render *r, struct arena *a, const struct options *o, struct diag *d)
{
	if (r->sink == NULL)
		return true;
	bool nobody_reads = file_sink_closed(r->sink), ok = true;
	bool stays = !r->file_failed && r->spans == 0 && is_archive(a, o);
	if (stays)
		diag_warn(d, o->output, 0, "there are no spans: it stays as it was");
	if (stays || r->file_failed)
		file_sink_abort(r->sink);
	else
		ok = file_sink_commit(r->sink, d);
	ok = ok && !r->file_failed;
	interrupt_unlinks(NULL);
	return ok || nobody_reads;
}

/* Most frequent first, then by name. */
static int
compare_types(const void *a, const void *b)
{
	const struct ignored_type *x = a, *y = b;
	if (x->count != y->count)
		return x->count > y->count ? -1 : 1;
	return str_cmp(x->type, y->type);
}

static void
report(struct log *log, struct tally *t, const struct render *r)
{
	size_t len = 0;
	for (size_t i = 0; i < t->ignored.len; i++)
		if (t->ignored.at[i].count > 0)
			t->ignored.at[len++] = t->ignored.at[i];
	if (len > 1)
		qsort(t->ignored.at, len, sizeof *t->ignored.at, compare_types);
	t->summary.turns = r->turns;
	t->summary.spans = r->spans;
	log_ignored(log, t->ignored.at, len);
	log_summary(log, &t->summary);
}

static void
convert_all(const struct inputs *in, const struct options *o, const struct environment *env,
            struct render *render, struct tally *tally, struct progress *progress)
{
	bool ok = true;
	for (size_t i = 0; i < in->len && ok; i++) {
		progress_tick(progress, 0);
		ok = convert_family(&in->families[i], o, env, render, tally, progress->log);
		progress_family(progress, &in->families[i]);
	}
	progress_end(progress);
}

int
run_selection(const struct options *o, const struct environment *env, struct selection *selection,
              struct log *log)
{
	struct arena arena = {0};
	struct diag diag = {.arena = &arena};
	struct tally tally = {.types = intern_new(env->seed)};
	struct inputs inputs;
	struct render render = render_new(o, env);
	struct progress progress;
	render.tick = progress_tick;
	render.tick_ctx = &progress;

	if (str_eq(o->traceparent, STR("env")) && !env->caller.is_set)
		diag_warn(&diag, (struct str){0}, 0,
		          "TRACEPARENT holds no trace context: the traces stand alone");
	bool ok = inputs_find(&arena, o, env, render.threads, &inputs, &diag) || inputs.len > 0;
	log_print(log, &diag);
	progress = progress_begin(log, inputs.bytes);
	bool is_begun = ok && open_outputs(&arena, o, env, selection, &render, &diag);
	ok = is_begun;
	if (is_begun) {
		if (render.sink != NULL)
			interrupt_unlinks(file_sink_temporary(render.sink));
		if (render.outbox != NULL)
			outbox_catch_up(render.outbox, &diag);
		convert_all(&inputs, o, env, &render, &tally, &progress);
		render_finish(&render, &diag);
		ok = close_file(&render, &arena, o, &diag);
	}
	bool is_told = is_begun && (render.outbox != NULL || (ok && !render.file_failed));
	if (render.outbox != NULL)
		ok = outbox_close(render.outbox, &tally.summary, &diag) && ok;
	if (selection != NULL)
		selection_end(selection, &diag);
	log_print(log, &diag);
	if (is_told)
		report(log, &tally, &render);
	bool strict = o->strict && tally.summary.skipped > 0;
	intern_free(tally.types);
	arena_free(&tally.arena);
	arena_free(&arena);
	return ok && log->failures == 0 && !strict ? 0 : 1;
}

int
run(const struct options *o, const struct environment *env, struct log *log)
{
	return run_selection(o, env, NULL, log);
}
