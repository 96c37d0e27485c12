/*
 * Spans as text for people: each trace a tree in the order of time. It is also the
 * form of the golden files, so nothing in it depends on anything but the spans.
 */

#include <inttypes.h>
#include <stdio.h>

#include "base/utf8.h"
#include "base/when.h"
#include "encode/encoders.h"
#include "encode/tree.h"

#define TEXT_MESSAGE_MAX 100 /* UTF-16 units shown of a status message */
#define TEXT_VALUE_MAX 60    /* and of any other text but a name */
#define TEXT_COLUMNS_MAX 48  /* columns up to which names are padded */
#define TEXT_DEPTH_MAX 40    /* deeper spans are not indented further */
#define TEXT_RUNS_MAX 8      /* runs of equal texts shown of a list */
#define TEXT_ID_BYTES 4      /* bytes shown of a trace id */
#define TEXT_TIME_MAX 32     /* bytes of a length of time as text */
#define TEXT_KEYS_MAX 4

#define TEXT_BOLD STR("\033[1m")
#define TEXT_DIM STR("\033[2m")
#define TEXT_RED STR("\033[31m")
#define TEXT_NORMAL STR("\033[0m")

/* The names that the conventions have for one thing; the first that a span has counts. */
static const struct str conversation_keys[TEXT_KEYS_MAX] = {
    STR_INIT("gen_ai.conversation.id"),
    STR_INIT("session.id"),
};

static const struct str display_keys[TEXT_KEYS_MAX] = {
    STR_INIT("weave.claude_code.display_name"),
    STR_INIT("weave.qwen_code.display_name"),
    STR_INIT("weave.codex.display_name"),
    STR_INIT("weave.gemini_cli.display_name"),
};

/* What is shown behind a span's name, in this order: the label and the value; of a
 * flag the label alone, when it is true. */
struct fact {
	struct str label;
	bool skip_zero;
	struct str keys[TEXT_KEYS_MAX];
};

static const struct fact facts[] = {
    {STR_INIT(""),
     false,
     {STR_INIT("user_prompt"), STR_INIT("model"), STR_INIT("tool_name"), STR_INIT("hook_name")}},
    {STR_INIT(""),
     false,
     {STR_INIT("full_command"), STR_INIT("file_path"), STR_INIT("subagent_type"),
      STR_INIT("skill_name")}},
    {STR_INIT(""), false, {STR_INIT("decision")}},
    {STR_INIT("in "),
     false,
     {STR_INIT("gen_ai.usage.input_tokens"), STR_INIT("llm.token_count.prompt"),
      STR_INIT("input_tokens"), STR_INIT("input_token_count")}},
    {STR_INIT("out "),
     false,
     {STR_INIT("gen_ai.usage.output_tokens"), STR_INIT("llm.token_count.completion"),
      STR_INIT("output_tokens"), STR_INIT("output_token_count")}},
    {STR_INIT("cache "),
     true,
     {STR_INIT("gen_ai.usage.cache_read.input_tokens"),
      STR_INIT("llm.token_count.prompt_details.cache_read"), STR_INIT("cache_read_tokens"),
      STR_INIT("cached_content_token_count")}},
    {STR_INIT("usage incomplete"), false, {STR_INIT("retrospan.usage.incomplete")}},
    {STR_INIT(""),
     false,
     {STR_INIT("gen_ai.response.finish_reasons"), STR_INIT("llm.finish_reason"),
      STR_INIT("stop_reason")}},
    {STR_INIT("attempts "), false, {STR_INIT("retrospan.attempts")}},
    {STR_INIT("background"), false, {STR_INIT("retrospan.background")}},
    {STR_INIT("interrupted"), false, {STR_INIT("retrospan.turn.interrupted")}},
    {STR_INIT("orphan "),
     false,
     {STR_INIT("weave.claude_code.orphan_reason"), STR_INIT("weave.qwen_code.orphan_reason"),
      STR_INIT("weave.codex.orphan_reason"), STR_INIT("weave.gemini_cli.orphan_reason")}},
};

