/* The options about sending. */
#include "cli/sending.h"

#include "base/when.h"

#define REQUEST_BYTES_MAX ((uint64_t)64 << 20) /* otlp 5.1 */
#define SEND_TIME_MS_MAX ((uint64_t)INT32_MAX) /* otlp 9.1 */

/* Milliseconds, as in the variables, or an age. */
static bool
set_duration(uint64_t *ms, struct str value)
{
	uint64_t n, ns;
	if (!str_to_u64(value, &n)) {
		if (!when_parse_age(value, &ns))
			return false;
		n = ns / WHEN_MS;
	}
	if (n > SEND_TIME_MS_MAX)
		return false;
	*ms = n;
	return true;
}

static bool
set_bytes(size_t *bytes, uint64_t most, struct str value)
{
	uint64_t n;
	if (!str_to_u64(value, &n) || n == 0 || n > most)
		return false;
	*bytes = (size_t)n;
	return true;
}

static struct str *
text_of(struct sending_options *s, enum option_id id)
{
	struct str *const texts[OPTION_COUNT] = {
	    [OPTION_TO] = &s->to,
	    [OPTION_ENDPOINT] = &s->endpoint,
	    [OPTION_PROTOCOL] = &s->protocol,
	    [OPTION_COMPRESSION] = &s->compression,
	    [OPTION_CERTIFICATE] = &s->certificate,
	    [OPTION_CLIENT_KEY] = &s->client_key,
	    [OPTION_CLIENT_CERTIFICATE] = &s->client_certificate,
	    [OPTION_SPOOL] = &s->spool,
	};
	return texts[id];
}

bool
sending_set(struct arena *a, struct sending_options *s, enum option_id id, struct str value)
{
	struct str *text = text_of(s, id);
	if (text != NULL)
		*text = arena_str(a, value);
	else if (id == OPTION_HEADER)
		*ARENA_PUSH(a, &s->headers) = arena_str(a, value);
	else if (id == OPTION_INSECURE)
		s->insecure = true;
	else if (id == OPTION_NO_SPOOL)
		s->no_spool = true;
	else if (id == OPTION_SPOOL_MAX_BYTES)
		return set_bytes(&s->spool_max_bytes, SIZE_MAX / 2, value);
	else if (id == OPTION_MAX_REQUEST_BYTES)
		return set_bytes(&s->max_request_bytes, REQUEST_BYTES_MAX, value);
	else if (id == OPTION_DEADLINE)
		return set_duration(&s->deadline_ms, value);
	else {
		s->has_timeout = true;
		return set_duration(&s->timeout_ms, value);
	}
	return true;
}
