#include "session/tale_test.h"

/* ---- responses ---- */

static void
usage_is_that_of_the_last_slice_with_a_stop_reason(void **state)
{
	struct tale *t = *state;
	file(t, "S", NULL);
	(void)user(t, "u1", 1000);
	static const struct {
		uint64_t output;
		bool stops;
	} slices[] = {{900, false}, {50, true}, {60, true}, {700, false}};
	for (size_t i = 0; i < sizeof slices / sizeof *slices; i++) {
		struct str uuid = arena_printf(&t->arena, "a%zu", i);
		struct response_record *a = slice(t, arena_cstr(&t->arena, uuid), 2000 + i, "m1");
		a->usage = usage(t, slices[i].output);
		a->stop_reason = slices[i].stops ? name(t, "end_turn") : 0;
	}
	struct sessions all = build(t, false);
	const struct work *w = &all.at[0]->turns.at[0]->work;
	assert_int_equal(w->responses.len, 1);
	assert_int_equal(w->responses.at[0]->usage->output, 60);
	assert_false(w->responses.at[0]->usage_incomplete);
}

static void
usage_without_a_stop_reason_is_the_largest_and_incomplete(void **state)
{
	struct tale *t = *state;
	file(t, "S", NULL);
	(void)user(t, "u1", 1000);
	slice(t, "a1", 2000, "m1")->usage = usage(t, 3);
	slice(t, "a2", 2100, "m1")->usage = usage(t, 8);
	slice(t, "a3", 2200, "m1")->usage = usage(t, 5);
	struct sessions all = build(t, false);
	const struct response *p = all.at[0]->turns.at[0]->work.responses.at[0];
	assert_int_equal(p->usage->output, 8);
	assert_true(p->usage_incomplete);
}

static void
slices_with_other_lines_between_are_one_response(void **state)
{
	struct tale *t = *state;
	file(t, "S", NULL);
	(void)user(t, "u1", 1000);
	(void)call(t, "a1", 2000, "m1", "t1");
	(void)result(t, "r1", 2100, "t1");
	(void)call(t, "a2", 2200, "m1", "t2");
	(void)result(t, "r2", 2300, "t2");
	slice(t, "a3", 3000, "m2")->stop_reason = name(t, "end_turn");
	struct sessions all = build(t, false);
	const struct work *w = &all.at[0]->turns.at[0]->work;
	assert_int_equal(w->responses.len, 2);
	assert_int_equal(w->responses.at[0]->slices.len, 2);
	assert_int_equal(w->responses.at[0]->end.ns, 2200 * MS);
	assert_name(t, w->responses.at[0]->stop_reason, "tool_use");
	assert_int_equal(w->calls.len, 2);
	assert_int_equal(w->calls.at[1]->outcome, OUTCOME_SUCCESS);
	assert_true(w->responses.at[1]->start.ns >= 2300 * MS);
}

static void
slices_are_ordered_by_block_and_else_as_they_stand(void **state)
{
	struct tale *t = *state;
	file(t, "S", NULL);
	(void)user(t, "u1", 1000);
	slice(t, "a1", 2000, "m1")->block_index = 2;
	slice(t, "a2", 2100, "m1")->block_index = 0;
	slice(t, "a3", 2200, "m1")->block_index = 1;
	struct sessions all = build(t, false);
	const struct response *p = all.at[0]->turns.at[0]->work.responses.at[0];
	assert_name(t, p->slices.at[0]->uuid, "a2");
	assert_name(t, p->slices.at[1]->uuid, "a3");
	assert_name(t, p->slices.at[2]->uuid, "a1");
}

/* ---- outcomes ---- */

static enum outcome
outcome_of(struct tale *t, const struct result_record *shape, bool version_decides)
{
	t->files = (struct transcripts){0};
	t->version = name(t, version_decides ? "2.1.329" : "2.1.200");
	file(t, "S", NULL);
	struct user_record *u = user(t, "u1", 1000);
	u->says_origin = u->opens_turn = version_decides;
	(void)call(t, "a1", 2000, "m1", "t1");
	if (shape != NULL) {
		struct result_record *o = result(t, "r1", 3000, "t1");
		*o = *shape;
		o->call = name(t, "t1");
	}
	struct sessions all = build(t, false);
	const struct tool_call *c = all.at[0]->turns.at[0]->work.calls.at[0];
	assert_true(c->end.ns >= c->start.ns);
	return c->outcome;
}

