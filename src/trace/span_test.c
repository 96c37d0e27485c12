#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "trace/span.h"

static void
empty_text_adds_nothing(void **state)
{
	struct arena a = {0};
	struct attributes list = {0};

	(void)state;
	attribute_text(&a, &list, STR("k"), STR(""));
	attribute_texts(&a, &list, STR("l"), NULL, 0);
	assert_int_equal(list.len, 0);
	assert_null(attribute_get(&list, STR("k")));
	arena_free(&a);
}

static void
each_type_comes_back_in_order(void **state)
{
	struct arena a = {0};
	struct attributes list = {0};
	const struct value *value;

	(void)state;
	attribute_text(&a, &list, STR("text"), STR("x"));
	attribute_bool(&a, &list, STR("flag"), false);
	attribute_int(&a, &list, STR("number"), 0);
	assert_int_equal(list.len, 3);
	assert_true(str_eq(list.at[1].key, STR("flag")));
	value = attribute_get(&list, STR("text"));
	assert_int_equal(value->type, VALUE_TEXT);
	assert_true(str_eq(value->text, STR("x")));
	value = attribute_get(&list, STR("flag"));
	assert_int_equal(value->type, VALUE_BOOL);
	assert_false(value->flag);
	value = attribute_get(&list, STR("number"));
	assert_int_equal(value->type, VALUE_INT);
	assert_int_equal(value->integer, 0);
	arena_free(&a);
}

static void
list_of_texts_outlives_the_callers_array(void **state)
{
	struct arena a = {0};
	struct attributes list = {0};
	struct str texts[2] = {STR_INIT("one"), STR_INIT("")};
	const struct value *value;

	(void)state;
	attribute_texts(&a, &list, STR("k"), texts, 2);
	texts[0] = STR("gone");
	value = attribute_get(&list, STR("k"));
	assert_int_equal(value->type, VALUE_TEXTS);
	assert_int_equal(value->texts.len, 2);
	assert_true(str_eq(value->texts.at[0], STR("one")));
	assert_int_equal(value->texts.at[1].len, 0);
	arena_free(&a);
}

static void
integer_above_int64_is_the_largest_int64(void **state)
{
	struct arena a = {0};
	struct attributes list = {0};

	(void)state;
	attribute_int(&a, &list, STR("k"), UINT64_MAX);
	assert_true(attribute_get(&list, STR("k"))->integer == INT64_MAX);
	arena_free(&a);
}

static void
key_is_found_only_whole(void **state)
{
	struct arena a = {0};
	struct attributes list = {0};

	(void)state;
	attribute_bool(&a, &list, STR("ab"), true);
	assert_null(attribute_get(&list, STR("a")));
	assert_null(attribute_get(&list, STR("abc")));
	assert_non_null(attribute_get(&list, STR("ab")));
	arena_free(&a);
}

static void
span_without_parent_id_is_a_root(void **state)
{
	struct span s = {0};

	(void)state;
	assert_true(span_is_root(&s));
	s.parent_id[SPAN_ID_LEN - 1] = 1;
	assert_false(span_is_root(&s));
}

static void
resource_is_equal_to_its_copy_until_one_value_differs(void **state)
{
	struct arena a = {0};
	struct resource r = {.scope_name = STR("scope")};

	(void)state;
	attribute_text(&a, &r.attributes, STR("service.version"), STR("2.1.0"));
	attribute_int(&a, &r.attributes, STR("n"), 3);
	struct resource copy = resource_copy(&a, &r);
	assert_true(resource_equal(&r, &copy));
	assert_true(copy.attributes.at[0].value.text.at != r.attributes.at[0].value.text.at);
	copy.attributes.at[1].value.integer = 4;
	assert_false(resource_equal(&r, &copy));
	copy.attributes.len = 1;
	assert_false(resource_equal(&r, &copy));
	copy = resource_copy(&a, &r);
	copy.scope_version = STR("1");
	assert_false(resource_equal(&r, &copy));
	arena_free(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(empty_text_adds_nothing),
	    cmocka_unit_test(each_type_comes_back_in_order),
	    cmocka_unit_test(list_of_texts_outlives_the_callers_array),
	    cmocka_unit_test(integer_above_int64_is_the_largest_int64),
	    cmocka_unit_test(key_is_found_only_whole),
	    cmocka_unit_test(span_without_parent_id_is_a_root),
	    cmocka_unit_test(resource_is_equal_to_its_copy_until_one_value_differs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
