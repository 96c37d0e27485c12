/* retrospan flush: what could not be sent before is sent now. */
#include "cli/flush.h"

#include <inttypes.h>

#include "cli/backlog.h"
#include "cli/exporter.h"
#include "cli/outbox.h"
#include "sink/spool.h"

struct flushing {
	struct arena arena;
	const struct options *o;
	const struct environment *env;
	struct spool *spool;
	struct diag diag;
	struct summary sum;
	uint64_t left;
	bool ok;
};

/* ---- the settings of a target ---- */

static bool
is_same(const struct spool_target *a, const struct spool_target *b)
{
	return str_eq(a->to, b->to) && str_eq(a->protocol, b->protocol) && str_eq(a->url, b->url);
}

/* The variables but for those that hold keys: they were meant for another endpoint. */
static struct str
variable_without_keys(const char *name)
{
	static const char *const keys[] = {"OTEL_EXPORTER_OTLP_HEADERS",
	                                   "OTEL_EXPORTER_OTLP_TRACES_HEADERS",
	                                   "OTEL_EXPORTER_OTLP_CLIENT_KEY",
	                                   "OTEL_EXPORTER_OTLP_TRACES_CLIENT_KEY",
	                                   "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE",
	                                   "OTEL_EXPORTER_OTLP_TRACES_CLIENT_CERTIFICATE",
	                                   "WANDB_API_KEY"};
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
		if (strcmp(name, keys[i]) == 0)
			return (struct str){0};
	return environment_variable(name);
}

/* True when the variables, with what the options add to them, mean this target. */
static bool
is_meant(struct flushing *f, const struct options *o, const struct spool_target *t)
{
	struct diag ignored = {.arena = &f->arena};
	struct exporter x = {0};
	if (!exporter_read(&f->arena, o, f->env, environment_variable, &x, &ignored) ||
	    x.disabled_by != NULL)
		return false;
	struct spool_target meant = backlog_target(o, &x);
	return is_same(&meant, t);
}

static bool
say_what_is_missing(struct flushing *f, const struct spool_target *t)
{
	uint64_t items = spool_count(f->spool, t);
	bool is_otlp = str_eq(t->to, STR("otlp"));
	return diag_fail(
	    &f->diag, t->url,
	    "%" PRIu64 " span%s left: they were to be sent with a key, and which one "
	    "is not known; say retrospan flush %s%.*s%s--protocol %.*s --endpoint URL, "
	    "with the key",
	    items, items == 1 ? " is" : "s are", is_otlp ? "" : "--to ",
	    STR_ARG(is_otlp ? STR("") : t->to), is_otlp ? "" : " ", STR_ARG(t->protocol));
}

/*
 * How to send to a target of the spool. Keys in variables and options go to the endpoint that
 * the variables name, and to no other: whoever said "flush" did not say where to. False after
 * diag_fail.
 */
static bool
settings_for(struct flushing *f, const struct spool_target *t, struct options *o,
             struct exporter *x)
{
	const char *why;
	*o = *f->o;
	o->sending.to = t->to;
	if (is_meant(f, o, t))
		return exporter_read(&f->arena, o, f->env, environment_variable, x, &f->diag);
	if (t->needs_more)
		return say_what_is_missing(f, t);
	o->sending.endpoint = t->url;
	o->sending.protocol = t->protocol;
	o->sending.headers = (struct strs){0};
	o->sending.client_key = o->sending.client_certificate = (struct str){0};
	if (protocol_find(t->protocol) == NULL)
		return diag_fail(&f->diag, t->url, "its protocol is not known");
	if (!exporter_read(&f->arena, o, f->env, variable_without_keys, x, &f->diag))
		return false;
	if (x->disabled_by != NULL)
		return true;
	/* The URL is whole: nothing is put behind it. */
	return endpoint_set_url(&f->arena, &x->endpoint, t->url, ENDPOINT_EXACT,
	                        x->endpoint.protocol->path, false, &why) ||
	       diag_fail(&f->diag, t->url, "%s", why);
}

/* ---- sending ---- */

static bool
send_to(struct flushing *f, const struct options *o, const struct exporter *x)
{
	struct summary sum = {0};
	if (x->disabled_by != NULL) {
		diag_warn(&f->diag, (struct str){0}, 0, "%s: nothing is sent", x->disabled_by);
		return true;
	}
	struct backlog *backlog = backlog_open(o, f->env, x, &f->diag);
	struct outbox *outbox = backlog != NULL ? outbox_open(x, false, backlog, NULL, &f->diag)
	                                        : NULL;
	if (outbox == NULL)
		return false;
	outbox_catch_up(outbox, &f->diag);
	bool ok = outbox_close(outbox, &sum, &f->diag);
	f->sum.flushed += sum.flushed;
	f->sum.set_aside += sum.set_aside;
	f->sum.requests += sum.requests;
	f->sum.sent_bytes += sum.sent_bytes;
	return ok;
}

static void
send_all(struct flushing *f)
{
	struct spool_targets targets;
	f->ok = spool_list(f->spool, &f->arena, &targets, &f->diag);
	for (size_t i = 0; i < targets.len; i++) {
		const struct spool_target *t = &targets.at[i];
		struct options o;
		struct exporter x = {0};
		if (spool_count(f->spool, t) == 0)
			continue;
		f->ok &= settings_for(f, t, &o, &x) && send_to(f, &o, &x);
		f->left += spool_count(f->spool, t);
	}
}

static void
send_one(struct flushing *f)
{
	struct exporter x = {0};
	f->ok = exporter_read(&f->arena, f->o, f->env, environment_variable, &x, &f->diag) &&
	        send_to(f, f->o, &x);
	if (x.endpoint.shown.len == 0) /* not read, or disabled */
		return;
	struct spool_target t = backlog_target(f->o, &x);
	f->left = spool_count(f->spool, &t);
}

int
flush(const struct options *o, const struct environment *env, struct log *log)
{
	struct flushing f = {.o = o, .env = env};
	struct spool_options options = {.folder = backlog_folder(o, env)};
	f.diag.arena = &f.arena;
	if (options.folder.len > 0)
		f.spool = spool_open(&options, &f.diag);
	else
		(void)diag_fail(&f.diag, (struct str){0},
		                "where is the spool? Neither XDG_STATE_HOME nor HOME is set, and "
		                "no --spool is given");
	if (f.spool != NULL) {
		if (options_send(o))
			send_one(&f);
		else
			send_all(&f);
		spool_close(f.spool, &f.diag);
	}
	log_print(log, &f.diag);
	if (f.spool != NULL)
		log_flush(log, &f.sum, f.left);
	arena_free(&f.arena);
	return f.ok && log->failures == 0 ? 0 : 1;
}
