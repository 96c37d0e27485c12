#ifndef SESSION_AUDIT_H
#define SESSION_AUDIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/diag.h"
#include "base/intern.h"
#include "base/str.h"
#include "session/session.h"

/*
 * The account of a run: what became of the lines, what the skeletons hold, and what does not add
 * up. Families are added one by one; nothing here points into them afterwards. All lists are in the
 * order of the families and bounded by the ceilings below, so that they depend on the input
 * alone. Texts hold names and ids, no content, and no control characters.
 */
#define AUDIT_NAMES_MAX 1000    /* types, models, unknown names; more count as others */
#define AUDIT_PROBLEMS_MAX 1000 /* of a kind that are listed; all are counted */

/* From what is in order to what is not. From SEVERITY_UNACCOUNTED on a check fails. */
enum severity {
	SEVERITY_NOTICE,        /* happens: a session was killed, only a likely link is there */
	SEVERITY_CONTRADICTION, /* the transcript can't be as we read it */
	SEVERITY_UNACCOUNTED,
	SEVERITY_DOUBLED,
	SEVERITY_LOST,
};

enum problem_kind {
	PROBLEM_SKIPPED_LINE,
	PROBLEM_LOST_RESPONSE,
	PROBLEM_TURN_WITHOUT_TIME,
	PROBLEM_DOUBLED_MESSAGE,
	PROBLEM_DOUBLED_TOOL_CALL,
	PROBLEM_DOUBLED_SPAN,
	PROBLEM_UNACCOUNTED_LINES,
	PROBLEM_END_BEFORE_START,
	PROBLEM_MERGED_REQUESTS,
	PROBLEM_START_BEFORE_RESULT,
	PROBLEM_TURN_INDEX,
	PROBLEM_TURN_COUNT,
	PROBLEM_TOKENS_ABOVE_COST_STATE,
	PROBLEM_TIME_ABOVE_COST_STATE,
	PROBLEM_CALL_WITHOUT_RESULT,
	PROBLEM_RESULT_WITHOUT_CALL,
	PROBLEM_AGENT_WITHOUT_CALL,
	PROBLEM_WEAK_LINK,
	PROBLEM_COUNT
};

struct str problem_name(enum problem_kind kind); /* "skipped_line" */
enum severity problem_severity(enum problem_kind kind);
struct str severity_name(enum severity severity);

struct problem {
	enum problem_kind kind;
	struct str file;
	uint32_t line; /* 0: about the whole file */
	struct str text;
};

struct problems {
	struct problem *at;
	size_t len, cap;
};

/* What became of the lines of one type. */
struct type_fates {
	struct str type;
	uint64_t used, history, ignored, skipped;
};

struct types_fates {
	struct type_fates *at;
	size_t len, cap;
};

/* Tokens of the calls of one model. Sums of what is exported; none are invented. */
struct model_tokens {
	struct str model;
	uint64_t calls, incomplete; /* incomplete: whose output never became final */
	uint64_t input, output, cache_read, cache_creation, reasoning;
};

struct models_tokens {
	struct model_tokens *at;
	size_t len, cap;
};

/* A session beside the sums that the agent keeps of it. claude-code-transcripts 3.7, 16 */
enum cost_verdict {
	COST_EQUAL,
	COST_WITHIN, /* we have less: helper calls leave no line */
	COST_ABOVE,  /* we have more, and that can't be */
	COST_OTHER,  /* the sums are about something else: see why */
};

struct cost_check {
	struct str session, file;
	uint32_t line;
	enum cost_verdict verdict;
	struct str why;              /* of COST_OTHER, else empty */
	struct models_tokens ours;   /* by model, those of `theirs` in the same order first */
	struct models_tokens theirs; /* calls, incomplete and reasoning are not told: 0 */
	uint64_t our_ms, their_ms;   /* of calls of models together */
};

struct cost_checks {
	struct cost_check *at;
	size_t len, cap;
};

enum fork_source { SOURCE_INPUT, SOURCE_FOUND, SOURCE_MISSING };

/* A session that holds lines of others, and which. */
struct fork_origin {
	struct str session; /* empty: nothing tells */
	uint64_t lines;
	bool here; /* the lines themselves are in a file at hand */
};

#define FORK_ORIGINS_MAX 32 /* more count under the last */

struct fork {
	struct str session, file;
	struct str from; /* the session it was forked from; empty: not known */
	struct str conversation;
	enum fork_source source; /* is the file it was forked from there? */
	uint64_t lines;          /* copied ones, and where they are from: */
	struct fork_origin origins[FORK_ORIGINS_MAX];
	size_t origin_count;
	uint64_t inherited_turns; /* left out */
};

struct forks {
	struct fork *at;
	size_t len, cap;
};

/* See decode/watch.h. */
struct unknown_name {
	struct str name, version, file;
	bool member;
	uint32_t line;
	uint64_t count;
};

struct unknown_names {
	struct unknown_name *at;
	size_t len, cap;
	uint64_t more; /* lines with names that are not listed */
};

/* What of a skeleton has times. */
enum timed { TIMED_TURN, TIMED_RESPONSE, TIMED_TOOL_CALL, TIMED_AGENT, TIMED_COUNT };

#define LINKS (LINK_TIME + 1)
#define EVIDENCES (EVIDENCE_ESTIMATED + 1)

struct audit {
	struct arena arena;
	struct {
		struct str *at;
		size_t len, cap;
	} sessions;
	uint64_t read, used, history, ignored, skipped; /* as struct account counts */
	uint64_t span_lines; /* of the used ones: a turn, call, tool call or agent begins there */
	struct types_fates types;
	struct models_tokens tokens;
	struct cost_checks costs;
	uint64_t links[LINKS];        /* agents, by how they were tied */
	uint64_t agents_without_file; /* calls that started one of which no line is there */
	uint64_t times[TIMED_COUNT][EVIDENCES]; /* by the worse of start and end */
	struct forks forks;
	struct unknown_names unknown;
	struct problems problems;
	uint64_t problem_counts[PROBLEM_COUNT];
	uint64_t problems_listed[PROBLEM_COUNT];
	struct id_ledger *ids; /* of responses and tool calls so far */
};

/* A family that was read with a watch, and its sessions. */
struct audit_family {
	struct intern *names;
	const struct transcripts *transcripts;
	const bool *counts; /* by transcript: is it, or its session, asked for? */
	const struct sessions *sessions;
	const struct diag_note *notes; /* of reading: skipped lines are among them */
	bool takes_commands;           /* commands are drawn, too */
};

void audit_begin(struct audit *audit, uint64_t seed);
void audit_add(struct audit *audit, const struct audit_family *family);
void audit_end(struct audit *audit); /* gives everything back */

/* Notes the id of something that must be there once; when it was noted before, that is a problem
 * of the kind: one of the three PROBLEM_DOUBLED. what is said of it. */
void audit_id(struct audit *audit, enum problem_kind kind, struct str id, struct str what,
              struct str file, uint32_t line);

/* A problem that somebody else found. */
void audit_problem(struct audit *audit, enum problem_kind kind, struct str file, uint32_t line,
                   const char *format, ...) __attribute__((format(printf, 5, 6)));

/* Puts the lists in their order for people: problems by severity, kind and place, the rest by name
 * and place. */
void audit_sort(struct audit *audit);

/* The worst that was found; SEVERITY_NOTICE when nothing was. */
enum severity audit_severity(const struct audit *audit);

#endif
