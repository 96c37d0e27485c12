/* A caller's trace that ours joins. otlp 11 */
#include "trace/context.h"

#define PARENT_LEN 55 /* of version 00 */
#define STATE_MEMBERS_MAX 32
#define STATE_TEXT_MAX 256

static int
digit(char ch)
{
	if (ch >= '0' && ch <= '9')
		return ch - '0';
	return ch >= 'a' && ch <= 'f' ? ch - 'a' + 10 : -1;
}

static bool
read_hex(struct str text, unsigned char *to)
{
	for (size_t i = 0; i < text.len; i += 2) {
		int high = digit(text.at[i]), low = digit(text.at[i + 1]);
		if (high < 0 || low < 0)
			return false;
		to[i / 2] = (unsigned char)(high << 4 | low);
	}
	return true;
}

static bool
is_zero(const unsigned char *id, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (id[i] != 0)
			return false;
	return true;
}

bool
context_parse(struct str text, struct span_context *c)
{
	struct span_context read = {.is_set = true};
	unsigned char version = 0xff;
	if (text.len < PARENT_LEN || text.at[2] != '-' || text.at[35] != '-' || text.at[52] != '-')
		return false;
	if (!read_hex(str_head(text, 2), &version) ||
	    !read_hex(str_head(str_skip(text, 3), 32), read.trace_id) ||
	    !read_hex(str_head(str_skip(text, 36), 16), read.span_id) ||
	    !read_hex(str_head(str_skip(text, 53), 2), &read.flags))
		return false;
	if (version == 0xff || (version == 0 && text.len != PARENT_LEN) ||
	    (text.len > PARENT_LEN && text.at[PARENT_LEN] != '-'))
		return false;
	if (is_zero(read.trace_id, TRACE_ID_LEN) || is_zero(read.span_id, SPAN_ID_LEN))
		return false;
	read.flags &= 3;
	*c = read;
	return true;
}

/* ---- the state ---- */

static bool
is_key(struct str key)
{
	for (size_t i = 0; i < key.len; i++) {
		char ch = key.at[i];
		bool plain = (ch >= 'a' && ch <= 'z') || (ch >= '0' && ch <= '9');
		if (!plain && (i == 0 || ch == '\0' || strchr("_-*/@", ch) == NULL))
			return false;
	}
	return key.len > 0 && key.len <= STATE_TEXT_MAX;
}

static bool
is_value(struct str value)
{
	for (size_t i = 0; i < value.len; i++)
		if (value.at[i] < ' ' || value.at[i] > '~' || value.at[i] == '=')
			return false;
	return value.len > 0 && value.len <= STATE_TEXT_MAX;
}

bool
context_state_valid(struct str text)
{
	struct str keys[STATE_MEMBERS_MAX];
	size_t len = 0;
	while (text.len > 0) {
		struct str member = str_trim(str_cut(&text, ','));
		size_t equals = str_find_byte(member, '=');
		if (member.len == 0)
			continue;
		if (equals == STR_NONE || len == STATE_MEMBERS_MAX ||
		    !is_key(str_head(member, equals)) || !is_value(str_skip(member, equals + 1)))
			return false;
		for (size_t i = 0; i < len; i++)
			if (str_eq(keys[i], str_head(member, equals)))
				return false;
		keys[len++] = str_head(member, equals);
	}
	return len > 0;
}

/* ---- joining ---- */

void
context_adopt(const struct span_context *c, struct spans *spans)
{
	for (size_t i = 0; c->is_set && i < spans->len; i++) {
		struct span *s = spans->at[i];
		bool root = span_is_root(s);
		memcpy(s->trace_id, c->trace_id, TRACE_ID_LEN);
		s->flags = (root ? SPAN_REMOTE : SPAN_LOCAL) | c->flags;
		s->trace_state = c->state;
		if (root)
			memcpy(s->parent_id, c->span_id, SPAN_ID_LEN);
	}
}
