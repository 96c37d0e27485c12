/* Waiting for the end of a turn to be on disk. */
#include "cli/arrival.h"

#include <time.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/when.h"
#include "cli/environment.h"
#include "input/source.h"

#define ARRIVAL_POLL_MS 20
#define ARRIVAL_AFTER_MS 100 /* a turn_duration follows the stop_hook_summary, if one does */
#define ARRIVAL_BACK_BYTES ((uint64_t)4 << 20) /* so far from the end the reading begins */
#define ARRIVAL_READ_BYTES ((size_t)1 << 20)
#define ARRIVAL_LINE_MAX ((size_t)64 << 20) /* a longer line is no message */

struct arrival_reader {
	const struct event *event;
	struct arena arena; /* of one line */
	struct json_parser *parser;
	struct buf rest; /* a line of which the end is not there yet */
	uint64_t offset;
	bool is_torn; /* up to the next line end nothing counts */
	/* what the lines said so far */
	bool is_ours, is_other; /* the turn's own prompt was there; they are of another one now */
	bool is_said, goes_on, has_summary, has_end;
	bool is_over;        /* the turn that is waited for ended, and another one began */
	uint64_t summary_ms; /* when the summary was seen */
};

/* ---- lines ---- */

/* The event has the message's words in one piece, the lines each block alone. */
static bool
says(const struct arrival_reader *r, const struct json *line)
{
	struct str wanted = str_trim(r->event->last_message);
	const struct json *content = json_get(json_get(line, STR("message")), STR("content"));
	for (struct json_iter it = json_iter(content); json_next(&it);) {
		struct str text = str_trim(json_get_text(it.value, STR("text")));
		if (str_eq(json_get_text(it.value, STR("type")), STR("text")) && text.len > 0 &&
		    (wanted.len == 0 || str_ends(wanted, text)))
			return true;
	}
	return false;
}

/* After the message: what a hook says to the agent (5.3), or the next prompt. The turn before may
 * have ended with the same words. */
static void
take_user(struct arrival_reader *r, const struct json *line)
{
	struct str prompt = json_get_text(line, STR("promptId"));
	bool is_told = prompt.len > 0 && r->event->prompt.len > 0;
	bool is_same = is_told && str_eq(prompt, r->event->prompt);
	r->is_over = r->is_ours && r->is_said && is_told && !is_same;
	r->goes_on = r->is_said && (is_told ? is_same : json_true(json_get(line, STR("isMeta"))));
	r->is_ours |= is_same;
	r->is_other = is_told && !is_same;
	r->is_said = r->has_summary = r->has_end = false;
}

static void
take_line(struct arrival_reader *r, struct str text)
{
	struct json_error error;
	size_t used;
	if (r->is_over || text.len > ARRIVAL_LINE_MAX)
		return;
	const struct json *line = json_parse(r->parser, json_repair(&r->arena, text), &used,
	                                     &error);
	struct str type = json_get_text(line, STR("type"));
	struct str subtype = json_get_text(line, STR("subtype"));
	if (json_true(json_get(line, STR("isSidechain")))) {
		/* an agent's, in old versions */
	} else if (str_eq(type, STR("user"))) {
		take_user(r, line);
	} else if (str_eq(type, STR("assistant"))) {
		r->is_said = !r->is_other && says(r, line);
		r->goes_on = false;
	} else if (str_eq(type, STR("system")) && r->is_said) {
		r->has_end |= str_eq(subtype, STR("turn_duration"));
		if (str_eq(subtype, STR("stop_hook_summary"))) {
			r->has_summary = true;
			r->summary_ms = environment_clock() / WHEN_MS;
		}
	}
	arena_reset(&r->arena);
}

static void
take_bytes(struct arrival_reader *r, struct str bytes)
{
	for (size_t end; (end = str_find_byte(bytes, '\n')) != STR_NONE;
	     bytes = str_skip(bytes, end + 1)) {
		buf_add(&r->rest, str_head(bytes, end));
		if (!r->is_torn)
			take_line(r, buf_str(&r->rest));
		buf_clear(&r->rest);
		r->is_torn = false;
	}
	buf_add(&r->rest, bytes);
	if (r->rest.len > ARRIVAL_LINE_MAX) {
		buf_clear(&r->rest);
		r->is_torn = true;
	}
}

/* ---- the file ---- */

/* Reads what is new. */
static void
look(struct arrival_reader *r)
{
	struct diag quiet = {.arena = &r->arena};
	const struct source *named = r->event->transcript;
	const struct source *now = source_beside(&r->arena, named->dir, named->name);
	int fd = now == NULL ? -1 : source_open(now, &quiet);
	struct buf b = {0};
	if (fd < 0)
		return;
	uint64_t size = now->size;
	while (r->offset < size) {
		uint64_t left = size - r->offset;
		size_t len = left < ARRIVAL_READ_BYTES ? (size_t)left : ARRIVAL_READ_BYTES;
		buf_clear(&b);
		if (!source_read(named, fd, r->offset, buf_reserve(&b, len), len, &quiet))
			break;
		r->offset += len;
		take_bytes(r, (struct str){b.at, len});
	}
	source_close(named, fd);
	buf_free(&b);
	arena_reset(&r->arena);
}

static bool
is_enough(const struct arrival_reader *r, bool to_end)
{
	if (r->is_over)
		return true;
	if (!to_end)
		return r->is_said;
	return r->has_end || (r->has_summary &&
	                      environment_clock() / WHEN_MS - r->summary_ms >= ARRIVAL_AFTER_MS);
}

enum arrival
arrival_wait(const struct event *e, bool to_end)
{
	struct arrival_reader r = {.event = e, .parser = json_parser_new()};
	const struct timespec pause = {0, ARRIVAL_POLL_MS * (long)WHEN_MS};
	uint64_t start_ms = environment_clock() / WHEN_MS;
	if (e->transcript->size > ARRIVAL_BACK_BYTES) {
		r.offset = e->transcript->size - ARRIVAL_BACK_BYTES;
		r.is_torn = true;
	}
	look(&r);
	while (!is_enough(&r, to_end) &&
	       environment_clock() / WHEN_MS - start_ms < ARRIVAL_MS_MAX) {
		(void)nanosleep(&pause, NULL);
		look(&r);
	}
	json_parser_free(r.parser);
	buf_free(&r.rest);
	arena_free(&r.arena);
	if (r.goes_on)
		return ARRIVAL_GOES_ON;
	return r.is_said || r.is_over ? ARRIVAL_THERE : ARRIVAL_MISSING;
}
