/* The tree that the spans of a trace form by their parent ids. */

#include "encode/tree.h"

#include <stdlib.h>

static int
tree_by_id(const void *left, const void *right)
{
	const struct tree_node *const *a = left, *const *b = right;

	return memcmp((*a)->span->span_id, (*b)->span->span_id, SPAN_ID_LEN);
}

static int
tree_by_time(const void *left, const void *right)
{
	const struct tree_node *const *a = left, *const *b = right;

	if ((*a)->span->start_ns != (*b)->span->start_ns)
		return (*a)->span->start_ns < (*b)->span->start_ns ? -1 : 1;
	return (*a)->index < (*b)->index ? -1 : 1;
}

/* Only a span that stands before its child is a parent (span.h): so there are no circles. */
static struct tree_node *
tree_parent(const struct tree_node *node, struct tree_node **by_id, size_t len)
{
	struct span wanted = {0};
	struct tree_node key = {.span = &wanted}, *sought = &key, **found;

	if (span_is_root(node->span))
		return NULL;
	memcpy(wanted.span_id, node->span->parent_id, SPAN_ID_LEN);
	found = bsearch(&sought, by_id, len, sizeof *by_id, tree_by_id);
	return found == NULL || (*found)->index >= node->index ? NULL : *found;
}

const struct tree_node *
tree_of(struct arena *a, const struct spans *trace)
{
	struct tree_node *nodes = ARENA_ARRAY(a, struct tree_node, trace->len), *first = NULL;
	struct tree_node **sorted = ARENA_ARRAY(a, struct tree_node *, trace->len);

	for (size_t i = 0; i < trace->len; i++) {
		nodes[i].span = trace->at[i];
		nodes[i].index = i;
		sorted[i] = &nodes[i];
	}
	qsort(sorted, trace->len, sizeof *sorted, tree_by_id);
	for (size_t i = 0; i < trace->len; i++) {
		nodes[i].parent = tree_parent(&nodes[i], sorted, trace->len);
		if (nodes[i].parent != NULL)
			nodes[i].depth = nodes[i].parent->depth + 1;
	}
	qsort(sorted, trace->len, sizeof *sorted, tree_by_time);
	for (size_t i = trace->len; i-- > 0;) {
		struct tree_node *n = sorted[i];
		struct tree_node **head = n->parent == NULL ? &first : &n->parent->child;

		n->next = *head;
		*head = n;
	}
	return first;
}

const struct tree_node *
tree_after(const struct tree_node *n)
{
	if (n->child != NULL)
		return n->child;
	while (n != NULL && n->next == NULL)
		n = n->parent;
	return n == NULL ? NULL : n->next;
}
