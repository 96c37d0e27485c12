#include "session/tale_test.h"

#define HOPS_MAX 32 /* weave 11.2 */

/* A fork by /branch: one copied turn that names its source, and one of its own. */
static void
branch(struct tale *t, const char *id, const char *source, uint64_t ms)
{
	file(t, id, NULL);
	turn(t, "u0", 1000, "m0");
	for (size_t i = 0; i < t->file->record_count; i++)
		t->file->records[i].forked_session = name(t, source);
	struct str own = arena_printf(&t->arena, "u-%s", id),
		   m = arena_printf(&t->arena, "m-%s", id);
	turn(t, arena_cstr(&t->arena, own), ms, arena_cstr(&t->arena, m));
}

static char *
numbered(struct tale *t, size_t n)
{
	return arena_cstr(&t->arena, arena_printf(&t->arena, "S%02zu", n));
}

static void
the_conversation_is_the_root_of_the_chain(void **state)
{
	struct tale *t = *state;
	file(t, "A", NULL);
	turn(t, "u0", 1000, "m0");
	branch(t, "B", "A", 5000);
	branch(t, "C", "B", 9000);
	struct sessions all = build(t, false);
	const struct session *c = session_of(t, &all, "C");
	assert_name(t, c->conversation, "A");
	assert_name(t, c->parent, "B");
	assert_name(t, session_of(t, &all, "A")->conversation, "A");
	assert_int_equal(session_of(t, &all, "A")->parent, 0);
}

static void
a_source_that_is_missing_is_the_root(void **state)
{
	struct tale *t = *state;
	branch(t, "B", "gone", 5000);
	struct sessions all = build(t, false);
	assert_name(t, all.at[0]->conversation, "gone");
}

static void
the_chain_is_followed_for_a_fixed_number_of_hops(void **state)
{
	struct tale *t = *state;
	for (size_t i = 0; i < HOPS_MAX + 3; i++)
		branch(t, numbered(t, i), numbered(t, i + 1), 5000 + 1000 * i);
	struct sessions all = build(t, false);
	assert_name(t, session_of(t, &all, "S00")->conversation, numbered(t, HOPS_MAX));
	assert_name(t, session_of(t, &all, "S03")->conversation, numbered(t, HOPS_MAX + 3));
}

static void
a_ring_of_sessions_ends(void **state)
{
	struct tale *t = *state;
	branch(t, "A", "B", 5000);
	branch(t, "B", "C", 6000);
	branch(t, "C", "D", 7000);
	branch(t, "D", "A", 8000);
	struct sessions all = build(t, false);
	assert_name(t, session_of(t, &all, "A")->conversation, "D");
	assert_int_equal(all.len, 4);
}

static void
the_session_that_made_a_request_is_an_ancestor(void **state)
{
	struct tale *t = *state;
	file(t, "B", NULL);
	turn(t, "u0", 1000, "m0");
	t->file->records[1].origin_session = name(t, "A");
	turn(t, "u1", 5000, "m1");
	struct sessions all = build(t, false);
	assert_name(t, all.at[0]->conversation, "A");
}

static void
a_session_that_says_where_it_goes_on_is_an_ancestor(void **state)
{
	struct tale *t = *state;
	struct continued_record c = {.to = name(t, "B")};
	file(t, "A", NULL);
	turn(t, "u0", 1000, "m0");
	line(t, RECORD_CONTINUED, NULL, 0)->continued = &c;
	file(t, "B", NULL);
	turn(t, "u1", 5000, "m1");
	struct sessions all = build(t, false);
	assert_name(t, session_of(t, &all, "B")->conversation, "A");
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, tale_begin, tale_end)
	const struct CMUnitTest tests[] = {
	    TEST(the_conversation_is_the_root_of_the_chain),
	    TEST(a_source_that_is_missing_is_the_root),
	    TEST(the_chain_is_followed_for_a_fixed_number_of_hops),
	    TEST(a_ring_of_sessions_ends),
	    TEST(the_session_that_made_a_request_is_an_ancestor),
	    TEST(a_session_that_says_where_it_goes_on_is_an_ancestor),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
