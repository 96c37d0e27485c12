/* An endpoint: its URL and its headers. otlp 9.2 and 9.3 */
#include "sink/endpoint.h"

#include "base/buf.h"
#include "base/percent.h"

#define REDACTED_BYTES_MIN 4 /* shorter values are not secrets, and are found everywhere */

/* ---- the URL ---- */

struct url {
	struct str scheme, user, host, path,
	    query; /* user without '@', path with '/', query with '?' */
};

static struct str
cut_at(struct str text, const char *bytes)
{
	size_t len = 0;
	while (len < text.len && strchr(bytes, text.at[len]) == NULL)
		len++;
	return str_head(text, len);
}

static bool
is_plain(struct str text)
{
	for (size_t i = 0; i < text.len; i++)
		if ((unsigned char)text.at[i] <= ' ' || text.at[i] == 0x7f)
			return false;
	return true;
}

static bool
split_url(struct str text, struct url *u)
{
	size_t scheme = str_find(text, STR("://"));
	if (scheme == STR_NONE || !is_plain(text))
		return false;
	u->scheme = str_head(text, scheme);
	text = str_skip(text, scheme + 3);
	u->host = cut_at(text, "/?#");
	text = str_skip(text, u->host.len);
	u->path = cut_at(text, "?#");
	text = str_skip(text, u->path.len);
	u->query = cut_at(text, "#"); /* a fragment is never sent */
	size_t at = str_find_last(u->host, STR("@"));
	u->user = at == STR_NONE ? (struct str){0} : str_head(u->host, at);
	u->host = at == STR_NONE ? u->host : str_skip(u->host, at + 1);
	return u->host.len > 0 && u->host.at[0] != ':' &&
	       (str_eq_nocase(u->scheme, STR("http")) || str_eq_nocase(u->scheme, STR("https")));
}

static struct str
lower(struct arena *a, struct str text)
{
	char *to = arena_bytes(a, text.len);
	for (size_t i = 0; i < text.len; i++)
		to[i] = (char)(text.at[i] >= 'A' && text.at[i] <= 'Z' ? text.at[i] | 32
		                                                      : text.at[i]);
	return (struct str){to, text.len};
}

/* "http://h/x" and "http://h/x/" with "v1/traces" give "/x/v1/traces". */
static struct str
append_path(struct arena *a, struct str path, struct str tail)
{
	struct str slash = str_ends(path, STR("/")) ? STR("") : STR("/");
	return arena_join(a, (struct str[]){path, slash, tail}, 3);
}

bool
endpoint_set_url(struct arena *a, struct endpoint *e, struct str text, enum endpoint_form form,
                 struct str path, bool insecure, const char **why)
{
	struct url u = {0};
	bool is_grpc = e->protocol->is_grpc;
	if (is_grpc && !str_has(text, STR("://")))
		text = arena_join(
		    a, (struct str[]){insecure ? STR("http://") : STR("https://"), text}, 2);
	if (!split_url(text, &u)) {
		*why = is_grpc ? "is neither an http:// or https:// URL nor HOST:PORT"
		               : "is no http:// or https:// URL";
		return false;
	}
	if (is_grpc)
		u.path = u.query = (struct str){0}; /* the path is the method's. otlp 6.1 */
	u.scheme = lower(a, u.scheme);
	bool is_whole = form == ENDPOINT_FLAG && path.len > 0 && str_ends(u.path, path);
	if (is_grpc || (form != ENDPOINT_EXACT && !is_whole))
		u.path = append_path(a, u.path, path);
	if (u.path.len == 0)
		u.path = STR("/");
	e->url = arena_join(a,
	                    (struct str[]){u.scheme, STR("://"), u.user,
	                                   u.user.len > 0 ? STR("@") : STR(""), u.host, u.path,
	                                   u.query},
	                    7);
	e->shown = arena_join(
	    a, (struct str[]){u.scheme, STR("://"), u.host, is_grpc ? STR("") : u.path}, 4);
	return true;
}

bool
endpoint_lacks_path(struct str url)
{
	struct url u = {0};
	return split_url(url, &u) && u.path.len == 0;
}

/* ---- headers ---- */

