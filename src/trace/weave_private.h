#ifndef TRACE_WEAVE_PRIVATE_H
#define TRACE_WEAVE_PRIVATE_H

#include "trace/trace.h"
#include "trace/weave.h"

#define WEAVE_SNIPPET_UNITS 60

/* The making of one trace. */
struct weave {
	struct trace t;
	struct str conversation, session_id;
};

static inline struct str
weave_name(const struct weave *w, uint32_t ident)
{
	return trace_name(&w->t, ident);
}

/* A span below parent (NULL: the root), with the attributes that every span has. weave 2.2 */
struct span *weave_span(struct weave *w, const struct span *parent, struct str operation,
                        struct str target, struct str type, struct str key, uint32_t version);

/* Sets both times by weave 2.4, and says how well they are known. */
void weave_times(struct weave *w, struct span *s, const struct span *parent, struct moment start,
                 struct moment end);

void weave_text(struct weave *w, struct span *s, struct str key, struct str text);
void weave_error(struct weave *w, struct span *s, struct str type, struct str message);

/* weave 6.6 */
struct str weave_snippet(struct weave *w, struct str text);

struct str weave_orphan_reason(enum unfinished u);
void weave_not_completed(struct weave *w, struct span *s, enum unfinished u);

/* weave_chat.c, weave_tool.c, weave_agent.c: spans of one kind */
struct str weave_request_model(const struct weave *w, const struct response *p);
void weave_chat(struct weave *w, const struct span *parent, const struct response *p,
                struct str agent_name);
void weave_tool(struct weave *w, const struct span *parent, const struct tool_call *call,
                struct str agent_name);
struct str weave_tool_name(struct weave *w, const struct tool_call *call);
struct str weave_error_type(const struct weave *w, const struct tool_call *call);
void weave_permission(struct weave *w, struct span *s, const struct tool_call *call);
void weave_agent(struct weave *w, const struct span *parent, const struct agent *g);

/* Everything that a turn or an agent did. agent_name is empty for a turn. */
void weave_work(struct weave *w, const struct span *parent, const struct work *work,
                struct str agent_name);

#endif
