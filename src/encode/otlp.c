/* Spans as OTLP protobuf. otlp 1 and 3 */

#include <assert.h>
#include <stdio.h>

#include "encode/encoders.h"
#include "otlp.pb-c.h"

/* Far below the 4 MiB that gRPC servers take (otlp 14), and still in the processor's cache when
 * it is written. */
#define OTLP_BATCH_BYTES (512u << 10)

#define OTLP_LENGTH_BYTES 4 /* before each batch of otlp-delimited, otlp 8 */

/* A message holds less than 2 GiB; a MiB of that is left for the envelope. */
#define OTLP_ITEM_BYTES_MAX ((1u << 31) - (1u << 20))

/* A tag and a length in front of a message below 2 GiB. */
#define OTLP_PREFIX_BYTES 6

/* At most: a tag with a length or with a number. */
#define OTLP_FIELD_BYTES 12

#define OTLP_LARGE_BYTES ((size_t)64 << 10)

/* A message under construction. */
struct otlp_build {
	struct arena *a; /* its parts live here */
	size_t bytes;    /* it takes no more than this when it is packed */
};

/* protobuf-c's way to write bytes that are not yet counted. */
struct otlp_sink {
	ProtobufCBuffer base;
	struct buf *to;
};

static void
otlp_append(ProtobufCBuffer *sink, size_t len, const uint8_t *at)
{
	buf_add(((struct otlp_sink *)sink)->to, (struct str){(const char *)at, len});
}

static void
otlp_write_large(const ProtobufCMessage *message, struct buf *to)
{
	struct otlp_sink sink = {.base = {otlp_append}, .to = to};

	protobuf_c_message_pack_to_buffer(message, &sink.base);
}

/*
 * protobuf_c_message_pack writes a nested message first and then moves it to make
 * room for its length: a large text is copied again on each level. The other way measures
 * before it writes, which costs more than twice as much when there are many small fields.
 */
static void
otlp_write(const ProtobufCMessage *message, size_t bytes, struct buf *to)
{
	size_t written;

	if (bytes > OTLP_LARGE_BYTES) {
		otlp_write_large(message, to);
		return;
	}
	written = protobuf_c_message_pack(message, (uint8_t *)buf_reserve(to, bytes));
	assert(written <= bytes);
	to->len += written;
}

/* The library only reads what it packs, but its structs say otherwise. */
static ProtobufCBinaryData
otlp_bytes(struct otlp_build *b, const void *at, size_t len)
{
	union {
		const void *in;
		uint8_t *out;
	} view = {.in = at};

	b->bytes += OTLP_FIELD_BYTES + len;
	return (ProtobufCBinaryData){len, view.out};
}

static ProtobufCBinaryData
otlp_text(struct otlp_build *b, struct str s)
{
	return otlp_bytes(b, s.at, s.len);
}

static Otlp__ArrayValue *
otlp_array(struct otlp_build *b, const struct value *value)
{
	size_t len = value->texts.len;
	Otlp__AnyValue *values = ARENA_ARRAY(b->a, Otlp__AnyValue, len);
	Otlp__ArrayValue *array = ARENA_NEW(b->a, Otlp__ArrayValue);

	*array = (Otlp__ArrayValue)OTLP__ARRAY_VALUE__INIT;
	array->n_values = len;
	array->values = ARENA_ARRAY(b->a, Otlp__AnyValue *, len);
	for (size_t i = 0; i < len; i++) {
		otlp__any_value__init(&values[i]);
		values[i].value_case = OTLP__ANY_VALUE__VALUE_STRING_VALUE;
		values[i].string_value = otlp_text(b, value->texts.at[i]);
		array->values[i] = &values[i];
		b->bytes += OTLP_FIELD_BYTES;
	}
	return array;
}

/* A chosen member is written even when it holds the default. otlp 3 */
static void
otlp_value(struct otlp_build *b, const struct value *value, Otlp__AnyValue *any)
{
	otlp__any_value__init(any);
	b->bytes += OTLP_FIELD_BYTES;
	switch (value->type) {
	case VALUE_TEXT:
		any->value_case = OTLP__ANY_VALUE__VALUE_STRING_VALUE;
		any->string_value = otlp_text(b, value->text);
		break;
	case VALUE_BOOL:
		any->value_case = OTLP__ANY_VALUE__VALUE_BOOL_VALUE;
		any->bool_value = value->flag;
		break;
	case VALUE_INT:
		any->value_case = OTLP__ANY_VALUE__VALUE_INT_VALUE;
		any->int_value = value->integer;
		break;
	case VALUE_DOUBLE:
		any->value_case = OTLP__ANY_VALUE__VALUE_DOUBLE_VALUE;
		any->double_value = value->number;
		break;
	case VALUE_TEXTS:
		any->value_case = OTLP__ANY_VALUE__VALUE_ARRAY_VALUE;
		any->array_value = otlp_array(b, value);
		break;
	}
}

