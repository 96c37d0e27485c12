#include "session/audit.h"

#include "decode/watch.h"
#include "session/tale_test.h"

/* Adds the files told so far as one family, in which all was asked for. */
static void
add_noted(struct tale *t, struct audit *audit, const struct diag_note *notes)
{
	struct sessions all = build(t, false);
	bool *counts = ARENA_ARRAY(&t->arena, bool, t->files.len);
	for (size_t i = 0; i < t->files.len; i++)
		counts[i] = true;
	audit_add(audit, &(struct audit_family){.names = t->names,
	                                        .transcripts = &t->files,
	                                        .counts = counts,
	                                        .sessions = &all,
	                                        .notes = notes});
}

static struct audit
audit_of(struct tale *t)
{
	struct audit audit;
	audit_begin(&audit, 1);
	add_noted(t, &audit, NULL);
	return audit;
}

/* The only problem is of that kind, on that line. */
static void
assert_problem(struct audit *audit, enum problem_kind kind, uint32_t line_number)
{
	assert_int_equal(audit->problems.len, 1);
	assert_int_equal(audit->problems.at[0].kind, kind);
	assert_int_equal(audit->problems.at[0].line, line_number);
	assert_int_equal(audit->problem_counts[kind], 1);
	audit_end(audit);
}

/* A whole session of one turn with a tool call. */
static void
tell_session(struct tale *t, const char *session)
{
	file(t, session, NULL);
	(void)user(t, arena_cstr(&t->arena, arena_printf(&t->arena, "%s-u", session)), 1000);
	struct str message = arena_printf(&t->arena, "%s-m1", session);
	struct str tool = arena_printf(&t->arena, "%s-t1", session);
	struct str next = arena_printf(&t->arena, "%s-m2", session);
	(void)call(t, arena_cstr(&t->arena, arena_printf(&t->arena, "%s-a1", session)), 2000,
	           arena_cstr(&t->arena, message), arena_cstr(&t->arena, tool));
	(void)result(t, arena_cstr(&t->arena, arena_printf(&t->arena, "%s-r1", session)), 3000,
	             arena_cstr(&t->arena, tool));
	struct response_record *a = slice(
	    t, arena_cstr(&t->arena, arena_printf(&t->arena, "%s-a2", session)), 4000,
	    arena_cstr(&t->arena, next));
	a->stop_reason = name(t, "end_turn");
	struct usage *u = ARENA_NEW(&t->arena, struct usage);
	*u = (struct usage){.input = 10, .output = 20, .cache_read = 30};
	a->usage = u;
}

static void
a_whole_session_has_no_problems(void **state)
{
	struct tale *t = *state;
	tell_session(t, "S");
	struct audit audit = audit_of(t);
	assert_int_equal(audit.problems.len, 0);
	assert_int_equal(audit_severity(&audit), SEVERITY_NOTICE);
	assert_int_equal(audit.sessions.len, 1);
	assert_int_equal(audit.times[TIMED_TURN][EVIDENCE_MEASURED] +
	                     audit.times[TIMED_TURN][EVIDENCE_DERIVED],
	                 1);
	assert_int_equal(audit.read, 4);
	assert_int_equal(audit.used, 4);
	assert_int_equal(audit.span_lines, 3); /* all but the result */
	assert_int_equal(audit.tokens.len, 1);
	assert_int_equal(audit.tokens.at[0].calls, 1);
	assert_int_equal(audit.tokens.at[0].input, 10);
	assert_int_equal(audit.tokens.at[0].output, 20);
	assert_int_equal(audit.times[TIMED_RESPONSE][EVIDENCE_DERIVED], 2);
	audit_end(&audit);
}

static void
calls_and_results_without_each_other_are_noticed(void **state)
{
	struct tale *t = *state;
	file(t, "S", NULL);
	(void)user(t, "u1", 1000);
	(void)call(t, "a1", 2000, "m1", "t1");
	struct audit audit = audit_of(t);
	assert_problem(&audit, PROBLEM_CALL_WITHOUT_RESULT, 2);
	t->files = (struct transcripts){0};
	file(t, "S", NULL);
	(void)user(t, "u1", 1000);
	(void)result(t, "r1", 2000, "t0");
	slice(t, "a1", 3000, "m1")->stop_reason = name(t, "end_turn");
	audit = audit_of(t);
	assert_problem(&audit, PROBLEM_RESULT_WITHOUT_CALL, 2);
}

