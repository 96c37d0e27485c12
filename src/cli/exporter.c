/* Where traces are sent: the command line and the variables. otlp 9.2, weave 12.1 */
#include "cli/exporter.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "cli/version.h"

#define REQUEST_BYTES_DEFAULT ((size_t)3670016) /* 3.5 MiB: under the 4 MiB of gRPC. otlp 13.2 */
#define TIMEOUT_MS_DEFAULT 10000
#define HEADER_FILE_BYTES_MAX ((size_t)64 << 10)

struct reader {
	struct arena *a;
	const struct options *options;
	const struct sending_options *flags;
	const struct environment *env;
	struct str (*get)(const char *name);
	struct exporter *x;
	struct diag *d;
};

/* A value, and where it comes from: for messages. Empty when it is not given. */
struct setting {
	struct str value, where;
	bool is_flag, is_for_traces;
};

/* ---- where a value comes from ---- */

static struct setting
setting_at(const struct reader *r, const char *prefix, const char *name)
{
	struct setting s = {0};
	s.where = arena_printf(r->a, "%s%s", prefix, name);
	s.value = r->get(arena_cstr(r->a, s.where));
	return s;
}

#define FORMS 2
static const char *const forms[FORMS] = {"OTEL_EXPORTER_OTLP_TRACES_", "OTEL_EXPORTER_OTLP_"};

/* The first that is given. */
static struct setting
setting_of(const struct reader *r, const char *flag_name, struct str flag, const char *name)
{
	struct setting s = {.value = flag, .where = str_of(flag_name), .is_flag = true};
	for (size_t i = 0; i < FORMS && s.value.len == 0; i++) {
		s = setting_at(r, forms[i], name);
		s.is_for_traces = i == 0;
	}
	return s;
}

static void
warn_unusable(const struct reader *r, const struct setting *s, const char *what)
{
	diag_warn(r->d, (struct str){0}, 0, "%.*s is %s and is ignored", STR_ARG(s->where), what);
}

/* ---- values of one kind ---- */

/* True only for "true". otlp 9.1 */
static bool
read_flag(const struct reader *r, const char *variable)
{
	struct setting s = setting_at(r, "", variable);
	bool is_true = str_eq_nocase(s.value, STR("true"));
	if (s.value.len > 0 && !is_true && !str_eq_nocase(s.value, STR("false")))
		warn_unusable(r, &s, "neither true nor false");
	return is_true;
}

/* The switches of the specification for all that exports. */
static const char *
disabled_by(const struct reader *r)
{
	struct setting s = setting_at(r, "OTEL_", "TRACES_EXPORTER");
	if (read_flag(r, "OTEL_SDK_DISABLED"))
		return "OTEL_SDK_DISABLED";
	if (str_eq(s.value, STR("none")))
		return "OTEL_TRACES_EXPORTER";
	if (s.value.len > 0 && !str_eq(s.value, STR("otlp")))
		warn_unusable(r, &s, "neither otlp nor none");
	return NULL;
}

static void
read_protocol(const struct reader *r)
{
	struct endpoint *e = &r->x->endpoint;
	if (r->flags->protocol.len > 0)
		e->protocol = protocol_find(r->flags->protocol);
	for (size_t i = 0; i < FORMS && e->protocol == NULL; i++) {
		struct setting s = setting_at(r, forms[i], "PROTOCOL");
		if (s.value.len == 0)
			continue;
		e->protocol = protocol_find(s.value);
		if (e->protocol == NULL)
			warn_unusable(r, &s, "no http/protobuf, http/json or grpc");
	}
	if (e->protocol == NULL)
		e->protocol = protocol_find(STR("http/protobuf"));
}

static void
read_compression(const struct reader *r)
{
	struct endpoint *e = &r->x->endpoint;
	e->gzip = str_eq(r->flags->compression, STR("gzip"));
	for (size_t i = 0; i < FORMS && r->flags->compression.len == 0; i++) {
		struct setting s = setting_at(r, forms[i], "COMPRESSION");
		e->gzip = str_eq_nocase(s.value, STR("gzip"));
		if (e->gzip || str_eq_nocase(s.value, STR("none")))
			return;
		if (s.value.len > 0)
			warn_unusable(r, &s, "neither gzip nor none");
	}
}

static void
read_timeout(const struct reader *r)
{
	struct endpoint *e = &r->x->endpoint;
	e->timeout_ms = TIMEOUT_MS_DEFAULT;
	if (r->flags->timeout.is_given) {
		e->timeout_ms = r->flags->timeout.ms;
		return;
	}
	for (size_t i = 0; i < FORMS; i++) {
		struct setting s = setting_at(r, forms[i], "TIMEOUT");
		uint64_t ms;
		if (s.value.len == 0)
			continue;
		if (str_to_u64(s.value, &ms) && ms <= INT32_MAX) {
			e->timeout_ms = ms;
			return;
		}
		warn_unusable(r, &s, "no number of milliseconds");
	}
}

