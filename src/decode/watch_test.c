#include "decode/watch.h"

#include "decode/line_test.h"

/* Decodes a line of a file whose lines before were written by version 2.1.329. */
static struct watch
watched(struct bench *b, const char *text)
{
	struct watch w = {.arena = &b->arena, .version = intern_add(b->names, STR("2.1.329"))};
	struct decoder d = {.arena = &b->arena, .names = b->names, .watch = &w};
	struct record r = {.line = 7};
	const char *why = "";
	assert_true(claude_format.decode(&d, parse(b, text), &r, &why));
	if (r.kind == RECORD_COST)
		costs_add(w.arena, &w.costs, &(struct cost){r.cost, r.session, r.line, false});
	return w;
}

static void
assert_unknown(struct bench *b, const char *text, const char *name, bool member)
{
	struct watch w = watched(b, text);
	assert_int_equal(w.unknown.len, 1);
	assert_name(b, w.unknown.at[0].name, name);
	assert_name(b, w.unknown.at[0].version, "2.1.329");
	assert_int_equal(w.unknown.at[0].member, member);
	assert_int_equal(w.unknown.at[0].line, 7);
	assert_int_equal(w.unknown.at[0].count, 1);
}

static void
what_today_s_versions_write_is_known(void **state)
{
	static const char *const lines[] = {
	    ("{\"type\":\"user\",\"uuid\":\"u\",\"parentUuid\":null,\"turnOrigin\":\"sdk\","
	     "\"message\":"
	     "{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"hi\"}]}}"),
	    ("{\"type\":\"assistant\",\"requestId\":\"r\",\"message\":{\"id\":\"m\",\"usage\":"
	     "{\"speed\":\"fast\"},\"content\":[{\"type\":\"thinking\"}]}}"),
	    "{\"type\":\"system\",\"content\":\"a line of 1.0.43\"}",
	    "{\"type\":\"attachment\",\"attachment\":{\"type\":\"date\",\"any\":1}}",
	    "{\"type\":\"mode\",\"mode\":\"plan\",\"sessionId\":\"s\"}",
	    "{\"type\":\"tag\",\"whatever\":1,\"sessionId\":\"s\"}",
	};
	struct bench *b = *state;
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
		assert_int_equal(watched(b, lines[i]).unknown.len, 0);
}

static void
new_types_and_members_are_named_with_their_family(void **state)
{
	struct bench *b = *state;
	assert_unknown(b, "{\"type\":\"tab-state\",\"tabs\":[]}", "tab-state", false);
	assert_unknown(b, "{\"type\":\"system\",\"subtype\":\"nap\"}", "system/nap", false);
	assert_unknown(b, "{\"type\":\"attachment\",\"attachment\":{\"type\":\"weather\"}}",
	               "attachment/weather", false);
	assert_unknown(b, "{\"type\":\"progress\",\"data\":{\"type\":\"dig\"}}", "progress/dig",
	               false);
	assert_unknown(b, "{\"type\":\"user\",\"mood\":1,\"message\":{}}", "user.mood", true);
	assert_unknown(b, "{\"type\":\"mode\",\"depth\":1}", "mode.depth", true);
	assert_unknown(b, "{\"type\":\"assistant\",\"message\":{\"tone\":1}}", "message.tone",
	               true);
	assert_unknown(b, "{\"type\":\"assistant\",\"message\":{\"usage\":{\"sips\":1}}}",
	               "usage.sips", true);
	assert_unknown(b,
	               "{\"type\":\"assistant\",\"message\":{\"content\":[{\"type\":\"song\"}]}}",
	               "content/song", false);
	assert_unknown(b,
	               "{\"type\":\"progress\",\"data\":{\"type\":\"agent_progress\",\"message\":"
	               "{\"type\":\"assistant\",\"message\":{\"tone\":1}}}}",
	               "message.tone", true);
}

