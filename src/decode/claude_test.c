#include "decode/line_test.h"

#include "base/when.h"

/* ---- the envelope ---- */

static void
envelope_is_read_from_every_line(void **state)
{
	struct bench *b = *state;
	struct record r = decode(
	    b, "{\"type\":\"user\",\"uuid\":\"u1\",\"parentUuid\":\"u0\",\"sessionId\":\"s\","
	       "\"timestamp\":\"1970-01-01T00:00:01.500Z\",\"cwd\":\"/c\",\"version\":\"2.1.329\","
	       "\"promptId\":\"p\",\"requestSessionId\":\"o\",\"agentId\":\"a\","
	       "\"isSidechain\":true,\"isMeta\":true,\"entrypoint\":\"sdk-cli\","
	       "\"forkedFrom\":{\"sessionId\":\"f\",\"messageUuid\":\"fu\"},"
	       "\"message\":{\"role\":\"user\",\"content\":\"hi\"}}");
	assert_int_equal(r.time_ns, 1500 * WHEN_MS);
	assert_name(b, r.uuid, "u1");
	assert_name(b, r.parent, "u0");
	assert_name(b, r.session, "s");
	assert_name(b, r.cwd, "/c");
	assert_name(b, r.version, "2.1.329");
	assert_name(b, r.prompt, "p");
	assert_name(b, r.origin_session, "o");
	assert_name(b, r.agent, "a");
	assert_name(b, r.forked_session, "f");
	assert_name(b, r.forked_uuid, "fu");
	assert_name(b, r.type, "user");
	assert_int_equal(r.flags, RECORD_SIDECHAIN | RECORD_META | RECORD_SDK | RECORD_COPY);
}

static void
times_of_other_writers_are_milliseconds(void **state)
{
	struct record r = decode(*state, "{\"type\":\"user\",\"timestamp\":1500,\"message\":{}}");
	assert_int_equal(r.time_ns, 1500 * WHEN_MS);
	r = decode(*state, "{\"type\":\"user\",\"timestamp\":\"yesterday\",\"message\":{}}");
	assert_int_equal(r.time_ns, 0);
}

static void
what_is_no_line_is_refused_with_a_reason(void **state)
{
	struct bench *b = *state;
	struct decoder d = {.arena = &b->arena, .names = b->names};
	struct record r = {0};
	const char *why = NULL;
	assert_false(claude_format.decode(&d, parse(b, "[1]"), &r, &why));
	assert_string_equal(why, "not a JSON object");
	assert_false(claude_format.decode(&d, parse(b, "{\"a\":1}"), &r, &why));
	assert_string_equal(why, "an object without a type");
}

static void
unknown_lines_keep_their_place_only_in_the_conversation(void **state)
{
	struct bench *b = *state;
	struct record r = decode(b, "{\"type\":\"mode\",\"mode\":\"x\"}");
	assert_int_equal(r.kind, RECORD_IGNORED);
	r = decode(b, "{\"type\":\"system\",\"subtype\":\"away_summary\",\"uuid\":\"u\"}");
	assert_int_equal(r.kind, RECORD_PLACE);
	assert_name(b, r.type, "system/away_summary");
	r = decode(b,
	           "{\"type\":\"attachment\",\"uuid\":\"u\",\"attachment\":{\"type\":\"date\"}}");
	assert_int_equal(r.kind, RECORD_CONTEXT);
	assert_name(b, r.type, "attachment/date");
}

/* ---- user lines ---- */

static void
user_text_is_classed_by_how_it_begins(void **state)
{
	static const struct {
		const char *content;
		enum user_text text;
	} cases[] = {
	    {"Fix it", TEXT_PROMPT},
	    {"<command-message>x</command-message><command-name>/x</command-name>", TEXT_COMMAND},
	    {"<command-name>/usage</command-name>", TEXT_LOCAL_COMMAND},
	    {"<local-command-stdout>a", TEXT_LOCAL_OUTPUT},
	    {"<local-command-caveat>b", TEXT_CAVEAT},
	    {"Caveat: The messages below", TEXT_CAVEAT},
	    {"<bash-input>ls", TEXT_SHELL_INPUT},
	    {"<bash-stdout>a", TEXT_SHELL_OUTPUT},
	    {"<task-notification>", TEXT_NOTIFICATION},
	    {"<teammate-message teammate_id=\\\"lead\\\">", TEXT_PEER},
	    {"[Request interrupted by user for tool use]", TEXT_INTERRUPT},
	    {"Operation stopped by hook: no", TEXT_BLOCKED},
	    {"/review all", TEXT_SLASH},
	    {"Warmup", TEXT_WARMUP},
	    {"Warmup please", TEXT_PROMPT},
	    {"see <command-name>", TEXT_PROMPT},
	};
	struct bench *b = *state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct str line = arena_printf(
		    &b->arena, "{\"type\":\"user\",\"message\":{\"content\":\"%s\"}}",
		    cases[i].content);
		struct record r = decode(b, arena_cstr(&b->arena, line));
		assert_int_equal(r.kind, RECORD_USER);
		assert_int_equal(r.user->text, cases[i].text);
	}
}

