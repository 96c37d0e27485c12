/* The content of a line, walked without parsing it again.
 * claude-code-transcripts 2.5, 6.6; parts as in genai 6. */
#include "decode/claude_private.h"

#define CONTENT_DEPTH_MAX 16 /* in a result whose media are replaced */

struct str
content_input_text(struct arena *a, struct json_raw input, struct str key)
{
	return json_raw_text(a, json_raw_get(input, key));
}

struct str
content_input_first(struct arena *a, struct json_raw input)
{
	struct json_raw_iter it = json_raw_iter(input);
	while (json_raw_next(&it))
		if (json_raw_type(it.value) == '"')
			return json_raw_text(a, it.value);
	return (struct str){0};
}

static struct part *
push(struct arena *a, struct parts *parts, enum part_kind kind)
{
	struct part *p = ARENA_PUSH(a, parts);
	p->kind = kind;
	return p;
}

/* The text between a raw string's quotes; ids and names hold no escapes. */
static struct str
plain(struct arena *a, struct json_raw v)
{
	return json_raw_text(a, v);
}

/* "[image image/png 12345 bytes]", as JSON text; the size is that of the data when decoded. genai
 * 6.3 */
static struct json_raw
media_text(struct arena *a, struct str kind, struct str media_type, struct json_raw data)
{
	struct str base64 = data.text.len > 2 ? str_head(str_skip(data.text, 1), data.text.len - 2)
	                                      : (struct str){0};
	struct buf b = {0};
	while (base64.len > 0 && base64.at[base64.len - 1] == '=')
		base64.len--;
	struct str note = arena_printf(a, "[%.*s%s%.*s %zu bytes]", STR_ARG(kind),
	                               media_type.len > 0 ? " " : "", STR_ARG(media_type),
	                               base64.len / 4 * 3 + base64.len % 4 * 3 / 4);
	json_put_text(&b, note);
	struct json_raw v = {arena_str(a, buf_str(&b))};
	buf_free(&b);
	return v;
}

static bool
media_part(struct arena *a, struct json_raw block, struct str type, struct part *p)
{
	if (!str_eq(type, STR("image")) && !str_eq(type, STR("document")))
		return false;
	struct json_raw source = json_raw_get(block, STR("source"));
	struct json_raw data = json_raw_get(source, STR("data"));
	struct json_raw link = json_raw_get(source, STR("url"));
	struct str media_type = plain(a, json_raw_get(source, STR("media_type")));
	if (link.text.len == 0)
		link = json_raw_get(source, STR("file_id"));
	if (link.text.len > 0) {
		p->kind = PART_LINK;
		p->name = str_eq(plain(a, json_raw_get(source, STR("type"))), STR("url"))
		              ? STR("uri")
		              : STR("file");
		p->id = type;
		p->text = link;
		return true;
	}
	if (media_type.len == 0)
		media_type = plain(a, json_raw_get(block, STR("mimeType")));
	if (data.text.len == 0)
		data = json_raw_get(block, STR("data"));
	p->kind = PART_MEDIA;
	p->text = media_text(a, type, str_head(media_type, 100), data);
	return true;
}

static void
call_part(struct arena *a, struct json_raw block, struct part *p)
{
	p->id = plain(a, json_raw_get(block, STR("id")));
	p->name = plain(a, json_raw_get(block, STR("name")));
	p->data = json_raw_get(block, STR("input"));
}

/* One content block; what is no part (an unknown kind) adds none. genai 6.3 */
static void
add_block(struct arena *a, struct json_raw block, struct parts *parts)
{
	struct str type = plain(a, json_raw_get(block, STR("type")));
	struct part media = {0};
	if (str_eq(type, STR("text"))) {
		push(a, parts, PART_TEXT)->text = json_raw_get(block, STR("text"));
	} else if (str_eq(type, STR("thinking"))) {
		push(a, parts, PART_REASONING)->text = json_raw_get(block, STR("thinking"));
	} else if (str_eq(type, STR("redacted_thinking"))) {
		push(a, parts, PART_REASONING)->text = (struct json_raw){STR("\"[redacted]\"")};
	} else if (str_eq(type, STR("tool_use"))) {
		call_part(a, block, push(a, parts, PART_TOOL_CALL));
	} else if (str_eq(type, STR("server_tool_use"))) {
		call_part(a, block, push(a, parts, PART_SERVER_CALL));
	} else if (str_ends(type, STR("_tool_result"))) {
		struct part *p = push(a, parts, PART_SERVER_RESULT);
		p->id = plain(a, json_raw_get(block, STR("tool_use_id")));
		p->data = block;
	} else if (media_part(a, block, type, &media)) {
		*push(a, parts, media.kind) = media;
	}
}

