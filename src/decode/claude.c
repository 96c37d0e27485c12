/* The transcripts of Claude Code: the envelope of a line, and which part reads the rest.
 * Sections named here are those of claude-code-transcripts. */
#include "decode/claude_private.h"

#include "base/when.h"
#include "decode/claude.h"

struct field {
	struct str key;
	enum claude_field field;
};

/* By length: a line has some 25 members, and each is looked up. */
static const struct field fields_3[] = {
    {STR_INIT("cwd"), FIELD_CWD},
};
static const struct field fields_4[] = {
    {STR_INIT("type"), FIELD_TYPE},
    {STR_INIT("uuid"), FIELD_UUID},
    {STR_INIT("data"), FIELD_DATA},
};
static const struct field fields_5[] = {
    {STR_INIT("error"), FIELD_ERROR},
};
static const struct field fields_6[] = {
    {STR_INIT("isMeta"), FIELD_IS_META},
    {STR_INIT("origin"), FIELD_ORIGIN},
    {STR_INIT("effort"), FIELD_EFFORT},
};
static const struct field fields_7[] = {
    {STR_INIT("message"), FIELD_MESSAGE}, {STR_INIT("version"), FIELD_VERSION},
    {STR_INIT("content"), FIELD_CONTENT}, {STR_INIT("agentId"), FIELD_AGENT_ID},
    {STR_INIT("subtype"), FIELD_SUBTYPE},
};
static const struct field fields_8[] = {
    {STR_INIT("promptId"), FIELD_PROMPT_ID},
};
static const struct field fields_9[] = {
    {STR_INIT("sessionId"), FIELD_SESSION_ID}, {STR_INIT("timestamp"), FIELD_TIMESTAMP},
    {STR_INIT("agentName"), FIELD_AGENT_NAME}, {STR_INIT("requestId"), FIELD_REQUEST_ID},
    {STR_INIT("operation"), FIELD_OPERATION},
};
static const struct field fields_10[] = {
    {STR_INIT("session_id"), FIELD_PROCESS},     {STR_INIT("parentUuid"), FIELD_PARENT_UUID},
    {STR_INIT("forkedFrom"), FIELD_FORKED_FROM}, {STR_INIT("entrypoint"), FIELD_ENTRYPOINT},
    {STR_INIT("requestRef"), FIELD_REQUEST_REF}, {STR_INIT("attachment"), FIELD_ATTACHMENT},
    {STR_INIT("turnOrigin"), FIELD_TURN_ORIGIN},
};
static const struct field fields_11[] = {
    {STR_INIT("isSidechain"), FIELD_IS_SIDECHAIN},
    {STR_INIT("customTitle"), FIELD_CUSTOM_TITLE},
};
static const struct field fields_12[] = {
    {STR_INIT("promptSource"), FIELD_PROMPT_SOURCE},
    {STR_INIT("turnPosition"), FIELD_TURN_POSITION},
};
static const struct field fields_13[] = {
    {STR_INIT("turnCompanion"), FIELD_TURN_COMPANION},
    {STR_INIT("toolUseResult"), FIELD_TOOL_USE_RESULT},
    {STR_INIT("apiBlockIndex"), FIELD_BLOCK_INDEX},
};
static const struct field fields_14[] = {
    {STR_INIT("permissionMode"), FIELD_PERMISSION_MODE},
    {STR_INIT("requestedModel"), FIELD_REQUESTED_MODEL},
    {STR_INIT("apiErrorStatus"), FIELD_ERROR_STATUS},
    {STR_INIT("toolDenialKind"), FIELD_DENIAL_KIND},
};
static const struct field fields_16[] = {
    {STR_INIT("isCompactSummary"), FIELD_IS_SUMMARY},
    {STR_INIT("requestSessionId"), FIELD_REQUEST_SESSION},
};
static const struct field fields_17[] = {
    {STR_INIT("isApiErrorMessage"), FIELD_IS_API_ERROR},
    {STR_INIT("toolInputStreamMs"), FIELD_TOOL_INPUT_MS},
};
static const struct field fields_18[] = {
    {STR_INIT("permissionDecision"), FIELD_PERMISSION_DECISION},
    {STR_INIT("isAbortedMidStream"), FIELD_IS_ABORTED},
    {STR_INIT("thinkingDurationMs"), FIELD_THINKING_MS},
};
static const struct field fields_19[] = {
    {STR_INIT("toolDenialBeforeRun"), FIELD_DENIED_BEFORE_RUN},
};
static const struct field fields_20[] = {
    {STR_INIT("interruptedMessageId"), FIELD_INTERRUPTED},
};

