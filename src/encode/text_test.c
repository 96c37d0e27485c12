#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/when.h"
#include "encode/encoder.h"

#define T0 (UINT64_C(1780046619723) * WHEN_MS) /* 2026-05-29T09:23:39.723Z */

struct trace {
	struct arena a;
	struct spans spans;
};

/* A span of t: its id, its parent's (0: none), its name and its times in ms. */
static struct span *
add(struct trace *t, unsigned char id, unsigned char parent, struct str name, unsigned start,
    unsigned end)
{
	struct span *s = ARENA_NEW(&t->a, struct span);

	*ARENA_PUSH(&t->a, &t->spans) = s;
	memcpy(s->trace_id, "\x4b\xf9\x2f\x35zzzzzzzzzzzz", TRACE_ID_LEN);
	s->span_id[0] = id;
	s->parent_id[0] = parent;
	s->name = name;
	s->kind = SPAN_INTERNAL;
	s->start_ns = T0 + start * WHEN_MS;
	s->end_ns = T0 + end * WHEN_MS;
	return s;
}

static void
set_text(struct trace *t, struct span *s, struct str key, struct str text)
{
	attribute_text(&t->a, &s->attributes, key, text);
}

static void
set_int(struct trace *t, struct span *s, struct str key, uint64_t n)
{
	attribute_int(&t->a, &s->attributes, key, n);
}

static void
set_finish(struct trace *t, struct span *s, const struct str *reasons, size_t len)
{
	attribute_texts(&t->a, &s->attributes, STR("gen_ai.response.finish_reasons"), reasons, len);
}

static void
set_display(struct trace *t, struct span *s, struct str text)
{
	set_text(t, s, STR("weave.claude_code.display_name"), text);
}

/* The trace as text; gives t back. */
static struct str
draw(struct trace *t, bool color)
{
	const struct encoder *e = encoder_find(STR("text"));
	struct encode_options options = {.color = color};
	struct resource resource = {0};
	struct packed packed = {0};
	struct buf out = {0};
	struct str item, text;

	e->pack(&t->spans, &options, &packed);
	assert_int_equal(packed_len(&packed), 1);
	item = packed_item(&packed, 0);
	e->join(&item, 1, &resource, &out);
	text = arena_str(&t->a, buf_str(&out));
	buf_free(&out);
	packed_free(&packed);
	return text;
}

static void
check(struct trace *t, const char *expected)
{
	struct str text = draw(t, false);

	assert_string_equal(arena_cstr(&t->a, text), expected);
	arena_free(&t->a);
}

/* weave 17 */
static void
the_worked_example_is_a_tree_with_its_facts(void **state)
{
	struct trace t = {0};
	struct str reasons[2] = {STR_INIT("tool_use"), STR_INIT("end_turn")};
	struct span *turn = add(&t, 1, 0, STR("invoke_agent claude-code"), 0, 4010);
	struct span *first = add(&t, 2, 1, STR("chat claude-x"), 20, 1900), *s;

	(void)state;
	set_text(&t, turn, STR("gen_ai.conversation.id"), STR("0b8d-S"));
	set_display(&t, turn, STR("Turn 1: fix it"));
	set_finish(&t, turn, reasons, 2);
	set_int(&t, first, STR("gen_ai.usage.input_tokens"), 1104);
	set_int(&t, first, STR("gen_ai.usage.output_tokens"), 120);
	set_int(&t, first, STR("gen_ai.usage.cache_read.input_tokens"), 1000);
	set_finish(&t, first, reasons, 1);
	set_display(&t, add(&t, 3, 1, STR("execute_tool Read"), 1700, 1710), STR("Read: /p/a.py"));
	set_display(&t, add(&t, 4, 1, STR("invoke_agent Explore"), 1900, 3020),
	            STR("Agent: check"));
	s = add(&t, 5, 4, STR("chat claude-x"), 1950, 3000);
	set_text(&t, s, STR("retrospan.time.evidence"), STR("estimated"));
	add(&t, 6, 1, STR("chat claude-x"), 3030, 4000);
	check(&t,
	      "2026-05-29T09:23:39.723Z  conversation 0b8d-S  trace 4bf92f35\n"
	      "  +0.000s  4.010s  invoke_agent claude-code  Turn 1: fix it  tool_use, end_turn\n"
	      "  +0.020s  1.880s    chat claude-x           in 1104 out 120 cache 1000  tool_use\n"
	      "  +1.700s  0.010s    execute_tool Read       /p/a.py\n"
	      "  +1.900s  1.120s    invoke_agent Explore    Agent: check\n"
	      "  +1.950s ~1.050s      chat claude-x\n"
	      "  +3.030s  0.970s    chat claude-x\n");
}

