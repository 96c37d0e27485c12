#ifndef CLI_LOG_H
#define CLI_LOG_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/arena.h"
#include "base/diag.h"
#include "base/str.h"

/* Messages on stderr: "file:line: what", or one JSON object a line for machines. */
struct log {
	FILE *out;
	bool json, quiet, verbose;
	struct str time, session; /* of a run that shares its log: each line begins with them */
	bool progress;            /* a progress line is wanted ... */
	bool progress_shown;      /* ... and stands there now */
	uint64_t started_ns, shown_ns;
	uint64_t warnings, skips, failures; /* printed so far */
};

/* Prints what d collected, and empties it. Warnings are left out when quiet. */
void log_print(struct log *l, struct diag *d);

/* How many more lines of a file were skipped than were named. */
void log_more(struct log *l, struct str file, uint64_t count);

/* A message that is no trouble; left out when quiet. */
void log_info(struct log *l, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Shows how far the work is, when it is long; done and all in bytes. now_ns is the time. */
void log_progress(struct log *l, uint64_t now_ns, uint64_t done, uint64_t all);
void log_progress_end(struct log *l);

/* What was done, as the last line. */
struct summary {
	uint64_t sessions, turns, spans, read, used, history, ignored, skipped, inherited;
	bool sends;                                /* to an endpoint; then: */
	uint64_t delivered, rejected, undelivered; /* spans */
	uint64_t kept;                             /* of the latter two: in the spool */
	uint64_t flushed, set_aside;               /* spans that came out of the spool */
	uint64_t requests, sent_bytes;
};
void log_summary(struct log *l, const struct summary *s);

/* The same of a flush; left: spans that are in the spool now. */
void log_flush(struct log *l, const struct summary *s, uint64_t left);

/* With --verbose: what the ignored lines were, by type. */
struct ignored_type {
	struct str type;
	uint64_t count;
};
void log_ignored(struct log *l, const struct ignored_type *types, size_t len);

#endif
