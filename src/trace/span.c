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
attribute_empty(struct arena *a, struct attributes *list, struct str key)
{
	attribute_add(a, list, key, (struct value){.type = VALUE_TEXT});
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

static bool
value_equal(const struct value *v, const struct value *w)
{
	if (v->type != w->type)
		return false;
	switch (v->type) {
	case VALUE_TEXT:
		return str_eq(v->text, w->text);
	case VALUE_BOOL:
		return v->flag == w->flag;
	case VALUE_INT:
		return v->integer == w->integer;
	case VALUE_DOUBLE:
	case VALUE_TEXTS:
		break; /* no resource has such */
	}
	return false;
}

static bool
attributes_equal(const struct attributes *a, const struct attributes *b)
{
	if (a->len != b->len)
		return false;
	for (size_t i = 0; i < a->len; i++)
		if (!str_eq(a->at[i].key, b->at[i].key) ||
		    !value_equal(&a->at[i].value, &b->at[i].value))
			return false;
	return true;
}

bool
resource_equal(const struct resource *r, const struct resource *s)
{
	return str_eq(r->scope_name, s->scope_name) && str_eq(r->scope_version, s->scope_version) &&
	       attributes_equal(&r->attributes, &s->attributes) &&
	       attributes_equal(&r->scope_attributes, &s->scope_attributes);
}

static struct attributes
attributes_copy(struct arena *a, const struct attributes *list)
{
	struct attributes copy = {0};
	for (size_t i = 0; i < list->len; i++) {
		struct attribute *to = ARENA_PUSH(a, &copy);
		*to = list->at[i];
		to->key = arena_str(a, to->key);
		if (to->value.type == VALUE_TEXT)
			to->value.text = arena_str(a, to->value.text);
	}
	return copy;
}

struct resource
resource_copy(struct arena *a, const struct resource *r)
{
	return (struct resource){.attributes = attributes_copy(a, &r->attributes),
	                         .scope_name = arena_str(a, r->scope_name),
	                         .scope_version = arena_str(a, r->scope_version),
	                         .scope_attributes = attributes_copy(a, &r->scope_attributes)};
}