static void
siblings_stand_in_the_order_of_time_then_of_the_list(void **state)
{
	struct trace t = {0};

	(void)state;
	add(&t, 1, 0, STR("root"), 0, 10);
	add(&t, 2, 1, STR("late"), 5, 6);
	add(&t, 3, 1, STR("first"), 1, 2);
	add(&t, 4, 1, STR("second"), 1, 2);
	add(&t, 5, 3, STR("inner"), 1, 2);
	check(&t, "2026-05-29T09:23:39.723Z  trace 4bf92f35\n"
	          "  +0.000s  0.010s  root\n"
	          "  +0.001s  0.001s    first\n"
	          "  +0.001s  0.001s      inner\n"
	          "  +0.001s  0.001s    second\n"
	          "  +0.005s  0.001s    late\n");
}

static void
span_whose_parent_is_elsewhere_stands_at_top_level(void **state)
{
	struct trace t = {0};

	(void)state;
	add(&t, 2, 9, STR("b"), 100, 200);
	add(&t, 3, 2, STR("c"), 10100, 10200);
	add(&t, 4, 9, STR("a"), 0, 100000);
	check(&t, "2026-05-29T09:23:39.723Z  trace 4bf92f35\n"
	          "   +0.000s  100.000s  a\n"
	          "   +0.100s    0.100s  b\n"
	          "  +10.100s    0.100s    c\n");
}

static void
spans_that_are_each_others_parents_are_drawn_once(void **state)
{
	struct trace t = {0};

	(void)state;
	add(&t, 1, 2, STR("a"), 0, 1);
	add(&t, 2, 1, STR("b"), 0, 1);
	add(&t, 3, 3, STR("own"), 0, 1);
	check(&t, "2026-05-29T09:23:39.723Z  trace 4bf92f35\n"
	          "  +0.000s  0.001s  a\n"
	          "  +0.000s  0.001s    b\n"
	          "  +0.000s  0.001s  own\n");
}

static void
error_shows_type_and_first_line_of_its_message(void **state)
{
	struct trace t = {0};
	struct span *s = add(&t, 1, 0, STR("execute_tool Bash"), 0, 1);
	struct buf longer = {0};

	(void)state;
	s->status = STATUS_ERROR;
	s->status_message = STR("\nExit code 1\nmore");
	set_text(&t, s, STR("error.type"), STR("tool_error"));
	assert_true(str_has(draw(&t, false), STR("Bash  ERROR tool_error: Exit code 1\n")));
	s->status_message = (struct str){0};
	assert_true(str_has(draw(&t, false), STR("Bash  ERROR tool_error\n")));
	s->attributes.len = 0;
	assert_true(str_has(draw(&t, false), STR("Bash  ERROR\n")));
	buf_fill(&longer, 'x', 101);
	s->status_message = buf_str(&longer);
	assert_true(str_has(draw(&t, false), STR("xx…\n")));
	longer.len = 100;
	s->status_message = buf_str(&longer);
	assert_true(str_has(draw(&t, false), STR("xxx\n")));
	buf_free(&longer);
	arena_free(&t.a);
}

static void
only_colour_differs_with_colour(void **state)
{
	struct trace t = {0};
	struct span *s = add(&t, 1, 0, STR("n"), 0, 1);
	struct buf plain = {0};
	struct str coloured;

	(void)state;
	s->status = STATUS_ERROR;
	s->status_message = STR("no");
	assert_false(str_has(draw(&t, false), STR("\033")));
	coloured = draw(&t, true);
	assert_true(str_has(coloured, STR("\033[31mERROR no\033[0m\n")));
	for (size_t i = 0; i < coloured.len; i++) {
		if (coloured.at[i] == '\033')
			i += str_find_byte(str_skip(coloured, i), 'm');
		else
			buf_byte(&plain, coloured.at[i]);
	}
	assert_true(str_eq(buf_str(&plain), draw(&t, false)));
	buf_free(&plain);
	arena_free(&t.a);
}

