#ifndef SESSION_TALE_TEST_H
#define SESSION_TALE_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "session/session.h"

/* Transcripts told line by line, as decode/ would give them, for the tests of session/. */
struct tale {
	struct arena arena;
	struct intern *names;
	struct transcripts files;
	struct transcript *file; /* the one that the next line goes to */
	uint32_t version;
};

#define TALE_LINES_MAX 64
#define MS UINT64_C(1000000)

static inline int
tale_begin(void **state)
{
	struct tale *t = calloc(1, sizeof *t);
	if (t == NULL)
		return 1;
	t->names = intern_new(1);
	*state = t;
	return 0;
}

static inline int
tale_end(void **state)
{
	struct tale *t = *state;
	intern_free(t->names);
	arena_free(&t->arena);
	free(t);
	return 0;
}

static inline uint32_t
name(struct tale *t, const char *text)
{
	return intern_add(t->names, str_of(text));
}

static inline void
assert_name(struct tale *t, uint32_t ident, const char *expected)
{
	struct str text = intern_str(t->names, ident);
	assert_string_equal(arena_cstr(&t->arena, text), expected);
}

/* A file begins: of a session, or (agent not NULL) of one of its agents. */
static inline struct transcript *
file(struct tale *t, const char *session, const char *agent)
{
	t->file = ARENA_NEW(&t->arena, struct transcript);
	t->file->source = ARENA_NEW(&t->arena, struct source);
	t->file->kind = agent == NULL ? TRANSCRIPT_MAIN : TRANSCRIPT_AGENT;
	t->file->session = name(t, session);
	t->file->agent = name(t, agent);
	t->file->wanted = true;
	t->file->records = ARENA_ARRAY(&t->arena, struct record, TALE_LINES_MAX);
	*ARENA_PUSH(&t->arena, &t->files) = t->file;
	return t->file;
}

/* A line of the file. */
static inline struct record *
line(struct tale *t, enum record_kind kind, const char *uuid, uint64_t ms)
{
	assert_true(t->file->record_count < TALE_LINES_MAX);
	struct record *r = &t->file->records[t->file->record_count++];
	r->in = t->file;
	r->kind = (uint8_t)kind;
	r->uuid = name(t, uuid);
	r->time_ns = ms * MS;
	r->session = t->file->session;
	r->agent = t->file->agent;
	r->version = t->version;
	r->line = (uint32_t)t->file->record_count;
	if (r->agent != 0)
		r->flags |= RECORD_SIDECHAIN;
	t->file->read++;
	return r;
}

static inline struct user_record *
user(struct tale *t, const char *uuid, uint64_t ms)
{
	struct user_record *u = ARENA_NEW(&t->arena, struct user_record);
	line(t, RECORD_USER, uuid, ms)->user = u;
	return u;
}

static inline struct response_record *
slice(struct tale *t, const char *uuid, uint64_t ms, const char *message)
{
	struct response_record *a = ARENA_NEW(&t->arena, struct response_record);
	a->message = name(t, message);
	a->model = name(t, "model");
	a->block_index = BLOCK_INDEX_NONE;
	line(t, RECORD_RESPONSE, uuid, ms)->response = a;
	return a;
}

static inline const struct usage *
usage(struct tale *t, uint64_t output)
{
	struct usage *u = ARENA_NEW(&t->arena, struct usage);
	u->output = output;
	return u;
}

/* A slice that asks for a tool. */
static inline struct block_record *
call(struct tale *t, const char *uuid, uint64_t ms, const char *message, const char *id)
{
	struct response_record *a = slice(t, uuid, ms, message);
	struct block_record *b = ARENA_NEW(&t->arena, struct block_record);
	b->kind = BLOCK_TOOL_CALL;
	b->id = name(t, id);
	b->name = name(t, "Bash");
	a->blocks = b;
	a->block_count = 1;
	return b;
}

static inline struct result_record *
result(struct tale *t, const char *uuid, uint64_t ms, const char *id)
{
	struct results_record *all = ARENA_NEW(&t->arena, struct results_record);
	struct result_record *o = ARENA_NEW(&t->arena, struct result_record);
	o->call = name(t, id);
	*all = (struct results_record){o, 1};
	line(t, RECORD_RESULTS, uuid, ms)->results = all;
	return o;
}

/* Prompt and answer: a whole turn. */
static inline void
turn(struct tale *t, const char *uuid, uint64_t ms, const char *message)
{
	struct str answer = arena_printf(&t->arena, "%s+", uuid);
	(void)user(t, uuid, ms);
	slice(t, arena_cstr(&t->arena, answer), ms + 500, message)->stop_reason = name(t,
	                                                                               "end_turn");
}

static inline struct sessions
build(struct tale *t, bool history)
{
	struct session_options options = {.history = history};
	return session_build(&t->arena, t->names, &t->files, NULL, 0, &options);
}

/* The session of a file. */
static inline const struct session *
session_of(struct tale *t, const struct sessions *all, const char *id)
{
	for (size_t i = 0; i < all->len; i++)
		if (all->at[i]->id == name(t, id))
			return all->at[i];
	fail_msg("no session %s", id);
	return NULL;
}

#endif
