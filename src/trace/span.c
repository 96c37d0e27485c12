/* The attributes of a span. otlp 1.4, weave 2.2 */

#include "trace/span.h"

static void
attribute_add(struct arena *a, struct attributes *list, struct str key, struct value value)
{
	struct attribute *new = ARENA_PUSH(a, list);

	new->key = key;
	new->value = value;
}

void
attribute_text(struct arena *a, struct attributes *list, struct str key, struct str text)
{
	if (text.len > 0)
		attribute_add(a, list, key, (struct value){.type = VALUE_TEXT, .text = text});
}

void
attribute_bool(struct arena *a, struct attributes *list, struct str key, bool flag)
{
	attribute_add(a, list, key, (struct value){.type = VALUE_BOOL, .flag = flag});
}

void
attribute_int(struct arena *a, struct attributes *list, struct str key, uint64_t n)
{
	int64_t integer = n > INT64_MAX ? INT64_MAX : (int64_t)n;

	attribute_add(a, list, key, (struct value){.type = VALUE_INT, .integer = integer});
}

void
attribute_texts(struct arena *a, struct attributes *list, struct str key, const struct str *at,
                size_t len)
{
	struct value value = {.type = VALUE_TEXTS};
	struct str *copy;

	if (len == 0)
		return;
	copy = ARENA_ARRAY(a, struct str, len);
	memcpy(copy, at, len * sizeof *at);
	value.texts.at = copy;
	value.texts.len = len;
	attribute_add(a, list, key, value);
}

const struct value *
attribute_get(const struct attributes *list, struct str key)
{
	for (size_t i = 0; i < list->len; i++)
		if (str_eq(list->at[i].key, key))
			return &list->at[i].value;
	return NULL;
}
