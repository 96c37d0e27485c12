/* The inputs of a process, numbered: the counter of the live program, as far as lines show it. */
#include <stdlib.h>

#include "session/build.h"

/* By time; equal times keep the order of the files. */
struct input {
	struct turn *turn;
	size_t place;
};

struct inputs {
	struct input *at;
	size_t len, cap;
};

static int
compare(const void *a, const void *b)
{
	const struct input *x = a, *y = b;
	if (x->turn->start.ns != y->turn->start.ns)
		return x->turn->start.ns < y->turn->start.ns ? -1 : 1;
	return x->place < y->place ? -1 : x->place > y->place;
}

static void
collect(struct builder *b, const struct turns *turns, struct inputs *list)
{
	for (size_t i = 0; i < turns->len; i++) {
		/* A start's hooks were not given in. */
		if (turns->at[i]->history || turns->at[i]->opening->kind == RECORD_HOOK)
			continue;
		size_t place = list->len;
		*ARENA_PUSH(&b->scratch, list) = (struct input){turns->at[i], place};
	}
}

void
process_number(struct builder *b, const struct sessions *sessions)
{
	struct inputs list = {0};
	arena_free(&b->scratch);
	for (size_t i = 0; i < sessions->len; i++) {
		collect(b, &sessions->at[i]->turns, &list);
		collect(b, &sessions->at[i]->commands, &list);
	}
	if (list.len > 1)
		qsort(list.at, list.len, sizeof *list.at, compare);
	uint32_t *last = ARENA_ARRAY(&b->scratch, uint32_t, (size_t)intern_count(b->names));
	for (size_t i = 0; i < list.len; i++) {
		struct turn *t = list.at[i].turn;
		/* A process goes on in other sessions: what it calls itself joins them. */
		uint32_t key = t->process != 0 ? t->process : t->session_id;
		if (t->opens_process)
			last[key] = 0;
		t->sequence = ++last[key];
	}
}
