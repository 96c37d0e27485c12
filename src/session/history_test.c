/* Own lines and copies: the rules of claude-code-transcripts 10.4. */
#include "session/tale_test.h"

static enum record_fate
fate(const struct transcript *f, size_t i)
{
	assert_true(i < f->record_count);
	return (enum record_fate)f->records[i].fate;
}

static void
assert_turns(struct tale *t, const struct sessions *all, const char *id, size_t turns,
             size_t inherited)
{
	const struct session *s = session_of(t, all, id);
	assert_int_equal(s->turns.len, turns);
	assert_int_equal(s->inherited_turns, inherited);
}

static void
rule_1_a_response_made_in_another_session_is_history(void **state)
{
	struct tale *t = *state;
	struct transcript *f = file(t, "B", NULL);
	turn(t, "u0", 1000, "m0");
	f->records[1].origin_session = name(t, "A");
	turn(t, "u1", 5000, "m1");
	f->records[3].origin_session = name(t, "B");
	struct sessions all = build(t, false);
	assert_int_equal(fate(f, 0), FATE_HISTORY); /* 6c: it stands before one */
	assert_int_equal(fate(f, 1), FATE_HISTORY);
	assert_int_equal(fate(f, 2), FATE_OWN);
	assert_int_equal(fate(f, 3), FATE_OWN);
	assert_turns(t, &all, "B", 1, 1);
}

static void
rule_2_a_line_that_says_what_it_was_copied_from_is_history(void **state)
{
	struct tale *t = *state;
	struct transcript *f = file(t, "B", NULL);
	turn(t, "u0", 1000, "m0");
	f->records[0].forked_session = f->records[1].forked_session = name(t, "A");
	turn(t, "u1", 5000, "m1");
	struct sessions all = build(t, false);
	assert_int_equal(fate(f, 1), FATE_HISTORY);
	assert_int_equal(fate(f, 2), FATE_OWN);
	assert_turns(t, &all, "B", 1, 1);
}

static void
rule_3_a_line_of_another_session_is_history(void **state)
{
	struct tale *t = *state;
	struct transcript *f = file(t, "B", NULL);
	turn(t, "u0", 1000, "m0");
	f->records[0].session = f->records[1].session = name(t, "A");
	turn(t, "u1", 5000, "m1");
	struct sessions all = build(t, false);
	assert_int_equal(fate(f, 1), FATE_HISTORY);
	assert_int_equal(fate(f, 2), FATE_OWN);
	assert_turns(t, &all, "B", 1, 1);
}

static void
rule_4_in_a_file_the_first_line_with_a_uuid_counts(void **state)
{
	struct tale *t = *state;
	struct transcript *f = file(t, "S", NULL);
	turn(t, "u0", 1000, "m0");
	turn(t, "u0", 1000, "m0");
	struct sessions all = build(t, false);
	assert_int_equal(fate(f, 1), FATE_OWN);
	assert_int_equal(fate(f, 2), FATE_DUPLICATE);
	assert_int_equal(fate(f, 3), FATE_DUPLICATE);
	assert_turns(t, &all, "S", 1, 0);
}

static void
rule_5_a_line_of_two_files_counts_in_the_one_that_worked_first(void **state)
{
	struct tale *t = *state;
	for (int pass = 0; pass < 2; pass++) {
		struct transcript *a = NULL, *b = NULL;
		t->files = (struct transcripts){0};
		for (int k = 0; k < 2; k++) {
			bool source = k == pass;
			struct transcript *f = file(t, source ? "A" : "B", NULL);
			*(source ? &a : &b) = f;
			turn(t, "u0", 1000, "m0");
			turn(t, source ? "u1" : "u2", source ? 5000 : 9000, source ? "m1" : "m2");
		}
		struct sessions all = build(t, false);
		assert_int_equal(fate(a, 0), FATE_OWN);
		assert_int_equal(fate(b, 0), FATE_HISTORY);
		assert_int_equal(fate(b, 1), FATE_HISTORY);
		assert_turns(t, &all, "A", 2, 0);
		assert_turns(t, &all, "B", 1, 1);
		assert_name(t, session_of(t, &all, "B")->conversation, "A");
	}
}

static void
rule_5_a_file_without_a_line_of_its_own_is_the_source(void **state)
{
	struct tale *t = *state;
	struct transcript *b = file(t, "B", NULL);
	turn(t, "u0", 1000, "m0");
	turn(t, "u1", 9000, "m1");
	struct transcript *a = file(t, "A", NULL);
	turn(t, "u0", 1000, "m0");
	(void)build(t, false);
	assert_int_equal(fate(a, 0), FATE_OWN);
	assert_int_equal(fate(b, 0), FATE_HISTORY);
	assert_int_equal(fate(b, 2), FATE_OWN);
}