static Otlp__KeyValue **
otlp_attributes(struct otlp_build *b, const struct attributes *attributes)
{
	size_t len = attributes->len;
	Otlp__KeyValue *pairs = ARENA_ARRAY(b->a, Otlp__KeyValue, len);
	Otlp__AnyValue *values = ARENA_ARRAY(b->a, Otlp__AnyValue, len);
	Otlp__KeyValue **list = ARENA_ARRAY(b->a, Otlp__KeyValue *, len);

	for (size_t i = 0; i < len; i++) {
		pairs[i] = (Otlp__KeyValue)OTLP__KEY_VALUE__INIT;
		otlp_value(b, &attributes->at[i].value, &values[i]);
		pairs[i].key = otlp_text(b, attributes->at[i].key);
		pairs[i].value = &values[i];
		list[i] = &pairs[i];
	}
	b->bytes += len * 2 * OTLP_FIELD_BYTES; /* the pair and its value */
	return list;
}

static Otlp__Event **
otlp_events(struct otlp_build *b, const struct span_events *events)
{
	Otlp__Event *messages = ARENA_ARRAY(b->a, Otlp__Event, events->len);
	Otlp__Event **list = ARENA_ARRAY(b->a, Otlp__Event *, events->len);

	for (size_t i = 0; i < events->len; i++) {
		const struct span_event *event = &events->at[i];

		messages[i] = (Otlp__Event)OTLP__EVENT__INIT;
		messages[i].time_unix_nano = event->time_ns;
		messages[i].name = otlp_text(b, event->name);
		messages[i].n_attributes = event->attributes.len;
		messages[i].attributes = otlp_attributes(b, &event->attributes);
		list[i] = &messages[i];
	}
	b->bytes += events->len * 2 * OTLP_FIELD_BYTES; /* the event and its time */
	return list;
}

static Otlp__Status *
otlp_status(struct otlp_build *b, const struct span *span)
{
	Otlp__Status *status;

	if (span->status == STATUS_UNSET)
		return NULL;
	status = ARENA_NEW(b->a, Otlp__Status);
	*status = (Otlp__Status)OTLP__STATUS__INIT;
	status->code = (uint32_t)span->status;
	status->message = otlp_text(b, span->status_message);
	b->bytes += 2 * OTLP_FIELD_BYTES; /* the status and its code */
	return status;
}

static void
otlp_pack_span(struct arena *a, const struct span *span, struct buf *to)
{
	struct otlp_build b = {.a = a};
	Otlp__Span message = OTLP__SPAN__INIT;

	message.trace_id = otlp_bytes(&b, span->trace_id, TRACE_ID_LEN);
	message.span_id = otlp_bytes(&b, span->span_id, SPAN_ID_LEN);
	message.trace_state = otlp_text(&b, span->trace_state);
	if (!span_is_root(span)) /* absent, not eight zero bytes: otlp 3 */
		message.parent_span_id = otlp_bytes(&b, span->parent_id, SPAN_ID_LEN);
	message.name = otlp_text(&b, span->name);
	message.kind = (uint32_t)span->kind;
	message.start_time_unix_nano = span->start_ns;
	message.end_time_unix_nano = span->end_ns;
	message.n_attributes = span->attributes.len;
	message.attributes = otlp_attributes(&b, &span->attributes);
	message.n_events = span->events.len;
	message.events = otlp_events(&b, &span->events);
	message.status = otlp_status(&b, span);
	message.flags = span_flags(span);
	b.bytes += 4 * OTLP_FIELD_BYTES; /* the numbers */
	otlp_write(&message.base, b.bytes, to);
}

static void
otlp_pack(const struct spans *trace, const struct encode_options *options, struct packed *out)
{
	(void)options;
	for (size_t i = 0; i < trace->len; i++) {
		arena_reset(&out->scratch);
		otlp_pack_span(&out->scratch, trace->at[i], &out->bytes);
		packed_end_item(out);
	}
}

static void
otlp_join(const struct str *items, size_t count, const struct resource *resource, struct buf *out)
{
	struct arena scratch = {0};
	struct otlp_build b = {.a = &scratch};
	Otlp__TracesData data = OTLP__TRACES_DATA__INIT;
	Otlp__ResourceSpans resource_spans = OTLP__RESOURCE_SPANS__INIT;
	Otlp__ScopeSpans scope_spans = OTLP__SCOPE_SPANS__INIT;
	Otlp__Resource origin = OTLP__RESOURCE__INIT;
	Otlp__InstrumentationScope scope = OTLP__INSTRUMENTATION_SCOPE__INIT;

	origin.n_attributes = resource->attributes.len;
	origin.attributes = otlp_attributes(&b, &resource->attributes);
	scope.name = otlp_text(&b, resource->scope_name);
	scope.version = otlp_text(&b, resource->scope_version);
	scope.n_attributes = resource->scope_attributes.len;
	scope.attributes = otlp_attributes(&b, &resource->scope_attributes);
	scope_spans.scope = &scope;
	scope_spans.n_spans = count;
	scope_spans.spans = ARENA_ARRAY(&scratch, ProtobufCBinaryData, count);
	for (size_t i = 0; i < count; i++)
		scope_spans.spans[i] = otlp_text(&b, items[i]);
	resource_spans.resource = &origin;
	resource_spans.n_scope_spans = 1;
	resource_spans.scope_spans = (Otlp__ScopeSpans *[]){&scope_spans};
	data.n_resource_spans = 1;
	data.resource_spans = (Otlp__ResourceSpans *[]){&resource_spans};
	otlp_write_large(&data.base, out);
	arena_free(&scratch);
}

