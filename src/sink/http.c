/* HTTP by libcurl. otlp 5.3 and 6.3 */
#include "sink/http.h"

#include <curl/curl.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/buf.h"
#include "sink/grpc.h"

/* These drop the header "te: trailers", without which some gRPC servers refuse. otlp 6.3 */
#define TE_LOST_FROM 0x080100
#define TE_LOST_BELOW 0x080e00

/* These can't use a connection again that speaks HTTP/2 by prior knowledge: the second request fails
 * with "Error in the HTTP2 framing layer". curl/curl#10643 */
#define REUSE_BROKEN_FROM 0x075700
#define REUSE_BROKEN_BELOW 0x080000

struct http {
	const struct endpoint *endpoint;
	CURL *curl;
	struct curl_slist *fixed; /* the headers of every request */
	char error[CURL_ERROR_SIZE];
	struct arena arena; /* texts of the reply */
	struct reply *reply;
	struct buf body; /* of the reply; its memory is used again */
	size_t header_bytes;
	bool is_too_long;
	bool has_answered; /* at least once */
};

/* ---- callbacks ---- */

static size_t
on_body(char *at, size_t size, size_t count, void *ctx)
{
	struct http *h = ctx;
	size_t len = size * count;
	if (len > REPLY_BYTES_MAX - h->body.len) {
		h->is_too_long = true;
		return 0; /* the transfer ends, and with it the connection */
	}
	buf_add(&h->body, (struct str){at, len});
	return len;
}

/* The lines of all headers, and over HTTP/2 of the trailers too. */
static size_t
on_header(char *at, size_t size, size_t count, void *ctx)
{
	struct http *h = ctx;
	struct reply *r = h->reply;
	struct str line = {at, size * count};
	const struct {
		struct str name;
		struct str *to;
	} known[] = {{STR("content-type"), &r->content_type},
	             {STR("grpc-status"), &r->grpc_status},
	             {STR("grpc-message"), &r->grpc_message},
	             {STR("grpc-status-details-bin"), &r->grpc_details}};
	h->header_bytes += line.len;
	if (h->header_bytes > REPLY_HEADER_BYTES_MAX) {
		h->is_too_long = true;
		return 0;
	}
	size_t colon = str_find_byte(line, ':');
	if (str_starts(line, STR("HTTP/"))) /* what came before was only "100 Continue" */
		for (size_t i = 0; i < sizeof known / sizeof *known; i++)
			*known[i].to = (struct str){0};
	for (size_t i = 0; colon != STR_NONE && i < sizeof known / sizeof *known; i++)
		if (str_eq_nocase(known[i].name, str_head(line, colon)))
			*known[i].to = arena_str(&h->arena, str_trim(str_skip(line, colon + 1)));
	return size * count;
}

/* ---- setting up ---- */

static void
append(struct curl_slist **list, const char *text)
{
	struct curl_slist *longer = curl_slist_append(*list, text);
	if (longer == NULL)
		arena_exhausted();
	*list = longer;
}

/* libcurl takes "name:" for the wish to leave the header out; "name;" is an empty one. */
static void
append_header(struct arena *a, struct curl_slist **list, struct str name, struct str value)
{
	struct str between = value.len == 0 ? STR(";") : STR(": ");
	append(list, arena_cstr(a, arena_join(a, (struct str[]){name, between, value}, 3)));
}

static struct curl_slist *
fixed_headers(const struct endpoint *e)
{
	struct arena a = {0};
	struct curl_slist *list = NULL;
	append_header(&a, &list, STR("content-type"), e->protocol->content_type);
	append(&list, "Expect:");
	if (e->protocol->is_grpc) {
		append(&list, "Accept:");
		append_header(&a, &list, STR("te"), STR("trailers"));
		append_header(&a, &list, STR("grpc-accept-encoding"), STR("identity"));
	}
	for (size_t i = 0; i < e->headers.len; i++)
		append_header(&a, &list, e->headers.at[i].name, e->headers.at[i].value);
	arena_free(&a);
	return list;
}

static bool
can_speak(const struct endpoint *e, struct diag *d)
{
	const curl_version_info_data *v = curl_version_info(CURLVERSION_NOW);
	if (!e->protocol->is_grpc)
		return true;
	if ((v->features & CURL_VERSION_HTTP2) == 0)
		return diag_fail(d, e->shown,
		                 "gRPC needs HTTP/2, which libcurl %s was built without: use "
		                 "--protocol http/protobuf",
		                 v->version);
	if (v->version_num >= TE_LOST_FROM && v->version_num < TE_LOST_BELOW)
		diag_warn(d, e->shown, 0,
		          "libcurl %s loses a header that some gRPC servers insist on: should the "
		          "server refuse, use --protocol http/protobuf",
		          v->version);
	return true;
}

