/* Assistant lines: one content block each, usually, of a model's response.
 * claude-code-transcripts 2.4 to 2.6 and 4. */
#include "base/hash.h"
#include "decode/claude_private.h"

/* Tools that may run beside others of their response. 6.2 */
static const struct str concurrent_tools[] = {
    STR_INIT("Read"),      STR_INIT("Grep"),       STR_INIT("Glob"),     STR_INIT("WebFetch"),
    STR_INIT("WebSearch"), STR_INIT("ToolSearch"), STR_INIT("TaskList"), STR_INIT("TaskGet"),
    STR_INIT("Agent"),     STR_INIT("Task"),
};

static const struct str edit_tools[] = {STR_INIT("Edit"), STR_INIT("Write"), STR_INIT("MultiEdit"),
                                        STR_INIT("NotebookEdit")};

/* Allowed inside the working directory without a question. 6.4 */
static const struct str harmless_tools[] = {STR_INIT("Read"), STR_INIT("Grep"), STR_INIT("Glob"),
                                            STR_INIT("TodoWrite")};

/* The whole call is the user's answer. 11.4 */
static const struct str asking_tools[] = {STR_INIT("AskUserQuestion"), STR_INIT("ExitPlanMode")};

static const struct str readonly_commands[] = {
    STR_INIT("ls"), STR_INIT("cat"),  STR_INIT("head"),  STR_INIT("tail"), STR_INIT("grep"),
    STR_INIT("wc"), STR_INIT("echo"), STR_INIT("sleep"), STR_INIT("pwd")};

static bool
is_one_of(struct str s, const struct str *list, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (str_eq(s, list[i]))
			return true;
	return false;
}

#define IS_ONE_OF(s, list) is_one_of((s), (list), sizeof(list) / sizeof *(list))

static bool
ends_command(char c)
{
	return c == ';' || c == '|' || c == '&' || c == '\n';
}

/* No redirection, no expansion, and every command of the list only reads. 6.2 */
static bool
command_only_reads(struct str command)
{
	size_t i = 0, commands = 0;
	for (size_t k = 0; k < command.len; k++)
		if (strchr("<>`$", command.at[k]) != NULL)
			return false; /* a NUL too */
	while (i < command.len) {
		while (i < command.len && (ends_command(command.at[i]) || command.at[i] == ' ' ||
		                           command.at[i] == '\t'))
			i++;
		size_t start = i;
		while (i < command.len && !ends_command(command.at[i]) && command.at[i] != ' ' &&
		       command.at[i] != '\t')
			i++;
		if (i == start)
			break;
		if (!IS_ONE_OF(((struct str){command.at + start, i - start}), readonly_commands))
			return false;
		commands++;
		while (i < command.len && !ends_command(command.at[i]))
			i++;
	}
	return commands > 0;
}

static void
read_call(struct decoder *d, const struct json *block, struct block_record *b)
{
	const struct json *input = json_get(block, STR("input"));
	struct str name = json_get_text(block, STR("name"));
	b->kind = BLOCK_TOOL_CALL;
	b->id = claude_member(d, block, STR("id"));
	b->name = intern_add(d->names, name);
	b->spawns_agent = str_eq(name, STR("Agent")) || str_eq(name, STR("Task"));
	b->edits = IS_ONE_OF(name, edit_tools);
	b->concurrent = IS_ONE_OF(name, concurrent_tools) ||
	                (str_eq(name, STR("Bash")) &&
	                 command_only_reads(json_get_text(input, STR("command"))));
	b->harmless = IS_ONE_OF(name, harmless_tools);
	b->asks_user = IS_ONE_OF(name, asking_tools);
	if (b->spawns_agent) {
		b->agent_type = intern_add(d->names,
		                           str_trim(json_get_text(input, STR("subagent_type"))));
		b->agent_name = intern_add(d->names, str_trim(json_get_text(input, STR("name"))));
		b->team = claude_member(d, input, STR("team_name"));
		b->target = claude_member(d, input, STR("resume"));
		b->prompt_print = hash_fingerprint(str_trim(json_get_text(input, STR("prompt"))));
	} else if (str_eq(name, STR("SendMessage"))) {
		b->target = claude_member(d, input, STR("to"));
	}
}

