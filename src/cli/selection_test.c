#include "cli/selection.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

/* A trace given as text: for each span its letter, its parent's letter ('-': a root), and '!' when
 * it is open or a space. */
struct
try {
	struct arena arena;
	struct session session;
	struct turn turn, *turns[1];
	struct trace_input in;
	struct spans spans;
	struct selection selection;
};

static int
set_up(void **state)
{
	struct try *t = calloc(1, sizeof *t);
	*state = t;
	if (t == NULL)
		return -1;
	t->turns[0] = &t->turn;
	t->session.turns.at = t->turns;
	t->session.turns.len = 1;
	t->in = (struct trace_input){.arena = &t->arena, .session = &t->session, .turn = &t->turn};
	return 0;
}

static int
tear_down(void **state)
{
	struct try *t = *state;
	arena_free(&t->arena);
	free(t);
	return 0;
}

/* The letters of those that are sent. */
static const char *
selected(struct try *t, const char *text)
{
	struct trace_made made = {NULL, &t->in, &t->spans};
	char *letters = ARENA_ARRAY(&t->arena, char, strlen(text) + 1);
	size_t len = 0;
	t->spans = (struct spans){0};
	for (const char *c = text; *c != '\0'; c += 3) {
		struct span *s = ARENA_NEW(&t->arena, struct span);
		memset(s->span_id, c[0], SPAN_ID_LEN);
		memset(s->parent_id, c[1] == '-' ? 0 : c[1], SPAN_ID_LEN);
		s->is_open = c[2] == '!';
		*ARENA_PUSH(&t->arena, &t->spans) = s;
	}
	const bool *keep = selection_of(&t->selection, &made);
	for (size_t i = 0; keep != NULL && i < t->spans.len; i++)
		if (keep[i])
			letters[len++] = text[3 * i];
	return letters;
}

static void
what_is_open_keeps_back_what_is_above_and_below_it(void **state)
{
	struct try *t = *state;
	assert_string_equal(selected(t, "a- ba cb "), "abc");
	assert_string_equal(selected(t, "a- ba cb!db"
	                                " ec fa "),
	                    "df");
	assert_string_equal(selected(t, "a-!ba "), "");
}

static void
at_the_end_of_the_session_nothing_is_kept_back(void **state)
{
	struct try *t = *state;
	t->selection.whole = true;
	t->turn.unfinished = UNFINISHED_SESSION_ENDED;
	assert_string_equal(selected(t, "a- ba!"), "ab");
}

static void
a_turn_is_sent_when_it_ended(void **state)
{
	struct try *t = *state;
	t->turn.unfinished = UNFINISHED_SESSION_ENDED;
	assert_string_equal(selected(t, "a- "), "");
	t->turn.unfinished = UNFINISHED_SUPERSEDED;
	assert_string_equal(selected(t, "a- "), "a");
	t->turn.unfinished = UNFINISHED_NOT;
	assert_string_equal(selected(t, "a- "), "a");
	t->selection.goes_on = true;
	assert_string_equal(selected(t, "a- "), "");
}

static void
an_agent_without_a_turn_waits_for_the_end_of_the_session(void **state)
{
	struct try *t = *state;
	t->in.turn = NULL;
	assert_string_equal(selected(t, "a- "), "");
	t->selection.whole = true;
	assert_string_equal(selected(t, "a- "), "a");
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	    TEST(what_is_open_keeps_back_what_is_above_and_below_it),
	    TEST(at_the_end_of_the_session_nothing_is_kept_back),
	    TEST(a_turn_is_sent_when_it_ended),
	    TEST(an_agent_without_a_turn_waits_for_the_end_of_the_session),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
