/* A glance at a file: what it is, and which files it belongs with. */
#include "decode/transcript.h"

#include "base/json.h"
#include "input/lines.h"

#define LOOK_BYTES_MIN ((size_t)64 << 10) /* of a head; most tell within that */
#define LOOK_LINES_ENOUGH 8               /* of a conversation, for what most lines say */
#define LOOK_LINES_MAX 32                 /* until one says which process wrote it */

static void
add_key(struct arena *a, struct look *look, struct intern *names, uint32_t ident)
{
	struct str key = intern_str(names, ident);
	if (key.len == 0 || look->key_count == LOOK_KEYS_MAX)
		return;
	for (size_t i = 0; i < look->key_count; i++)
		if (str_eq(look->keys[i], key))
			return;
	look->keys[look->key_count++] = arena_str(a, key);
}

static const struct format *
format_of(const struct json *v)
{
	const struct format *const *all = format_all();
	for (size_t i = 0; all[i] != NULL; i++)
		if (all[i]->sniff(v))
			return all[i];
	return NULL;
}

struct glance {
	struct arena *arena;
	struct arena scratch;
	struct intern *names;
	struct json_parser *parser;
	struct look *look;
	size_t lines; /* of the conversation, so far */
	bool process_known;
};

static void
glance_at(struct glance *g, struct str text)
{
	struct json_error error;
	size_t used;
	const char *why;
	struct look *look = g->look;
	const struct json *v = json_parse(g->parser, text, &used, &error);
	if (v == NULL)
		v = json_parse(g->parser, json_repair(&g->scratch, text), &used, &error);
	if (v == NULL)
		return;
	if (look->format == NULL)
		look->format = format_of(v);
	if (look->format == NULL)
		return;
	struct decoder d = {.arena = &g->scratch, .names = g->names};
	struct record r = {0};
	if (!look->format->decode(&d, v, &r, &why))
		return;
	if (look->first_ns == 0)
		look->first_ns = r.time_ns;
	if (r.session != 0)
		look->id = arena_str(g->arena, intern_str(g->names, r.session));
	add_key(g->arena, look, g->names, r.session);
	add_key(g->arena, look, g->names, r.forked_session);
	add_key(g->arena, look, g->names, r.origin_session);
	if (r.kind == RECORD_RESPONSE) { /* after /clear it names the session before */
		add_key(g->arena, look, g->names, r.response->process);
		g->process_known = true;
	}
	if (r.uuid != 0) {
		if (g->lines++ < LOOK_LINES_ENOUGH / 2)
			add_key(g->arena, look, g->names, r.uuid);
	}
}

static bool
is_enough(const struct glance *g)
{
	return g->lines >= LOOK_LINES_MAX || (g->lines >= LOOK_LINES_ENOUGH && g->process_known);
}

/* From the head on, ever more of it, until enough of the conversation was seen. */
static void
glance_over(struct glance *g, const struct source *s, struct diag *d)
{
	struct buf buf = {0};
	uint64_t seen = 0;
	for (size_t bytes = LOOK_BYTES_MIN; g->lines < LOOK_LINES_ENOUGH && seen < s->size;
	     bytes *= 16) {
		struct lines l;
		struct line line;
		if (bytes > LOOK_BYTES_MAX || !lines_open_head(&l, s, bytes, &buf, d))
			break;
		while (!is_enough(g) && lines_next(&l, &line)) {
			if (line.offset >= seen)
				glance_at(g, line.text);
			arena_reset(&g->scratch);
		}
		seen = bytes;
	}
	buf_free(&buf);
}

bool
session_id_is_uuid(struct str s)
{
	if (s.len != 36)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;
		bool hex = (s.at[i] >= '0' && s.at[i] <= '9') ||
		           ((s.at[i] | 32) >= 'a' && (s.at[i] | 32) <= 'f');
		if (dash ? s.at[i] != '-' : !hex)
			return false;
	}
	return true;
}

/* As transcripts_read will name the session when it has seen every line. */
static struct str
id_of(const struct look *look, struct str said)
{
	for (size_t i = 0; i < look->key_count; i++)
		if (str_eq(look->keys[i], look->session))
			return look->session;
	bool tells = look->kind == TRANSCRIPT_MAIN && session_id_is_uuid(look->session);
	return said.len > 0 && !tells ? said : look->session;
}

bool
look_at(struct arena *a, struct json_parser *parser, const struct source *s, struct look *look,
        struct diag *d)
{
	struct glance g = {.arena = a, .parser = parser, .look = look};
	struct diag quiet = {.arena = &g.scratch};
	(void)d; /* whoever reads the file reports what is wrong with it */
	*look = (struct look){.source = s};
	g.names = intern_new(0);
	glance_over(&g, s, &quiet);
	intern_free(g.names);
	arena_free(&g.scratch);
	if (look->format == NULL)
		return false;
	look->kind = look->format->place(s->path, &look->session, &look->agent, &look->run);
	if (look->kind == TRANSCRIPT_NONE && s->named)
		look->kind = TRANSCRIPT_MAIN; /* asked for, whatever its name */
	look->id = id_of(look, look->id);
	if (look->session.len > 0 && look->key_count < LOOK_KEYS_MAX)
		look->keys[look->key_count++] = look->session;
	return look->kind != TRANSCRIPT_NONE;
}
