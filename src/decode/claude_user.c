/* User lines: prompts, commands, notifications and everything else that comes from
 * the user's side. claude-code-transcripts 5. */
#include "base/hash.h"
#include "decode/claude_private.h"

#define COMMAND_HEAD_MAX 200 /* bytes in which a command's name stands */

/* 5.1, in the order in which they are tried. */
static const struct {
	struct str prefix;
	enum user_text text;
} prefixes[] = {
    {STR_INIT("<command-message>"), TEXT_COMMAND},
    {STR_INIT("<command-name>"), TEXT_LOCAL_COMMAND},
    {STR_INIT("<local-command-stdout>"), TEXT_LOCAL_OUTPUT},
    {STR_INIT("<local-command-stderr>"), TEXT_LOCAL_OUTPUT},
    {STR_INIT("<local-command-caveat>"), TEXT_CAVEAT},
    {STR_INIT("Caveat:"), TEXT_CAVEAT},
    {STR_INIT("<bash-input>"), TEXT_SHELL_INPUT},
    {STR_INIT("<bash-stdout>"), TEXT_SHELL_OUTPUT},
    {STR_INIT("<bash-stderr>"), TEXT_SHELL_OUTPUT},
    {STR_INIT("<task-notification>"), TEXT_NOTIFICATION},
    {STR_INIT("<teammate-message"), TEXT_PEER},
    {STR_INIT("Another Claude session sent a message:"), TEXT_PEER},
    {STR_INIT("[Request interrupted by user"), TEXT_INTERRUPT},
    {STR_INIT("Operation stopped by hook:"), TEXT_BLOCKED},
    {STR_INIT("/"), TEXT_SLASH},
};

static const struct {
	struct str name;
	enum initiator initiator;
} initiators[] = {
    {STR_INIT("human"), INITIATOR_HUMAN},
    {STR_INIT("sdk"), INITIATOR_HUMAN},
    {STR_INIT("task_notification"), INITIATOR_NOTIFICATION},
    {STR_INIT("task-notification"), INITIATOR_NOTIFICATION},
    {STR_INIT("peer"), INITIATOR_PEER},
    {STR_INIT("coordinator"), INITIATOR_COORDINATOR},
};

struct str
claude_text(const struct json *content)
{
	if (json_is_string(content))
		return json_text(content);
	struct str first = {0};
	for (struct json_iter it = json_iter(content); json_next(&it);) {
		if (!str_eq(json_get_text(it.value, STR("type")), STR("text")))
			continue;
		struct str text = json_get_text(it.value, STR("text"));
		if (first.len == 0)
			first = text;
		if (!str_starts(text, STR("<ide_")))
			return text;
	}
	return first;
}

static enum user_text
text_class(struct str text)
{
	text = str_trim(text);
	for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++)
		if (str_starts(text, prefixes[i].prefix))
			return prefixes[i].text;
	return str_eq(text, STR("Warmup")) ? TEXT_WARMUP : TEXT_PROMPT;
}

static enum initiator
initiator_of(struct str name)
{
	for (size_t i = 0; i < sizeof initiators / sizeof *initiators; i++)
		if (str_eq(initiators[i].name, name))
			return initiators[i].initiator;
	return INITIATOR_NONE;
}