static void
an_agent_that_nothing_calls_is_noticed(void **state)
{
	struct tale *t = *state;
	tell_session(t, "S");
	file(t, "S", "A");
	(void)user(t, "au", 2100);
	slice(t, "aa", 2200, "am")->stop_reason = name(t, "end_turn");
	struct audit audit = audit_of(t);
	assert_int_equal(audit.links[LINK_TIME], 1);
	assert_problem(&audit, PROBLEM_AGENT_WITHOUT_CALL, 1);
}

static void
what_only_a_second_copy_of_a_session_has_is_lost(void **state)
{
	struct tale *t = *state;
	tell_session(t, "S");
	file(t, "S", NULL);
	turn(t, "u9", 9000, "m9");
	struct audit audit = audit_of(t);
	assert_int_equal(audit_severity(&audit), SEVERITY_LOST);
	assert_problem(&audit, PROBLEM_LOST_RESPONSE, 2);
}

/* Families that don't know of each other can still hold the same. */
static void
what_two_families_have_is_doubled(void **state)
{
	struct tale *t = *state;
	tell_session(t, "S");
	struct audit audit = audit_of(t);
	add_noted(t, &audit, NULL);
	assert_int_equal(audit_severity(&audit), SEVERITY_DOUBLED);
	assert_int_equal(audit.problem_counts[PROBLEM_DOUBLED_MESSAGE], 2);
	assert_int_equal(audit.problem_counts[PROBLEM_DOUBLED_TOOL_CALL], 1);
	assert_int_equal(audit.problems.len, 3);
	audit_end(&audit);
}

static void
lines_that_do_not_add_up_are_unaccounted(void **state)
{
	struct tale *t = *state;
	tell_session(t, "S");
	t->file->read++;
	struct audit audit = audit_of(t);
	assert_int_equal(audit_severity(&audit), SEVERITY_UNACCOUNTED);
	assert_problem(&audit, PROBLEM_UNACCOUNTED_LINES, 0);
}

static void
skipped_lines_are_lost_and_counted_beyond_those_named(void **state)
{
	struct tale *t = *state;
	struct diag_note note = {.kind = DIAG_SKIP, .line = 9, .text = STR("torn\a")};
	struct audit audit;
	audit_begin(&audit, 1);
	tell_session(t, "S");
	t->file->read += DIAG_NOTES_MAX + 5;
	t->file->skipped = DIAG_NOTES_MAX + 5;
	add_noted(t, &audit, &note);
	assert_int_equal(audit.skipped, DIAG_NOTES_MAX + 5);
	assert_int_equal(audit.problem_counts[PROBLEM_SKIPPED_LINE], 6);
	audit_sort(&audit);
	assert_int_equal(audit.problems.len, 2);
	assert_true(str_eq(audit.problems.at[0].text, STR("torn?")));
	assert_true(str_eq(audit.problems.at[1].text, STR("5 more lines skipped")));
	audit_end(&audit);
}

static void
a_turn_number_that_jumps_is_a_contradiction(void **state)
{
	static const uint32_t numbers[] = {1, 2, 2, 5}; /* the second 2 is a rewind */
	struct tale *t = *state;
	file(t, "S", NULL);
	for (size_t i = 0; i < 4; i++) {
		struct str uuid = arena_printf(&t->arena, "u%zu", i);
		struct str message = arena_printf(&t->arena, "m%zu", i);
		struct user_record *u = user(t, arena_cstr(&t->arena, uuid), 1000 * (i + 1));
		u->says_origin = u->opens_turn = true;
		u->turn_index = numbers[i];
		slice(t, arena_cstr(&t->arena, message), 1000 * i + 1500,
		      arena_cstr(&t->arena, message))
		    ->stop_reason = name(t, "end_turn");
	}
	struct audit audit = audit_of(t);
	assert_problem(&audit, PROBLEM_TURN_INDEX, 7);
}

static void
a_prompt_that_nothing_came_of_is_no_missing_turn(void **state)
{
	struct tale *t = *state;
	file(t, "S", NULL);
	for (size_t i = 0; i < 2; i++) {
		struct str uuid = arena_printf(&t->arena, "u%zu", i);
		struct user_record *u = user(t, arena_cstr(&t->arena, uuid), 1000 * (i + 1));
		u->says_origin = u->opens_turn = true;
	}
	slice(t, "a1", 3000, "m1")->stop_reason = name(t, "end_turn");
	struct audit audit = audit_of(t);
	assert_int_equal(audit.times[TIMED_TURN][EVIDENCE_MEASURED] +
	                     audit.times[TIMED_TURN][EVIDENCE_DERIVED],
	                 1);
	assert_int_equal(audit.problems.len, 0);
	audit_end(&audit);
}

/* ---- cost-state ---- */