static bool
is_readable(const struct reader *r, struct str path)
{
	if (path.len == 0 || access(arena_cstr(r->a, path), R_OK) == 0)
		return true;
	return diag_fail(r->d, path, "%s", strerror(errno));
}

static bool
check_certificates(const struct reader *r)
{
	const struct endpoint *e = &r->x->endpoint;
	if ((e->client_key.len > 0) != (e->client_certificate.len > 0))
		return diag_fail(r->d, (struct str){0},
		                 "the client key and the client certificate belong together, and "
		                 "one of them is not given");
	return is_readable(r, e->certificate) && is_readable(r, e->client_key) &&
	       is_readable(r, e->client_certificate);
}

/* ---- headers ---- */

/* Who gives a header wants it to be sent. */
static bool
add_header(const struct reader *r, struct str line, struct str where)
{
	struct str wrong = endpoint_add_header(r->a, &r->x->endpoint, line);
	return wrong.len == 0 || diag_fail(r->d, where, "%.*s (--header)", STR_ARG(wrong));
}

static bool
read_header_file(const struct reader *r, struct str path)
{
	FILE *f = fopen(arena_cstr(r->a, path), "re");
	char *bytes = arena_bytes(r->a, HEADER_FILE_BYTES_MAX);
	if (f == NULL)
		return diag_fail(r->d, path, "%s (--header)", strerror(errno));
	struct str rest = {bytes, fread(bytes, 1, HEADER_FILE_BYTES_MAX, f)};
	bool ok = ferror(f) == 0 && feof(f) != 0;
	(void)fclose(f);
	if (!ok)
		return diag_fail(r->d, path, "can't be read, or is too long for headers");
	for (unsigned number = 1; rest.len > 0; number++) {
		struct str line = str_trim(str_cut(&rest, '\n'));
		struct str where = arena_printf(r->a, "%.*s:%u", STR_ARG(path), number);
		if (line.len > 0 && !add_header(r, line, where))
			return false;
	}
	return true;
}

static bool
read_header_flags(const struct reader *r)
{
	for (size_t i = 0; i < r->flags->headers.len; i++) {
		struct str line = r->flags->headers.at[i];
		bool is_file = str_starts(line, STR("@"));
		if (is_file ? !read_header_file(r, str_skip(line, 1))
		            : !add_header(r, line, (struct str){0}))
			return false;
	}
	return true;
}

/* ---- the URL ---- */

static bool
set_url(const struct reader *r, const struct setting *s, enum endpoint_form form, struct str path,
        bool insecure)
{
	const char *why;
	if (endpoint_set_url(r->a, &r->x->endpoint, s->value, form, path, insecure, &why))
		return true;
	/* The value is not shown: it may hold a password. */
	return diag_fail(r->d, (struct str){0}, "%.*s %s", STR_ARG(s->where), why);
}

static bool
is_insecure(const struct reader *r)
{
	/* The one in the middle is obsolete. otlp 9.2 */
	static const char *const names[] = {"OTEL_EXPORTER_OTLP_TRACES_INSECURE",
	                                    "OTEL_EXPORTER_OTLP_SPAN_INSECURE",
	                                    "OTEL_EXPORTER_OTLP_INSECURE"};
	if (r->flags->insecure)
		return true;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (r->get(names[i]).len > 0)
			return read_flag(r, names[i]);
	return false;
}

static bool
read_url(const struct reader *r)
{
	const struct protocol *p = r->x->endpoint.protocol;
	struct setting s = setting_of(r, "--endpoint", r->flags->endpoint, "ENDPOINT");
	enum endpoint_form form = ENDPOINT_BASE;
	if (s.value.len == 0)
		s.value = p->url;
	else if (s.is_flag)
		form = ENDPOINT_FLAG;
	else if (s.is_for_traces)
		form = ENDPOINT_EXACT;
	if (form == ENDPOINT_EXACT && !p->is_grpc && endpoint_lacks_path(s.value))
		diag_warn(r->d, (struct str){0}, 0,
		          "%.*s has no path and is used as it is, without /v1/traces",
		          STR_ARG(s.where));
	return set_url(r, &s, form, p->path, is_insecure(r));
}

/* ---- the targets ---- */