#define FIELDS_OF(n) [n] = {fields_##n, sizeof fields_##n / sizeof *fields_##n}

static const struct {
	const struct field *at;
	size_t len;
} fields[] = {
    FIELDS_OF(3),  FIELDS_OF(4),  FIELDS_OF(5),  FIELDS_OF(6),  FIELDS_OF(7),  FIELDS_OF(8),
    FIELDS_OF(9),  FIELDS_OF(10), FIELDS_OF(11), FIELDS_OF(12), FIELDS_OF(13), FIELDS_OF(14),
    FIELDS_OF(16), FIELDS_OF(17), FIELDS_OF(18), FIELDS_OF(19), FIELDS_OF(20),
};

uint32_t
claude_ident(struct decoder *d, const struct json *v)
{
	return intern_add(d->names, json_text(v));
}

uint32_t
claude_member(struct decoder *d, const struct json *v, struct str key)
{
	return intern_add(d->names, json_get_text(v, key));
}

static void
line_read(const struct json *v, struct claude_line *l)
{
	*l = (struct claude_line){.whole = v};
	for (struct json_iter it = json_iter(v); json_next(&it);) {
		size_t n = it.key.len < sizeof fields / sizeof *fields ? fields[it.key.len].len : 0;
		for (size_t i = 0; i < n; i++) {
			const struct field *f = &fields[it.key.len].at[i];
			if (!str_eq(f->key, it.key))
				continue;
			if (l->field[f->field] == NULL)
				l->field[f->field] = it.value;
			break;
		}
	}
}

/* 2.2 */
static void
read_envelope(struct decoder *d, const struct claude_line *l, struct record *r)
{
	const struct json *const *f = l->field;
	uint64_t ms;
	if (json_is_string(f[FIELD_TIMESTAMP]))
		(void)when_parse(json_text(f[FIELD_TIMESTAMP]), &r->time_ns);
	else if (json_u64(f[FIELD_TIMESTAMP], &ms) && ms < WHEN_MAX_NS / WHEN_MS)
		r->time_ns = ms * WHEN_MS; /* other writers: 2.1 */
	r->uuid = claude_ident(d, f[FIELD_UUID]);
	r->parent = claude_ident(d, f[FIELD_PARENT_UUID]);
	r->session = claude_ident(d, f[FIELD_SESSION_ID]);
	r->agent = claude_ident(d, f[FIELD_AGENT_ID]);
	r->version = claude_ident(d, f[FIELD_VERSION]);
	r->cwd = claude_ident(d, f[FIELD_CWD]);
	r->prompt = claude_ident(d, f[FIELD_PROMPT_ID]);
	r->origin_session = claude_ident(d, f[FIELD_REQUEST_SESSION]);
	if (f[FIELD_FORKED_FROM] != NULL) {
		r->forked_session = claude_member(d, f[FIELD_FORKED_FROM], STR("sessionId"));
		r->forked_uuid = claude_member(d, f[FIELD_FORKED_FROM], STR("messageUuid"));
	}
	if (json_true(f[FIELD_IS_SIDECHAIN]))
		r->flags |= RECORD_SIDECHAIN;
	if (json_true(f[FIELD_IS_META]))
		r->flags |= RECORD_META;
	struct str entry = json_text(f[FIELD_ENTRYPOINT]);
	if (str_starts(entry, STR("sdk")))
		r->flags |= RECORD_SDK;
	if (r->forked_session != 0)
		r->flags |= RECORD_COPY;
}

