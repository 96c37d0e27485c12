/* The making of one trace: ids, times, and what a call was asked and answered. */
#include "trace/trace.h"

static struct used_id *
id_place(struct used_id *ids, size_t cap, uint64_t id)
{
	size_t k = (size_t)id & (cap - 1);
	while (ids[k].uses != 0 && ids[k].id != id)
		k = (k + 1) & (cap - 1);
	return &ids[k];
}

/* Counts a use of an id, and gives how many there are with it. */
static unsigned
use_id(struct trace *t, const unsigned char text[SPAN_ID_LEN])
{
	uint64_t id;
	memcpy(&id, text, sizeof id);
	if (t->id_count * 2 >= t->id_cap) {
		size_t cap = t->id_cap == 0 ? 256 : t->id_cap * 2;
		struct used_id *ids = ARENA_ARRAY(t->in->arena, struct used_id, cap);
		for (size_t i = 0; i < t->id_cap; i++)
			if (t->ids[i].uses != 0)
				*id_place(ids, cap, t->ids[i].id) = t->ids[i];
		t->ids = ids;
		t->id_cap = cap;
	}
	struct used_id *place = id_place(t->ids, t->id_cap, id);
	t->id_count += place->uses == 0;
	place->id = id;
	return ++place->uses;
}

struct span *
trace_span(struct trace *t, const struct span *parent, struct str type, struct str key)
{
	struct span *s = ARENA_NEW(t->in->arena, struct span);
	memcpy(s->trace_id, t->id, TRACE_ID_LEN);
	id_span(t->id, type, key, s->span_id);
	/* A transcript may use an id twice; its spans still need one each. */
	unsigned n = use_id(t, s->span_id);
	for (bool taken = n > 1; taken; n++) {
		id_span(t->id, type, arena_printf(t->in->arena, "%.*s#%u", STR_ARG(key), n),
		        s->span_id);
		taken = use_id(t, s->span_id) > 1;
	}
	if (parent != NULL)
		memcpy(s->parent_id, parent->span_id, SPAN_ID_LEN);
	s->kind = SPAN_INTERNAL;
	*ARENA_PUSH(t->in->arena, t->out) = s;
	return s;
}

void
trace_times(struct span *s, const struct span *parent, struct moment start, struct moment end)
{
	s->start_ns = start.ns;
	if (parent != NULL && s->start_ns < parent->start_ns)
		s->start_ns = parent->start_ns;
	s->end_ns = end.ns > s->start_ns ? end.ns : s->start_ns;
}

struct str
trace_evidence(struct moment start, struct moment end)
{
	static const struct str names[] = {STR_INIT(""), STR_INIT("derived"),
	                                   STR_INIT("estimated")};
	return names[start.evidence > end.evidence ? start.evidence : end.evidence];
}

/* The call's own block on its line. */
struct json_raw
trace_call_input(const struct trace *t, const struct tool_call *call)
{
	const struct parts *parts = &trace_content(t, call->use_line)->parts;
	size_t block = (size_t)(call->block - call->use->response->blocks);
	size_t low = 0, high = parts->len;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (parts->at[middle].block < block)
			low = middle + 1;
		else
			high = middle;
	}
	bool found = low < parts->len && parts->at[low].kind == PART_TOOL_CALL &&
	             str_eq(parts->at[low].id, trace_name(t, call->id));
	return found ? parts->at[low].data : (struct json_raw){0};
}

const struct result_content *
trace_call_result(const struct trace *t, const struct tool_call *call)
{
	static const struct result_content none;
	const struct results *results = &trace_content(t, call->answer_line)->results;
	if (call->result == NULL)
		return &none;
	size_t i = (size_t)(call->result - call->answer->results->at);
	bool found = i < results->len && str_eq(results->at[i].call, trace_name(t, call->id));
	return found ? &results->at[i] : &none;
}

struct str
trace_result_text(const struct trace *t, const struct tool_call *call)
{
	return policy_plain(t->in->arena, &trace_call_result(t, call)->parts);
}

struct str
trace_unframed(struct str text)
{
	text = str_trim(text);
	if (str_starts(text, STR("<tool_use_error>"))) {
		text = str_skip(text, STR("<tool_use_error>").len);
		if (str_ends(text, STR("</tool_use_error>")))
			text = str_head(text, text.len - STR("</tool_use_error>").len);
		text = str_trim(text);
	}
	if (str_starts(text, STR("Error: ")))
		text = str_trim(str_skip(text, 7));
	return text;
}

bool
trace_mcp_name(struct str name, struct str *server, struct str *tool)
{
	if (!str_starts(name, STR("mcp__")))
		return false;
	struct str rest = str_skip(name, 5);
	size_t end = str_find(rest, STR("__"));
	if (end == STR_NONE)
		return false;
	*server = str_head(rest, end);
	*tool = str_skip(rest, end + 2);
	return true;
}