static void
rule_6a_a_response_whose_request_is_missing_is_history(void **state)
{
	struct tale *t = *state;
	struct request_record q = {.id = name(t, "q1")};
	struct transcript *f = file(t, "B", NULL);
	turn(t, "u0", 1000, "m0");
	(void)user(t, "u1", 5000);
	line(t, RECORD_REQUEST, NULL, 5100)->request = &q;
	slice(t, "a1", 6000, "m1")->request_ref = q.id;
	struct response_record copied = *f->records[1].response;
	copied.request_ref = name(t, "q0");
	f->records[1].response = &copied;
	struct sessions all = build(t, false);
	assert_int_equal(fate(f, 0), FATE_HISTORY);
	assert_int_equal(fate(f, 1), FATE_HISTORY);
	assert_int_equal(fate(f, 2), FATE_OWN);
	assert_turns(t, &all, "B", 1, 1);
}

static void
rule_6b_lines_older_than_the_queue_line_at_the_head_are_history(void **state)
{
	struct tale *t = *state;
	struct queue_record q = {.operation = QUEUE_ENQUEUE};
	struct transcript *f = file(t, "B", NULL);
	line(t, RECORD_QUEUE, NULL, 4000)->queue = &q;
	turn(t, "u0", 1000, "m0");
	turn(t, "u1", 4010, "m1");
	struct sessions all = build(t, false);
	assert_int_equal(fate(f, 1), FATE_HISTORY);
	assert_int_equal(fate(f, 2), FATE_HISTORY);
	assert_int_equal(fate(f, 3), FATE_OWN);
	assert_turns(t, &all, "B", 1, 1);
}

static void
rule_6d_lines_of_one_instant_with_several_responses_are_history(void **state)
{
	struct tale *t = *state;
	static const char *const versions[] = {"1.0.128", "2.1.100"}; /* only the first copies so */
	for (size_t i = 0; i < 2; i++) {
		t->files = (struct transcripts){0};
		t->version = name(t, versions[i]);
		struct transcript *f = file(t, "B", NULL);
		(void)user(t, "u0", 1000);
		(void)slice(t, "a0", 1000, "m0");
		(void)user(t, "u1", 1000);
		(void)slice(t, "a1", 1000, "m1");
		turn(t, "u2", 5000, "m2");
		struct sessions all = build(t, true);
		assert_int_equal(fate(f, 3), i == 0 ? FATE_HISTORY : FATE_OWN);
		assert_int_equal(fate(f, 4), FATE_OWN);
		/* Without times it is never written. */
		assert_turns(t, &all, "B", i == 0 ? 1 : 3, i == 0 ? 2 : 0);
	}
}

static void
history_is_written_when_asked_for_and_its_original_is_missing(void **state)
{
	struct tale *t = *state;
	for (int pass = 0; pass < 2; pass++) {
		t->files = (struct transcripts){0};
		struct transcript *f = file(t, "B", NULL);
		turn(t, "u0", 1000, "m0");
		f->records[0].forked_session = f->records[1].forked_session = name(t, "A");
		turn(t, "u1", 5000, "m1");
		if (pass == 1) {
			file(t, "A", NULL);
			turn(t, "u0", 1000, "m0");
		}
		struct sessions all = build(t, true);
		assert_turns(t, &all, "B", pass == 0 ? 2 : 1, pass == 0 ? 0 : 1);
		const struct turn *own = session_of(t, &all, "B")->turns.at[pass == 0 ? 1 : 0];
		assert_int_equal(own->number, 2);
		assert_false(own->history);
	}
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, tale_begin, tale_end)
	const struct CMUnitTest tests[] = {
	    TEST(rule_1_a_response_made_in_another_session_is_history),
	    TEST(rule_2_a_line_that_says_what_it_was_copied_from_is_history),
	    TEST(rule_3_a_line_of_another_session_is_history),
	    TEST(rule_4_in_a_file_the_first_line_with_a_uuid_counts),
	    TEST(rule_5_a_line_of_two_files_counts_in_the_one_that_worked_first),
	    TEST(rule_5_a_file_without_a_line_of_its_own_is_the_source),
	    TEST(rule_6a_a_response_whose_request_is_missing_is_history),
	    TEST(rule_6b_lines_older_than_the_queue_line_at_the_head_are_history),
	    TEST(rule_6d_lines_of_one_instant_with_several_responses_are_history),
	    TEST(history_is_written_when_asked_for_and_its_original_is_missing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