/* A title names the conversation: the last one of the best rank wins (13). */
static void
claude_title(struct decoder *d, const struct json *v, enum title_rank rank, struct str key,
             struct record *r)
{
	struct title_record *t = ARENA_NEW(d->arena, struct title_record);
	t->rank = rank;
	t->text = claude_member(d, v, key);
	t->leaf = claude_member(d, v, STR("leafUuid"));
	r->kind = RECORD_TITLE;
	r->title = t;
}

static void
claude_continued(struct decoder *d, const struct claude_line *l, struct record *r)
{
	struct continued_record *c = ARENA_NEW(d->arena, struct continued_record);
	c->to = claude_member(d, l->whole, STR("continuedInSessionId"));
	r->kind = RECORD_CONTINUED;
	r->continued = c;
}

static void decode_by_type(struct decoder *d, const struct claude_line *l, struct str type,
                           struct record *r);

/* An agent's line inside a progress line, for when the agent's own file is missing. 3.4 */
static void
claude_progress(struct decoder *d, const struct claude_line *l, struct record *r)
{
	const struct json *data = l->field[FIELD_DATA];
	struct str kind = json_get_text(data, STR("type"));
	if (str_eq(kind, STR("hook_progress"))) {
		claude_hook_progress(d, l, r);
		return;
	}
	const struct json *inner = json_get(data, STR("message"));
	if (!str_eq(kind, STR("agent_progress")) || !json_is_object(inner))
		return;
	struct record carrier = *r;
	struct claude_line il;
	line_read(inner, &il);
	read_envelope(d, &il, r);
	r->session = carrier.session;
	r->version = carrier.version;
	r->cwd = carrier.cwd;
	if (r->time_ns == 0)
		r->time_ns = carrier.time_ns;
	r->agent = claude_member(d, data, STR("agentId"));
	r->carrier = claude_member(d, l->whole, STR("parentToolUseID"));
	r->flags |= RECORD_CARRIED | RECORD_SIDECHAIN | carrier.flags;
	r->forked_session = carrier.forked_session;
	decode_by_type(d, &il, json_text(il.field[FIELD_TYPE]), r);
}

static void
decode_by_type(struct decoder *d, const struct claude_line *l, struct str type, struct record *r)
{
	if (str_eq(type, STR("assistant")))
		claude_response(d, l, r);
	else if (str_eq(type, STR("user")))
		claude_user(d, l, r);
	else if (str_eq(type, STR("system")))
		claude_system(d, l, r);
	else if (str_eq(type, STR("attachment")))
		claude_attachment(d, l, r);
	else if (str_eq(type, STR("progress")))
		claude_progress(d, l, r);
	else if (str_eq(type, STR("api-request")))
		claude_request(d, l, r);
	else if (str_eq(type, STR("api-request-shape")))
		claude_shape(d, l, r);
	else if (str_eq(type, STR("queue-operation")))
		claude_queue(d, l, r);
	else if (str_eq(type, STR("custom-title")))
		claude_title(d, l->whole, TITLE_CUSTOM, STR("customTitle"), r);
	else if (str_eq(type, STR("ai-title")))
		claude_title(d, l->whole, TITLE_AI, STR("aiTitle"), r);
	else if (str_eq(type, STR("summary")))
		claude_title(d, l->whole, TITLE_SUMMARY, STR("summary"), r);
	else if (str_eq(type, STR("fork-context-ref")))
		r->kind = RECORD_FORK_CONTEXT;
	else if (str_eq(type, STR("continued-in")))
		claude_continued(d, l, r);
	else if (d->watch != NULL && r->uuid == 0 && str_eq(type, STR("cost-state")))
		claude_cost(d, l, r);
}

