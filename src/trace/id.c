/* Ids of traces and spans, derived from what they stand for. */
#include "trace/id.h"

#include "base/hash.h"

#define NAMESPACE STR("retrospan/1")

static bool
is_zero(const unsigned char *id, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (id[i] != 0)
			return false;
	return true;
}

static void
derive(const struct str *parts, size_t count, unsigned char *id, size_t len)
{
	unsigned char digest[HASH_LEN];
	hash_parts(parts, count, digest);
	while (is_zero(digest, len)) {
		struct str again = {(const char *)digest, sizeof digest};
		hash_parts(&again, 1, digest);
	}
	memcpy(id, digest, len);
}

void
id_trace(struct str agent, struct str type, struct str key, unsigned char id[TRACE_ID_LEN])
{
	const struct str parts[] = {NAMESPACE, agent, type, key};
	derive(parts, sizeof parts / sizeof *parts, id, TRACE_ID_LEN);
}

void
id_span(const unsigned char trace_id[TRACE_ID_LEN], struct str type, struct str key,
        unsigned char id[SPAN_ID_LEN])
{
	const struct str parts[] = {NAMESPACE, {(const char *)trace_id, TRACE_ID_LEN}, type, key};
	derive(parts, sizeof parts / sizeof *parts, id, SPAN_ID_LEN);
}
