/* Families: which files belong together, by the keys that a look at each gave. */
#include "session/family.h"

#include <stdlib.h>

#include "base/intern.h"

struct family {
	size_t root; /* index of the look that stands for it */
	uint64_t first_ns;
	struct str id; /* the smallest */
};

static size_t
find(size_t *parent, size_t i)
{
	while (parent[i] != i)
		i = parent[i] = parent[parent[i]];
	return i;
}

static int
compare(const void *a, const void *b)
{
	const struct family *x = a, *y = b;
	if (x->first_ns != y->first_ns)
		return x->first_ns < y->first_ns ? -1 : 1;
	return str_cmp(x->id, y->id);
}

static void
unite(struct arena *a, struct look **looks, size_t count, size_t *parent)
{
	struct intern *keys = intern_new(count);
	struct {
		size_t *at;
		size_t len, cap;
	} holder = {0}; /* by ident: the first look with that key, plus 1 */
	for (size_t i = 0; i < count; i++) {
		parent[i] = i;
		for (size_t k = 0; k < looks[i]->key_count; k++) {
			uint32_t ident = intern_add(keys, looks[i]->keys[k]);
			while (holder.len <= ident)
				*ARENA_PUSH(a, &holder) = 0;
			if (holder.at[ident] == 0)
				holder.at[ident] = i + 1;
			else
				parent[find(parent, i)] = find(parent, holder.at[ident] - 1);
		}
	}
	intern_free(keys);
}

size_t
family_group(struct arena *a, struct look **looks, size_t count)
{
	size_t *parent = ARENA_ARRAY(a, size_t, count);
	struct family *families = ARENA_ARRAY(a, struct family, count);
	size_t *index = ARENA_ARRAY(a, size_t, count), len = 0;
	unite(a, looks, count, parent);
	for (size_t i = 0; i < count; i++)
		if (find(parent, i) == i) {
			index[i] = len;
			families[len++] = (struct family){i, UINT64_MAX, looks[i]->id};
		}
	for (size_t i = 0; i < count; i++) {
		struct family *f = &families[index[find(parent, i)]];
		if (looks[i]->first_ns != 0 && looks[i]->first_ns < f->first_ns)
			f->first_ns = looks[i]->first_ns;
		if (str_cmp(looks[i]->id, f->id) < 0)
			f->id = looks[i]->id;
	}
	qsort(families, len, sizeof *families, compare);
	for (size_t i = 0; i < len; i++)
		index[families[i].root] = i;
	for (size_t i = 0; i < count; i++)
		looks[i]->family = index[find(parent, i)];
	return len;
}
