/* The table of protocols, and what an answer over HTTP means. */
#include "sink/protocol.h"

#include "base/when.h"
#include "sink/reply.h"
#include "sink/retry.h"

static const struct protocol protocols[] = {
    {
	.name = STR_INIT("http/protobuf"),
	.content_type = STR_INIT("application/x-protobuf"),
	.payload_type = STR_INIT("application/x-protobuf"),
	.url = STR_INIT("http://localhost:4318"),
	.path = STR_INIT("v1/traces"),
	.judge = reply_judge_http,
    },
    {
	.name = STR_INIT("http/json"),
	.content_type = STR_INIT("application/json"),
	.payload_type = STR_INIT("application/json"),
	.url = STR_INIT("http://localhost:4318"),
	.path = STR_INIT("v1/traces"),
	.judge = reply_judge_http,
    },
    {
	.name = STR_INIT("grpc"),
	.content_type = STR_INIT("application/grpc"),
	.payload_type = STR_INIT("application/x-protobuf"),
	.url = STR_INIT("http://localhost:4317"),
	.path = STR_INIT("opentelemetry.proto.collector.trace.v1.TraceService/Export"),
	.is_grpc = true,
	.judge = reply_judge_grpc,
    },
};

const struct protocol *
protocol_find(struct str name)
{
	for (size_t i = 0; i < sizeof protocols / sizeof *protocols; i++)
		if (str_eq_nocase(protocols[i].name, name))
			return &protocols[i];
	return NULL;
}

bool
reply_judge_broken(const struct reply *r, struct verdict *v)
{
	static const enum answer answers[] = {
	    [REPLY_NONE] = ANSWER_LATER,
	    [REPLY_TOO_LONG] = ANSWER_REFUSED,
	    [REPLY_UNTRUSTED] = ANSWER_CLOSED,
	    [REPLY_STRANGE] = ANSWER_CLOSED,
	};
	if (r->end == REPLY_WHOLE || r->end == REPLY_CUT)
		return false;
	v->answer = answers[r->end];
	v->text = r->error;
	return true;
}

static enum answer
answer_of(unsigned status)
{
	/* What is wrong with every request is not asked a second time. */
	static const unsigned closed[] = {401, 402, 403, 404, 405, 407, 410, 415, 421, 501, 505};
	if (retry_http(status))
		return ANSWER_LATER;
	if (status == 413)
		return ANSWER_TOO_LARGE;
	if (status < 400)
		return ANSWER_CLOSED; /* redirects are not followed: otlp 5.1 */
	for (size_t i = 0; i < sizeof closed / sizeof *closed; i++)
		if (closed[i] == status)
			return ANSWER_CLOSED;
	return ANSWER_REFUSED;
}

static void
judge_taken(struct arena *a, const struct reply *r, struct verdict *v)
{
	struct reply_words w;
	v->answer = ANSWER_TAKEN;
	if (r->end == REPLY_CUT) {
		v->text = STR("it was taken, but the answer broke off");
		return;
	}
	if (!reply_response(a, r->content_type, buf_str(&r->body), &w)) {
		/* Counts as taken all the same: otlp 5.2 */
		v->text = arena_printf(
		    a, "HTTP %u, but with no OTLP answer (%.*s): is this an OTLP endpoint?",
		    r->status,
		    STR_ARG(r->content_type.len > 0 ? reply_excerpt(a, r->content_type)
		                                    : STR("no content type")));
		return;
	}
	v->rejected = w.rejected;
	v->text = w.message;
}

void
reply_judge_http(struct arena *a, const struct reply *r, struct verdict *v)
{
	struct reply_words w;
	struct str body = buf_str(&r->body), said;
	*v = (struct verdict){0};
	if (reply_judge_broken(r, v))
		return;
	if (r->status >= 200 && r->status < 300) {
		judge_taken(a, r, v);
		return;
	}
	v->answer = answer_of(r->status);
	if (v->answer == ANSWER_LATER &&
	    __builtin_mul_overflow(r->retry_after_s, WHEN_S, &v->wait_ns))
		v->wait_ns = UINT64_MAX;
	said = reply_status(a, r->content_type, body, &w) ? w.message : reply_excerpt(a, body);
	if (r->redirect.len > 0)
		said = arena_printf(a, "redirects to %.*s, and redirects are not followed",
		                    STR_ARG(reply_excerpt(a, r->redirect)));
	v->text = arena_printf(a, "HTTP %u%s%.*s", r->status, said.len > 0 ? ": " : "",
	                       STR_ARG(said));
}
