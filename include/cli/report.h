#ifndef CLI_REPORT_H
#define CLI_REPORT_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/str.h"
#include "session/audit.h"

/* Spans by the first word of their names. */
struct span_counts {
	struct span_count {
		struct str kind;
		uint64_t count;
	} * at;
	size_t len, cap;
	uint64_t turns; /* whose spans they are, with those of agents without a turn */
};

/* What `retrospan check` says. Lists are in their order: audit_sort. */
struct report {
	const struct audit *audit;
	const struct span_counts *spans;
	struct str convention;
	bool ok; /* exit status 0, if the report can be written */
};

uint64_t report_spans(const struct report *r); /* all together */
uint64_t report_weak_links(const struct audit *a);
struct str report_link(enum link_basis basis); /* the words of retrospan.agent.link */
struct str report_timed(enum timed what);
struct str report_verdict(enum cost_verdict verdict);
struct str report_source(enum fork_source source);
struct str report_evidence(enum evidence evidence);

/* For people, and as one JSON object in a line. */
void report_text(const struct report *r, struct buf *out);
void report_json(const struct report *r, struct buf *out);

#endif
