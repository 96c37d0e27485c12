#ifndef TRACE_POLICY_H
#define TRACE_POLICY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/str.h"
#include "decode/content.h"
#include "trace/span.h"

/*
 * What may leave, for all conventions: which classes of content, and how much of each value.
 * A convention adds content only through the functions below; a class that is
 * not allowed adds nothing.
 */
enum content_class {
	CLASS_PROMPT = 1 << 0,
	CLASS_RESPONSE = 1 << 1,
	CLASS_TOOL_INPUT = 1 << 2,
	CLASS_TOOL_OUTPUT = 1 << 3,
	CLASS_TITLE = 1 << 4,
	CLASS_ALL = (1 << 5) - 1,
	CLASS_USER_PROMPTS = CLASS_PROMPT | CLASS_RESPONSE | CLASS_TITLE,
};

struct policy {
	unsigned allowed;       /* of enum content_class */
	size_t max_value_bytes; /* of text in one attribute; 0: no limit */
};

static inline bool
policy_allows(const struct policy *p, enum content_class class)
{
	return (p->allowed & class) != 0;
}

/*
 * Cuts are made on a character's edge and marked: a cut text ends with
 * "... [N bytes cut]" (the dots being U+2026), a cut message part has "truncated":true.
 * JSON stays JSON: only the strings in it are cut.
 */
void policy_text(const struct policy *p, struct arena *a, struct attributes *list, struct str key,
                 enum content_class class, struct str text);
void policy_json(const struct policy *p, struct arena *a, struct attributes *list, struct str key,
                 enum content_class class, struct json_raw value);

/* A text cut like policy_text does, whatever its class. */
struct str policy_cut(const struct policy *p, struct arena *a, struct str text);

/* A message: its parts are given as JSON text in the file, or as one plain text. genai 6 */
struct message {
	struct str role;
	const struct part *parts;
	size_t len;
	struct str plain;         /* instead of parts */
	struct str finish_reason; /* empty: none */
};

/* Messages as one JSON string; adds nothing when none has a part. What tools were asked, and what a
 * server's tools gave, stays out of them unless its own class is allowed, too. */
void policy_messages(const struct policy *p, struct arena *a, struct attributes *list,
                     struct str key, enum content_class class, const struct message *messages,
                     size_t len);

/* System instructions: an array of parts. genai 6.1 */
void policy_parts(const struct policy *p, struct arena *a, struct attributes *list, struct str key,
                  enum content_class class, const struct parts *parts);

/* The text of parts, joined by newlines. */
struct str policy_plain(struct arena *a, const struct parts *parts);

#endif
