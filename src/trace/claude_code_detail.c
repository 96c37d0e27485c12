/* The convention `claude-code`: what its detailed mode adds. cc 14 */
#include "base/hash.h"
#include "trace/claude_code_private.h"

#define SEPARATOR STR("\n\n---\n\n")
#define REMINDER STR("<system-reminder>")
#define TOOLS_MAX 4096 /* of a request that are named */
#define HASH_BYTES 6   /* of a tool's definition that are shown */

static struct str
joined(struct claude_code *c, struct buf *b)
{
	struct str text = arena_str(c->t.in->arena, buf_str(b));
	buf_free(b);
	return text;
}

void
claude_code_prompt_detail(struct claude_code *c, struct span *s, struct str prompt,
                          uint32_t version)
{
	claude_code_content(c, &s->attributes, STR("new_context"), CLASS_PROMPT,
	                    STR("[USER PROMPT]\n"), prompt, version);
}

/* ---- the tools that a request offered ---- */

/* A definition without what else stands on it, in the order of its members. */
static void
put_definition(struct buf *b, struct arena *a, struct json_raw tool)
{
	static const struct str keys[] = {STR_INIT("name"), STR_INIT("description"),
	                                  STR_INIT("input_schema")};
	bool first = true;
	BUF_LIT(b, "{");
	for (struct json_raw_iter it = json_raw_iter(tool); json_raw_next(&it);)
		for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
			if (!str_eq(it.key, keys[i]))
				continue;
			buf_add(b, first ? STR("\"") : STR(",\""));
			buf_add(b, it.key);
			BUF_LIT(b, "\":");
			buf_add(b, json_raw_compact(a, it.value));
			first = false;
		}
	BUF_LIT(b, "}");
}

static void
read_tools(struct claude_code *c, line_ref line)
{
	struct json_raw tools = trace_content(&c->t, line)->tools;
	struct arena scratch = {0};
	struct buf list = {0}, definition = {0};
	unsigned char digest[HASH_LEN];
	size_t count = 0;
	for (struct json_raw_iter it = json_raw_iter(tools);
	     count < TOOLS_MAX && json_raw_next(&it); count++) {
		buf_clear(&definition);
		put_definition(&definition, &scratch, it.value);
		hash_text(buf_str(&definition), digest);
		buf_add(&list, count == 0 ? STR("[{\"name\":") : STR(",{\"name\":"));
		json_put_text(&list, json_raw_text(&scratch, json_raw_get(it.value, STR("name"))));
		BUF_LIT(&list, ",\"hash\":\"");
		buf_hex(&list, digest, HASH_BYTES);
		BUF_LIT(&list, "\"}");
	}
	BUF_LIT(&list, "]");
	c->tools.line = line;
	c->tools.text = joined(c, &list);
	c->tools.count = count;
	buf_free(&definition);
	arena_free(&scratch);
}

static void
add_tools(struct claude_code *c, struct span *s, const struct response *p)
{
	line_ref line = p->detail->shape_line;
	if (json_raw_type(trace_content(&c->t, line)->tools) != '[')
		return;
	if (c->tools.count == 0 || c->tools.line != line)
		read_tools(c, line);
	if (c->tools.count == 0)
		return;
	claude_code_text(c, &s->attributes, STR("tools"), c->tools.text);
	attribute_int(c->t.in->arena, &s->attributes, STR("tools_count"), c->tools.count);
}

/* ---- what a request added to the conversation ---- */

struct context {
	struct buf messages, reminders;
	size_t message_count, reminder_count;
};

static void
put_block(struct buf *b, size_t *count, struct str head, struct str text)
{
	if ((*count)++ > 0)
		buf_add(b, SEPARATOR);
	buf_add(b, head);
	buf_add(b, text);
}