/* How a trace is drawn. */
struct view {
	struct buf *out;
	bool color;
	uint64_t base_ns; /* what relative times are relative to */
	size_t start_columns, duration_columns, name_columns;
	size_t gap;        /* spaces owed before the next thing on the line */
	bool after_number; /* the last thing on the line was one */
};

/* ---- pieces of a line ---- */

static size_t
text_indent(size_t depth)
{
	return 2 * (depth < TEXT_DEPTH_MAX ? depth : TEXT_DEPTH_MAX);
}

/* Text out of a transcript must not steer the terminal: no control characters. */
static void
put_clean(struct buf *b, struct str s)
{
	for (size_t i = 0, n; i<s.len; i += n> 0 ? n : 1) {
		n = utf8_control(s, i);
		if (s.at[i] == '\n' || s.at[i] == '\t')
			buf_byte(b, ' ');
		else
			buf_byte(b, n > 0 ? '?' : s.at[i]);
	}
}

static void
put_cut(struct buf *b, struct str s, size_t units)
{
	struct str shown = utf8_utf16_head(s, units);

	put_clean(b, shown);
	if (shown.len < s.len)
		BUF_LIT(b, "…");
}

static void
put_color(const struct view *v, struct str color)
{
	if (v->color)
		buf_add(v->out, color);
}

static void
put_gap(struct view *v)
{
	buf_fill(v->out, ' ', v->gap);
	v->gap = 2;
	v->after_number = false;
}

/* Equal texts in a row once, with their number: "tool_use×3, end_turn". */
static void
put_runs(struct buf *b, const struct str *texts, size_t len)
{
	size_t runs = 0;

	for (size_t i = 0, end; i < len; i = end) {
		for (end = i + 1; end < len && str_eq(texts[end], texts[i]);)
			end++;
		if (runs++ > 0)
			BUF_LIT(b, ", ");
		if (runs > TEXT_RUNS_MAX) {
			BUF_LIT(b, "…");
			return;
		}
		put_cut(b, texts[i], TEXT_VALUE_MAX);
		if (end - i > 1) {
			BUF_LIT(b, "×");
			buf_u64(b, end - i);
		}
	}
}

static void
put_value(struct buf *b, const struct value *value)
{
	switch (value->type) {
	case VALUE_TEXT:
		put_cut(b, value->text, TEXT_VALUE_MAX);
		break;
	case VALUE_BOOL:
		buf_add(b, value->flag ? STR("true") : STR("false"));
		break;
	case VALUE_INT:
		buf_i64(b, value->integer);
		break;
	case VALUE_DOUBLE:
		buf_printf(b, "%g", value->number);
		break;
	case VALUE_TEXTS:
		put_runs(b, value->texts.at, value->texts.len);
		break;
	}
}

/* "+1.700s"; whole milliseconds are all that transcripts know. */
static size_t
time_format(char out[TEXT_TIME_MAX], const char *sign, uint64_t ns)
{
	int len = snprintf(out, TEXT_TIME_MAX, "%s%" PRIu64 ".%03" PRIu64 "s", sign, ns / WHEN_S,
	                   ns % WHEN_S / WHEN_MS);

	return (size_t)len;
}

/* The time relative to the start of the trace; events may be earlier. */
static size_t
time_relative(const struct view *v, char out[TEXT_TIME_MAX], uint64_t ns)
{
	if (ns < v->base_ns)
		return time_format(out, "-", v->base_ns - ns);
	return time_format(out, "+", ns - v->base_ns);
}

static void
put_column(struct buf *b, struct str text, size_t columns)
{
	buf_fill(b, ' ', columns > text.len ? columns - text.len : 0);
	buf_add(b, text);
}

static size_t
text_columns(struct str s)
{
	size_t columns = 0;

	for (size_t i = 0; i < s.len; i++)
		columns += ((unsigned char)s.at[i] & 0xc0) != 0x80;
	return columns;
}

/* ---- lines ---- */

