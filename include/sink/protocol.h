#ifndef SINK_PROTOCOL_H
#define SINK_PROTOCOL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/str.h"

/* What an answer means for the batch that was sent. */
enum answer {
	ANSWER_TAKEN,     /* apart from the items that it says were rejected */
	ANSWER_REFUSED,   /* this batch, for good */
	ANSWER_CLOSED,    /* this and every other: wrong key, path, certificate, ... */
	ANSWER_TOO_LARGE, /* smaller pieces may be taken */
	ANSWER_EXHAUSTED, /* perhaps too large: smaller pieces are worth one try */
	ANSWER_LATER,     /* not now */
};

struct verdict {
	enum answer answer;
	uint64_t rejected; /* items, of a batch that was taken otherwise */
	uint64_t wait_ns;  /* ANSWER_LATER: what the server asks for; 0: nothing */
	struct str text;   /* for people; empty: nothing to say */
};

struct reply; /* what came back from the network */

/* A way to send OTLP. To add one: a row in sink/protocol.c. */
struct protocol {
	struct str name;         /* --protocol NAME */
	struct str content_type; /* of a request */
	struct str payload_type; /* of the message in it: the media type of its encoder */
	struct str url;          /* where it goes when nothing is said. otlp 9.2 */
	struct str path;         /* behind a base URL */
	bool is_grpc;            /* framed, over HTTP/2, with trailers. otlp 6 */
	/* Texts in *v live in a. */
	void (*judge)(struct arena *a, const struct reply *r, struct verdict *v);
};

/* The protocol of that name, in any case (otlp 9.1), or NULL. */
const struct protocol *protocol_find(struct str name);

#endif
