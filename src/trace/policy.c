/* The content policy: what may leave, and how much of it. */
#include "trace/policy.h"

#include "base/utf8.h"

#define CUT_DEPTH_MAX 64 /* values nested deeper are replaced whole when a limit is set */

/* How much text an attribute may still take. */
struct cutter {
	const struct policy *policy;
	struct arena *arena;
	bool limited;
	size_t left;
};

static struct cutter
cutter_new(const struct policy *p, struct arena *a)
{
	return (struct cutter){p, a, p->max_value_bytes != 0, p->max_value_bytes};
}

static struct str
marked_head(struct cutter *c, struct str text)
{
	struct str head = utf8_head(text, c->left);
	c->left = 0;
	struct str parts[] = {
	    head, arena_printf(c->arena, "\xe2\x80\xa6 [%zu bytes cut]", text.len - head.len)};
	return arena_join(c->arena, parts, 2);
}

/* Writes a JSON string as it stands, or cut; true when it was cut. */
static bool
put_string(struct cutter *c, struct buf *b, struct json_raw v, bool mark)
{
	if (!c->limited) {
		buf_add(b, v.text);
		return false;
	}
	struct str text = json_raw_text(c->arena, v);
	if (text.len <= c->left) {
		c->left -= text.len;
		buf_add(b, v.text);
		return false;
	}
	if (mark) {
		json_put_text(b, marked_head(c, text));
	} else {
		json_put_text(b, utf8_head(text, c->left));
		c->left = 0;
	}
	return true;
}

/* A value whose strings are cut once the limit is reached. */
static void
put_value(struct cutter *c, struct buf *b, struct json_raw v, int depth)
{
	char type = json_raw_type(v);
	if (type == '"') {
		(void)put_string(c, b, v, true);
		return;
	}
	if (type != '{' && type != '[') {
		buf_add(b, v.text);
		return;
	}
	if (depth >= CUT_DEPTH_MAX || (c->left == 0 && v.text.len > 256)) {
		buf_printf(b, "{\"truncated\":true,\"bytes\":%zu}", v.text.len);
		return;
	}
	bool first = true;
	buf_byte(b, type);
	for (struct json_raw_iter it = json_raw_iter(v); json_raw_next(&it); first = false) {
		if (!first)
			buf_byte(b, ',');
		if (type == '{') {
			buf_byte(b, '"');
			buf_add(b, it.key);
			BUF_LIT(b, "\":");
		}
		put_value(c, b, it.value, depth + 1);
	}
	buf_byte(b, type == '{' ? '}' : ']');
}

/* What is neither null nor missing. */
static struct str
value_text(struct cutter *c, struct json_raw v)
{
	v.text = json_raw_compact(c->arena, v);
	if (!c->limited || v.text.len <= c->left)
		return v.text;
	struct buf b = {0};
	put_value(c, &b, v, 0);
	struct str text = arena_str(c->arena, buf_str(&b));
	buf_free(&b);
	return text;
}

struct str
policy_cut(const struct policy *p, struct arena *a, struct str text)
{
	struct cutter c = cutter_new(p, a);
	return !c.limited || text.len <= c.left ? text : marked_head(&c, text);
}

void
policy_text(const struct policy *p, struct arena *a, struct attributes *list, struct str key,
            enum content_class class, struct str text)
{
	if (policy_allows(p, class))
		attribute_text(a, list, key, policy_cut(p, a, text));
}

void
policy_json(const struct policy *p, struct arena *a, struct attributes *list, struct str key,
            enum content_class class, struct json_raw value)
{
	struct cutter c = cutter_new(p, a);
	if (policy_allows(p, class))
		attribute_text(a, list, key, value_text(&c, value));
}

/* ---- messages ---- */

static bool
is_blank(struct json_raw v)
{
	if (json_raw_type(v) != '"')
		return true;
	struct str inner = {v.text.at + 1, v.text.len - 2};
	for (size_t i = 0; i < inner.len; i++) {
		char ch = inner.at[i];
		if (ch == ' ')
			continue;
		if (ch != '\\' || i + 1 >= inner.len || strchr("nrt", inner.at[i + 1]) == NULL)
			return false;
		i++;
	}
	return true;
}

static bool
is_part(const struct part *p)
{
	if (p->kind == PART_TEXT || p->kind == PART_REASONING)
		return !is_blank(p->text);
	return p->kind == PART_MEDIA || p->kind == PART_LINK ? json_raw_type(p->text) == '"' : true;
}

static void
put_text_part(struct cutter *c, struct buf *b, const char *type, struct json_raw text)
{
	buf_printf(b, "{\"type\":\"%s\",\"content\":", type);
	if (put_string(c, b, text, false))
		BUF_LIT(b, ",\"truncated\":true");
	buf_byte(b, '}');
}