struct notice
claude_notice(struct decoder *d, struct str text)
{
	static const struct {
		struct str name;
		enum notice_status status;
	} states[] = {
	    {STR_INIT("completed"), NOTICE_COMPLETED},
	    {STR_INIT("failed"), NOTICE_FAILED},
	    {STR_INIT("killed"), NOTICE_KILLED},
	};
	struct notice n = {0};
	struct str inner;
	/* The earliest form is a JSON object, as text. */
	text = str_trim(text);
	if (str_starts(text, STR("{"))) {
		if (str_between(text, STR("\"task_id\":\""), STR("\""), &inner))
			n.task = intern_add(d->names, inner);
		if (str_between(text, STR("\"tool_use_id\":\""), STR("\""), &inner))
			n.call = intern_add(d->names, inner);
		if (n.task != 0)
			n.status = NOTICE_COMPLETED;
		return n;
	}
	if (!str_starts(text, STR("<task-notification>")))
		return n;
	/* Not escaped XML: what stands in the result may hold any tag. Leading tags only. */
	struct str head = text;
	size_t body = str_find(text, STR("<result>"));
	if (body != STR_NONE)
		head = str_head(text, body);
	if (str_between(head, STR("<task-id>"), STR("</task-id>"), &inner))
		n.task = intern_add(d->names, inner);
	if (str_between(head, STR("<tool-use-id>"), STR("</tool-use-id>"), &inner))
		n.call = intern_add(d->names, inner);
	if (str_between(head, STR("<status>"), STR("</status>"), &inner))
		for (size_t i = 0; i < sizeof states / sizeof *states; i++)
			if (str_eq(states[i].name, inner))
				n.status = states[i].status;
	return n;
}

/* 5.2, step 3 as far as fields decide it */
static enum initiator
initiator_by_field(const struct claude_line *l)
{
	enum initiator by = initiator_of(json_text(l->field[FIELD_TURN_ORIGIN]));
	if (by == INITIATOR_NONE)
		by = initiator_of(json_get_text(l->field[FIELD_ORIGIN], STR("kind")));
	if (by == INITIATOR_NONE && str_eq(json_text(l->field[FIELD_PROMPT_SOURCE]), STR("system")))
		by = INITIATOR_SYSTEM;
	return by;
}

static bool
has_prompt_block(const struct json *content)
{
	if (json_is_string(content))
		return json_text(content).len > 0;
	for (struct json_iter it = json_iter(content); json_next(&it);)
		if (json_is_string(json_get(it.value, STR("type"))))
			return true;
	return false;
}

void
claude_user(struct decoder *d, const struct claude_line *l, struct record *r)
{
	if (claude_results(d, l, r))
		return;
	const struct json *content = json_get(l->field[FIELD_MESSAGE], STR("content"));
	struct str text = claude_text(content);
	struct user_record *u = ARENA_NEW(d->arena, struct user_record);
	uint64_t index;
	u->text = text_class(text);
	u->initiator = initiator_by_field(l);
	u->summary = json_true(l->field[FIELD_IS_SUMMARY]);
	u->companion = json_true(l->field[FIELD_TURN_COMPANION]);
	u->says_origin = json_is_string(l->field[FIELD_TURN_ORIGIN]);
	u->opens_turn = u->says_origin && !u->summary;
	u->from_prompt = l->field[FIELD_PERMISSION_MODE] != NULL ||
	                 l->field[FIELD_PROMPT_SOURCE] != NULL ||
	                 l->field[FIELD_TURN_ORIGIN] != NULL;
	u->empty = !has_prompt_block(content);
	u->clears = u->text == TEXT_LOCAL_COMMAND &&
	            str_has(str_head(text, COMMAND_HEAD_MAX), STR("<command-name>/clear<"));
	struct str mode = json_text(l->field[FIELD_PERMISSION_MODE]);
	u->allows_all = str_eq(mode, STR("bypassPermissions"));
	u->allows_edits = u->allows_all || str_eq(mode, STR("acceptEdits"));
	u->entrypoint = claude_ident(d, l->field[FIELD_ENTRYPOINT]);
	u->member = claude_ident(d, l->field[FIELD_AGENT_NAME]);
	struct str peer;
	if (u->text == TEXT_PEER && str_between(text, STR("teammate_id=\""), STR("\""), &peer))
		u->peer = intern_add(d->names, peer);
	u->interrupted = claude_ident(d, l->field[FIELD_INTERRUPTED]);
	u->print = hash_fingerprint(str_trim(text));
	if (json_u64(json_get(l->field[FIELD_TURN_POSITION], STR("turnIndex")), &index) &&
	    index < UINT32_MAX)
		u->turn_index = (uint32_t)index;
	if (u->text == TEXT_NOTIFICATION || u->initiator == INITIATOR_NOTIFICATION)
		u->notice = claude_notice(d, text);
	r->kind = RECORD_USER;
	r->user = u;
}