static void
read_block(struct decoder *d, const struct json *block, struct block_record *b, bool *has_text)
{
	struct str type = json_get_text(block, STR("type"));
	b->kind = BLOCK_OTHER;
	if (str_eq(type, STR("text"))) {
		b->kind = BLOCK_TEXT;
		*has_text |= str_trim(json_get_text(block, STR("text"))).len > 0;
	} else if (str_eq(type, STR("thinking")) || str_eq(type, STR("redacted_thinking"))) {
		b->kind = BLOCK_REASONING;
	} else if (str_eq(type, STR("tool_use"))) {
		read_call(d, block, b);
	}
}

/* Of all but tool calls only the kind is kept, and most lines hold one block. */
static const struct block_record plain_blocks[] = {
    [BLOCK_TEXT] = {.kind = BLOCK_TEXT},
    [BLOCK_REASONING] = {.kind = BLOCK_REASONING},
    [BLOCK_OTHER] = {.kind = BLOCK_OTHER},
};

static const struct block_record *
keep_block(struct decoder *d, const struct block_record *b)
{
	if (b->kind != BLOCK_TOOL_CALL)
		return &plain_blocks[b->kind];
	struct block_record *kept = ARENA_NEW(d->arena, struct block_record);
	*kept = *b;
	return kept;
}

static void
read_blocks(struct decoder *d, const struct json *content, struct response_record *a)
{
	size_t len = json_is_string(content) ? 1 : json_len(content);
	if (len > CLAUDE_BLOCKS_MAX)
		len = CLAUDE_BLOCKS_MAX;
	a->block_count = (uint32_t)len;
	if (json_is_string(content)) {
		a->blocks = &plain_blocks[BLOCK_TEXT];
		a->has_text = str_trim(json_text(content)).len > 0;
		return;
	}
	struct block_record only = {0};
	struct block_record *blocks = len == 1 ? &only
	                                       : ARENA_ARRAY(d->arena, struct block_record, len);
	size_t i = 0;
	for (struct json_iter it = json_iter(content); i < len && json_next(&it); i++)
		read_block(d, it.value, &blocks[i], &a->has_text);
	a->blocks = len == 1 ? keep_block(d, &only) : blocks;
}

static bool
usage_eq(const struct usage *a, const struct usage *b)
{
	return a->input == b->input && a->output == b->output && a->cache_read == b->cache_read &&
	       a->cache_creation == b->cache_creation && a->reasoning == b->reasoning &&
	       a->has_cache_read == b->has_cache_read &&
	       a->has_cache_creation == b->has_cache_creation && a->fast == b->fast;
}

/* 2.6 */
static const struct usage *
read_usage(struct decoder *d, const struct json *v)
{
	struct usage u = {0};
	uint64_t n;
	if (!json_is_object(v))
		return NULL;
	if (json_u64(json_get(v, STR("input_tokens")), &n))
		u.input = n;
	if (json_u64(json_get(v, STR("output_tokens")), &n))
		u.output = n;
	u.fast = str_eq(json_get_text(v, STR("speed")), STR("fast"));
	u.has_cache_read = json_u64(json_get(v, STR("cache_read_input_tokens")), &u.cache_read);
	u.has_cache_creation = json_u64(json_get(v, STR("cache_creation_input_tokens")),
	                                &u.cache_creation);
	if (json_u64(json_get(json_get(v, STR("output_tokens_details")), STR("thinking_tokens")),
	             &n))
		u.reasoning = n;
	if (d->usage == NULL || !usage_eq(d->usage, &u)) {
		struct usage *kept = ARENA_NEW(d->arena, struct usage);
		*kept = u;
		d->usage = kept;
	}
	return d->usage;
}