/* RFC 7230 3.2.6 */
static bool
is_token(struct str name)
{
	for (size_t i = 0; i < name.len; i++) {
		char c = name.at[i];
		bool is_alnum = (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z');
		if (!is_alnum && (c == '\0' || strchr("!#$%&'*+-.^_`|~", c) == NULL))
			return false;
	}
	return name.len > 0;
}

/* Those that are ours to set, or would change where a request ends. otlp 9.3, 6.1 */
static bool
is_reserved(struct str name)
{
	static const char *const ours[] = {"content-type",
	                                   "content-encoding",
	                                   "content-length",
	                                   "transfer-encoding",
	                                   "connection",
	                                   "te",
	                                   "expect",
	                                   "accept-encoding",
	                                   "host"};
	for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
		if (str_eq(name, str_of(ours[i])))
			return true;
	return str_starts(name, STR("grpc-"));
}

static struct str
trim(struct str s)
{
	while (s.len > 0 && (s.at[0] == ' ' || s.at[0] == '\t'))
		s = str_skip(s, 1);
	while (s.len > 0 && (s.at[s.len - 1] == ' ' || s.at[s.len - 1] == '\t'))
		s.len--;
	return s;
}

/* Adds a header. What is wrong with it, when it can't be one: not the value, and no name that may be a
 * secret in its place. */
static struct str
add(struct arena *a, struct endpoint *e, struct str name, struct str value)
{
	if (!is_token(name))
		return STR("a header without a valid name");
	name = lower(a, name);
	if (is_reserved(name))
		return arena_printf(a, "header %.*s can't be set", STR_ARG(name));
	for (size_t i = 0; i < value.len; i++)
		if (strchr("\r\n", value.at[i]) != NULL) /* NUL too */
			return arena_printf(a, "header %.*s holds a line end", STR_ARG(name));
	for (size_t i = 0; i < e->headers.len; i++)
		if (str_eq(e->headers.at[i].name, name)) {
			e->headers.at[i].value = value; /* the last one counts */
			return (struct str){0};
		}
	*ARENA_PUSH(a, &e->headers) = (struct header){name, value};
	return (struct str){0};
}

void
endpoint_add_headers(struct arena *a, struct endpoint *e, struct str list, struct str where,
                     struct diag *d)
{
	while (list.len > 0) {
		struct str member = trim(str_cut(&list, ',')), value, wrong;
		size_t equals = str_find_byte(member, '=');
		if (member.len == 0)
			continue;
		if (equals == STR_NONE ||
		    !percent_decode(a, trim(str_skip(member, equals + 1)), &value))
			wrong = STR("a member that is no NAME=VALUE, percent-encoded,");
		else
			wrong = add(a, e, trim(str_head(member, equals)), value);
		if (wrong.len > 0)
			diag_warn(d, (struct str){0}, 0, "%.*s: %.*s is left out", STR_ARG(where),
			          STR_ARG(wrong));
	}
}

struct str
endpoint_add_header(struct arena *a, struct endpoint *e, struct str line)
{
	struct str name = cut_at(line, ":=");
	if (name.len == line.len)
		return STR("a header without a colon or =");
	return add(a, e, trim(name), trim(str_skip(line, name.len + 1)));
}

/* ---- secrets ---- */

bool
endpoint_is_key(struct str name)
{
	static const struct str ends[] = {STR_INIT("authorization"), STR_INIT("key"),
	                                  STR_INIT("token"), STR_INIT("secret")};
	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
		if (str_ends(name, ends[i]))
			return true;
	return false;
}

bool
endpoint_may_hold_key(struct str url)
{
	return str_has(url, STR("@")) || str_has(url, STR("?"));
}

static struct str
replace(struct arena *a, struct str text, struct str secret)
{
	struct buf out = {0};
	size_t at = secret.len < REDACTED_BYTES_MIN ? STR_NONE : str_find(text, secret);
	if (at == STR_NONE)
		return text;
	for (; at != STR_NONE; at = str_find(text, secret)) {
		buf_add(&out, str_head(text, at));
		BUF_LIT(&out, "[redacted]");
		text = str_skip(text, at + secret.len);
	}
	buf_add(&out, text);
	text = arena_str(a, buf_str(&out));
	buf_free(&out);
	return text;
}

/* "KEY=VALUE&KEY=VALUE": some backends take their key there. */
static struct str
redact_query(struct arena *a, struct str query, struct str text)
{
	if (str_starts(query, STR("?")))
		query = str_skip(query, 1);
	text = replace(a, text, query);
	while (query.len > 0) {
		size_t end = str_find_byte(query, '&');
		struct str one = end == STR_NONE ? query : str_head(query, end);
		size_t equals = str_find_byte(one, '=');
		if (equals != STR_NONE)
			text = replace(a, text, str_skip(one, equals + 1));
		query = str_skip(query, end == STR_NONE ? query.len : end + 1);
	}
	return text;
}

struct str
endpoint_redact(struct arena *a, const struct endpoint *e, struct str text)
{
	struct url u = {0};
	for (size_t i = 0; i < e->headers.len; i++) {
		struct str value = e->headers.at[i].value;
		size_t space = str_find_last(value, STR(" "));
		text = replace(a, text, value);
		if (space != STR_NONE) /* "Bearer KEY" */
			text = replace(a, text, str_skip(value, space + 1));
	}
	if (split_url(e->url, &u)) {
		size_t colon = str_find_byte(u.user, ':');
		text = replace(a, text, u.user);
		if (colon != STR_NONE)
			text = replace(a, text, str_skip(u.user, colon + 1));
		text = redact_query(a, u.query, text);
	}
	return text;
}