static void
add_blocks(struct arena *a, struct json_raw content, struct parts *parts)
{
	if (json_raw_type(content) == '"') {
		push(a, parts, PART_TEXT)->text = content;
		return;
	}
	if (json_raw_type(content) != '[')
		return;
	uint32_t block = 0;
	for (struct json_raw_iter it = json_raw_iter(content); json_raw_next(&it); block++) {
		size_t before = parts->len;
		add_block(a, it.value, parts);
		if (parts->len > before)
			parts->at[before].block = block;
	}
}

/* ---- a result with media in it: the same JSON, each medium replaced by a text ---- */

static void put_without_media(struct arena *a, struct buf *b, struct json_raw v, struct str outer,
                              int depth);

/* The type of the data in an object, by the members beside it; outer is the type of what holds it.
 * Read writes {"type":"image","file":{"type":"image/png","base64":...}} and
 * {"type":"pdf","file":{"base64":...}}, blocks {"source":{"media_type":"image/png","data":...}}.
 * 6.6 */
static struct str
data_type(struct arena *a, struct json_raw v, struct str outer)
{
	static const struct str keys[] = {STR_INIT("media_type"), STR_INIT("mimeType"),
	                                  STR_INIT("type")};
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
		struct str type = plain(a, json_raw_get(v, keys[i]));
		if (str_find_byte(type, '/') != STR_NONE && type.len < 100)
			return type;
	}
	return str_eq(outer, STR("pdf")) ? STR("application/pdf") : (struct str){0};
}

static bool
is_data(struct json_raw_iter *it)
{
	return it->is_object && json_raw_type(it->value) == '"' && it->value.text.len > 66 &&
	       (str_eq(it->key, STR("base64")) || str_eq(it->key, STR("data")));
}

static void
put_data(struct arena *a, struct buf *b, struct json_raw v, struct json_raw data, struct str outer)
{
	struct str type = data_type(a, v, outer), kind = STR("document");
	if (str_starts(type, STR("image/")) || (type.len == 0 && str_eq(outer, STR("image"))))
		kind = STR("image");
	buf_add(b, media_text(a, kind, type, data).text);
}

static void
put_members(struct arena *a, struct buf *b, struct json_raw v, struct str outer, int depth)
{
	bool object = json_raw_type(v) == '{', first = true;
	struct str type = plain(a, json_raw_get(v, STR("type")));
	buf_byte(b, object ? '{' : '[');
	for (struct json_raw_iter it = json_raw_iter(v); json_raw_next(&it); first = false) {
		if (!first)
			buf_byte(b, ',');
		if (object) {
			buf_byte(b, '"');
			buf_add(b, it.key);
			BUF_LIT(b, "\":");
		}
		if (is_data(&it))
			put_data(a, b, v, it.value, outer);
		else
			put_without_media(a, b, it.value, type.len > 0 ? type : outer, depth + 1);
	}
	buf_byte(b, object ? '}' : ']');
}

static void
put_without_media(struct arena *a, struct buf *b, struct json_raw v, struct str outer, int depth)
{
	char type = json_raw_type(v);
	if ((type == '{' || type == '[') && depth < CONTENT_DEPTH_MAX)
		put_members(a, b, v, outer, depth);
	else
		buf_add(b, v.text);
}

static struct json_raw
without_media(struct arena *a, const struct record *r, struct json_raw v)
{
	if (!(r->flags & RECORD_BASE64))
		return v;
	struct buf b = {0};
	put_without_media(a, &b, v, (struct str){0}, 0);
	struct json_raw clean = {arena_str(a, buf_str(&b))};
	buf_free(&b);
	return clean;
}

/* ---- results ---- */

/* The report without the harness's notes, which are its first blocks. 6.6 */
static void
add_report(struct arena *a, struct json_raw structured, struct parts *report)
{
	struct str notes = json_raw_get(structured, STR("harnessNoteCount")).text;
	uint64_t skip = 0, i = 0;
	(void)str_to_u64(notes, &skip);
	struct json_raw content = json_raw_get(structured, STR("content"));
	if (json_raw_type(content) != '[')
		return;
	for (struct json_raw_iter it = json_raw_iter(content); json_raw_next(&it); i++)
		if (i >= skip)
			add_block(a, it.value, report);
}

