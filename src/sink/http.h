#ifndef SINK_HTTP_H
#define SINK_HTTP_H

#include "base/diag.h"
#include "base/str.h"
#include "sink/endpoint.h"
#include "sink/reply.h"

/* A connection to an endpoint: opened when it is first needed, kept alive, opened again when the
 * other side has closed it. One thread at a time. */
struct http;

/* endpoint must live as long as it. NULL, after diag_fail, when the library can't speak the
 * endpoint's protocol. */
struct http *http_open(const struct endpoint *e, struct diag *d);
void http_close(struct http *h);

struct http_request {
	struct str body; /* framed, compressed, as it shall be on the wire */
	bool is_gzip;
	uint64_t timeout_ms; /* 0: none */
};

/* Sends, and waits for the answer. Whatever happens is in *r, whose texts and body
 * live until the next call. */
void http_post(struct http *h, const struct http_request *request, struct reply *r);

const char *http_library_version(void);

#endif