static const struct value *
value_of_first(const struct str *keys, const struct attributes *attributes)
{
	const struct value *value = NULL;

	for (size_t i = 0; value == NULL && i < TEXT_KEYS_MAX && keys[i].len > 0; i++)
		value = attribute_get(attributes, keys[i]);
	return value;
}

static void
put_fact(struct view *v, const struct fact *fact, const struct attributes *attributes)
{
	const struct value *value = value_of_first(fact->keys, attributes);

	if (value == NULL || (value->type == VALUE_BOOL && !value->flag) ||
	    (value->type == VALUE_INT && value->integer == 0 && fact->skip_zero))
		return;
	if (value->type == VALUE_INT && v->after_number)
		v->gap = 1; /* numbers stand together: "in 4 out 7  end_turn" */
	put_gap(v);
	buf_add(v->out, fact->label);
	if (value->type != VALUE_BOOL)
		put_value(v->out, value);
	v->after_number = value->type == VALUE_INT;
}

/* The display name, without what the span's name says already: "execute_tool Read" is
 * followed by "/p/a.py", not by "Read: /p/a.py". */
static void
put_display_name(struct view *v, const struct span *span)
{
	const struct value *value = value_of_first(display_keys, &span->attributes);
	struct str target, text;

	if (value == NULL || value->type != VALUE_TEXT)
		return;
	text = value->text;
	target = str_skip(span->name, str_find_byte(span->name, ' '));
	target = str_skip(target, 1);
	if (target.len > 0 && str_starts(text, target)) {
		struct str rest = str_skip(text, target.len);

		if (rest.len == 0)
			return;
		if (str_starts(rest, STR(": ")))
			text = str_skip(rest, 2);
	}
	put_gap(v);
	put_clean(v->out, text);
}

static void
put_error(struct view *v, const struct span *span)
{
	const struct value *type = attribute_get(&span->attributes, STR("error.type"));
	struct str message = str_trim(span->status_message);

	if (span->status != STATUS_ERROR)
		return;
	put_gap(v);
	put_color(v, TEXT_RED);
	BUF_LIT(v->out, "ERROR");
	if (type != NULL) {
		BUF_LIT(v->out, " ");
		put_value(v->out, type);
	}
	if (message.len > 0) {
		buf_add(v->out, type != NULL ? STR(": ") : STR(" "));
		put_cut(v->out, str_head(message, str_find_byte(message, '\n')), TEXT_MESSAGE_MAX);
	}
	put_color(v, TEXT_NORMAL);
}

static void
put_event(struct view *v, const struct span_event *event, size_t depth)
{
	char time[TEXT_TIME_MAX];
	size_t len = time_relative(v, time, event->time_ns);

	BUF_LIT(v->out, "  ");
	put_color(v, TEXT_DIM);
	put_column(v->out, (struct str){time, len}, v->start_columns);
	buf_fill(v->out, ' ', 2 + v->duration_columns + 2 + text_indent(depth + 1));
	BUF_LIT(v->out, "· ");
	put_clean(v->out, event->name);
	v->gap = 2;
	for (size_t i = 0; i < event->attributes.len; i++) {
		put_gap(v);
		put_clean(v->out, event->attributes.at[i].key);
		BUF_LIT(v->out, "=");
		put_value(v->out, &event->attributes.at[i].value);
	}
	put_color(v, TEXT_NORMAL);
	BUF_LIT(v->out, "\n");
}

/* "  +1.700s  ~0.010s  ": the mark says that one of the ends is an estimate. */
static void
put_times(struct view *v, const struct span *span)
{
	const struct value *evidence = attribute_get(&span->attributes,
	                                             STR("retrospan.time.evidence"));
	bool estimated = evidence != NULL && evidence->type == VALUE_TEXT &&
	                 str_eq(evidence->text, STR("estimated"));
	char time[TEXT_TIME_MAX];
	size_t len = time_relative(v, time, span->start_ns);

	BUF_LIT(v->out, "  ");
	put_color(v, TEXT_DIM);
	put_column(v->out, (struct str){time, len}, v->start_columns);
	BUF_LIT(v->out, " ");
	len = time_format(time, estimated ? "~" : "", span->end_ns - span->start_ns);
	put_column(v->out, (struct str){time, len}, v->duration_columns + 1);
	put_color(v, TEXT_NORMAL);
	BUF_LIT(v->out, "  ");
}

