/* Spans as lines of OTLP JSON. otlp 4 and 8 */

#include "base/json.h"
#include "encode/encoders.h"

/* A line with its end stays under this: the Collector cuts lines at 1 MiB. otlp 13.8 */
#define OTLP_JSON_LINE_BYTES 1000000

/* What stands before and behind the items of a line. */
#define JSON_SPANS ",\"spans\":["
#define JSON_END "]}]}]}\n"

static void
put_member_u64(struct buf *b, struct str key, uint64_t n)
{
	if (n == 0) /* defaults are left out, as in the protobuf */
		return;
	buf_add(b, key);
	BUF_LIT(b, "\"");
	buf_u64(b, n); /* as a string: otlp 13.6 */
	BUF_LIT(b, "\"");
}

static void
put_member_text(struct buf *b, struct str key, struct str text)
{
	if (text.len == 0)
		return;
	buf_add(b, key);
	json_put_text(b, text);
}

static void
put_member_id(struct buf *b, struct str key, const unsigned char *id, size_t len)
{
	buf_add(b, key);
	BUF_LIT(b, "\"");
	buf_hex(b, id, len);
	BUF_LIT(b, "\"");
}

static void
put_texts(struct buf *b, const struct value *value)
{
	if (value->texts.len == 0)
		return;
	BUF_LIT(b, "\"values\":[");
	for (size_t i = 0; i < value->texts.len; i++) {
		if (i > 0)
			BUF_LIT(b, ",");
		BUF_LIT(b, "{\"stringValue\":");
		json_put_text(b, value->texts.at[i]);
		BUF_LIT(b, "}");
	}
	BUF_LIT(b, "]");
}

static void
put_value(struct buf *b, const struct value *value)
{
	switch (value->type) {
	case VALUE_TEXT:
		BUF_LIT(b, "{\"stringValue\":");
		json_put_text(b, value->text);
		break;
	case VALUE_BOOL:
		buf_add(b, value->flag ? STR("{\"boolValue\":true") : STR("{\"boolValue\":false"));
		break;
	case VALUE_INT:
		BUF_LIT(b, "{\"intValue\":\"");
		buf_i64(b, value->integer);
		BUF_LIT(b, "\"");
		break;
	case VALUE_DOUBLE:
		BUF_LIT(b, "{\"doubleValue\":");
		json_put_double(b, value->number);
		break;
	case VALUE_TEXTS:
		BUF_LIT(b, "{\"arrayValue\":{");
		put_texts(b, value);
		BUF_LIT(b, "}");
		break;
	}
	BUF_LIT(b, "}");
}

/* The list after its key, nothing when it is empty. */
static void
put_attributes(struct buf *b, struct str key, const struct attributes *attributes)
{
	if (attributes->len == 0)
		return;
	buf_add(b, key);
	BUF_LIT(b, "[");
	for (size_t i = 0; i < attributes->len; i++) {
		if (i > 0)
			BUF_LIT(b, ",");
		BUF_LIT(b, "{\"key\":");
		json_put_text(b, attributes->at[i].key);
		BUF_LIT(b, ",\"value\":");
		put_value(b, &attributes->at[i].value);
		BUF_LIT(b, "}");
	}
	BUF_LIT(b, "]");
}

static void
put_events(struct buf *b, const struct span_events *events)
{
	if (events->len == 0)
		return;
	BUF_LIT(b, ",\"events\":[");
	for (size_t i = 0; i < events->len; i++) {
		const struct span_event *event = &events->at[i];

		if (i > 0)
			BUF_LIT(b, ",");
		BUF_LIT(b, "{");
		put_member_u64(b, STR("\"timeUnixNano\":"), event->time_ns);
		if (event->time_ns != 0)
			BUF_LIT(b, ",");
		BUF_LIT(b, "\"name\":");
		json_put_text(b, event->name);
		put_attributes(b, STR(",\"attributes\":"), &event->attributes);
		BUF_LIT(b, "}");
	}
	BUF_LIT(b, "]");
}

static void
put_status(struct buf *b, const struct span *span)
{
	if (span->status == STATUS_UNSET)
		return;
	BUF_LIT(b, ",\"status\":{");
	put_member_text(b, STR("\"message\":"), span->status_message);
	buf_add(b, span->status_message.len > 0 ? STR(",\"code\":") : STR("\"code\":"));
	buf_u64(b, (uint64_t)span->status);
	BUF_LIT(b, "}");
}