static void *
otlp_allocate(void *arena, size_t size)
{
	return arena_alloc(arena, size);
}

static void
otlp_forget(void *arena, void *at)
{
	(void)arena;
	(void)at;
}

/* NULL when it is not what otlp_join makes. */
static Otlp__TracesData *
otlp_read(struct arena *a, struct str batch)
{
	ProtobufCAllocator allocator = {otlp_allocate, otlp_forget, a};
	Otlp__TracesData *data = otlp__traces_data__unpack(&allocator, batch.len,
	                                                   (const uint8_t *)batch.at);

	return data != NULL && data->n_resource_spans == 1 &&
	               data->resource_spans[0]->n_scope_spans == 1
	           ? data
	           : NULL;
}

static bool
otlp_split(struct arena *a, struct str batch, struct packed *items, struct str *rest)
{
	struct arena scratch = {0};
	struct buf empty = {0};
	Otlp__TracesData *data = otlp_read(&scratch, batch);

	if (data != NULL) {
		Otlp__ScopeSpans *scope_spans = data->resource_spans[0]->scope_spans[0];

		for (size_t i = 0; i < scope_spans->n_spans; i++) {
			const ProtobufCBinaryData *span = &scope_spans->spans[i];

			buf_add(&items->bytes, (struct str){(const char *)span->data, span->len});
			packed_end_item(items);
		}
		scope_spans->n_spans = 0;
		otlp_write_large(&data->base, &empty);
		*rest = arena_str(a, buf_str(&empty));
	}
	buf_free(&empty);
	arena_free(&scratch);
	return data != NULL;
}

static void
otlp_refill(struct str rest, const struct str *items, size_t count, struct buf *out)
{
	struct arena scratch = {0};
	struct otlp_build b = {.a = &scratch};
	Otlp__TracesData *data = otlp_read(&scratch, rest);

	assert(data != NULL); /* otlp_split wrote it */
	Otlp__ScopeSpans *scope_spans = data->resource_spans[0]->scope_spans[0];
	scope_spans->n_spans = count;
	scope_spans->spans = ARENA_ARRAY(&scratch, ProtobufCBinaryData, count);
	for (size_t i = 0; i < count; i++)
		scope_spans->spans[i] = otlp_text(&b, items[i]);
	otlp_write_large(&data->base, out);
	arena_free(&scratch);
}

/* The size of a batch without items, and how much longer the lengths around them can become. */
static size_t
otlp_overhead(const struct resource *resource)
{
	struct buf envelope = {0};
	size_t size;

	otlp_join(NULL, 0, resource, &envelope);
	size = envelope.len + 2 * (OTLP_PREFIX_BYTES - 1);
	buf_free(&envelope);
	return size;
}

static void
otlp_delimited_join(const struct str *items, size_t count, const struct resource *resource,
                    struct buf *out)
{
	size_t start = out->len, size;

	buf_fill(out, '\0', OTLP_LENGTH_BYTES);
	otlp_join(items, count, resource, out);
	size = out->len - start - OTLP_LENGTH_BYTES;
	assert(size <= UINT32_MAX); /* items are no larger than item_bytes_max */
	for (size_t i = 0; i < OTLP_LENGTH_BYTES; i++)
		out->at[start + i] = (char)(size >> 8 * (OTLP_LENGTH_BYTES - 1 - i) & 0xff);
}

static size_t
otlp_delimited_overhead(const struct resource *resource)
{
	return OTLP_LENGTH_BYTES + otlp_overhead(resource);
}

const char *
otlp_library(void)
{
	return "protobuf-c " PROTOBUF_C_VERSION;
}

const struct encoder otlp_encoder = {
    .name = STR_INIT("otlp"),
    .media_type = STR_INIT("application/x-protobuf"),
    .help = STR_INIT("OTLP protobuf: one TracesData message (.pb)"),
    .binary = true,
    .batch_bytes = OTLP_BATCH_BYTES,
    .item_bytes_max = OTLP_ITEM_BYTES_MAX,
    .item_overhead = OTLP_PREFIX_BYTES,
    .pack = otlp_pack,
    .join = otlp_join,
    .overhead = otlp_overhead,
    .split = otlp_split,
    .refill = otlp_refill,
};

const struct encoder otlp_delimited_encoder = {
    .name = STR_INIT("otlp-delimited"),
    .media_type = STR_INIT("application/octet-stream"),
    .help = STR_INIT("OTLP protobuf, each message after its length in 4 bytes (.binpb)"),
    .binary = true,
    .batch_bytes = OTLP_BATCH_BYTES,
    .item_bytes_max = OTLP_ITEM_BYTES_MAX,
    .item_overhead = OTLP_PREFIX_BYTES,
    .pack = otlp_pack,
    .join = otlp_delimited_join,
    .overhead = otlp_delimited_overhead,
};
