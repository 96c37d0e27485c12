#ifndef SINK_ENDPOINT_H
#define SINK_ENDPOINT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/diag.h"
#include "base/str.h"
#include "sink/protocol.h"

struct header {
	struct str name, value;
};

struct headers {
	struct header *at;
	size_t len, cap;
};

/* Where batches go, and how. Made of texts that others read from the command line and from
 * variables; they must live as long as it. */
struct endpoint {
	const struct protocol *protocol;
	struct str url;
	struct str shown; /* without a password and a query: for messages */
	struct headers headers;
	struct str certificate, client_key, client_certificate; /* PEM files; empty: none */
	struct str user_agent;
	uint64_t timeout_ms; /* of an attempt; 0: none */
	bool gzip;
};

enum endpoint_form {
	ENDPOINT_BASE,  /* the protocol's path is put behind it */
	ENDPOINT_FLAG,  /* likewise, unless it ends with that already */
	ENDPOINT_EXACT, /* used as it is */
};

/*
 * Sets url and shown from text, by the rules of otlp 9.2; path goes behind a base URL. insecure
 * says whether "host:port" for gRPC means http. False when it is no http or https URL;
 * *why is then half a sentence.
 */
bool endpoint_set_url(struct arena *a, struct endpoint *e, struct str text, enum endpoint_form form,
                      struct str path, bool insecure, const char **why);

/* True for a URL of ENDPOINT_EXACT that says no path, which is most likely a base URL. */
bool endpoint_lacks_path(struct str url);

/* Adds the headers of a list "name=value,name=value" with percent-encoded values. What can't be one is
 * left out after a diag_warn that has where's name, and never the value. otlp 9.3 */
void endpoint_add_headers(struct arena *a, struct endpoint *e, struct str list, struct str where,
                          struct diag *d);

/* Adds one header, "name: value" or "name=value" as it is. Empty, or what is wrong with it, without the
 * value: it is not added then. */
struct str endpoint_add_header(struct arena *a, struct endpoint *e, struct str line);

/* True for the name of a header, in small letters, whose value is most likely a key. */
bool endpoint_is_key(struct str name);

/* True when a user or a query stands in the URL: keys do. */
bool endpoint_may_hold_key(struct str url);

/* text with every value of a header in it replaced, and the URL's user and query: what the other
 * side says may hold what it was told. */
struct str endpoint_redact(struct arena *a, const struct endpoint *e, struct str text);

#endif