static void
text_of_a_transcript_can_not_steer_the_terminal(void **state)
{
	struct trace t = {0};
	struct span *s = add(&t, 1, 0, STR("execute_tool \033[2J"), 0, 1);
	struct str text;

	(void)state;
	set_display(&t, s, STR("a\nb\x7f\xc2\x9b\xc2\xa0\xe2\x80\xaez\xe2\x80\xa6"));
	text = draw(&t, false);
	assert_true(str_has(text, STR("execute_tool ?[2J  a b??\xc2\xa0?z\xe2\x80\xa6\n")));
	arena_free(&t.a);
}

static void
marks_are_shown_only_when_they_are_set(void **state)
{
	struct trace t = {0};
	struct span *s = add(&t, 1, 0, STR("n"), 0, 1);
	struct str reasons[4] = {STR_INIT("a"), STR_INIT("a"), STR_INIT("b"), STR_INIT("a")};

	(void)state;
	set_finish(&t, s, reasons, 4);
	set_int(&t, s, STR("gen_ai.usage.input_tokens"), 0);
	set_int(&t, s, STR("gen_ai.usage.cache_read.input_tokens"), 0);
	set_int(&t, s, STR("retrospan.attempts"), 3);
	attribute_bool(&t.a, &s->attributes, STR("retrospan.background"), true);
	attribute_bool(&t.a, &s->attributes, STR("retrospan.turn.interrupted"), false);
	set_text(&t, s, STR("weave.codex.orphan_reason"), STR("session_ended"));
	assert_true(str_has(draw(&t, false), STR("n  in 0  a×2, b, a  attempts 3  background"
	                                         "  orphan session_ended\n")));
	arena_free(&t.a);
}

static void
events_stand_below_their_span_with_their_attributes(void **state)
{
	struct trace t = {0};
	struct span *s = add(&t, 1, 0, STR("n"), 0, 1500);
	struct span_event *event = ARENA_PUSH(&t.a, &s->events);

	(void)state;
	event->time_ns = T0 + 200 * WHEN_MS;
	event->name = STR("weave.permission_resolved");
	attribute_bool(&t.a, &event->attributes, STR("weave.permission.approved"), true);
	attribute_text(&t.a, &event->attributes, STR("why"), STR("asked"));
	event = ARENA_PUSH(&t.a, &s->events);
	event->time_ns = T0 - WHEN_MS;
	event->name = STR("early");
	check(&t, "2026-05-29T09:23:39.723Z  trace 4bf92f35\n"
	          "  +0.000s  1.500s  n\n"
	          "  +0.200s            · weave.permission_resolved"
	          "  weave.permission.approved=true  why=asked\n"
	          "  -0.001s            · early\n");
}

static void
no_spans_give_no_item(void **state)
{
	struct spans none = {0};
	struct encode_options options = {0};
	struct packed packed = {0};

	(void)state;
	encoder_find(STR("text"))->pack(&none, &options, &packed);
	assert_int_equal(packed_len(&packed), 0);
	packed_free(&packed);
}

/* Hostile nesting costs neither stack nor ever longer lines. */
static void
very_deep_trees_are_drawn_whole(void **state)
{
	struct trace t = {0};
	struct str text;
	size_t lines = 0;

	(void)state;
	for (unsigned i = 1; i <= 50000; i++) {
		struct span *s = add(&t, 0, 0, STR("n"), 0, 1);

		memcpy(s->span_id, &i, sizeof i);
		memcpy(s->parent_id, &(unsigned){i - 1}, sizeof i);
	}
	text = draw(&t, false);
	for (size_t i = 0; i < text.len; i++)
		lines += text.at[i] == '\n';
	assert_int_equal(lines, 50001);
	assert_true(text.len < 50001 * 120);
	arena_free(&t.a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_worked_example_is_a_tree_with_its_facts),
	    cmocka_unit_test(siblings_stand_in_the_order_of_time_then_of_the_list),
	    cmocka_unit_test(span_whose_parent_is_elsewhere_stands_at_top_level),
	    cmocka_unit_test(spans_that_are_each_others_parents_are_drawn_once),
	    cmocka_unit_test(error_shows_type_and_first_line_of_its_message),
	    cmocka_unit_test(only_colour_differs_with_colour),
	    cmocka_unit_test(text_of_a_transcript_can_not_steer_the_terminal),
	    cmocka_unit_test(marks_are_shown_only_when_they_are_set),
	    cmocka_unit_test(events_stand_below_their_span_with_their_attributes),
	    cmocka_unit_test(no_spans_give_no_item),
	    cmocka_unit_test(very_deep_trees_are_drawn_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
