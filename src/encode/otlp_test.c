#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "encode/encoder.h"
#include "encode/vector_test.h"

/* otlp 15 */
static const char vector[] = "0acf010a180a160a0c736572766963652e6e616d6512060a0464656d6f12b201"
			     "0a060a017412013112a7010a100102030405060708090a0b0c0d0e0f10120811"
			     "12131415161718220821222324252627282a0663686174206d30033900002a36"
			     "fe9c971741002f928ffe9c97174a080a017312030a01614a070a016212021000"
			     "4a100a0169120b18ffffffffffffffffff014a0e0a0164120921000000000000"
			     "e03f4a100a0161120b2a090a030a01780a020a005a0c0900cac471fe9c971712"
			     "01657a081204626f6f6d1802850101010000";

static const struct encode_options no_options;

/* The batch of one span, as the encoder of that name makes it. */
static void
encode(struct str encoder, struct span *span, const struct resource *resource, struct buf *out)
{
	const struct encoder *e = encoder_find(encoder);
	struct spans trace = {.at = &span, .len = 1};
	struct packed packed = {0};
	struct str item;

	e->pack(&trace, &no_options, &packed);
	assert_int_equal(packed_len(&packed), 1);
	item = packed_item(&packed, 0);
	e->join(&item, 1, resource, out);
	assert_true(out->len <= e->overhead(resource) + e->item_overhead + item.len);
	packed_free(&packed);
}

/* The packed span in hexadecimal. */
static struct str
item_hex(struct arena *a, struct span *span)
{
	struct spans trace = {.at = &span, .len = 1};
	struct packed packed = {0};
	struct buf hex = {0};
	struct str text;

	encoder_find(STR("otlp"))->pack(&trace, &no_options, &packed);
	buf_hex(&hex, packed.bytes.at, packed.bytes.len);
	text = arena_str(a, buf_str(&hex));
	buf_free(&hex);
	packed_free(&packed);
	return text;
}

static void
the_vector_of_the_spec_is_met_byte_for_byte(void **state)
{
	struct arena a = {0};
	struct resource resource = vector_resource(&a);
	struct buf out = {0}, hex = {0};

	(void)state;
	encode(STR("otlp"), vector_span(&a), &resource, &out);
	assert_int_equal(out.len, 210);
	buf_hex(&hex, out.at, out.len);
	assert_true(str_eq(buf_str(&hex), STR(vector)));
	buf_free(&hex);
	buf_free(&out);
	arena_free(&a);
}

static void
delimited_batch_is_the_same_after_its_length(void **state)
{
	struct arena a = {0};
	struct resource resource = vector_resource(&a);
	struct buf out = {0}, hex = {0};

	(void)state;
	encode(STR("otlp-delimited"), vector_span(&a), &resource, &out);
	assert_memory_equal(out.at, "\0\0\0\xd2", 4);
	buf_hex(&hex, out.at + 4, out.len - 4);
	assert_true(str_eq(buf_str(&hex), STR(vector)));
	buf_free(&hex);
	buf_free(&out);
	arena_free(&a);
}

/* otlp 13.1 */
static void
empty_text_as_a_value_is_written(void **state)
{
	struct arena a = {0};
	struct span s = {.name = STR_INIT("n"), .kind = SPAN_INTERNAL};
	struct attribute *empty = ARENA_PUSH(&a, &s.attributes);

	(void)state;
	empty->key = STR("k");
	empty->value = (struct value){.type = VALUE_TEXT};
	assert_true(str_has(item_hex(&a, &s), STR("4a070a016b12020a00")));
	arena_free(&a);
}

static void
defaults_as_values_are_written(void **state)
{
	struct arena a = {0};
	struct span s = {.name = STR_INIT("n"), .kind = SPAN_INTERNAL};
	struct attribute *empty;
	struct str hex;

	(void)state;
	attribute_int(&a, &s.attributes, STR("i"), 0);
	empty = ARENA_PUSH(&a, &s.attributes);
	empty->key = STR("l");
	empty->value = (struct value){.type = VALUE_TEXTS};
	hex = item_hex(&a, &s);
	assert_true(str_has(hex, STR("4a070a016912021800")));
	assert_true(str_has(hex, STR("4a070a016c12022a00")));
	arena_free(&a);
}

/* otlp 3: absent, not eight zero bytes; no status: UNSET; flags on each span (otlp 2.3) */
static void
root_without_status_has_neither_field(void **state)
{
	struct arena a = {0};
	struct span s = {.name = STR_INIT("n"), .kind = SPAN_INTERNAL};

	(void)state;
	memset(s.trace_id, 1, sizeof s.trace_id);
	memset(s.span_id, 2, sizeof s.span_id);
	assert_true(str_eq(item_hex(&a, &s), STR("0a1001010101010101010101010101010101"
	                                         "12080202020202020202"
	                                         "2a016e3001850101010000")));
	arena_free(&a);
}

static void
text_behind_a_nul_is_kept(void **state)
{
	struct arena a = {0};
	struct span s = {.name = STR_INIT("a\0b"), .kind = SPAN_INTERNAL};

	(void)state;
	assert_true(str_has(item_hex(&a, &s), STR("2a03610062")));
	arena_free(&a);
}

static void
batch_is_no_larger_than_promised(void **state)
{
	const struct encoder *e = encoder_find(STR("otlp-delimited"));
	struct arena a = {0};
	struct resource resource = vector_resource(&a);
	struct buf text = {0}, out = {0};

	(void)state;
	buf_fill(&text, 'x', 3 << 20);
	for (size_t size = 0; size < text.len; size = size * 2 + 1) {
		struct str items[3] = {{text.at, size}, {text.at, size / 2}, {text.at, 127}};
		size_t sum = items[0].len + items[1].len + items[2].len + 3 * e->item_overhead;

		buf_clear(&out);
		e->join(items, 3, &resource, &out);
		assert_true(out.len <= e->overhead(&resource) + sum);
		buf_clear(&out);
		e->join(items, 1, &resource, &out);
		assert_true(out.len <= e->overhead(&resource) + size + e->item_overhead);
	}
	buf_free(&text);
	buf_free(&out);
	arena_free(&a);
}

static void
each_span_of_a_trace_is_an_item(void **state)
{
	struct arena a = {0};
	struct span *spans[3] = {vector_span(&a), vector_span(&a), vector_span(&a)};
	struct spans trace = {.at = spans, .len = 3};
	struct packed packed = {0};

	(void)state;
	encoder_find(STR("otlp"))->pack(&trace, &no_options, &packed);
	assert_int_equal(packed_len(&packed), 3);
	assert_int_equal(packed_item(&packed, 2).len, 0xa7);
	assert_true(str_eq(packed_item(&packed, 0), packed_item(&packed, 2)));
	packed_free(&packed);
	arena_free(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_vector_of_the_spec_is_met_byte_for_byte),
	    cmocka_unit_test(delimited_batch_is_the_same_after_its_length),
	    cmocka_unit_test(empty_text_as_a_value_is_written),
	    cmocka_unit_test(defaults_as_values_are_written),
	    cmocka_unit_test(root_without_status_has_neither_field),
	    cmocka_unit_test(text_behind_a_nul_is_kept),
	    cmocka_unit_test(batch_is_no_larger_than_promised),
	    cmocka_unit_test(each_span_of_a_trace_is_an_item),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
