#ifndef ENCODE_TREE_H
#define ENCODE_TREE_H

#include <stddef.h>

#include "base/arena.h"
#include "trace/span.h"

/* A span's place among the spans of its trace. */
struct tree_node {
	const struct span *span;
	struct tree_node *parent; /* NULL: a root, or the parent is not in the list */
	/* the first; siblings stand in the order of start, then of the list */
	struct tree_node *child;
	struct tree_node *next; /* sibling */
	size_t index;           /* of span in the list */
	size_t depth;
};

/*
 * The first of the nodes without parent (NULL: no spans); the others follow in
 * `next`. Only a span that stands before its child in the list is taken for its
 * parent (span.h), so there are no circles. Lives in a, and as long as trace.
 */
const struct tree_node *tree_of(struct arena *a, const struct spans *trace);

/* The next node when parents come before their children; NULL at the end. */
const struct tree_node *tree_after(const struct tree_node *node);

#endif
