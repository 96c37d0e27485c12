#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "encode/encoder.h"
#include "encode/vector_test.h"

/* otlp 15 */
static const char vector[] =
    "{\"resourceSpans\":[{\"resource\":{\"attributes\":[{\"key\":\"service.name\","
    "\"value\":{\"stringValue\":\"demo\"}}]},\"scopeSpans\":[{\"scope\":{"
    "\"name\":\"t\",\"version\":\"1\"},\"spans\":[{"
    "\"traceId\":\"0102030405060708090a0b0c0d0e0f10\",\"spanId\":\"1112131415161718\","
    "\"parentSpanId\":\"2122232425262728\",\"flags\":257,\"name\":\"chat m\","
    "\"kind\":3,\"startTimeUnixNano\":\"1700000000000000000\","
    "\"endTimeUnixNano\":\"1700000001500000000\",\"attributes\":[{\"key\":\"s\","
    "\"value\":{\"stringValue\":\"a\"}},{\"key\":\"b\",\"value\":{"
    "\"boolValue\":false}},{\"key\":\"i\",\"value\":{\"intValue\":\"-1\"}},{"
    "\"key\":\"d\",\"value\":{\"doubleValue\":0.5}},{\"key\":\"a\",\"value\":{"
    "\"arrayValue\":{\"values\":[{\"stringValue\":\"x\"},{\"stringValue\":\"\"}]}}}],"
    "\"events\":[{\"timeUnixNano\":\"1700000001000000000\",\"name\":\"e\"}],"
    "\"status\":{\"message\":\"boom\",\"code\":2}}]}]}]}\n";

static const struct encode_options no_options;

/* The line of these spans; lives in a. */
static struct str
encode(struct arena *a, struct span **spans, size_t count, const struct resource *resource)
{
	const struct encoder *e = encoder_find(STR("otlp-json"));
	struct spans trace = {.at = spans, .len = count};
	struct packed packed = {0};
	struct str *items = ARENA_ARRAY(a, struct str, count), text;
	struct buf line = {0};

	e->pack(&trace, &no_options, &packed);
	assert_int_equal(packed_len(&packed), count);
	for (size_t i = 0; i < count; i++)
		items[i] = packed_item(&packed, i);
	e->join(items, count, resource, &line);
	text = arena_str(a, buf_str(&line));
	buf_free(&line);
	packed_free(&packed);
	return text;
}

static void
the_vector_of_the_spec_is_met_byte_for_byte(void **state)
{
	struct arena a = {0};
	struct resource resource = vector_resource(&a);
	struct span *span = vector_span(&a);

	(void)state;
	assert_true(str_eq(encode(&a, &span, 1, &resource), STR(vector)));
	arena_free(&a);
}

static const char defaults[] =
    "{\"resourceSpans\":[{\"resource\":{},\"scopeSpans\":[{\"scope\":{},\"spans\":[{"
    "\"traceId\":\"01010101010101010101010101010101\",\"spanId\":\"0202020202020202\","
    "\"flags\":257,\"name\":\"n\",\"kind\":1,\"attributes\":[{\"key\":\"i\",\"value\":{"
    "\"intValue\":\"0\"}},{\"key\":\"l\",\"value\":{\"arrayValue\":{}}},{\"key\":\"s\","
    "\"value\":{\"stringValue\":\"\"}}],\"events\":[{\"name\":\"e\",\"attributes\":[{"
    "\"key\":\"t\",\"value\":{\"boolValue\":true}}]}],\"status\":{\"code\":1}}]}]}]}\n";

static void
chosen_defaults_are_written_and_others_left_out(void **state)
{
	struct arena a = {0};
	struct resource resource = {0};
	struct span s = {.name = STR_INIT("n"), .kind = SPAN_INTERNAL}, *span = &s;
	struct span_event *event = ARENA_PUSH(&a, &s.events);
	struct attribute *empty;

	(void)state;
	memset(s.trace_id, 1, sizeof s.trace_id);
	memset(s.span_id, 2, sizeof s.span_id);
	s.status = STATUS_OK;
	event->name = STR("e");
	attribute_bool(&a, &event->attributes, STR("t"), true);
	attribute_int(&a, &s.attributes, STR("i"), 0);
	empty = ARENA_PUSH(&a, &s.attributes);
	empty->key = STR("l");
	empty->value = (struct value){.type = VALUE_TEXTS};
	empty = ARENA_PUSH(&a, &s.attributes);
	empty->key = STR("s");
	assert_true(str_eq(encode(&a, &span, 1, &resource), STR(defaults)));
	arena_free(&a);
}

static void
a_batch_is_one_line_whatever_the_text_holds(void **state)
{
	struct arena a = {0};
	struct resource resource = vector_resource(&a);
	struct span *spans[2] = {vector_span(&a), vector_span(&a)};
	struct str line;

	(void)state;
	spans[0]->name = STR("a\n\"b\"\\\x01\r");
	line = encode(&a, spans, 2, &resource);
	assert_int_equal(str_find_byte(line, '\n'), line.len - 1);
	assert_true(str_has(line, STR("\"a\\n\\\"b\\\"\\\\\\u0001\\r\"")));
	assert_true(str_has(line, STR("},{\"traceId\":")));
	arena_free(&a);
}

static void
a_line_filled_to_its_room_is_under_the_limit(void **state)
{
	const struct encoder *e = encoder_find(STR("otlp-json"));
	struct arena a = {0};
	struct resource resource = vector_resource(&a);
	size_t room = encoder_room(e, &resource), used = 0, count = 0;
	struct buf text = {0}, line = {0};
	struct str items[100];

	(void)state;
	buf_fill(&text, 'x', room);
	for (size_t len = 20011; count < 100 && used < room; count++) {
		if (len > room - used - e->item_overhead)
			len = room - used - e->item_overhead;
		items[count] = (struct str){text.at, len};
		used += len + e->item_overhead;
	}
	assert_int_equal(used, room);
	e->join(items, count, &resource, &line);
	assert_true(line.len < 1000000);
	assert_true(line.len > 999990);
	buf_free(&text);
	buf_free(&line);
	arena_free(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_vector_of_the_spec_is_met_byte_for_byte),
	    cmocka_unit_test(chosen_defaults_are_written_and_others_left_out),
	    cmocka_unit_test(a_batch_is_one_line_whatever_the_text_holds),
	    cmocka_unit_test(a_line_filled_to_its_room_is_under_the_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