/* weave 6.4 */
static void
what_became_of_a_call_follows_the_first_evidence_that_applies(void **state)
{
	static const struct {
		struct result_record shape;
		enum outcome older, deciding;
	} cases[] = {
	    {{.sign = SIGN_NONE}, OUTCOME_SUCCESS, OUTCOME_SUCCESS},
	    {{.error = true}, OUTCOME_FAILED, OUTCOME_FAILED},
	    {{.error = true, .decision = DECISION_REJECT}, OUTCOME_DENIED, OUTCOME_DENIED},
	    {{.error = true, .denied_before_run = true}, OUTCOME_DENIED, OUTCOME_DENIED},
	    {{.error = true, .denial = DENIAL_USER}, OUTCOME_DENIED, OUTCOME_CANCELLED},
	    {{.error = true, .denial = DENIAL_RULE}, OUTCOME_DENIED, OUTCOME_FAILED},
	    {{.error = true, .denial = DENIAL_INTERRUPTED}, OUTCOME_CANCELLED, OUTCOME_FAILED},
	    {{.error = true, .sign = SIGN_INTERRUPTED}, OUTCOME_CANCELLED, OUTCOME_FAILED},
	    {{.error = true, .sign = SIGN_USER_REFUSED}, OUTCOME_DENIED, OUTCOME_FAILED},
	    {{.error = true, .sign = SIGN_RULE_REFUSED}, OUTCOME_DENIED, OUTCOME_FAILED},
	    {{.error = true, .sign = SIGN_HOOK_REFUSED}, OUTCOME_DENIED, OUTCOME_FAILED},
	    {{.error = true, .sign = SIGN_SIBLING}, OUTCOME_CANCELLED, OUTCOME_CANCELLED},
	    {{.error = true, .sign = SIGN_NEVER_RAN}, OUTCOME_FAILED, OUTCOME_FAILED},
	    {{.error = true, .sign = SIGN_SESSION_ENDED}, OUTCOME_UNFINISHED, OUTCOME_UNFINISHED},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		assert_int_equal(outcome_of(*state, &cases[i].shape, false), cases[i].older);
		assert_int_equal(outcome_of(*state, &cases[i].shape, true), cases[i].deciding);
	}
	assert_int_equal(outcome_of(*state, NULL, true), OUTCOME_UNFINISHED);
}

/* ---- turns ---- */

static void
a_turn_without_an_end_ends_at_its_last_line(void **state)
{
	struct tale *t = *state;
	file(t, "S", NULL);
	(void)user(t, "u1", 1000);
	(void)call(t, "a1", 2000, "m1", "t1");
	(void)user(t, "u2", 90000);
	slice(t, "a2", 91000, "m2")->stop_reason = name(t, "end_turn");
	struct sessions all = build(t, false);
	const struct turns *turns = &all.at[0]->turns;
	assert_int_equal(turns->len, 2);
	assert_int_equal(turns->at[0]->end.ns, 2000 * MS);
	assert_int_equal(turns->at[0]->unfinished, UNFINISHED_SUPERSEDED);
	assert_int_equal(turns->at[0]->work.calls.at[0]->end.ns, 2000 * MS);
	assert_int_equal(turns->at[1]->unfinished, UNFINISHED_NOT);
	assert_int_equal(turns->at[1]->number, 2);
}

static void
a_prompt_without_any_work_is_no_turn(void **state)
{
	struct tale *t = *state;
	file(t, "S", NULL);
	(void)user(t, "u1", 1000);
	turn(t, "u2", 2000, "m1");
	slice(t, "f", 3000, "m2")->filler = true;
	struct sessions all = build(t, false);
	assert_int_equal(all.at[0]->turns.len, 1);
	assert_name(t, all.at[0]->turns.at[0]->key, "u2");
	assert_int_equal(all.at[0]->turns.at[0]->number, 1);
}

static void
two_prompts_in_one_place_abandon_the_first(void **state)
{
	struct tale *t = *state;
	file(t, "S", NULL);
	turn(t, "u1", 1000, "m1");
	turn(t, "u2", 3000, "m2");
	t->file->records[0].parent = t->file->records[2].parent = name(t, "root");
	struct sessions all = build(t, false);
	assert_true(all.at[0]->turns.at[0]->abandoned);
	assert_false(all.at[0]->turns.at[1]->abandoned);
}

static void
turns_without_any_time_are_left_out_and_counted(void **state)
{
	struct tale *t = *state;
	file(t, "S", NULL);
	(void)user(t, "u1", 0);
	(void)slice(t, "a1", 0, "m1");
	struct sessions all = build(t, false);
	assert_int_equal(all.at[0]->turns.len, 0);
	assert_int_equal(all.at[0]->timeless_turns, 1);
}

static void
every_line_is_in_the_account_once(void **state)
{
	struct tale *t = *state;
	struct transcript *f = file(t, "S", NULL);
	turn(t, "u1", 1000, "m1");
	turn(t, "u1", 1000, "m1"); /* appended again */
	(void)line(t, RECORD_PLACE, "p", 3000);
	slice(t, "f", 4000, "m2")->filler = true;
	type_counts_add(&t->arena, &f->ignored, name(t, "mode"), 2);
	f->read += 3;
	f->skipped = 1;
	(void)build(t, false);
	struct account n = {0};
	session_account(&t->arena, f, &n);
	assert_int_equal(n.read, 9);
	assert_int_equal(n.used, 2);
	assert_int_equal(n.history, 2);
	assert_int_equal(n.ignored, 4);
	assert_int_equal(n.skipped, 1);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, tale_begin, tale_end)
	const struct CMUnitTest tests[] = {
	    TEST(usage_is_that_of_the_last_slice_with_a_stop_reason),
	    TEST(usage_without_a_stop_reason_is_the_largest_and_incomplete),
	    TEST(slices_with_other_lines_between_are_one_response),
	    TEST(slices_are_ordered_by_block_and_else_as_they_stand),
	    TEST(what_became_of_a_call_follows_the_first_evidence_that_applies),
	    TEST(a_turn_without_an_end_ends_at_its_last_line),
	    TEST(a_prompt_without_any_work_is_no_turn),
	    TEST(two_prompts_in_one_place_abandon_the_first),
	    TEST(turns_without_any_time_are_left_out_and_counted),
	    TEST(every_line_is_in_the_account_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