static void
put_span(struct view *v, const struct tree_node *node)
{
	const struct span *span = node->span;
	size_t columns = text_indent(node->depth) + text_columns(span->name);

	put_times(v, span);
	buf_fill(v->out, ' ', text_indent(node->depth));
	put_clean(v->out, span->name);
	v->gap = 2 + (columns < v->name_columns ? v->name_columns - columns : 0);
	put_display_name(v, span);
	for (size_t i = 0; i < sizeof facts / sizeof facts[0]; i++)
		put_fact(v, &facts[i], &span->attributes);
	put_error(v, span);
	BUF_LIT(v->out, "\n");
	for (size_t i = 0; i < span->events.len; i++)
		put_event(v, &span->events.at[i], node->depth);
}

static void
put_header(struct view *v, const struct spans *trace)
{
	const struct value *conversation = NULL;
	char time[WHEN_TEXT_MAX];
	size_t len = when_format(v->base_ns, time);

	for (size_t i = 0; conversation == NULL && i < trace->len; i++)
		conversation = value_of_first(conversation_keys, &trace->at[i]->attributes);
	put_color(v, TEXT_BOLD);
	buf_add(v->out, (struct str){time, len});
	if (conversation != NULL) {
		BUF_LIT(v->out, "  conversation ");
		put_value(v->out, conversation);
	}
	BUF_LIT(v->out, "  trace ");
	buf_hex(v->out, trace->at[0]->trace_id, TEXT_ID_BYTES);
	put_color(v, TEXT_NORMAL);
	BUF_LIT(v->out, "\n");
}

/* The view in which all of the tree is aligned. */
static struct view
view_measure(const struct tree_node *first)
{
	struct view v = {.base_ns = UINT64_MAX};
	uint64_t last_ns = 0, longest_ns = 0;
	char time[TEXT_TIME_MAX];

	for (const struct tree_node *n = first; n != NULL; n = tree_after(n)) {
		const struct span *s = n->span;
		size_t columns = text_indent(n->depth) + text_columns(s->name);

		v.base_ns = s->start_ns < v.base_ns ? s->start_ns : v.base_ns;
		last_ns = s->start_ns > last_ns ? s->start_ns : last_ns;
		longest_ns = s->end_ns - s->start_ns > longest_ns ? s->end_ns - s->start_ns
		                                                  : longest_ns;
		if (columns > v.name_columns && columns <= TEXT_COLUMNS_MAX)
			v.name_columns = columns;
		for (size_t i = 0; i < s->events.len; i++)
			if (s->events.at[i].time_ns > last_ns)
				last_ns = s->events.at[i].time_ns;
	}
	v.start_columns = time_relative(&v, time, last_ns);
	v.duration_columns = time_format(time, "", longest_ns);
	return v;
}

static void
text_pack(const struct spans *trace, const struct encode_options *options, struct packed *out)
{
	const struct tree_node *first;
	struct view v;

	if (trace->len == 0)
		return;
	arena_reset(&out->scratch);
	first = tree_of(&out->scratch, trace);
	v = view_measure(first);
	v.out = &out->bytes;
	v.color = options->color;
	put_header(&v, trace);
	for (const struct tree_node *n = first; n != NULL; n = tree_after(n))
		put_span(&v, n);
	packed_end_item(out);
}

static void
text_join(const struct str *items, size_t count, const struct resource *resource, struct buf *out)
{
	(void)resource;
	for (size_t i = 0; i < count; i++)
		buf_add(out, items[i]);
}

const struct encoder text_encoder = {
    .name = STR_INIT("text"),
    .media_type = STR_INIT("text/plain"),
    .help = STR_INIT("for people: each trace as a tree"),
    .pack = text_pack,
    .join = text_join,
};