static struct cost_check
cost_check(struct tale *t, uint64_t input, uint64_t since_ms, struct audit *audit)
{
	struct cost_model *model = ARENA_NEW(&t->arena, struct cost_model);
	struct cost_record *sums = ARENA_NEW(&t->arena, struct cost_record);
	t->files = (struct transcripts){0};
	tell_session(t, "S");
	*model = (struct cost_model){name(t, "model"),
	                             {.input = input, .output = 20, .cache_read = 30}};
	*sums = (struct cost_record){model, 1, 60000, since_ms * MS};
	t->file->watch = ARENA_NEW(&t->arena, struct watch);
	costs_add(&t->arena, &t->file->watch->costs, &(struct cost){sums, name(t, "S"), 5, false});
	*audit = audit_of(t);
	assert_int_equal(audit->costs.len, 1);
	return audit->costs.at[0];
}

static void
tokens_are_held_against_the_sums_that_the_agent_keeps(void **state)
{
	struct audit audit;
	assert_int_equal(cost_check(*state, 10, 900, &audit).verdict, COST_EQUAL);
	assert_int_equal(audit.problems.len, 0);
	audit_end(&audit);
	assert_int_equal(cost_check(*state, 11, 900, &audit).verdict, COST_WITHIN);
	assert_int_equal(audit.problems.len, 0);
	audit_end(&audit);
	assert_int_equal(cost_check(*state, 9, 900, &audit).verdict, COST_ABOVE);
	assert_problem(&audit, PROBLEM_TOKENS_ABOVE_COST_STATE, 5);
	/* Sums that began after the first call lost it: the process was killed. 3.7 */
	assert_int_equal(cost_check(*state, 9, 3500, &audit).verdict, COST_OTHER);
	assert_int_equal(audit.problems.len, 0);
	audit_end(&audit);
}

/* ---- forks ---- */

static void
a_fork_says_where_its_lines_are_from(void **state)
{
	struct tale *t = *state;
	tell_session(t, "S");
	tell_session(t, "S"); /* its copy ... */
	t->file->session = name(t, "F");
	for (size_t i = 0; i < t->file->record_count; i++)
		t->file->records[i].forked_session = name(t, "S");
	turn(t, "u9", 9000, "m9"); /* ... and own work */
	struct audit audit = audit_of(t);
	assert_int_equal(audit.problems.len, 0);
	assert_int_equal(audit.forks.len, 1);
	const struct fork *f = &audit.forks.at[0];
	assert_true(str_eq(f->session, STR("F")) && str_eq(f->from, STR("S")));
	assert_int_equal(f->source, SOURCE_INPUT);
	assert_int_equal(f->lines, 4);
	assert_int_equal(f->origin_count, 1);
	assert_true(str_eq(f->origins[0].session, STR("S")) && f->origins[0].here);
	assert_int_equal(f->inherited_turns, 1);
	assert_int_equal(audit.history, 4);
	audit_end(&audit);
}

static void
unknown_names_have_one_order_whatever_their_versions_are(void **state)
{
	static const char *const sorted[] = {"9", "10", "10.1", "1a", "b"};
	struct tale *t = *state;
	size_t count = sizeof sorted / sizeof *sorted;
	for (size_t first = 0; first < count; first++) {
		struct audit audit;
		audit_begin(&audit, 1);
		for (size_t i = 0; i < count; i++)
			*ARENA_PUSH(&t->arena, &audit.unknown) = (struct unknown_name){
			    .name = STR("x"), .version = str_of(sorted[(first + i) % count])};
		audit_sort(&audit);
		for (size_t i = 0; i < count; i++)
			assert_true(str_eq(audit.unknown.at[i].version, str_of(sorted[i])));
		audit_end(&audit);
	}
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, tale_begin, tale_end)
	const struct CMUnitTest tests[] = {
	    TEST(a_whole_session_has_no_problems),
	    TEST(calls_and_results_without_each_other_are_noticed),
	    TEST(an_agent_that_nothing_calls_is_noticed),
	    TEST(what_only_a_second_copy_of_a_session_has_is_lost),
	    TEST(what_two_families_have_is_doubled),
	    TEST(lines_that_do_not_add_up_are_unaccounted),
	    TEST(skipped_lines_are_lost_and_counted_beyond_those_named),
	    TEST(a_turn_number_that_jumps_is_a_contradiction),
	    TEST(a_prompt_that_nothing_came_of_is_no_missing_turn),
	    TEST(tokens_are_held_against_the_sums_that_the_agent_keeps),
	    TEST(a_fork_says_where_its_lines_are_from),
	    TEST(unknown_names_have_one_order_whatever_their_versions_are),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
