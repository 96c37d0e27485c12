/* gRPC: frames, statuses and what the trailers say. otlp 6 */
#include "sink/grpc.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/percent.h"
#include "sink/reply.h"
#include "sink/retry.h"

#define GRPC_TIMEOUT_DIGITS_MAX UINT64_C(99999999)

enum { GRPC_OK = 0, GRPC_UNKNOWN = 2, GRPC_RESOURCE_EXHAUSTED = 8, GRPC_UNAVAILABLE = 14 };

static const struct {
	const char *name;
	bool closes; /* the next call would end the same way */
} statuses[] = {
    {"OK", false},
    {"CANCELLED", false},
    {"UNKNOWN", false},
    {"INVALID_ARGUMENT", false},
    {"DEADLINE_EXCEEDED", false},
    {"NOT_FOUND", true},
    {"ALREADY_EXISTS", false},
    {"PERMISSION_DENIED", true},
    {"RESOURCE_EXHAUSTED", false},
    {"FAILED_PRECONDITION", false},
    {"ABORTED", false},
    {"OUT_OF_RANGE", false},
    {"UNIMPLEMENTED", true},
    {"INTERNAL", false},
    {"UNAVAILABLE", false},
    {"DATA_LOSS", false},
    {"UNAUTHENTICATED", true},
};

#define STATUS_COUNT (unsigned)(sizeof statuses / sizeof *statuses)

void
grpc_frame(bool is_compressed, size_t len, struct buf *out)
{
	buf_byte(out, is_compressed ? 1 : 0);
	for (int shift = 24; shift >= 0; shift -= 8)
		buf_byte(out, (char)(len >> shift & 0xff));
}

void
grpc_timeout(uint64_t timeout_ms, char out[GRPC_TIMEOUT_MAX])
{
	if (timeout_ms <= GRPC_TIMEOUT_DIGITS_MAX)
		(void)snprintf(out, GRPC_TIMEOUT_MAX, "%" PRIu64 "m", timeout_ms);
	else
		(void)snprintf(out, GRPC_TIMEOUT_MAX, "%" PRIu64 "S",
		               timeout_ms / 1000 < GRPC_TIMEOUT_DIGITS_MAX
		                   ? timeout_ms / 1000 + 1
		                   : GRPC_TIMEOUT_DIGITS_MAX);
}

static int
base64_digit(char c)
{
	static const char digits[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *at = c == '\0' ? NULL : strchr(digits, c);
	return at == NULL ? -1 : (int)(at - digits);
}

bool
grpc_base64(struct arena *a, struct str text, struct str *out)
{
	char *to = arena_bytes(a, text.len);
	size_t len = 0;
	unsigned held = 0, bits = 0;
	while (text.len > 0 && text.at[text.len - 1] == '=')
		text.len--;
	for (size_t i = 0; i < text.len; i++) {
		int digit = base64_digit(text.at[i]);
		if (digit < 0)
			return false;
		held = (held << 6 | (unsigned)digit) & 0xffff;
		bits += 6;
		if (bits >= 8) {
			bits -= 8;
			to[len++] = (char)(held >> bits & 0xff);
		}
	}
	*out = (struct str){to, len};
	return true;
}

/* For an answer without a grpc-status. otlp 6.1 */
static unsigned
status_of_http(unsigned status)
{
	static const struct {
		unsigned http, grpc;
	} known[] = {{400, 13}, {401, 16}, {403, 7},  {404, 12},
	             {429, 14}, {502, 14}, {503, 14}, {504, 14}};
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (known[i].http == status)
			return known[i].grpc;
	return GRPC_UNKNOWN;
}

/* A message that says that it was too large, in the words of the servers in Go, C++ and Java. */
static bool
is_about_size(struct str message)
{
	return str_has(message, STR("larger than max")) ||
	       str_has(message, STR("exceeds maximum size"));
}

static enum answer
answer_of(unsigned status, const struct reply_words *w, struct str message)
{
	if (status == GRPC_OK)
		return ANSWER_TAKEN;
	if (status == GRPC_RESOURCE_EXHAUSTED && w->has_wait)
		return ANSWER_LATER;
	if (status == GRPC_RESOURCE_EXHAUSTED)
		return is_about_size(message) ? ANSWER_TOO_LARGE : ANSWER_EXHAUSTED;
	if (retry_grpc(status))
		return ANSWER_LATER;
	return status < STATUS_COUNT && statuses[status].closes ? ANSWER_CLOSED : ANSWER_REFUSED;
}

/* The one message of the body: a partial success may be in it. A reply that can't be read, or is
 * compressed though nobody asked for it, counts as taken like over HTTP. */
static void
judge_taken(struct arena *a, const struct reply *r, struct verdict *v)
{
	struct reply_words w;
	struct str body = buf_str(&r->body);
	v->answer = ANSWER_TAKEN;
	if (body.len < GRPC_FRAME_BYTES || body.at[0] != 0 ||
	    !reply_response(a, STR("application/grpc"), str_skip(body, GRPC_FRAME_BYTES), &w)) {
		v->text = STR("status OK, but with no OTLP answer: is this an OTLP endpoint?");
		return;
	}
	v->rejected = w.rejected;
	v->text = w.message;
}

void
reply_judge_grpc(struct arena *a, const struct reply *r, struct verdict *v)
{
	struct reply_words w = {0};
	struct str message = {0}, details = {0};
	uint64_t status;
	bool has_status = str_to_u64(r->grpc_status, &status);
	*v = (struct verdict){0};
	/* A status that was read counts, however the stream ended. otlp 6.3 */
	if (!has_status && r->end == REPLY_CUT) {
		v->answer = ANSWER_LATER;
		v->text = r->error;
		return;
	}
	if (!has_status && reply_judge_broken(r, v))
		return;
	if (!has_status && r->status == 200 &&
	    !str_starts(r->content_type, STR("application/grpc"))) {
		v->answer = ANSWER_CLOSED;
		v->text = STR("the answer is not gRPC: is this port for http/protobuf?");
		return;
	}
	if (!has_status)
		status = status_of_http(r->status);
	(void)percent_decode(a, r->grpc_message, &message);
	message = reply_excerpt(a, message);
	if (grpc_base64(a, r->grpc_details, &details))
		(void)reply_status(a, STR("application/grpc"), details, &w);
	v->answer = answer_of(status > STATUS_COUNT ? GRPC_UNKNOWN : (unsigned)status, &w, message);
	v->wait_ns = w.wait_ns;
	if (v->answer == ANSWER_TAKEN) {
		judge_taken(a, r, v);
		return;
	}
	if (message.len == 0)
		message = has_status ? w.message : reply_excerpt(a, buf_str(&r->body));
	v->text = arena_printf(a, "gRPC status %" PRIu64 " %s%s%.*s", status,
	                       status < STATUS_COUNT ? statuses[status].name : "",
	                       message.len > 0 ? ": " : "", STR_ARG(message));
}
