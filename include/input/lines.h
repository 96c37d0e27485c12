#ifndef INPUT_LINES_H
#define INPUT_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/diag.h"
#include "base/str.h"
#include "input/source.h"

/*
 * Lines of a source, by pieces that can be read side by side. A line ends at '\n'
 * or at the end of the file; U+2028 and the like do not end it. A '\r' before the '\n' and,
 * at the start of the file, a byte order mark are not part of it. claude-code-transcripts 14.
 */
struct line {
	struct str text; /* without its end; empty for a blank line */
	uint64_t offset; /* of text.at in the file */
	uint32_t number; /* 1-based, within the piece */
};

#define LINE_PIECE_BYTES (1u << 20) /* nominal size of a piece */
#define LINE_LENGTH_MAX (1u << 30)  /* a longer line is skipped */

/* Number of pieces of s: at least 1 unless it is empty. */
size_t lines_pieces(const struct source *s);

struct lines {
	struct buf *buf;
	struct str rest;
	uint64_t offset; /* of rest in the file */
	uint32_t number; /* lines handed out so far, skipped ones included */
	bool skipped;    /* the last line was too long and is yet to be counted */
};

/*
 * Reads piece number `piece` into *buf (its former content is lost): all lines that *begin*
 * inside [piece * LINE_PIECE_BYTES, (piece + 1) * LINE_PIECE_BYTES), whole, however long. So
 * each line of the file is in exactly one piece. False after diag_fail.
 * A line longer than LINE_LENGTH_MAX is left out, after diag_skip, without being held in memory.
 */
bool lines_open(struct lines *l, const struct source *s, size_t piece, struct buf *buf,
                struct diag *d);

/* Like lines_open for the lines that begin in the first `bytes` of s: for a glance at it. */
bool lines_open_head(struct lines *l, const struct source *s, size_t bytes, struct buf *buf,
                     struct diag *d);

/* The next line of the piece; false at its end. Views last until the next lines_open with
 * the same buf. */
bool lines_next(struct lines *l, struct line *line);

#endif