static void
the_ide_note_before_a_prompt_is_not_the_prompt(void **state)
{
	struct record bare = decode(*state,
	                            "{\"type\":\"user\",\"message\":{\"content\":\" Go \"}}");
	struct record r = decode(
	    *state,
	    "{\"type\":\"user\",\"message\":{\"content\":[{\"type\":\"text\",\"text\":"
	    "\"<ide_opened_file>a</ide_opened_file>\"},{\"type\":\"text\",\"text\":\"Go\"}]}}");
	assert_int_equal(r.user->text, TEXT_PROMPT);
	assert_true(r.user->print == bare.user->print);
}

static void
who_opened_a_turn_is_told_by_the_first_field_that_says(void **state)
{
	static const struct {
		const char *fields;
		enum initiator initiator;
	} cases[] = {
	    {"\"turnOrigin\":\"sdk\",\"origin\":{\"kind\":\"peer\"}", INITIATOR_HUMAN},
	    {"\"origin\":{\"kind\":\"task-notification\"}", INITIATOR_NOTIFICATION},
	    {"\"origin\":{\"kind\":\"coordinator\"}", INITIATOR_COORDINATOR},
	    {"\"promptSource\":\"system\"", INITIATOR_SYSTEM},
	    {"\"promptSource\":\"typed\"", INITIATOR_NONE},
	};
	struct bench *b = *state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct str line = arena_printf(
		    &b->arena, "{\"type\":\"user\",%s,\"message\":{\"content\":\"a\"}}",
		    cases[i].fields);
		struct record r = decode(b, arena_cstr(&b->arena, line));
		assert_int_equal(r.user->initiator, cases[i].initiator);
		assert_int_equal(r.user->opens_turn, i == 0);
	}
}

static void
a_summary_with_an_origin_opens_no_turn(void **state)
{
	struct record r = decode(*state,
	                         "{\"type\":\"user\",\"isCompactSummary\":true,\"turnOrigin\":"
	                         "\"human\",\"message\":{\"content\":\"a\"}}");
	assert_true(r.user->summary && r.user->says_origin);
	assert_false(r.user->opens_turn);
}

static void
a_notification_is_read_up_to_its_result(void **state)
{
	struct bench *b = *state;
	struct record r = decode(
	    b,
	    "{\"type\":\"user\",\"message\":{\"content\":\"<task-notification>\\n<task-id>a1"
	    "</task-id>\\n<tool-use-id>toolu_1</tool-use-id>\\n<status>killed</status>\\n<result>"
	    "<status>completed</status></result>\\n</task-notification>\"}}");
	assert_name(b, r.user->notice.task, "a1");
	assert_name(b, r.user->notice.call, "toolu_1");
	assert_int_equal(r.user->notice.status, NOTICE_KILLED);
	r = decode(b,
	           "{\"type\":\"user\",\"message\":{\"content\":\"<task-notification>\\n<task-id>a1"
	           "</task-id>\\n<result><tool-use-id>toolu_2</tool-use-id><status>failed</status>"
	           "</result>\"}}");
	assert_name(b, r.user->notice.task, "a1");
	assert_int_equal(r.user->notice.call, 0);
	assert_int_equal(r.user->notice.status, NOTICE_NONE);
}

/* ---- the other kinds ---- */

static void
responses_hold_usage_and_blocks(void **state)
{
	struct bench *b = *state;
	struct record r = decode(
	    b,
	    "{\"type\":\"assistant\",\"requestId\":\"q\",\"apiBlockIndex\":2,"
	    "\"message\":{\"id\":\"m\",\"model\":\"x\",\"stop_reason\":\"tool_use\",\"content\":["
	    "{\"type\":\"text\",\"text\":\" \"},{\"type\":\"tool_use\",\"id\":\"t\",\"name\":"
	    "\"Bash\",\"input\":{\"command\":\"ls | wc -l\"}},{\"type\":\"new\"}],"
	    "\"usage\":{\"input_tokens\":3,\"output_tokens\":7.0,\"cache_read_input_tokens\":0,"
	    "\"output_tokens_details\":{\"thinking_tokens\":5}}}}");
	const struct response_record *a = r.response;
	assert_int_equal(r.kind, RECORD_RESPONSE);
	assert_name(b, a->message, "m");
	assert_name(b, a->stop_reason, "tool_use");
	assert_int_equal(a->block_index, 2);
	assert_int_equal(a->block_count, 3);
	assert_false(a->has_text); /* only white space */
	assert_int_equal(a->blocks[1].kind, BLOCK_TOOL_CALL);
	assert_true(a->blocks[1].concurrent);
	assert_int_equal(a->blocks[2].kind, BLOCK_OTHER);
	assert_true(a->usage->has_cache_read && !a->usage->has_cache_creation);
	assert_int_equal(a->usage->input, 3);
	assert_int_equal(a->usage->output, 7);
	assert_int_equal(a->usage->reasoning, 5);
}