static void
put_call_part(struct cutter *c, struct buf *b, const struct part *p)
{
	bool server = p->kind == PART_SERVER_CALL;
	buf_printf(b, "{\"type\":\"%s\"", server ? "server_tool_call" : "tool_call");
	if (p->id.len > 0) {
		BUF_LIT(b, ",\"id\":");
		json_put_text(b, p->id);
	}
	BUF_LIT(b, ",\"name\":");
	json_put_text(b, p->name);
	if (server) {
		BUF_LIT(b, ",\"server_tool_call\":{\"type\":");
		json_put_text(b, p->name);
		buf_byte(b, '}');
	}
	/* A message is the model's, what it asks tools for is theirs. */
	if (p->data.text.len > 0 && policy_allows(c->policy, CLASS_TOOL_INPUT)) {
		BUF_LIT(b, ",\"arguments\":");
		if (c->limited)
			put_value(c, b, p->data, 0);
		else
			buf_add(b, json_raw_compact(c->arena, p->data));
	}
	buf_byte(b, '}');
}

static void
put_part(struct cutter *c, struct buf *b, const struct part *p)
{
	switch (p->kind) {
	case PART_TEXT:
	case PART_MEDIA:
		put_text_part(c, b, "text", p->text);
		break;
	case PART_REASONING:
		put_text_part(c, b, "reasoning", p->text);
		break;
	case PART_LINK:
		BUF_LIT(b, "{\"type\":");
		json_put_text(b, p->name);
		BUF_LIT(b, ",\"modality\":");
		json_put_text(b, p->id);
		buf_add(b, str_eq(p->name, STR("uri")) ? STR(",\"uri\":") : STR(",\"file_id\":"));
		(void)put_string(c, b, p->text, true);
		buf_byte(b, '}');
		break;
	case PART_TOOL_CALL:
	case PART_SERVER_CALL:
		put_call_part(c, b, p);
		break;
	case PART_SERVER_RESULT:
		BUF_LIT(b, "{\"type\":\"server_tool_call_response\",\"id\":");
		json_put_text(b, p->id);
		if (policy_allows(c->policy, CLASS_TOOL_OUTPUT)) {
			BUF_LIT(b, ",\"server_tool_call_response\":");
			put_value(c, b, p->data, 0);
		}
		buf_byte(b, '}');
		break;
	}
}

static size_t
put_parts(struct cutter *c, struct buf *b, const struct part *parts, size_t len)
{
	size_t put = 0;
	for (size_t i = 0; i < len; i++) {
		if (!is_part(&parts[i]))
			continue;
		if (put++ > 0)
			buf_byte(b, ',');
		put_part(c, b, &parts[i]);
	}
	return put;
}

static size_t
put_message(struct cutter *c, struct buf *b, const struct message *m)
{
	size_t put = 0;
	BUF_LIT(b, "{\"role\":");
	json_put_text(b, m->role);
	BUF_LIT(b, ",\"parts\":[");
	if (m->plain.len > 0) {
		struct str head = c->limited ? utf8_head(m->plain, c->left) : m->plain;
		BUF_LIT(b, "{\"type\":\"text\",\"content\":");
		json_put_text(b, head);
		if (head.len < m->plain.len)
			BUF_LIT(b, ",\"truncated\":true");
		if (c->limited)
			c->left -= head.len;
		buf_byte(b, '}');
		put++;
	} else {
		put = put_parts(c, b, m->parts, m->len);
	}
	buf_byte(b, ']');
	if (m->finish_reason.len > 0) {
		BUF_LIT(b, ",\"finish_reason\":");
		json_put_text(b, m->finish_reason);
	}
	buf_byte(b, '}');
	return put;
}

static void
add_buffer(struct arena *a, struct attributes *list, struct str key, struct buf *b)
{
	attribute_text(a, list, key, arena_str(a, buf_str(b)));
}

void
policy_messages(const struct policy *p, struct arena *a, struct attributes *list, struct str key,
                enum content_class class, const struct message *messages, size_t len)
{
	struct cutter c = cutter_new(p, a);
	struct buf b = {0};
	size_t put = 0;
	if (!policy_allows(p, class))
		return;
	buf_byte(&b, '[');
	for (size_t i = 0; i < len; i++) {
		size_t before = b.len;
		if (put > 0)
			buf_byte(&b, ',');
		if (put_message(&c, &b, &messages[i]) > 0)
			put++;
		else
			b.len = before;
	}
	buf_byte(&b, ']');
	if (put > 0)
		add_buffer(a, list, key, &b);
	buf_free(&b);
}

void
policy_parts(const struct policy *p, struct arena *a, struct attributes *list, struct str key,
             enum content_class class, const struct parts *parts)
{
	struct cutter c = cutter_new(p, a);
	struct buf b = {0};
	if (!policy_allows(p, class))
		return;
	buf_byte(&b, '[');
	size_t put = put_parts(&c, &b, parts->at, parts->len);
	buf_byte(&b, ']');
	if (put > 0)
		add_buffer(a, list, key, &b);
	buf_free(&b);
}

struct str
policy_plain(struct arena *a, const struct parts *parts)
{
	struct buf b = {0};
	struct str only = {0};
	size_t count = 0;
	for (size_t i = 0; i < parts->len; i++) {
		const struct part *p = &parts->at[i];
		if (p->kind != PART_TEXT && p->kind != PART_MEDIA)
			continue;
		only = json_raw_text(a, p->text);
		if (count++ > 0)
			buf_byte(&b, '\n');
		buf_add(&b, only);
	}
	if (count > 1)
		only = arena_str(a, buf_str(&b));
	buf_free(&b);
	return only;
}