static void
made_up_names_are_counted_and_not_kept(void **state)
{
	struct bench *b = *state;
	struct watch w = {.arena = &b->arena};
	struct record r = {.line = 1};
	for (int i = 0; i < UNKNOWNS_MAX + 10; i++)
		watch_unknown(&w, b->names, &r, STR("user"), '.',
		              arena_printf(&b->arena, "k%d", i));
	watch_unknown(&w, b->names, &r, STR("user"), '.', STR("k0"));
	assert_int_equal(w.unknown.len, UNKNOWNS_MAX);
	assert_int_equal(w.unknown.more, 10);
	assert_int_equal(w.unknown.at[0].count, 2);
	assert_int_equal(intern_find(b->names, STR("user.k209")), 0);
}

static void
pieces_add_up_at_their_lines(void **state)
{
	struct bench *b = *state;
	uint32_t version = intern_add(b->names, STR("2.1.329"));
	struct watch whole = {.arena = &b->arena, .version = version};
	struct watch piece = {.arena = &b->arena, .version = intern_add(b->names, STR("3.0.0"))};
	struct record r = {.line = 2, .version = version};
	watch_unknown(&whole, b->names, &r, STR("user"), '.', STR("mood"));
	r = (struct record){.line = 3};
	uint32_t later = piece.version;
	piece.version = 0; /* before the piece's first line that says it */
	watch_unknown(&piece, b->names, &r, STR("user"), '.', STR("mood"));
	watch_unknown(&piece, b->names, &r, STR("user"), '.', STR("hat"));
	piece.version = later;
	watch_move(&whole, &piece, 100);
	assert_int_equal(whole.unknown.len, 2);
	assert_int_equal(whole.unknown.at[0].count, 2);
	assert_int_equal(whole.unknown.at[0].line, 2);
	assert_int_equal(whole.unknown.at[1].line, 103);
	assert_int_equal(whole.unknown.at[1].version, version);
	assert_int_equal(whole.version, later);
}

#define COST(session, ms, input)                                                                   \
	"{\"type\":\"cost-state\",\"sessionId\":\"" session "\",\"startTime\":1000,"               \
	"\"totalAPIDuration\":" ms ",\"modelUsage\":{\"m\":{\"inputTokens\":" input                \
	",\"outputTokens\":2,\"cacheReadInputTokens\":3,\"cacheCreationInputTokens\":4}}}"

static void
the_last_sums_of_a_session_are_kept(void **state)
{
	struct bench *b = *state;
	struct watch w = watched(b, COST("s", "700", "1")),
		     next = watched(b, COST("s", "900", "5"));
	watch_move(&w, &next, 10);
	assert_int_equal(w.costs.len, 1);
	assert_int_equal(w.costs.at[0].line, 17);
	assert_false(w.costs.at[0].fell);
	const struct cost_record *c = w.costs.at[0].sums;
	assert_int_equal(c->api_ms, 900);
	assert_int_equal(c->start_ns, 1000 * UINT64_C(1000000));
	assert_int_equal(c->len, 1);
	assert_name(b, c->models[0].model, "m");
	assert_int_equal(c->models[0].usage.input, 5);
	assert_int_equal(c->models[0].usage.cache_creation, 4);
	next = watched(b, COST("s", "100", "1"));
	watch_move(&w, &next, 20);
	assert_true(w.costs.at[0].fell);
	next = watched(b, COST("other", "1", "1"));
	watch_move(&w, &next, 30);
	assert_int_equal(w.costs.len, 2);
}

static void
without_a_watch_sums_are_ignored(void **state)
{
	struct record r = decode(*state, COST("s", "1", "1"));
	assert_int_equal(r.kind, RECORD_IGNORED);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(what_today_s_versions_write_is_known, set_up,
	                                    tear_down),
	    cmocka_unit_test_setup_teardown(new_types_and_members_are_named_with_their_family,
	                                    set_up, tear_down),
	    cmocka_unit_test_setup_teardown(made_up_names_are_counted_and_not_kept, set_up,
	                                    tear_down),
	    cmocka_unit_test_setup_teardown(pieces_add_up_at_their_lines, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(the_last_sums_of_a_session_are_kept, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(without_a_watch_sums_are_ignored, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
