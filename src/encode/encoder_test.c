#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "encode/encoder.h"
#include "encode/vector_test.h"

static void
every_encoder_is_found_by_its_own_name(void **state)
{
	size_t count = 0;

	(void)state;
	for (const struct encoder *const *e = encoder_all(); *e != NULL; e++, count++) {
		assert_ptr_equal(encoder_find((*e)->name), *e);
		assert_true((*e)->media_type.len > 0);
		assert_true((*e)->help.len > 0);
		assert_non_null((*e)->pack);
		assert_non_null((*e)->join);
	}
	assert_int_equal(count, 4);
}

static void
unknown_names_are_not_found(void **state)
{
	(void)state;
	assert_null(encoder_find(STR("")));
	assert_null(encoder_find(STR("otl")));
	assert_null(encoder_find(STR("otlpx")));
}

static void
only_protobuf_is_refused_on_a_terminal(void **state)
{
	(void)state;
	assert_true(encoder_find(STR("otlp"))->binary);
	assert_true(encoder_find(STR("otlp-delimited"))->binary);
	assert_false(encoder_find(STR("otlp-json"))->binary);
	assert_false(encoder_find(STR("text"))->binary);
}

static void
items_are_what_was_added_between_their_ends(void **state)
{
	struct packed p = {0};

	(void)state;
	assert_int_equal(packed_len(&p), 0);
	BUF_LIT(&p.bytes, "one");
	packed_end_item(&p);
	packed_end_item(&p);
	BUF_LIT(&p.bytes, "three");
	packed_end_item(&p);
	assert_int_equal(packed_len(&p), 3);
	assert_true(str_eq(packed_item(&p, 0), STR("one")));
	assert_int_equal(packed_item(&p, 1).len, 0);
	assert_true(str_eq(packed_item(&p, 2), STR("three")));
	packed_free(&p);
}

static void
cleared_items_are_gone(void **state)
{
	struct packed p = {0};

	(void)state;
	BUF_LIT(&p.bytes, "old");
	packed_end_item(&p);
	packed_clear(&p);
	assert_int_equal(packed_len(&p), 0);
	BUF_LIT(&p.bytes, "new");
	packed_end_item(&p);
	assert_int_equal(packed_len(&p), 1);
	assert_true(str_eq(packed_item(&p, 0), STR("new")));
	packed_free(&p);
}

static void
memory_of_a_giant_trace_is_given_back(void **state)
{
	struct packed p = {0};

	(void)state;
	buf_fill(&p.bytes, 'x', 100);
	packed_end_item(&p);
	packed_clear(&p);
	assert_true(p.bytes.cap > 0);
	buf_fill(&p.bytes, 'x', 64 << 20);
	packed_end_item(&p);
	packed_clear(&p);
	assert_int_equal(p.bytes.cap, 0);
	assert_int_equal(packed_len(&p), 0);
	packed_free(&p);
}

static void
room_is_what_the_envelope_leaves(void **state)
{
	struct arena a = {0};
	const struct encoder *json = encoder_find(STR("otlp-json"));
	struct resource small = {0}, huge = {0};
	struct buf text = {0};

	(void)state;
	buf_fill(&text, 'x', json->batch_bytes);
	attribute_text(&a, &huge.attributes, STR("k"), buf_str(&text));
	assert_true(encoder_room(json, &small) < json->batch_bytes);
	assert_true(encoder_room(json, &small) > json->batch_bytes - 200);
	assert_int_equal(encoder_room(json, &huge), 0);
	assert_true(encoder_room(encoder_find(STR("text")), &huge) == SIZE_MAX);
	buf_free(&text);
	arena_free(&a);
}

/* Splits and refills a batch of these three items, of which the second holds what could be taken for
 * the end of an item. */
static void
check_the_way_back(const struct encoder *e, const struct str items[3])
{
	struct arena a = {0};
	struct resource resource = vector_resource(&a);
	struct buf batch = {0}, again = {0};
	struct packed back = {0};
	struct str rest;

	attribute_text(&a, &resource.attributes, STR("k"), STR(",\"spans\":[{}"));
	e->join(items, 3, &resource, &batch);
	assert_true(e->split(&a, buf_str(&batch), &back, &rest));
	assert_int_equal(packed_len(&back), 3);
	for (size_t i = 0; i < 3; i++)
		assert_true(str_eq(packed_item(&back, i), items[i]));
	e->refill(rest, items, 3, &again);
	assert_true(str_eq(buf_str(&again), buf_str(&batch)));
	buf_clear(&batch);
	buf_clear(&again);
	e->join(items + 1, 1, &resource, &batch);
	e->refill(rest, items + 1, 1, &again);
	assert_true(str_eq(buf_str(&again), buf_str(&batch)));
	packed_clear(&back);
	assert_false(e->split(&a, STR("no batch"), &back, &rest));
	packed_clear(&back);
	assert_false(e->split(&a, str_head(buf_str(&batch), batch.len - 3), &back, &rest));
	packed_free(&back);
	buf_free(&batch);
	buf_free(&again);
	arena_free(&a);
}

static void
a_batch_can_be_taken_apart_and_put_together_in_parts(void **state)
{
	const struct str bytes[3] = {STR_INIT("\x0a\x01x"), STR_INIT(""), STR_INIT("]}]}]}")};
	const struct str objects[3] = {STR_INIT("{\"a\":{\"b\":[{}]}}"),
	                               STR_INIT("{\"c\":\"}]}\\\"},{\\\\\"}"), STR_INIT("{}")};

	(void)state;
	check_the_way_back(encoder_find(STR("otlp")), bytes);
	check_the_way_back(encoder_find(STR("otlp-json")), objects);
}

static void
library_is_named_with_its_version(void **state)
{
	(void)state;
	assert_true(str_starts(str_of(encoder_library()), STR("protobuf-c 1.")));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_encoder_is_found_by_its_own_name),
	    cmocka_unit_test(unknown_names_are_not_found),
	    cmocka_unit_test(only_protobuf_is_refused_on_a_terminal),
	    cmocka_unit_test(items_are_what_was_added_between_their_ends),
	    cmocka_unit_test(cleared_items_are_gone),
	    cmocka_unit_test(memory_of_a_giant_trace_is_given_back),
	    cmocka_unit_test(room_is_what_the_envelope_leaves),
	    cmocka_unit_test(a_batch_can_be_taken_apart_and_put_together_in_parts),
	    cmocka_unit_test(library_is_named_with_its_version),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
