/* The second reading: the lines of a turn, for their content. */
#include "decode/content.h"

#include <stdlib.h>

#include "decode/format.h"
#include "decode/transcript.h"

#define GAP_MAX 8192       /* bytes between two lines that are read all the same */
#define RUN_MAX (1u << 20) /* bytes read at once, unless one line is longer */

struct want {
	const struct record *line;
	struct content *content;
};

/* By file and place in it. */
static int
compare(const void *a, const void *b)
{
	const struct record *x = ((const struct want *)a)->line;
	const struct record *y = ((const struct want *)b)->line;
	if (x->in->source != y->in->source)
		return (uintptr_t)x->in->source < (uintptr_t)y->in->source ? -1 : 1;
	if (x->offset != y->offset)
		return x->offset < y->offset ? -1 : 1;
	return 0;
}

static uint64_t
end_of(const struct want *w)
{
	return w->line->offset + w->line->length;
}

/* Number of wants from the first that one read serves. */
static size_t
run_length(const struct want *w, size_t count)
{
	size_t n = 1;
	while (n < count && w[n].line->in->source == w[0].line->in->source &&
	       w[n].line->offset <= end_of(&w[n - 1]) + GAP_MAX &&
	       end_of(&w[n]) - w[0].line->offset <= RUN_MAX)
		n++;
	return n;
}

static void
fill(struct arena *a, const struct want *w, struct str text)
{
	const struct record *r = w->line;
	if (r->flags & RECORD_MENDED)
		text = json_repair(a, text);
	/* It is exactly one value: the first reading said so. */
	w->line->in->format->content(a, r, (struct json_raw){text}, w->content);
}

static bool
read_run(struct arena *a, const struct want *w, size_t n, int fd, struct diag *d)
{
	uint64_t from = w[0].line->offset, to = from;
	for (size_t i = 0; i < n; i++)
		to = end_of(&w[i]) > to ? end_of(&w[i]) : to;
	char *bytes = arena_bytes(a, (size_t)(to - from));
	if (!source_read(w[0].line->in->source, fd, from, bytes, (size_t)(to - from), d))
		return false;
	for (size_t i = 0; i < n; i++) {
		const struct record *r = w[i].line;
		fill(a, &w[i], (struct str){bytes + (r->offset - from), r->length});
	}
	return true;
}

bool
content_load(struct arena *a, const struct record *const *lines, size_t count,
             struct content *contents, struct diag *d)
{
	struct want *wants = ARENA_ARRAY(a, struct want, count);
	const struct source *open = NULL;
	bool ok = true;
	int fd = -1;
	for (size_t i = 0; i < count; i++) {
		contents[i] = (struct content){0};
		wants[i] = (struct want){lines[i], &contents[i]};
	}
	qsort(wants, count, sizeof *wants, compare);
	for (size_t i = 0, n; i < count; i += n) {
		const struct source *s = wants[i].line->in->source;
		n = run_length(&wants[i], count - i);
		if (s != open) {
			if (fd >= 0)
				source_close(open, fd);
			open = s;
			fd = source_open(s, d);
		}
		ok &= fd >= 0 && read_run(a, &wants[i], n, fd, d);
	}
	if (fd >= 0)
		source_close(open, fd);
	return ok;
}
