#ifndef DECODE_FORMAT_H
#define DECODE_FORMAT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/diag.h"
#include "base/intern.h"
#include "base/json.h"
#include "decode/content.h"
#include "decode/record.h"
#include "decode/watch.h"

/* What a format's functions work with; one per thread. */
struct decoder {
	struct arena *arena; /* payloads live here */
	struct intern *names;
	struct watch *watch;       /* NULL: nobody asks what is unknown, nor for sums */
	const struct usage *usage; /* the last one: the slices of a response repeat it */
};

/*
 * A kind of transcript. To add one: a file with these functions and a row in
 * decode/format.c.
 */
struct format {
	struct str name; /* "claude-code" */
	/* Does this line, by itself, show that the file is of this format? */
	bool (*sniff)(const struct json *line);
	/* What the file's name says: its kind, session and agent id. Views into path. */
	enum transcript_kind (*place)(struct str path, struct str *session, struct str *agent,
	                              struct str *run);
	/* Fills *r but for the fields on where it stands. False when the line is no object
	 * or its type is missing; *why is then static text. */
	bool (*decode)(struct decoder *d, const struct json *line, struct record *r,
	               const char **why);
	/* The content of a line of kind r->kind. Views live in the line or in a. */
	void (*content)(struct arena *a, const struct record *r, struct json_raw line,
	                struct content *content);
	/* Reads a value of a file that stands beside a transcript: what it says on agents. */
	bool (*sidecar)(struct decoder *d, struct str path, const struct json *v,
	                struct agent_facts **facts, size_t *count);
};

const struct format *const *format_all(void); /* ended by NULL */

#endif
