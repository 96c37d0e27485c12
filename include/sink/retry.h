#ifndef SINK_RETRY_H
#define SINK_RETRY_H

#include <stdbool.h>
#include <stdint.h>

/*
 * When a request is sent again. Clock and chance are handed in, so that these are pure functions.
 * otlp 5.2, 6.2, 7
 */
struct retry_policy {
	unsigned attempts;    /* of a request, the first one included */
	uint64_t first_ns;    /* the longest wait after the first attempt; then twice as long ... */
	uint64_t most_ns;     /* ... but never longer than this */
	uint64_t hint_ns;     /* a server that asks for a longer wait is not waited for */
	uint64_t deadline_ns; /* on the clock of now_ns; 0: none */
};

enum retry_step {
	RETRY_WAIT,     /* and try again */
	RETRY_ATTEMPTS, /* there were enough */
	RETRY_LONG,     /* the server asks for more patience than there is */
	RETRY_DEADLINE, /* the wait would end behind it */
};

/*
 * What follows when attempt number `attempt` (from 1) failed in passing. hint_ns is the wait that
 * the server asked for (0: none), a lower bound; chance is any number. *wait_ns is set
 * with RETRY_WAIT only.
 */
enum retry_step retry_next(const struct retry_policy *p, unsigned attempt, uint64_t now_ns,
                           uint64_t hint_ns, uint64_t chance, uint64_t *wait_ns);

/* Answers that are worth another try. 500 and 408 are not: otlp 13.7. RESOURCE_EXHAUSTED is when
 * there is a RetryInfo, which the caller knows. */
bool retry_http(unsigned status);
bool retry_grpc(unsigned status);

#endif
