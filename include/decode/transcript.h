#ifndef DECODE_TRANSCRIPT_H
#define DECODE_TRANSCRIPT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/diag.h"
#include "base/intern.h"
#include "decode/format.h"
#include "decode/record.h"

/* A glance at the head of s. False, unreported, when it is of no known format, or empty. */
bool look_at(struct arena *a, struct json_parser *parser, const struct source *s, struct look *look,
             struct diag *d);

/* True for "01234567-89ab-cdef-0123-456789abcdef": a name that only a session's own file has. */
bool session_id_is_uuid(struct str s);

/* What the reading of transcripts needs. */
struct reading {
	struct arena *arena; /* the transcripts live here ... */
	/* ... and the payloads of their records here: one per thread */
	struct arena *worker_arenas;
	struct intern *names;
	unsigned threads;
	struct diag *diag;
	bool watch; /* also note what only a watch holds */
};

/*
 * Reads files for the first time: adds one transcript per look, or several for a stream that
 * holds lines of several sessions. Lines that can't be read are named and counted. False after
 * diag_fail when a file can't be read; the others are read all the same.
 */
bool transcripts_read(const struct reading *r, struct look *const *looks, size_t count,
                      struct transcripts *out);

/* What the sidecar files beside these transcripts say of agents. */
void transcripts_facts(const struct reading *r, const struct transcripts *transcripts,
                       struct agent_facts **facts, size_t *count);

/*
 * Reads lines again, for their content: contents[i] is that of lines[i]. Everything lives in a.
 * False after diag_fail (a file is gone or became shorter); contents that could not be
 * read are empty then.
 */
bool content_load(struct arena *a, const struct record *const *lines, size_t count,
                  struct content *contents, struct diag *d);

#define SIDECAR_BYTES_MAX (16u << 20) /* a larger sidecar file is passed over */
#define LOOK_BYTES_MAX (16u << 20)    /* of a file's head is looked at */

#endif