/* "attachment/date", "system/api_error": what the account calls the line. */
static uint32_t
type_name(struct decoder *d, const struct claude_line *l, struct str type)
{
	struct str sub = json_text(l->field[FIELD_SUBTYPE]);
	if (str_eq(type, STR("attachment")))
		sub = json_get_text(l->field[FIELD_ATTACHMENT], STR("type"));
	else if (str_eq(type, STR("progress")))
		sub = json_get_text(l->field[FIELD_DATA], STR("type"));
	if (sub.len == 0)
		return intern_add(d->names, str_head(type, 100));
	char name[256];
	struct str parts[] = {str_head(type, 100), STR("/"), str_head(sub, 100)};
	size_t len = 0;
	for (size_t i = 0; i < 3; i++) {
		memcpy(name + len, parts[i].at, parts[i].len);
		len += parts[i].len;
	}
	return intern_add(d->names, (struct str){name, len});
}

static bool
claude_decode(struct decoder *d, const struct json *v, struct record *r, const char **why)
{
	if (!json_is_object(v)) {
		*why = "not a JSON object";
		return false;
	}
	struct claude_line l;
	line_read(v, &l);
	struct str type = json_text(l.field[FIELD_TYPE]);
	if (type.len == 0) /* as other writers leave it */
		type = json_get_text(l.field[FIELD_MESSAGE], STR("role"));
	if (type.len == 0) {
		*why = "an object without a type";
		return false;
	}
	r->type = type_name(d, &l, type);
	r->kind = RECORD_IGNORED;
	read_envelope(d, &l, r);
	if (d->watch != NULL)
		claude_unknown(d, &l, type, r);
	decode_by_type(d, &l, type, r);
	/* A line of the conversation keeps its place in it, whatever it is. 2.1 */
	if (r->kind == RECORD_IGNORED && r->uuid != 0)
		r->kind = str_eq(type, STR("attachment")) ? RECORD_CONTEXT : RECORD_PLACE;
	return true;
}

/* Lines of other agents of the same family bear marks that these never have. */
static bool
is_foreign(const struct json *v)
{
	return json_get(v, STR("provenance")) != NULL ||
	       json_get(v, STR("systemPayload")) != NULL ||
	       json_get(json_get(v, STR("message")), STR("parts")) != NULL;
}

/* A line of the conversation, or metadata of a session: the first lines of many files are such.
 * 2.1 */
static bool
claude_sniff(const struct json *v)
{
	struct str type = json_get_text(v, STR("type"));
	const struct json *message = json_get(v, STR("message"));
	if (is_foreign(v))
		return false;
	if (type.len == 0)
		type = json_get_text(message, STR("role"));
	if (str_eq(type, STR("user")) || str_eq(type, STR("assistant")))
		return json_get(message, STR("role")) != NULL ||
		       json_get(message, STR("content")) != NULL;
	return type.len > 0 && message == NULL && json_is_string(json_get(v, STR("sessionId")));
}

/* 1.1, 1.5 */
static enum transcript_kind
claude_place(struct str path, struct str *session, struct str *agent, struct str *run)
{
	size_t slash = str_find_last(path, STR("/"));
	struct str name = slash == STR_NONE ? path : str_skip(path, slash + 1);
	struct str dir = slash == STR_NONE ? (struct str){0} : str_head(path, slash);
	*session = *agent = *run = (struct str){0};
	if (!str_ends(name, STR(".jsonl")) || str_eq(name, STR("journal.jsonl")))
		return TRANSCRIPT_NONE;
	struct str stem = str_head(name, name.len - 6);
	if (!str_starts(stem, STR("agent-"))) {
		*session = stem;
		return TRANSCRIPT_MAIN;
	}
	*agent = str_skip(stem, 6);
	size_t below = str_find_last(dir, STR("/subagents/workflows/"));
	if (below != STR_NONE)
		*run = str_skip(dir, below + STR("/subagents/workflows/").len);
	size_t subagents = str_find_last(dir, STR("/subagents"));
	if (subagents != STR_NONE) {
		struct str owner = str_head(dir, subagents);
		size_t before = str_find_last(owner, STR("/"));
		*session = before == STR_NONE ? owner : str_skip(owner, before + 1);
	}
	return TRANSCRIPT_AGENT;
}

const struct format claude_format = {
    .name = STR_INIT("claude-code"),
    .sniff = claude_sniff,
    .place = claude_place,
    .decode = claude_decode,
    .content = claude_content,
    .sidecar = claude_sidecar,
};
