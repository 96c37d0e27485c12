/* The words of a report, which both its forms use. */
#include "cli/report.h"

uint64_t
report_spans(const struct report *r)
{
	uint64_t n = 0;
	for (size_t i = 0; i < r->spans->len; i++)
		n += r->spans->at[i].count;
	return n;
}

uint64_t
report_weak_links(const struct audit *a)
{
	return a->links[LINK_PROMPT] + a->links[LINK_GUESSED] + a->links[LINK_TURN] +
	       a->links[LINK_TIME];
}

struct str
report_link(enum link_basis basis)
{
	return basis == LINK_NONE ? STR("none") : link_basis_name(basis);
}

struct str
report_timed(enum timed what)
{
	static const struct str names[TIMED_COUNT] = {STR_INIT("turn"), STR_INIT("call"),
	                                              STR_INIT("tool_call"), STR_INIT("agent")};
	return names[what];
}

struct str
report_verdict(enum cost_verdict verdict)
{
	static const struct str names[] = {STR_INIT("equal"), STR_INIT("within"), STR_INIT("above"),
	                                   STR_INIT("not_comparable")};
	return names[verdict];
}

struct str
report_source(enum fork_source source)
{
	static const struct str names[] = {STR_INIT("input"), STR_INIT("found"),
	                                   STR_INIT("missing")};
	return names[source];
}

struct str
report_evidence(enum evidence evidence)
{
	static const struct str names[] = {STR_INIT("measured"), STR_INIT("derived"),
	                                   STR_INIT("estimated")};
	return names[evidence];
}