static void
bash_runs_beside_others_only_when_it_surely_reads(void **state)
{
	static const struct {
		const char *command;
		bool concurrent;
	} cases[] = {
	    {"ls -l && cat a | grep x; pwd", true},
	    {"ls > a", false},
	    {"cat $HOME", false},
	    {"ls; rm a", false},
	    {"echo `x`", false},
	    {"", false},
	    {"lsof", false},
	};
	struct bench *b = *state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct str line = arena_printf(
		    &b->arena,
		    "{\"type\":\"assistant\",\"message\":{\"content\":[{\"type\":\"tool_use\","
		    "\"id\":"
		    "\"t\",\"name\":\"Bash\",\"input\":{\"command\":\"%s\"}}]}}",
		    cases[i].command);
		struct record r = decode(b, arena_cstr(&b->arena, line));
		assert_int_equal(r.response->blocks[0].concurrent, cases[i].concurrent);
	}
}

static void
filler_and_failed_calls_are_no_answers_of_a_model(void **state)
{
	struct record r = decode(*state, "{\"type\":\"assistant\",\"isApiErrorMessage\":false,"
	                                 "\"message\":{\"model\":\"<synthetic>\",\"content\":[]}}");
	assert_true(r.response->filler && !r.response->failed);
	assert_int_equal(r.response->model, 0);
	r = decode(*state,
	           "{\"type\":\"assistant\",\"isApiErrorMessage\":true,\"apiErrorStatus\":529,"
	           "\"error\":\"server_error\",\"message\":{\"model\":\"<synthetic>\"}}");
	assert_true(r.response->failed && !r.response->filler);
	assert_name(*state, r.response->status, "529");
	assert_name(*state, r.response->error, "server_error");
}

