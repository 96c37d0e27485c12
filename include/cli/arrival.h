#ifndef CLI_ARRIVAL_H
#define CLI_ARRIVAL_H

#include <stdbool.h>

#include "cli/event.h"

/* What a transcript says of the turn that an event says is over. */
enum arrival {
	ARRIVAL_MISSING, /* its last message is not there, even now */
	ARRIVAL_THERE,
	ARRIVAL_GOES_ON, /* it was, but a hook sent the agent back to work */
};

/*
 * Waits, at most ARRIVAL_MS_MAX, for the last message of the turn to be on disk; with `to_end` for
 * the lines that the agent writes when its hooks have ended, too, which say when the turn ended.
 * claude-code-transcripts 17: it appears 70 to 110 ms after the event.
 */
#define ARRIVAL_MS_MAX 2000
enum arrival arrival_wait(const struct event *e, bool to_end);

#endif