static void
add_results(struct arena *a, const struct record *r, struct json_raw line, struct json_raw blocks,
            struct content *content)
{
	bool single = r->results->len == 1;
	for (struct json_raw_iter it = json_raw_iter(blocks); json_raw_next(&it);) {
		struct str type = plain(a, json_raw_get(it.value, STR("type")));
		if (!str_eq(type, STR("tool_result"))) {
			add_block(a, it.value, &content->parts);
			continue;
		}
		struct result_content *o = ARENA_PUSH(a, &content->results);
		o->call = plain(a, json_raw_get(it.value, STR("tool_use_id")));
		add_blocks(a, json_raw_get(it.value, STR("content")), &o->parts);
		if (!single)
			continue;
		struct json_raw structured = json_raw_get(line, STR("toolUseResult"));
		if (json_raw_type(structured) == '{')
			add_report(a, structured, &o->report);
		o->structured = without_media(a, r, structured);
	}
}

/* ---- what else a line may hold ---- */

/* What the user typed: "/name" and its arguments. 5.1 */
static void
read_command(struct arena *a, struct content *content)
{
	for (size_t i = 0; i < content->parts.len; i++) {
		struct str text = json_raw_text(a, content->parts.at[i].text), inner;
		if (!str_between(text, STR("<command-name>"), STR("</command-name>"), &inner))
			continue;
		content->command = str_trim(inner);
		if (str_between(text, STR("<command-args>"), STR("</command-args>"), &inner))
			content->arguments = str_trim(inner);
		return;
	}
}

static void
add_instructions(struct arena *a, struct json_raw attachment, struct content *content)
{
	struct json_raw files = json_raw_get(attachment, STR("files"));
	for (struct json_raw_iter it = json_raw_iter(files); json_raw_next(&it);) {
		struct json_raw text = json_raw_get(it.value, STR("content"));
		if (json_raw_type(text) == '"')
			push(a, &content->parts, PART_TEXT)->text = text;
	}
}

void
claude_content(struct arena *a, const struct record *r, struct json_raw line,
               struct content *content)
{
	if (r->flags & RECORD_CARRIED)
		line = json_raw_enter(json_raw_enter(line, STR("data")), STR("message"));
	struct json_raw message = json_raw_enter(line, STR("message"));
	struct json_raw attachment = {0};
	*content = (struct content){0};
	if (r->kind == RECORD_QUEUED || r->kind == RECORD_INSTRUCTIONS || r->kind == RECORD_HOOK)
		attachment = json_raw_enter(line, STR("attachment"));
	message = json_raw_enter(message, STR("content"));
	switch ((enum record_kind)r->kind) {
	case RECORD_RESPONSE:
		add_blocks(a, message, &content->parts);
		if (r->response->failed)
			content->error = plain(a, json_raw_get(line, STR("errorDetails")));
		break;
	case RECORD_COMMAND:
		add_blocks(a, json_raw_get(line, STR("content")), &content->parts);
		read_command(a, content);
		break;
	case RECORD_USER:
		add_blocks(a, message, &content->parts);
		if (r->user->text == TEXT_COMMAND || r->user->text == TEXT_LOCAL_COMMAND)
			read_command(a, content);
		break;
	case RECORD_RESULTS:
		add_results(a, r, line, message, content);
		break;
	case RECORD_QUEUED:
		add_blocks(a, json_raw_get(attachment, STR("prompt")), &content->parts);
		break;
	case RECORD_SHAPE:
		content->tools = json_raw_get(json_raw_get(line, STR("shape")), STR("tools"));
		break;
	case RECORD_HOOK:
		content->hook = plain(a, json_raw_get(attachment, STR("command")));
		if (content->hook.len == 0)
			content->hook = plain(
			    a, json_raw_get(json_raw_get(attachment, STR("blockingError")),
			                    STR("command")));
		break;
	case RECORD_INSTRUCTIONS:
		add_instructions(a, attachment, content);
		break;
	case RECORD_QUEUE:
	case RECORD_FALLBACK:
		add_blocks(a, json_raw_get(line, STR("content")), &content->parts);
		break;
	default:
		break;
	}
}