static void
lines_of_the_program_become_their_kind(void **state)
{
	static const struct {
		const char *line;
		enum record_kind kind;
	} cases[] = {
	    {"{\"type\":\"system\",\"subtype\":\"api_error\",\"retryInMs\":1.5}", RECORD_RETRY},
	    {"{\"type\":\"system\",\"subtype\":\"model_fallback\"}", RECORD_FALLBACK},
	    {"{\"type\":\"system\",\"subtype\":\"turn_duration\"}", RECORD_TURN_END},
	    {"{\"type\":\"system\",\"subtype\":\"stop_hook_summary\"}", RECORD_STOP_HOOKS},
	    {"{\"type\":\"system\",\"subtype\":\"compact_boundary\"}", RECORD_COMPACTION},
	    {"{\"type\":\"system\",\"subtype\":\"local_command\"}", RECORD_COMMAND_OUTPUT},
	    {"{\"type\":\"api-request\",\"id\":\"q\"}", RECORD_REQUEST},
	    {"{\"type\":\"queue-operation\",\"operation\":\"enqueue\"}", RECORD_QUEUE},
	    {"{\"type\":\"custom-title\",\"customTitle\":\"t\"}", RECORD_TITLE},
	    {"{\"type\":\"fork-context-ref\"}", RECORD_FORK_CONTEXT},
	    {"{\"type\":\"continued-in\",\"continuedInSessionId\":\"n\"}", RECORD_CONTINUED},
	    {"{\"type\":\"attachment\",\"attachment\":{\"type\":\"queued_command\"}}",
	     RECORD_QUEUED},
	    {"{\"type\":\"attachment\",\"attachment\":{\"type\":\"hook_success\"}}", RECORD_HOOK},
	    {"{\"type\":\"attachment\",\"attachment\":{\"type\":\"instructions\"}}",
	     RECORD_INSTRUCTIONS},
	    {"{\"type\":\"progress\",\"data\":{\"type\":\"hook_progress\"}}", RECORD_HOOK},
	    {"{\"message\":{\"role\":\"assistant\",\"content\":\"a\"}}", RECORD_RESPONSE},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		assert_int_equal(decode(*state, cases[i].line).kind, cases[i].kind);
}

static void
a_progress_line_gives_the_agents_line_inside_it(void **state)
{
	struct bench *b = *state;
	struct record r = decode(
	    b, "{\"type\":\"progress\",\"uuid\":\"outer\",\"sessionId\":\"s\",\"timestamp\":"
	       "\"1970-01-01T00:00:02Z\",\"parentToolUseID\":\"toolu_1\",\"data\":{\"type\":"
	       "\"agent_progress\",\"agentId\":\"a1\",\"message\":{\"type\":\"assistant\",\"uuid\":"
	       "\"inner\",\"message\":{\"id\":\"m\",\"content\":[]}}}}");
	assert_int_equal(r.kind, RECORD_RESPONSE);
	assert_name(b, r.uuid, "inner");
	assert_name(b, r.agent, "a1");
	assert_name(b, r.carrier, "toolu_1");
	assert_name(b, r.session, "s");
	assert_int_equal(r.time_ns, 2 * WHEN_S);
	assert_int_equal(r.flags, RECORD_CARRIED | RECORD_SIDECHAIN);
}

/* ---- files ---- */

static void
a_file_name_tells_its_kind_and_ids(void **state)
{
	static const struct {
		const char *path, *session, *agent, *run;
		enum transcript_kind kind;
	} cases[] = {
	    {"p/s1.jsonl", "s1", "", "", TRANSCRIPT_MAIN},
	    {"s1.jsonl", "s1", "", "", TRANSCRIPT_MAIN},
	    {"p/agent-a1.jsonl", "", "a1", "", TRANSCRIPT_AGENT},
	    {"p/s1/subagents/agent-a1.jsonl", "s1", "a1", "", TRANSCRIPT_AGENT},
	    {"p/s1/subagents/workflows/wf_1/agent-a1.jsonl", "s1", "a1", "wf_1", TRANSCRIPT_AGENT},
	    {"p/s1/subagents/workflows/wf_1/journal.jsonl", "", "", "", TRANSCRIPT_NONE},
	    {"p/s1.json", "", "", "", TRANSCRIPT_NONE},
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct str session, agent, run;
		assert_int_equal(claude_format.place(str_of(cases[i].path), &session, &agent, &run),
		                 cases[i].kind);
		assert_true(str_eq(session, str_of(cases[i].session)));
		assert_true(str_eq(agent, str_of(cases[i].agent)));
		assert_true(str_eq(run, str_of(cases[i].run)));
	}
}

static void
lines_of_other_agents_are_not_claimed(void **state)
{
	struct bench *b = *state;
	assert_true(claude_format.sniff(
	    parse(b, "{\"type\":\"user\",\"message\":{\"role\":\"user\",\"content\":\"a\"}}")));
	assert_true(claude_format.sniff(parse(b, "{\"type\":\"mode\",\"sessionId\":\"s\"}")));
	assert_false(claude_format.sniff(
	    parse(b, "{\"type\":\"user\",\"message\":{\"role\":\"user\",\"parts\":[]}}")));
	assert_false(claude_format.sniff(parse(b, "{\"type\":\"event_msg\",\"payload\":{}}")));
	assert_false(claude_format.sniff(parse(b, "{\"a\":1}")));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(envelope_is_read_from_every_line),
	    cmocka_unit_test(times_of_other_writers_are_milliseconds),
	    cmocka_unit_test(what_is_no_line_is_refused_with_a_reason),
	    cmocka_unit_test(unknown_lines_keep_their_place_only_in_the_conversation),
	    cmocka_unit_test(user_text_is_classed_by_how_it_begins),
	    cmocka_unit_test(the_ide_note_before_a_prompt_is_not_the_prompt),
	    cmocka_unit_test(who_opened_a_turn_is_told_by_the_first_field_that_says),
	    cmocka_unit_test(a_summary_with_an_origin_opens_no_turn),
	    cmocka_unit_test(a_notification_is_read_up_to_its_result),
	    cmocka_unit_test(responses_hold_usage_and_blocks),
	    cmocka_unit_test(bash_runs_beside_others_only_when_it_surely_reads),
	    cmocka_unit_test(filler_and_failed_calls_are_no_answers_of_a_model),
	    cmocka_unit_test(lines_of_the_program_become_their_kind),
	    cmocka_unit_test(a_progress_line_gives_the_agents_line_inside_it),
	    cmocka_unit_test(a_file_name_tells_its_kind_and_ids),
	    cmocka_unit_test(lines_of_other_agents_are_not_claimed),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