static void
set_tls(struct http *h, struct arena *a)
{
	const struct endpoint *e = h->endpoint;
	(void)curl_easy_setopt(h->curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	(void)curl_easy_setopt(h->curl, CURLOPT_SSL_VERIFYPEER, 1L);
	(void)curl_easy_setopt(h->curl, CURLOPT_SSL_VERIFYHOST, 2L);
	if (e->certificate.len > 0) {
		(void)curl_easy_setopt(h->curl, CURLOPT_CAINFO, arena_cstr(a, e->certificate));
		(void)curl_easy_setopt(h->curl, CURLOPT_CAPATH, NULL); /* the system's own */
	}
	if (e->client_certificate.len > 0) {
		(void)curl_easy_setopt(h->curl, CURLOPT_SSLCERT,
		                       arena_cstr(a, e->client_certificate));
		(void)curl_easy_setopt(h->curl, CURLOPT_SSLKEY, arena_cstr(a, e->client_key));
	}
}

static void
set_version(struct http *h)
{
	const struct endpoint *e = h->endpoint;
	bool is_plain = str_starts(e->url, STR("http:"));
	if (!e->protocol->is_grpc) {
		(void)curl_easy_setopt(h->curl, CURLOPT_ACCEPT_ENCODING, "gzip");
		return;
	}
	(void)curl_easy_setopt(
	    h->curl, CURLOPT_HTTP_VERSION,
	    (long)(is_plain ? CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE : CURL_HTTP_VERSION_2TLS));
	if (!is_plain)
		return;
	/* HTTP/2 without TLS gets through a proxy in a tunnel only. otlp 6.3 */
	(void)curl_easy_setopt(h->curl, CURLOPT_HTTPPROXYTUNNEL, 1L);
	unsigned version = curl_version_info(CURLVERSION_NOW)->version_num;
	if (version >= REUSE_BROKEN_FROM && version < REUSE_BROKEN_BELOW)
		(void)curl_easy_setopt(h->curl, CURLOPT_FORBID_REUSE, 1L);
}

struct http *
http_open(const struct endpoint *e, struct diag *d)
{
	struct arena a = {0};
	struct http *h;
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
		(void)diag_fail(d, e->shown, "libcurl can't start");
		return NULL;
	}
	if (!can_speak(e, d)) {
		curl_global_cleanup();
		return NULL;
	}
	h = calloc(1, sizeof *h);
	if (h == NULL || (h->curl = curl_easy_init()) == NULL)
		arena_exhausted();
	h->endpoint = e;
	h->fixed = fixed_headers(e);
	(void)curl_easy_setopt(h->curl, CURLOPT_URL, arena_cstr(&a, e->url));
	(void)curl_easy_setopt(h->curl, CURLOPT_PROTOCOLS_STR, "http,https");
	(void)curl_easy_setopt(h->curl, CURLOPT_FOLLOWLOCATION, 0L);
	(void)curl_easy_setopt(h->curl, CURLOPT_NOSIGNAL, 1L);
#if LIBCURL_VERSION_NUM >= 0x075700
	/* A name server that does not answer must not outlast the deadline. */
	(void)curl_easy_setopt(h->curl, CURLOPT_QUICK_EXIT, 1L);
#endif
	(void)curl_easy_setopt(h->curl, CURLOPT_USERAGENT, arena_cstr(&a, e->user_agent));
	(void)curl_easy_setopt(h->curl, CURLOPT_ERRORBUFFER, h->error);
	(void)curl_easy_setopt(h->curl, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
	(void)curl_easy_setopt(h->curl, CURLOPT_WRITEFUNCTION, on_body);
	(void)curl_easy_setopt(h->curl, CURLOPT_WRITEDATA, h);
	(void)curl_easy_setopt(h->curl, CURLOPT_HEADERFUNCTION, on_header);
	(void)curl_easy_setopt(h->curl, CURLOPT_HEADERDATA, h);
	(void)curl_easy_setopt(h->curl, CURLOPT_POST, 1L);
	set_tls(h, &a);
	set_version(h);
	arena_free(&a);
	return h;
}

void
http_close(struct http *h)
{
	if (h == NULL)
		return;
	curl_easy_cleanup(h->curl);
	curl_slist_free_all(h->fixed);
	curl_global_cleanup();
	buf_free(&h->body);
	arena_free(&h->arena);
	free(h);
}

/* ---- one exchange ---- */

/* The headers that differ from request to request stand before those that don't, which belong
 * to h. */
static struct curl_slist *
request_headers(struct http *h, const struct http_request *request)
{
	struct curl_slist *list = NULL;
	struct str encoding = h->endpoint->protocol->is_grpc ? STR("grpc-encoding")
	                                                     : STR("content-encoding");
	if (request->is_gzip)
		append_header(&h->arena, &list, encoding, STR("gzip"));
	if (h->endpoint->protocol->is_grpc && request->timeout_ms > 0) {
		char text[GRPC_TIMEOUT_MAX];
		grpc_timeout(request->timeout_ms, text);
		append_header(&h->arena, &list, STR("grpc-timeout"), str_of(text));
	}
	for (const struct curl_slist *at = h->fixed; at != NULL; at = at->next)
		append(&list, at->data);
	return list;
}

static enum reply_end
end_of(const struct http *h, CURLcode code, unsigned status)
{
	switch (code) {
	case CURLE_OK:
		return REPLY_WHOLE;
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_SSL_CERTPROBLEM:
	case CURLE_SSL_ISSUER_ERROR:
	case CURLE_SSL_CIPHER:
	case CURLE_SSL_INVALIDCERTSTATUS:
		return REPLY_UNTRUSTED;
	case CURLE_UNSUPPORTED_PROTOCOL: /* also "HTTP/0.9": an answer without a status line */
	case CURLE_WEIRD_SERVER_REPLY:
	case CURLE_URL_MALFORMAT:
		return REPLY_STRANGE;
	case CURLE_OUT_OF_MEMORY:
		arena_exhausted();
	default:
		if (h->is_too_long)
			return REPLY_TOO_LONG;
		return status >= 200 ? REPLY_CUT : REPLY_NONE;
	}
}

static struct str
explain(struct http *h, CURLcode code, enum reply_end end, const struct http_request *request)
{
	if (h->is_too_long)
		return STR("the answer is longer than any answer may be");
	if (code == CURLE_OPERATION_TIMEDOUT && request->timeout_ms > 0)
		return arena_printf(&h->arena, "no answer within %llu ms",
		                    (unsigned long long)request->timeout_ms);
	struct str text = reply_excerpt(
	    &h->arena, str_of(h->error[0] != '\0' ? h->error : curl_easy_strerror(code)));
	/* What speaks HTTP/1.1 ends such a connection in one way or another. otlp 6.3 */
	if (h->endpoint->protocol->is_grpc && !h->has_answered && end != REPLY_UNTRUSTED &&
	    code != CURLE_COULDNT_CONNECT && code != CURLE_COULDNT_RESOLVE_HOST &&
	    code != CURLE_COULDNT_RESOLVE_PROXY)
		return arena_printf(&h->arena, "%.*s (is this a gRPC port?)", STR_ARG(text));
	return text;
}

static void
read_facts(struct http *h, struct reply *r)
{
	long number = 0;
	curl_off_t wait = 0, sent = 0;
	char *url = NULL;
	(void)curl_easy_getinfo(h->curl, CURLINFO_RESPONSE_CODE, &number);
	r->status = number > 0 ? (unsigned)number : 0;
	if (curl_easy_getinfo(h->curl, CURLINFO_SIZE_UPLOAD_T, &sent) == CURLE_OK && sent > 0)
		r->sent_bytes = (uint64_t)sent;
	if (curl_easy_getinfo(h->curl, CURLINFO_RETRY_AFTER, &wait) == CURLE_OK && wait > 0)
		r->retry_after_s = (uint64_t)wait;
	if (curl_easy_getinfo(h->curl, CURLINFO_REDIRECT_URL, &url) == CURLE_OK && url != NULL) {
		struct str text = str_of(url);
		size_t query = str_find_byte(text, '?'), user = str_find_last(text, STR("@"));
		/* Neither a query nor a password is shown. */
		text = str_head(text, query);
		r->redirect = user != STR_NONE ? STR("another place") : arena_str(&h->arena, text);
	}
}

void
http_post(struct http *h, const struct http_request *request, struct reply *r)
{
	long version = 0;
	*r = (struct reply){0};
	arena_reset(&h->arena);
	h->error[0] = '\0';
	buf_clear(&h->body);
	h->header_bytes = 0;
	h->is_too_long = false;
	h->reply = r;
	struct curl_slist *headers = request_headers(h, request);
	(void)curl_easy_setopt(h->curl, CURLOPT_HTTPHEADER, headers);
	(void)curl_easy_setopt(h->curl, CURLOPT_POSTFIELDS, request->body.at);
	(void)curl_easy_setopt(h->curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body.len);
	(void)curl_easy_setopt(h->curl, CURLOPT_TIMEOUT_MS, (long)request->timeout_ms);
	CURLcode code = curl_easy_perform(h->curl);
	(void)curl_easy_setopt(h->curl, CURLOPT_HTTPHEADER, NULL);
	curl_slist_free_all(headers);
	read_facts(h, r);
	r->end = end_of(h, code, r->status);
	h->has_answered |= r->end == REPLY_WHOLE;
	r->is_reset = code == CURLE_HTTP2_STREAM && r->sent_bytes < request->body.len;
	r->body = h->body;
	if (r->end != REPLY_WHOLE)
		r->error = explain(h, code, r->end, request);
	if (r->end == REPLY_WHOLE && h->endpoint->protocol->is_grpc &&
	    (curl_easy_getinfo(h->curl, CURLINFO_HTTP_VERSION, &version) != CURLE_OK ||
	     version != CURL_HTTP_VERSION_2)) {
		r->end = REPLY_STRANGE;
		r->error = STR("the server does not speak HTTP/2, which gRPC needs: use "
		               "--protocol http/protobuf");
	}
}

const char *
http_library_version(void)
{
	return curl_version_info(CURLVERSION_NOW)->version;
}
