/* Which answers are worth another try, and after what wait. otlp 7 */
#include "sink/retry.h"

#include <stddef.h>

/* Full jitter, so that many clients don't come back together. */
static uint64_t
backoff(const struct retry_policy *p, unsigned attempt, uint64_t chance)
{
	uint64_t most = p->first_ns;
	for (unsigned i = 1; i < attempt && most < p->most_ns; i++)
		if (__builtin_mul_overflow(most, UINT64_C(2), &most))
			most = p->most_ns;
	if (most > p->most_ns)
		most = p->most_ns;
	return most == 0 ? 0 : chance % most;
}

enum retry_step
retry_next(const struct retry_policy *p, unsigned attempt, uint64_t now_ns, uint64_t hint_ns,
           uint64_t chance, uint64_t *wait_ns)
{
	uint64_t wait = backoff(p, attempt, chance);
	if (attempt >= p->attempts)
		return RETRY_ATTEMPTS;
	if (hint_ns > p->hint_ns)
		return RETRY_LONG;
	if (wait < hint_ns)
		wait = hint_ns;
	if (p->deadline_ns != 0 && (now_ns >= p->deadline_ns || wait >= p->deadline_ns - now_ns))
		return RETRY_DEADLINE;
	*wait_ns = wait;
	return RETRY_WAIT;
}

bool
retry_http(unsigned status)
{
	return status == 429 || status == 502 || status == 503 || status == 504;
}

bool
retry_grpc(unsigned status)
{
	/* CANCELLED, DEADLINE_EXCEEDED, ABORTED, OUT_OF_RANGE, UNAVAILABLE, DATA_LOSS */
	static const unsigned passing[] = {1, 4, 10, 11, 14, 15};
	for (size_t i = 0; i < sizeof passing / sizeof *passing; i++)
		if (passing[i] == status)
			return true;
	return false;
}
