#ifndef DECODE_WATCH_H
#define DECODE_WATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/intern.h"
#include "decode/record.h"

/*
 * What a first reading notes beside the records when somebody asks: what the format's notes do not
 * name, and the sums that the agent keeps itself. Nobody asks in a conversion, which is the faster
 * for it.
 */

/* A type or a member that is not known, as one version of the agent wrote it. */
struct unknown {
	uint32_t name;    /* "attachment/weather", "user.mood" */
	uint32_t version; /* 0: no line says it */
	bool member;      /* else a type, of a line or of a block of content */
	uint32_t line;    /* the first such line */
	uint64_t count;
};

/* What is found when UNKNOWNS_MAX are told apart is counted as `more`: a file that makes up names
 * does not make the list longer. */
#define UNKNOWNS_MAX 200
#define UNKNOWN_NAME_MAX 100 /* bytes of a made-up name that are kept */

struct unknowns {
	struct unknown *at;
	size_t len, cap;
	uint64_t more;
};

void unknowns_add(struct arena *a, struct unknowns *list, const struct unknown *u);

/* The last sums that a file holds for a session. claude-code-transcripts 3.7 */
struct cost {
	const struct cost_record *sums;
	uint32_t session, line;
	bool fell; /* an earlier sum is larger: some was lost in between */
};

struct costs {
	struct cost *at;
	size_t len, cap;
};

void costs_add(struct arena *a, struct costs *list, const struct cost *c);

/* Of a piece of a file while it is read, then of the file. */
struct watch {
	struct arena *arena; /* lists live here */
	uint32_t version;    /* of the last line so far that says it */
	struct unknowns unknown;
	struct costs costs;
};

/* Notes a name as unknown on the line of r: a member of its family when mark is '.', a type within
 * it when that is '/', and a type alone when there is no family. */
void watch_unknown(struct watch *w, struct intern *names, const struct record *r, struct str family,
                   char mark, struct str name);

/* Adds what a piece noted to what its file did, its lines shifted; version is that of the file's
 * lines before. */
void watch_move(struct watch *to, const struct watch *from, uint32_t line_shift);

#endif
