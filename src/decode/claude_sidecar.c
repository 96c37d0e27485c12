/* Files beside the transcripts: what an agent is, and how a workflow went.
 * claude-code-transcripts 9.1, 9.7. */
#include "base/when.h"
#include "decode/claude_private.h"

struct facts_list {
	struct agent_facts *at;
	size_t len, cap;
};

static struct str
base_name(struct str path)
{
	size_t slash = str_find_last(path, STR("/"));
	return slash == STR_NONE ? path : str_skip(path, slash + 1);
}

/* agent-<id>.meta.json */
static void
read_meta(struct decoder *d, struct str name, const struct json *v, struct facts_list *list)
{
	struct str stem = str_head(name, name.len - STR(".meta.json").len);
	struct agent_facts *f = ARENA_PUSH(d->arena, list);
	f->agent = intern_add(d->names, str_skip(stem, STR("agent-").len));
	f->call = claude_member(d, v, STR("toolUseId"));
	f->type = claude_member(d, v, STR("agentType"));
	f->name = claude_member(d, v, STR("name"));
	f->label = claude_member(d, v, STR("description"));
	f->parent = claude_member(d, v, STR("parentAgentId"));
	f->builtin = json_true(json_get(v, STR("isBuiltIn")));
	f->workflow = json_true(json_get(v, STR("inWorkflowRun"))) ||
	              str_eq(json_get_text(v, STR("agentType")), STR("workflow-subagent"));
}

/* subagents/workflows/<run>/journal.jsonl: a line for each agent that starts */
static void
read_journal(struct decoder *d, const struct json *v, struct facts_list *list)
{
	if (!str_eq(json_get_text(v, STR("type")), STR("started")))
		return;
	struct agent_facts *f = ARENA_PUSH(d->arena, list);
	f->agent = claude_member(d, v, STR("agentId"));
	f->label = claude_member(d, v, STR("label"));
	f->workflow = true;
}

/* workflows/<run>.json: times in ms since 1970 */
static void
read_workflow(struct decoder *d, const struct json *v, struct facts_list *list)
{
	uint32_t run = claude_member(d, v, STR("runId"));
	const struct json *steps = json_get(v, STR("workflowProgress"));
	for (struct json_iter it = json_iter(steps); json_next(&it);) {
		uint64_t start_ms, length_ms;
		if (!str_eq(json_get_text(it.value, STR("type")), STR("workflow_agent")))
			continue;
		struct agent_facts *f = ARENA_PUSH(d->arena, list);
		f->agent = claude_member(d, it.value, STR("agentId"));
		f->label = claude_member(d, it.value, STR("label"));
		f->run = run;
		f->workflow = true;
		if (json_u64(json_get(it.value, STR("startedAt")), &start_ms) &&
		    json_u64(json_get(it.value, STR("durationMs")), &length_ms) &&
		    start_ms < WHEN_MAX_NS / WHEN_MS &&
		    length_ms < WHEN_MAX_NS / WHEN_MS - start_ms) {
			f->start_ns = start_ms * WHEN_MS;
			f->end_ns = (start_ms + length_ms) * WHEN_MS;
		}
	}
}

bool
claude_sidecar(struct decoder *d, struct str path, const struct json *v, struct agent_facts **facts,
               size_t *count)
{
	struct str name = base_name(path);
	struct facts_list list = {0};
	if (!json_is_object(v))
		return false;
	if (str_starts(name, STR("agent-")) && str_ends(name, STR(".meta.json")))
		read_meta(d, name, v, &list);
	else if (str_eq(name, STR("journal.jsonl")))
		read_journal(d, v, &list);
	else if (str_starts(name, STR("wf_")) && str_ends(name, STR(".json")))
		read_workflow(d, v, &list);
	*facts = list.at;
	*count = list.len;
	return true;
}
