#include "trace/context.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define GOOD "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

static void
a_traceparent_is_read(void **state)
{
	struct span_context c = {0};
	(void)state;
	assert_true(context_parse(STR(GOOD), &c));
	assert_true(c.is_set);
	assert_int_equal(c.trace_id[0], 0x0a);
	assert_int_equal(c.trace_id[15], 0x9c);
	assert_int_equal(c.span_id[7], 0x31);
	assert_int_equal(c.flags, 1);
}

static void
a_later_version_may_be_longer(void **state)
{
	struct span_context c = {0};
	(void)state;
	assert_true(
	    context_parse(STR("01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-ff-more"), &c));
	assert_int_equal(c.flags, 3);
	assert_false(
	    context_parse(STR("01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01x"), &c));
}

static void
what_is_no_traceparent_changes_nothing(void **state)
{
	static const char *const wrong[] = {
	    "",
	    "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0",
	    "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more",
	    "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
	    "00-0AF7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
	    "00-00000000000000000000000000000000-b7ad6b7169203331-01",
	    "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
	    "00_0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
	};
	struct span_context c = {0};
	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		assert_false(context_parse(str_of(wrong[i]), &c));
	assert_false(c.is_set);
}

static void
a_state_with_a_bad_member_is_no_state(void **state)
{
	(void)state;
	assert_true(context_state_valid(STR("vendor=1, a/b@c=x y")));
	assert_false(context_state_valid(STR("")));
	assert_false(context_state_valid(STR("vendor")));
	assert_false(context_state_valid(STR("Vendor=1")));
	assert_false(context_state_valid(STR("a=1,a=2")));
	assert_false(context_state_valid(STR("a=1=2")));
	assert_false(context_state_valid(STR("a=")));
}

static void
roots_go_below_the_caller_and_children_stay(void **state)
{
	struct span root = {.span_id = {1}}, child = {.span_id = {2}, .parent_id = {1}};
	struct span *list[] = {&root, &child};
	struct spans spans = {.at = list, .len = 2};
	struct span_context c = {0};
	(void)state;
	context_adopt(&c, &spans);
	assert_true(span_is_root(&root));
	assert_true(context_parse(STR(GOOD), &c));
	c.state = STR("a=1");
	context_adopt(&c, &spans);
	assert_memory_equal(root.parent_id, c.span_id, SPAN_ID_LEN);
	assert_memory_equal(root.trace_id, c.trace_id, TRACE_ID_LEN);
	assert_memory_equal(child.trace_id, c.trace_id, TRACE_ID_LEN);
	assert_int_equal(child.parent_id[0], 1);
	assert_int_equal(root.flags, 0x301);
	assert_int_equal(child.flags, 0x101);
	assert_true(str_eq(root.trace_state, STR("a=1")));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_traceparent_is_read),
	    cmocka_unit_test(a_later_version_may_be_longer),
	    cmocka_unit_test(what_is_no_traceparent_changes_nothing),
	    cmocka_unit_test(a_state_with_a_bad_member_is_no_state),
	    cmocka_unit_test(roots_go_below_the_caller_and_children_stay),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
