/* Any bytes as the answer of an endpoint, over HTTP and over gRPC: a verdict, with a short text of
 * whole characters on one line. The first byte chooses, the rest is body, trailer and URL. */
#include "sink/reply.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/utf8.h"
#include "sink/endpoint.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define claim(holds) ((holds) ? (void)0 : broken(#holds, __LINE__))

#define TEXT_BYTES_MAX 400

static _Noreturn void
broken(const char *holds, int line)
{
	fprintf(stderr, "line %d: %s\n", line, holds);
	abort();
}

static void
check(struct arena *a, const struct protocol *p, const struct reply *r)
{
	struct verdict v;
	p->judge(a, r, &v);
	claim(v.text.len <= TEXT_BYTES_MAX && utf8_valid(v.text));
	claim(str_find_byte(v.text, '\n') == STR_NONE && str_find_byte(v.text, '\0') == STR_NONE);
	claim(v.rejected == 0 || v.answer == ANSWER_TAKEN);
	claim(v.wait_ns == 0 || v.answer != ANSWER_TAKEN);
}

static void
check_endpoint(struct arena *a, const struct protocol *p, struct str text)
{
	struct endpoint e = {.protocol = p};
	struct diag d = {.arena = a};
	const char *why;
	endpoint_add_headers(a, &e, text, STR("list"), &d);
	for (size_t i = 0; i < e.headers.len; i++)
		claim(str_find_byte(e.headers.at[i].value, '\n') == STR_NONE &&
		      str_find_byte(e.headers.at[i].value, '\r') == STR_NONE &&
		      str_find_byte(e.headers.at[i].value, '\0') == STR_NONE);
	if (!endpoint_set_url(a, &e, text, ENDPOINT_BASE, p->path, false, &why))
		return;
	claim(str_starts(e.url, STR("http://")) || str_starts(e.url, STR("https://")));
	claim(str_find_byte(e.shown, '@') == STR_NONE || str_find_byte(e.url, '@') != STR_NONE);
	(void)endpoint_redact(a, &e, text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const types[] = {"application/x-protobuf", "application/json",
	                                    "text/html", ""};
	static const unsigned statuses[] = {200, 202, 302, 400, 413, 429, 500, 503};
	struct arena a = {0};
	unsigned choice = size > 0 ? data[0] : 0;
	struct str text = str_skip((struct str){(const char *)data, size}, 1);
	struct reply r = {.status = statuses[choice % 8],
	                  .end = (enum reply_end)(choice == 255 ? REPLY_CUT : REPLY_WHOLE),
	                  .content_type = str_of(types[choice / 8 % 4]),
	                  .redirect = choice % 8 == 2 ? text : (struct str){0},
	                  .retry_after_s = choice};
	buf_add(&r.body, text);
	check(&a, protocol_find(STR("http/json")), &r);
	check_endpoint(&a, protocol_find(STR("http/json")), text);
	r.grpc_status = choice % 2 == 0 ? STR("8") : str_head(text, 2);
	r.grpc_message = r.grpc_details = text;
	check(&a, protocol_find(STR("grpc")), &r);
	check_endpoint(&a, protocol_find(STR("grpc")), text);
	buf_free(&r.body);
	arena_free(&a);
	return 0;
}
