#ifndef TRACE_SPAN_H
#define TRACE_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/str.h"

/*
 * A finished span, ready to be encoded. All text is valid UTF-8 without U+0000.
 * Everything it points to lives in the arena of its turn. otlp 1 and 2.
 */
enum value_type { VALUE_TEXT, VALUE_BOOL, VALUE_INT, VALUE_DOUBLE, VALUE_TEXTS };

struct value {
	enum value_type type;
	union {
		struct str text;
		bool flag;
		int64_t integer;
		double number;
		struct {
			const struct str *at;
			size_t len;
		} texts;
	};
};

struct attribute {
	struct str key;
	struct value value;
};

struct attributes {
	struct attribute *at;
	size_t len, cap;
};

struct span_event {
	uint64_t time_ns;
	struct str name;
	struct attributes attributes;
};

struct span_events {
	struct span_event *at;
	size_t len, cap;
};

/* otlp 2.1 */
enum span_kind { SPAN_INTERNAL = 1, SPAN_SERVER = 2, SPAN_CLIENT = 3 };
enum span_status { STATUS_UNSET = 0, STATUS_OK = 1, STATUS_ERROR = 2 };

#define TRACE_ID_LEN 16
#define SPAN_ID_LEN 8

struct span {
	unsigned char trace_id[TRACE_ID_LEN]; /* never all zero */
	unsigned char span_id[SPAN_ID_LEN];   /* never all zero */
	unsigned char parent_id[SPAN_ID_LEN]; /* all zero: a root */
	struct str name;                      /* never empty */
	enum span_kind kind;
	uint64_t start_ns, end_ns;    /* end >= start */
	struct attributes attributes; /* keys are unique */
	struct span_events events;
	enum span_status status;
	struct str status_message; /* only with STATUS_ERROR */
	uint32_t flags;            /* see span_flags */
	struct str trace_state;    /* W3C text; empty: none */
	bool is_open; /* what it stands for may still go on, and look different later */
};

/* What the spans of one trace have in common. otlp 1.1 */
struct resource {
	struct attributes attributes;
	struct str scope_name, scope_version;
	struct attributes scope_attributes;
};

/* A copy that lives in a, texts included (a resource has no lists of texts); and whether two say the same, in the same order. */
struct resource resource_copy(struct arena *a, const struct resource *r);
bool resource_equal(const struct resource *r, const struct resource *s);

/* The spans of one trace or a part of it: a parent stands before its children. */
struct spans {
	struct span **at;
	size_t len, cap;
	struct resource resource;
};

/*
 * Adds an attribute; an empty text and an empty list of texts add nothing (weave 2.2).
 * The key must be new. Texts are not copied, the array of texts is; an integer
 * above 2^63-1 becomes that.
 */
void attribute_text(struct arena *a, struct attributes *list, struct str key, struct str text);
void attribute_empty(struct arena *a, struct attributes *list, struct str key); /* the text "" */
void attribute_bool(struct arena *a, struct attributes *list, struct str key, bool flag);
void attribute_int(struct arena *a, struct attributes *list, struct str key, uint64_t n);
void attribute_texts(struct arena *a, struct attributes *list, struct str key, const struct str *at,
                     size_t len);

/* The attribute's value, or NULL. */
const struct value *attribute_get(const struct attributes *list, struct str key);

/* What a span says of its parent: that it is known not to be remote, or that it is. otlp 2.3 */
#define SPAN_LOCAL UINT32_C(0x100)
#define SPAN_REMOTE UINT32_C(0x300)
#define SPAN_SAMPLED UINT32_C(1)

/* The flags to write: a span for which none were set is sampled and has no remote parent. */
static inline uint32_t
span_flags(const struct span *s)
{
	return s->flags != 0 ? s->flags : SPAN_LOCAL | SPAN_SAMPLED;
}

static inline bool
span_is_root(const struct span *s)
{
	static const unsigned char zero[SPAN_ID_LEN];
	return memcmp(s->parent_id, zero, SPAN_ID_LEN) == 0;
}

#endif
