#include "decode/line_test.h"

#define RESULT(error, text, rest)                                                                  \
	"{\"type\":\"user\",\"message\":{\"content\":[{\"type\":\"tool_result\","                  \
	"\"tool_use_id\":\"toolu_1\",\"is_error\":" error ",\"content\":\"" text "\"}]}" rest "}"

static const struct result_record *
result_of(struct bench *b, const char *line)
{
	struct record r = decode(b, line);
	assert_int_equal(r.kind, RECORD_RESULTS);
	assert_int_equal(r.results->len, 1);
	assert_name(b, r.results->at[0].call, "toolu_1");
	return &r.results->at[0];
}

static void
signs_are_read_from_the_text_of_errors_only(void **state)
{
	static const struct {
		const char *failed, *good;
		enum result_sign sign;
	} cases[] = {
#define BOTH(text, sign) {RESULT("true", text, ""), RESULT("false", text, ""), sign}
	    BOTH("[Tool call interrupted: the session ended before", SIGN_SESSION_ENDED),
	    BOTH("[Request interrupted by user for tool use]", SIGN_INTERRUPTED),
	    BOTH("The user doesn't want to proceed with this tool use. x", SIGN_USER_REFUSED),
	    BOTH("The user doesn't want to take this action right now", SIGN_USER_REFUSED),
	    BOTH("Permission to use Bash has been denied", SIGN_RULE_REFUSED),
	    BOTH("This command requires approval", SIGN_RULE_REFUSED),
	    BOTH("Claude requested permissions to write", SIGN_RULE_REFUSED),
	    BOTH("<tool_use_error>Sibling tool call errored</tool_use_error>", SIGN_SIBLING),
	    BOTH("Cancelled: parallel tool call Bash(ls) errored", SIGN_SIBLING),
	    BOTH("<tool_use_error>Error: No such tool available: X</tool_use_error>",
	         SIGN_NEVER_RAN),
	    BOTH("PreToolUse:Bash hook error: [x]: no", SIGN_HOOK_REFUSED),
	    BOTH("Hook PreToolUse:Bash denied this tool", SIGN_HOOK_REFUSED),
	    BOTH("a plain failure", SIGN_NONE),
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		assert_int_equal(result_of(*state, cases[i].failed)->sign, cases[i].sign);
		assert_int_equal(result_of(*state, cases[i].good)->sign, SIGN_NONE);
	}
}

static void
the_made_up_result_of_a_fork_is_known_without_an_error(void **state)
{
	const struct result_record *o = result_of(
	    *state, RESULT("false", "Fork started \xe2\x80\x94 that fork is you.", ""));
	assert_int_equal(o->sign, SIGN_FORK_CONTEXT);
}

static void
error_class_and_exit_code_are_read_from_the_head_of_an_error(void **state)
{
	struct bench *b = *state;
	const struct result_record *o = result_of(b, RESULT("true", "Exit code 3\\nno", ""));
	assert_true(o->has_exit_code);
	assert_int_equal(o->exit_code, 3);
	o = result_of(b, RESULT("true", "Error: ValidationError: bad", ""));
	assert_name(b, o->error_type, "ValidationError");
	assert_false(o->has_exit_code);
	o = result_of(b, RESULT("false", "Exit code 3", ""));
	assert_false(o->has_exit_code);
	o = result_of(b, RESULT("true", "Exit code 99999999999999999999", ""));
	assert_false(o->has_exit_code);
}

static void
permissions_are_read_with_their_source(void **state)
{
	const struct result_record *o = result_of(
	    *state, RESULT("false", "a",
	                   ",\"permissionDecision\":{\"decision\":\"accept\",\"source\":"
	                   "\"user_temporary\"}"));
	assert_int_equal(o->decision, DECISION_ACCEPT);
	assert_int_equal(o->source, SOURCE_USER_TEMPORARY);
	o = result_of(*state, RESULT("true", "a",
	                             ",\"permissionDecision\":{\"decision\":\"reject\","
	                             "\"source\":\"new\"},\"toolDenialBeforeRun\":true,"
	                             "\"toolDenialKind\":\"user-rejected\""));
	assert_int_equal(o->decision, DECISION_REJECT);
	assert_int_equal(o->source, SOURCE_OTHER);
	assert_int_equal(o->denial, DENIAL_USER);
	assert_true(o->denied_before_run);
}

static void
an_agent_is_named_by_the_structure_before_the_text(void **state)
{
	struct bench *b = *state;
	const struct result_record *o = result_of(
	    b, RESULT("false", "agentId: a2 (internal)",
	              ",\"toolUseResult\":{\"agentId\":\"a1\",\"status\":\"async_launched\","
	              "\"totalDurationMs\":12}"));
	assert_name(b, o->agent, "a1");
	assert_true(o->async && !o->agent_by_text && o->has_duration);
	assert_int_equal(o->duration_ms, 12);
	o = result_of(b, RESULT("false", "Async agent launched.\\nagentId: a2 (internal)", ""));
	assert_name(b, o->agent, "a2");
	assert_true(o->async && o->agent_by_text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(signs_are_read_from_the_text_of_errors_only),
	    cmocka_unit_test(the_made_up_result_of_a_fork_is_known_without_an_error),
	    cmocka_unit_test(error_class_and_exit_code_are_read_from_the_head_of_an_error),
	    cmocka_unit_test(permissions_are_read_with_their_source),
	    cmocka_unit_test(an_agent_is_named_by_the_structure_before_the_text),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