static uint32_t
status_ident(struct decoder *d, const struct json *v)
{
	uint64_t n;
	if (!json_u64(v, &n))
		return claude_ident(d, v);
	return intern_add(d->names, arena_printf(d->arena, "%llu", (unsigned long long)n));
}

/* Versions that don't record the status apart have it at the head of the text: what a server
 * refused was sent to it. 4.4 */
static uint32_t
status_in_text(struct decoder *d, const struct json *message)
{
	struct str text = claude_text(json_get(message, STR("content")));
	uint64_t status;
	if (!str_starts(text, STR("API Error: ")))
		return 0;
	text = str_head(str_skip(text, STR("API Error: ").len), 4);
	if (text.len < 4 || text.at[3] != ' ' || !str_to_u64(str_head(text, 3), &status))
		return 0;
	return intern_add(d->names, str_head(text, 3));
}

void
claude_response(struct decoder *d, const struct claude_line *l, struct record *r)
{
	const struct json *message = l->field[FIELD_MESSAGE];
	struct response_record *a = ARENA_NEW(d->arena, struct response_record);
	struct str model = json_get_text(message, STR("model"));
	uint64_t n;
	a->message = claude_member(d, message, STR("id"));
	a->request = claude_ident(d, l->field[FIELD_REQUEST_ID]);
	a->request_ref = claude_ident(d, l->field[FIELD_REQUEST_REF]);
	a->failed = json_true(l->field[FIELD_IS_API_ERROR]);
	a->filler = !a->failed && str_eq(model, STR("<synthetic>"));
	if (!str_eq(model, STR("<synthetic>")))
		a->model = intern_add(d->names, model);
	a->requested_model = claude_ident(d, l->field[FIELD_REQUESTED_MODEL]);
	a->stop_reason = claude_member(d, message, STR("stop_reason"));
	a->effort = claude_ident(d, l->field[FIELD_EFFORT]);
	a->process = claude_ident(d, l->field[FIELD_PROCESS]);
	a->aborted = json_true(l->field[FIELD_IS_ABORTED]);
	a->error = claude_ident(d, l->field[FIELD_ERROR]);
	a->status = status_ident(d, l->field[FIELD_ERROR_STATUS]);
	if (a->failed && a->status == 0)
		a->status = status_in_text(d, message);
	a->block_index = BLOCK_INDEX_NONE;
	if (json_u64(l->field[FIELD_BLOCK_INDEX], &n) && n < BLOCK_INDEX_NONE)
		a->block_index = (uint32_t)n;
	if ((json_u64(l->field[FIELD_THINKING_MS], &n) ||
	     json_u64(l->field[FIELD_TOOL_INPUT_MS], &n)) &&
	    n <= UINT32_MAX)
		a->lead_ms = (uint32_t)n;
	a->usage = read_usage(d, json_get(message, STR("usage")));
	read_blocks(d, json_get(message, STR("content")), a);
	r->kind = RECORD_RESPONSE;
	r->response = a;
}

/* 3.6 */
void
claude_shape(struct decoder *d, const struct claude_line *l, struct record *r)
{
	struct shape_record *s = ARENA_NEW(d->arena, struct shape_record);
	s->id = claude_member(d, l->whole, STR("shapeHash"));
	r->kind = RECORD_SHAPE;
	r->shape = s;
}

void
claude_request(struct decoder *d, const struct claude_line *l, struct record *r)
{
	struct request_record *q = ARENA_NEW(d->arena, struct request_record);
	const struct json *params = json_get(l->whole, STR("params"));
	q->id = claude_member(d, l->whole, STR("id"));
	q->model = claude_member(d, params, STR("model"));
	q->effort = claude_member(d, json_get(params, STR("output_config")), STR("effort"));
	q->purpose = claude_member(d, l->whole, STR("querySource"));
	q->shape = claude_member(d, l->whole, STR("shapeHash"));
	(void)json_u64(json_get(params, STR("max_tokens")), &q->max_tokens);
	r->kind = RECORD_REQUEST;
	r->request = q;
}