static bool
read_otlp(const struct reader *r)
{
	struct endpoint *e = &r->x->endpoint;
	read_protocol(r);
	read_compression(r);
	read_timeout(r);
	if (r->get("OTEL_CONFIG_FILE").len > 0)
		diag_warn(r->d, (struct str){0}, 0,
		          "OTEL_CONFIG_FILE is ignored: declarative configuration is not known");
	if (r->flags->headers.len == 0) {
		struct setting s = setting_of(r, "", (struct str){0}, "HEADERS");
		endpoint_add_headers(r->a, e, s.value, s.where, r->d);
	}
	e->certificate = setting_of(r, "", r->flags->certificate, "CERTIFICATE").value;
	e->client_key = setting_of(r, "", r->flags->client_key, "CLIENT_KEY").value;
	e->client_certificate =
	    setting_of(r, "", r->flags->client_certificate, "CLIENT_CERTIFICATE").value;
	return check_certificates(r) && read_header_flags(r) && read_url(r);
}

/* weave 12.1 */
static struct setting
weave_base(const struct reader *r)
{
	struct setting s = {r->flags->endpoint, STR("--endpoint"), true, false};
	if (s.value.len == 0)
		s = setting_at(r, "", "WF_TRACE_SERVER_URL");
	if (s.value.len == 0)
		s = setting_at(r, "", "WANDB_BASE_URL");
	while (str_ends(s.value, STR("/")))
		s.value.len--;
	if (s.value.len == 0 || (str_eq(s.where, STR("WANDB_BASE_URL")) &&
	                         str_eq(s.value, STR("https://api.wandb.ai"))))
		s.value = STR("https://trace.wandb.ai");
	return s;
}

static bool
has_project(const struct environment *env)
{
	return (env->entity.len > 0 && env->project.len > 0) ||
	       (attribute_get(&env->resource, STR("wandb.entity")) != NULL &&
	        attribute_get(&env->resource, STR("wandb.project")) != NULL);
}

/* The OTEL_EXPORTER_OTLP_* variables are about somebody else's endpoint: their headers may hold a
 * key that W&B must not see. */
static bool
read_weave(const struct reader *r)
{
	struct endpoint *e = &r->x->endpoint;
	struct setting base = weave_base(r);
	struct str key = r->get("WANDB_API_KEY");
	e->protocol = protocol_find(STR("http/protobuf"));
	e->gzip = !str_eq(r->flags->compression, STR("none"));
	e->timeout_ms = r->flags->timeout.is_given ? r->flags->timeout.ms : TIMEOUT_MS_DEFAULT;
	e->certificate = r->flags->certificate;
	e->client_key = r->flags->client_key;
	e->client_certificate = r->flags->client_certificate;
	if (r->flags->protocol.len > 0 && !str_eq(r->flags->protocol, e->protocol->name))
		return diag_fail(r->d, (struct str){0},
		                 "--to weave: only http/protobuf is spoken there");
	if (!has_project(r->env))
		return diag_fail(r->d, (struct str){0},
		                 "--to weave needs WEAVE_PROJECT=ENTITY/PROJECT: traces without "
		                 "are dropped there");
	struct str parts[] = {STR("wandb-api-key:"), key};
	struct str wrong = key.len == 0 ? (struct str){0}
	                                : endpoint_add_header(r->a, e, arena_join(r->a, parts, 2));
	if (wrong.len > 0)
		return diag_fail(r->d, (struct str){0}, "WANDB_API_KEY: %.*s", STR_ARG(wrong));
	if (key.len == 0 && r->flags->headers.len == 0)
		return diag_fail(r->d, (struct str){0}, "--to weave needs a key in WANDB_API_KEY");
	return check_certificates(r) && read_header_flags(r) &&
	       set_url(r, &base, ENDPOINT_FLAG, STR("agents/otel/v1/traces"), false);
}

static const struct {
	struct str name; /* --to NAME */
	bool (*read)(const struct reader *r);
} targets[] = {
    {STR_INIT("otlp"), read_otlp},
    {STR_INIT("weave"), read_weave},
};

bool
exporter_read(struct arena *a, const struct options *o, const struct environment *env,
              struct str (*get)(const char *name), struct exporter *x, struct diag *d)
{
	struct reader r = {a, o, &o->sending, env, get, x, d};
	struct str to = o->sending.to.len > 0 ? o->sending.to : STR("otlp");
	*x = (struct exporter){.deadline_ms = o->sending.deadline.ms,
	                       .max_request_bytes = (size_t)o->sending.max_request_bytes};
	x->endpoint.user_agent = arena_printf(a, "retrospan/%.*s OTel-OTLP-Exporter-C/%.*s",
	                                      STR_ARG(version_text()),
	                                      STR_ARG(version_text())); /* otlp 5.1 */
	if (x->max_request_bytes == 0)
		x->max_request_bytes = REQUEST_BYTES_DEFAULT;
	x->disabled_by = disabled_by(&r);
	for (size_t i = 0; i < sizeof targets / sizeof *targets; i++)
		if (str_eq(targets[i].name, to))
			return x->disabled_by != NULL || targets[i].read(&r);
	return false; /* options_parse lets no other name through */
}