static void
put_texts(struct claude_code *c, struct context *k, const struct parts *parts)
{
	for (size_t i = 0; i < parts->len; i++) {
		if (parts->at[i].kind != PART_TEXT)
			continue;
		struct str text = json_raw_text(c->t.in->arena, parts->at[i].text);
		if (str_starts(str_trim(text), REMINDER))
			put_block(&k->reminders, &k->reminder_count, STR(""), text);
		else if (policy_allows(&c->t.in->options->policy, CLASS_PROMPT))
			put_block(&k->messages, &k->message_count, STR("[USER]\n"), text);
	}
}

static void
put_line(struct claude_code *c, struct context *k, const struct content *content)
{
	struct arena *a = c->t.in->arena;
	put_texts(c, k, &content->parts);
	for (size_t i = 0; i < content->results.len; i++) {
		const struct result_content *o = &content->results.at[i];
		struct str head = arena_printf(a, "[TOOL RESULT: %.*s]\n", STR_ARG(o->call));
		if (policy_allows(&c->t.in->options->policy, CLASS_TOOL_OUTPUT))
			put_block(&k->messages, &k->message_count, head,
			          policy_plain(a, &o->parts));
	}
}

void
claude_code_sent_detail(struct claude_code *c, struct span *s, const struct response *p)
{
	const enum content_class any = CLASS_PROMPT | CLASS_TOOL_OUTPUT; /* sorted out before */
	struct arena *a = c->t.in->arena;
	struct attributes *l = &s->attributes;
	struct context k = {0};
	if (p->detail == NULL)
		return;
	add_tools(c, s, p);
	for (size_t i = 0; i < p->detail->inputs.len; i++)
		put_line(c, &k, trace_content(&c->t, p->detail->first_input + (line_ref)i));
	if (k.message_count > 0)
		attribute_int(a, l, STR("new_context_message_count"), k.message_count);
	if (k.reminder_count > 0)
		attribute_int(a, l, STR("system_reminders_count"), k.reminder_count);
	claude_code_content(c, l, STR("new_context"), any, (struct str){0}, joined(c, &k.messages),
	                    p->version);
	claude_code_content(c, l, STR("system_reminders"), CLASS_PROMPT, (struct str){0},
	                    joined(c, &k.reminders), p->version);
}

void
claude_code_answer_detail(struct claude_code *c, struct span *s, const struct response *p)
{
	struct parts texts = {0};
	for (size_t i = 0; i < p->slices.len; i++) {
		const struct content *content = trace_content(&c->t, p->first_line + (line_ref)i);
		for (size_t k = 0; k < content->parts.len; k++)
			if (content->parts.at[k].kind == PART_TEXT)
				*ARENA_PUSH(c->t.in->arena, &texts) = content->parts.at[k];
	}
	claude_code_content(c, &s->attributes, STR("response.model_output"), CLASS_RESPONSE,
	                    (struct str){0}, policy_plain(c->t.in->arena, &texts), p->version);
}

/* ---- what a tool was given and gave ---- */

static struct str
headed(struct claude_code *c, const char *what, const struct tool_call *call)
{
	return arena_printf(c->t.in->arena, "[%s: %.*s]\n", what,
	                    STR_ARG(trace_name(&c->t, call->name)));
}

void
claude_code_input_detail(struct claude_code *c, struct span *s, const struct tool_call *call)
{
	struct json_raw input = trace_call_input(&c->t, call);
	claude_code_content(c, &s->attributes, STR("tool_input"), CLASS_TOOL_INPUT,
	                    headed(c, "TOOL INPUT", call), json_raw_compact(c->t.in->arena, input),
	                    call->version);
}

void
claude_code_result_detail(struct claude_code *c, struct span *s, const struct tool_call *call)
{
	struct json_raw structured = trace_call_result(&c->t, call)->structured;
	if (call->outcome != OUTCOME_SUCCESS)
		return;
	claude_code_content(c, &s->attributes, STR("new_context"), CLASS_TOOL_OUTPUT,
	                    headed(c, "TOOL RESULT", call),
	                    json_raw_compact(c->t.in->arena, structured), call->version);
}