static void
put_span(struct buf *b, const struct span *span)
{
	put_member_id(b, STR("{\"traceId\":"), span->trace_id, TRACE_ID_LEN);
	put_member_id(b, STR(",\"spanId\":"), span->span_id, SPAN_ID_LEN);
	if (!span_is_root(span))
		put_member_id(b, STR(",\"parentSpanId\":"), span->parent_id, SPAN_ID_LEN);
	if (span->trace_state.len > 0)
		put_member_text(b, STR(",\"traceState\":"), span->trace_state);
	BUF_LIT(b, ",\"flags\":");
	buf_u64(b, span_flags(span));
	put_member_text(b, STR(",\"name\":"), span->name);
	BUF_LIT(b, ",\"kind\":");
	buf_u64(b, (uint64_t)span->kind);
	put_member_u64(b, STR(",\"startTimeUnixNano\":"), span->start_ns);
	put_member_u64(b, STR(",\"endTimeUnixNano\":"), span->end_ns);
	put_attributes(b, STR(",\"attributes\":"), &span->attributes);
	put_events(b, &span->events);
	put_status(b, span);
	BUF_LIT(b, "}");
}

static void
otlp_json_pack(const struct spans *trace, const struct encode_options *options, struct packed *out)
{
	(void)options;
	for (size_t i = 0; i < trace->len; i++) {
		put_span(&out->bytes, trace->at[i]);
		packed_end_item(out);
	}
}

static void
put_scope(struct buf *b, const struct resource *resource)
{
	BUF_LIT(b, "{");
	put_member_text(b, STR("\"name\":"), resource->scope_name);
	if (resource->scope_name.len > 0 && resource->scope_version.len > 0)
		BUF_LIT(b, ",");
	put_member_text(b, STR("\"version\":"), resource->scope_version);
	if (resource->scope_attributes.len > 0 && resource->scope_name.len > 0)
		BUF_LIT(b, ",");
	put_attributes(b, STR("\"attributes\":"), &resource->scope_attributes);
	BUF_LIT(b, "}");
}

static void
put_items(const struct str *items, size_t count, struct buf *out)
{
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			BUF_LIT(out, ",");
		buf_add(out, items[i]);
	}
}

static void
otlp_json_join(const struct str *items, size_t count, const struct resource *resource,
               struct buf *out)
{
	BUF_LIT(out, "{\"resourceSpans\":[{\"resource\":{");
	put_attributes(out, STR("\"attributes\":"), &resource->attributes);
	BUF_LIT(out, "},\"scopeSpans\":[{\"scope\":");
	put_scope(out, resource);
	BUF_LIT(out, JSON_SPANS);
	put_items(items, count, out);
	BUF_LIT(out, JSON_END);
}

/* The JSON object at the start of text; empty when there is none that is whole. */
static struct str
first_object(struct str text)
{
	size_t depth = 0;
	bool in_text = false;

	for (size_t i = 0; i < text.len; i++) {
		char c = text.at[i];

		if (in_text && c == '\\')
			i++;
		else if (c == '"')
			in_text = !in_text;
		else if (!in_text && c == '{')
			depth++;
		else if (!in_text && c == '}' && depth > 0 && --depth == 0)
			return str_head(text, i + 1);
		if (depth == 0)
			break;
	}
	return (struct str){0};
}

/* Inside of a text a quote has a backslash before it, so JSON_SPANS is found where it was
 * written. */
static bool
otlp_json_split(struct arena *a, struct str batch, struct packed *items, struct str *rest)
{
	size_t start = str_find(batch, STR(JSON_SPANS));
	struct str head = str_head(batch, start + sizeof JSON_SPANS - 1), item;
	struct str at = str_skip(batch, head.len);

	if (start == STR_NONE)
		return false;
	while ((item = first_object(at)).len > 0) {
		buf_add(&items->bytes, item);
		packed_end_item(items);
		at = str_skip(at, item.len);
		if (str_starts(at, STR(",")))
			at = str_skip(at, 1);
	}
	*rest = arena_join(a, (struct str[]){head, at}, 2);
	return str_eq(at, STR(JSON_END));
}

static void
otlp_json_refill(struct str rest, const struct str *items, size_t count, struct buf *out)
{
	buf_add(out, str_head(rest, rest.len - (sizeof JSON_END - 1)));
	put_items(items, count, out);
	BUF_LIT(out, JSON_END);
}

static size_t
otlp_json_overhead(const struct resource *resource)
{
	struct buf line = {0};
	size_t size;

	otlp_json_join(NULL, 0, resource, &line);
	size = line.len;
	buf_free(&line);
	return size;
}

const struct encoder otlp_json_encoder = {
    .name = STR_INIT("otlp-json"),
    .media_type = STR_INIT("application/json"),
    .help = STR_INIT("OTLP JSON lines (.jsonl)"),
    .batch_bytes = OTLP_JSON_LINE_BYTES,
    .warn_bytes = OTLP_JSON_LINE_BYTES,
    .item_overhead = 1, /* the comma; there is one less than items, so a full line is under */
    .pack = otlp_json_pack,
    .join = otlp_json_join,
    .overhead = otlp_json_overhead,
    .split = otlp_json_split,
    .refill = otlp_json_refill,
};
