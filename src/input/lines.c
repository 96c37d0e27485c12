/* The lines of a source, by pieces. */

#define _GNU_SOURCE /* memrchr */

#include "input/lines.h"

#include <assert.h>

#include "input/lines_private.h"

/* How far the end of the last line is looked for at a time: most end soon. */
#define SCAN_MIN ((size_t)16 << 10)
#define SCAN_MAX ((size_t)256 << 10)

struct piece {
	const struct source *source;
	int fd;
	uint64_t start, end; /* in the file, nominal */
	size_t length_max;
	struct diag *diag;
};

size_t
lines_pieces(const struct source *s)
{
	return (size_t)(s->size / LINE_PIECE_BYTES + (s->size % LINE_PIECE_BYTES != 0));
}

/* Appends the bytes from..to of the file to buf. */
static bool
read_span(const struct piece *p, uint64_t from, uint64_t to, struct buf *buf)
{
	size_t len = (size_t)(to - from);

	if (!source_read(p->source, p->fd, from, buf_reserve(buf, len), len, p->diag))
		return false;
	buf->len += len;
	return true;
}

/*
 * Looks for the end of the line that begins at `begin` in the file and is not over at the
 * piece's end. *end is the offset of its line feed or of the end of the file; when it
 * is more than length_max away, it is any offset that is.
 * Uses, and does not keep, the room behind buf's content.
 */
static bool
find_end(const struct piece *p, uint64_t begin, struct buf *buf, uint64_t *end)
{
	uint64_t at = p->end, size = p->source->size;
	size_t step = SCAN_MIN;

	while (at < size && at - begin <= p->length_max) {
		size_t len = size - at < step ? (size_t)(size - at) : step;
		char *room = buf_reserve(buf, len);
		const char *found;

		if (!source_read(p->source, p->fd, at, room, len, p->diag))
			return false;
		found = memchr(room, '\n', len);
		if (found != NULL) {
			*end = at + (uint64_t)(found - room);
			return true;
		}
		at += len;
		step = SCAN_MAX;
	}
	*end = at;
	return true;
}

static uint32_t
count_lines(struct str text)
{
	uint32_t count = 0;
	size_t end;

	while ((end = str_find_byte(text, '\n')) != STR_NONE) {
		text = str_skip(text, end + 1);
		count++;
	}
	return count;
}

/*
 * buf holds the file from `base` to the piece's end, lines from `first` on, the last
 * of which goes on behind the piece: reads the rest of it, or takes it out when it is too long.
 */
static bool
finish_line(const struct piece *p, struct lines *l, uint64_t base, size_t first, struct buf *buf)
{
	const char *before = memrchr(buf->at + first, '\n', buf->len - first);
	size_t begin = before == NULL ? first : (size_t)(before - buf->at) + 1;
	uint64_t end;

	if (!find_end(p, base + begin, buf, &end))
		return false;
	if (end - (base + begin) <= p->length_max)
		return read_span(p, p->end, end < p->source->size ? end + 1 : end, buf);
	buf->len = begin;
	l->skipped = true;
	diag_skip(p->diag, p->source->path,
	          count_lines((struct str){buf->at + first, begin - first}) + 1,
	          "longer than %zu bytes", p->length_max);
	return true;
}

static bool
read_piece(const struct piece *p, struct lines *l, struct buf *buf)
{
	/* The byte before the piece tells whether a line begins at its start. */
	uint64_t base = p->start == 0 ? 0 : p->start - 1;
	size_t first = 0;

	buf_reserve(buf, (size_t)(p->end - base) + SCAN_MAX);
	if (!read_span(p, base, p->end, buf))
		return false;
	if (p->start > 0) {
		first = str_find_byte(buf_str(buf), '\n');
		first = first == STR_NONE ? buf->len : first + 1;
	} else if (str_starts(buf_str(buf), STR("\xef\xbb\xbf"))) {
		first = 3;
	}
	if (first < buf->len && buf->at[buf->len - 1] != '\n' && p->end < p->source->size &&
	    !finish_line(p, l, base, first, buf))
		return false;
	l->rest = str_skip(buf_str(buf), first);
	l->offset = base + first;
	return true;
}

bool
lines_open_within(struct lines *l, const struct source *s, size_t piece, struct lines_limits limits,
                  struct buf *buf, struct diag *d)
{
	struct piece p = {.source = s, .length_max = limits.length_max, .diag = d};
	bool ok;

	assert(limits.length_max >= limits.piece);
	*l = (struct lines){.buf = buf};
	/* A giant line's memory is not held for the ordinary ones that follow. */
	if (buf->cap > 2 * (limits.piece + SCAN_MAX))
		buf_free(buf);
	buf_clear(buf);
	if (__builtin_mul_overflow((uint64_t)piece, (uint64_t)limits.piece, &p.start) ||
	    p.start >= s->size)
		return true;
	p.end = s->size - p.start < limits.piece ? s->size : p.start + limits.piece;
	p.fd = source_open(s, d);
	if (p.fd < 0)
		return false;
	ok = read_piece(&p, l, buf);
	source_close(s, p.fd);
	return ok;
}

bool
lines_open(struct lines *l, const struct source *s, size_t piece, struct buf *buf, struct diag *d)
{
	const struct lines_limits limits = {LINE_PIECE_BYTES, LINE_LENGTH_MAX};

	return lines_open_within(l, s, piece, limits, buf, d);
}

bool
lines_next(struct lines *l, struct line *line)
{
	size_t end;

	if (l->rest.len == 0) {
		if (l->skipped)
			l->number++;
		l->skipped = false;
		return false;
	}
	end = str_find_byte(l->rest, '\n');
	line->text = str_head(l->rest, end);
	line->offset = l->offset;
	line->number = ++l->number;
	if (end == STR_NONE)
		end = l->rest.len - 1;
	else if (str_ends(line->text, STR("\r")))
		line->text.len--;
	l->rest = str_skip(l->rest, end + 1);
	l->offset += end + 1;
	return true;
}

bool
lines_open_head(struct lines *l, const struct source *s, size_t bytes, struct buf *buf,
                struct diag *d)
{
	return lines_open_within(l, s, 0, (struct lines_limits){bytes, LINE_LENGTH_MAX}, buf, d);
}
