#ifndef CLI_EVENT_H
#define CLI_EVENT_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/diag.h"
#include "base/str.h"
#include "input/source.h"

#define EVENT_BYTES_MAX ((size_t)16 << 20) /* it may hold what a tool gave */

/* What an agent tells its hooks. claude-code-transcripts 17 */
struct event {
	struct str name;           /* "Stop", ... */
	struct str session;        /* a safe file name */
	struct source *transcript; /* NULL: there is none yet, which is nothing wrong */
	struct str prompt;         /* id of the prompt that is answered; empty: not told */
	struct str last_message;   /* what the agent said last; empty: not told */
	bool ends_turn;            /* the turn is over, but its last message may not be on disk */
	bool ends_session;         /* all is on disk */
};

/*
 * Reads an event. Its transcript is used only when it is a regular file, no link, with the
 * session's id for a name. False, after diag_fail, when the text is no event, or there is no such
 * file although a turn or a session ended. Texts live in a.
 */
bool event_read(struct arena *a, struct str text, struct event *e, struct diag *d);

#endif
