#ifndef SINK_REPLY_H
#define SINK_REPLY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/str.h"
#include "sink/protocol.h"

/* How an exchange ended. */
enum reply_end {
	REPLY_WHOLE,
	REPLY_CUT,       /* after its status */
	REPLY_NONE,      /* no connection, no answer in time, ... */
	REPLY_TOO_LONG,  /* than REPLY_BYTES_MAX or REPLY_HEADER_BYTES_MAX */
	REPLY_UNTRUSTED, /* the other side's certificate, or ours */
	REPLY_STRANGE,   /* no HTTP, or not the HTTP that we need */
};

#define REPLY_BYTES_MAX ((size_t)4 << 20) /* uncompressed. otlp 5.2 */
#define REPLY_HEADER_BYTES_MAX ((size_t)256 << 10)

/* What came back, as it is on the wire. */
struct reply {
	enum reply_end end;
	unsigned status;     /* of HTTP; 0: none came */
	uint64_t sent_bytes; /* of the request's body */
	bool is_reset;       /* an HTTP/2 stream was, before all of that was sent */
	struct str content_type, redirect;
	struct buf body;
	uint64_t retry_after_s;                             /* Retry-After; 0: none */
	struct str grpc_status, grpc_message, grpc_details; /* headers or trailers */
	struct str error; /* what went wrong, when something did */
};

/* What a body says. Views live in a. */
struct reply_words {
	uint64_t rejected;
	struct str message;
	bool has_wait;
	uint64_t wait_ns; /* of a RetryInfo */
};

/* An ExportTraceServiceResponse. False when it is none; an empty body is one. otlp 5.2 */
bool reply_response(struct arena *a, struct str content_type, struct str body,
                    struct reply_words *w);

/* A google.rpc.Status, in protobuf or JSON. False when it is none. otlp 5.2, 6.2 */
bool reply_status(struct arena *a, struct str content_type, struct str body, struct reply_words *w);

/* The first printable bytes of what may be anything, on one line. */
struct str reply_excerpt(struct arena *a, struct str text);

/* The verdicts of OTLP over HTTP and over gRPC. */
void reply_judge_http(struct arena *a, const struct reply *r, struct verdict *v);
void reply_judge_grpc(struct arena *a, const struct reply *r, struct verdict *v);

/* The verdict when there is no whole answer; false when there is one. */
bool reply_judge_broken(const struct reply *r, struct verdict *v);

#endif
