#ifndef TRACE_TRACE_H
#define TRACE_TRACE_H

#include <assert.h>

#include "trace/convention.h"
#include "trace/id.h"

struct used_id {
	uint64_t id;
	unsigned uses; /* 0: an empty place */
};

/* The making of one trace: what every convention needs for it. */
struct trace {
	const struct trace_input *in;
	struct spans *out;
	unsigned char id[TRACE_ID_LEN];
	struct used_id *ids; /* span ids so far, a hash table */
	size_t id_count, id_cap;
};

static inline struct str
trace_name(const struct trace *t, uint32_t ident)
{
	return intern_str(t->in->names, ident);
}

/* What a line of the turn holds; empty for LINE_NONE. */
static inline const struct content *
trace_content(const struct trace *t, line_ref line)
{
	static const struct content none;
	assert(line == LINE_NONE || line < t->in->content_count);
	return line == LINE_NONE ? &none : &t->in->contents[line];
}

/* A span below parent (NULL: a root) at the end of the trace's list; its id comes from what it is
 * (type) and from the id of what it stands for (key). Name and times are the caller's to set. */
struct span *trace_span(struct trace *t, const struct span *parent, struct str type,
                        struct str key);

/* Sets both times, so that the span begins within its parent (NULL: anywhere) and does not end
 * before it begins. */
void trace_times(struct span *s, const struct span *parent, struct moment start, struct moment end);

/* "", "derived" or "estimated": the worse of two moments. */
struct str trace_evidence(struct moment start, struct moment end);

/* True when nothing says that it ended, and a later line may. One in the background outlives its
 * turn: a notice says when it ended. The call of one that has none may not be on disk yet.
 * claude-code-transcripts 8.2 */
static inline bool
trace_agent_open(const struct agent *g)
{
	if (g->unfinished == UNFINISHED_NO_CALL)
		return true;
	if (g->background)
		return g->notice == NULL;
	return g->outcome == OUTCOME_UNFINISHED && g->unfinished != UNFINISHED_SUPERSEDED;
}

/* The input of a call as the model wrote it; missing: empty. */
struct json_raw trace_call_input(const struct trace *t, const struct tool_call *call);

/* What a call was answered; empty contents when it was not. */
const struct result_content *trace_call_result(const struct trace *t, const struct tool_call *call);
struct str trace_result_text(const struct trace *t, const struct tool_call *call);

/* The text of an error without the frame around it. claude-code-transcripts 6.3 */
struct str trace_unframed(struct str text);

/* The server's and the tool's part of an MCP tool's name, "mcp__server__tool"; false: it is none.
 */
bool trace_mcp_name(struct str name, struct str *server, struct str *tool);

#endif
