/* What a reading notes beside the records. */
#include "decode/watch.h"

#include "base/utf8.h"

void
unknowns_add(struct arena *a, struct unknowns *list, const struct unknown *u)
{
	for (size_t i = 0; i < list->len; i++) {
		struct unknown *known = &list->at[i];
		if (known->name == u->name && known->version == u->version) {
			known->count += u->count;
			return;
		}
	}
	if (u->name == 0 || list->len >= UNKNOWNS_MAX)
		list->more += u->count;
	else
		*ARENA_PUSH(a, list) = *u;
}

void
costs_add(struct arena *a, struct costs *list, const struct cost *c)
{
	if (list->len == 0 || list->at[list->len - 1].session != c->session) {
		*ARENA_PUSH(a, list) = *c;
		return;
	}
	struct cost *last = &list->at[list->len - 1];
	bool fell = last->fell || c->fell || c->sums->api_ms < last->sums->api_ms;
	*last = *c;
	last->fell = fell;
}

void
watch_unknown(struct watch *w, struct intern *names, const struct record *r, struct str family,
              char mark, struct str name)
{
	char text[2 * UNKNOWN_NAME_MAX + 1];
	size_t len = 0;
	family = utf8_head(family, UNKNOWN_NAME_MAX);
	name = utf8_head(name, UNKNOWN_NAME_MAX);
	if (family.len > 0) {
		memcpy(text, family.at, family.len);
		text[family.len] = mark;
		len = family.len + 1;
	}
	if (name.len > 0)
		memcpy(text + len, name.at, name.len);
	struct str whole = {text, len + name.len};
	/* A full list takes no new name; then the table of names takes none either. */
	uint32_t ident = w->unknown.len < UNKNOWNS_MAX ? intern_add(names, whole)
	                                               : intern_find(names, whole);
	unknowns_add(w->arena, &w->unknown,
	             &(struct unknown){.name = ident,
	                               .version = r->version != 0 ? r->version : w->version,
	                               .member = family.len > 0 && mark == '.',
	                               .line = r->line,
	                               .count = 1});
}

void
watch_move(struct watch *to, const struct watch *from, uint32_t line_shift)
{
	for (size_t i = 0; i < from->unknown.len; i++) {
		struct unknown u = from->unknown.at[i];
		u.line += line_shift;
		if (u.version == 0)
			u.version = to->version;
		unknowns_add(to->arena, &to->unknown, &u);
	}
	to->unknown.more += from->unknown.more;
	for (size_t i = 0; i < from->costs.len; i++) {
		struct cost c = from->costs.at[i];
		c.line += line_shift;
		costs_add(to->arena, &to->costs, &c);
	}
	if (from->version != 0)
		to->version = from->version;
}
