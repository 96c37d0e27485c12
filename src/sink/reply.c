/* The messages that an endpoint answers with. otlp 5.2 and 6.2 */
#include "sink/reply.h"

#include "base/json.h"
#include "base/utf8.h"
#include "base/when.h"
#include "reply.pb-c.h"

/* What says more than this is not a message of these types; a hostile one costs some 30 times its
 * size while it is taken apart. */
#define REPLY_PARSED_BYTES_MAX ((size_t)256 << 10)

#define REPLY_SHOWN_BYTES 200

/* protobuf-c's way to ask for memory: all of it is in an arena. */
static void *
take(void *arena, size_t size)
{
	return arena_alloc(arena, size);
}

static void
give(void *arena, void *at)
{
	(void)arena;
	(void)at;
}

static ProtobufCAllocator
allocator_of(struct arena *a)
{
	return (ProtobufCAllocator){take, give, a};
}

static struct str
text_of(ProtobufCBinaryData data)
{
	return (struct str){(const char *)data.data, data.len};
}

static const uint8_t *
bytes_of(struct str s)
{
	return (const uint8_t *)(s.len > 0 ? s.at : "");
}

/* "application/json; charset=utf-8" is JSON. */
static bool
is_type(struct str content_type, struct str type)
{
	size_t end = str_find_byte(content_type, ';');
	return str_eq_nocase(str_trim(str_head(content_type, end)), type);
}

static bool
is_json(struct str content_type, struct str body)
{
	return is_type(content_type, STR("application/json")) ||
	       (content_type.len == 0 && str_starts(str_trim(body), STR("{")));
}

static bool
is_protobuf(struct str content_type)
{
	return content_type.len == 0 || is_type(content_type, STR("application/x-protobuf")) ||
	       is_type(content_type, STR("application/protobuf")) ||
	       str_starts(content_type, STR("application/grpc"));
}

struct str
reply_excerpt(struct arena *a, struct str text)
{
	struct str mended = utf8_repair(a, str_head(text, 2 * REPLY_SHOWN_BYTES));
	char *to = arena_bytes(a, mended.len);
	size_t len = 0;
	for (size_t i = 0; i < mended.len; i++) {
		unsigned char c = (unsigned char)mended.at[i];
		bool blank = c <= ' ' || c == 0x7f;
		if (!blank)
			to[len++] = (char)c;
		else if (len > 0 && to[len - 1] != ' ')
			to[len++] = ' ';
	}
	return str_trim(utf8_head((struct str){to, len}, REPLY_SHOWN_BYTES));
}

/* ---- JSON ---- */

/* The text of a member, on one line, in a. */
static struct str
json_message(struct arena *a, const struct json *v, struct str key)
{
	return reply_excerpt(a, json_get_text(v, key));
}

static bool
read_json(struct arena *a, struct str body, bool is_response, struct reply_words *w)
{
	struct json_parser *parser = json_parser_new();
	struct json_error error;
	size_t used;
	const struct json *v = json_parse(parser, json_repair(a, body), &used, &error);
	bool ok = json_is_object(v);
	if (ok && is_response) {
		const struct json *partial = json_get(v, STR("partialSuccess"));
		const struct json *n = json_get(partial, STR("rejectedSpans"));
		if (!json_u64(n, &w->rejected))
			(void)str_to_u64(json_text(n), &w->rejected);
		w->message = json_message(a, partial, STR("errorMessage"));
	} else if (ok) {
		w->message = json_message(a, v, STR("message"));
		ok = w->message.len > 0;
	}
	json_parser_free(parser);
	return ok;
}

/* ---- protobuf ---- */

static bool
unpack_response(struct arena *a, struct str body, struct reply_words *w)
{
	ProtobufCAllocator memory = allocator_of(a);
	const Reply__Response *r = reply__response__unpack(&memory, body.len, bytes_of(body));
	if (r == NULL)
		return false;
	if (r->partial_success != NULL) {
		int64_t rejected = r->partial_success->rejected_spans;
		w->rejected = rejected > 0 ? (uint64_t)rejected : 0;
		w->message = reply_excerpt(a, text_of(r->partial_success->error_message));
	}
	return true;
}

static void
unpack_retry_info(struct arena *a, struct str value, struct reply_words *w)
{
	ProtobufCAllocator memory = allocator_of(a);
	const Reply__RetryInfo *info = reply__retry_info__unpack(&memory, value.len,
	                                                         bytes_of(value));
	const Reply__Duration *delay = info != NULL ? info->retry_delay : NULL;
	if (info == NULL)
		return;
	w->has_wait = true;
	if (delay == NULL || delay->seconds < 0 || delay->nanos < 0)
		return;
	if (__builtin_mul_overflow((uint64_t)delay->seconds, WHEN_S, &w->wait_ns) ||
	    __builtin_add_overflow(w->wait_ns, (uint64_t)delay->nanos, &w->wait_ns))
		w->wait_ns = UINT64_MAX;
}

static bool
unpack_status(struct arena *a, struct str body, struct reply_words *w)
{
	ProtobufCAllocator memory = allocator_of(a);
	const Reply__Status *s = reply__status__unpack(&memory, body.len, bytes_of(body));
	if (s == NULL)
		return false;
	w->message = reply_excerpt(a, text_of(s->message));
	for (size_t i = 0; i < s->n_details; i++)
		if (str_ends(text_of(s->details[i]->type_url), STR("/google.rpc.RetryInfo")))
			unpack_retry_info(a, text_of(s->details[i]->value), w);
	return w->message.len > 0 || w->has_wait;
}

/* ---- either ---- */

bool
reply_response(struct arena *a, struct str content_type, struct str body, struct reply_words *w)
{
	*w = (struct reply_words){0};
	if (body.len == 0)
		return true;
	if (body.len > REPLY_PARSED_BYTES_MAX)
		return false;
	if (is_json(content_type, body))
		return read_json(a, body, true, w);
	return is_protobuf(content_type) && unpack_response(a, body, w);
}

bool
reply_status(struct arena *a, struct str content_type, struct str body, struct reply_words *w)
{
	*w = (struct reply_words){0};
	if (body.len == 0 || body.len > REPLY_PARSED_BYTES_MAX)
		return false;
	if (is_json(content_type, body))
		return read_json(a, body, false, w);
	return is_protobuf(content_type) && unpack_status(a, body, w);
}
