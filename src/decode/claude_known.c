/* What Claude Code is known to write: types of lines and blocks, and their members. From sections 2
 * to 5 of claude-code-transcripts, and from the recordings of versions up to 2.1.329. */
#include "decode/claude_private.h"

struct names {
	const struct str *at;
	size_t len;
};

#define NAMES(list)                                                                                \
	{                                                                                          \
		(list), sizeof(list) / sizeof *(list)                                              \
	}

/* 3.1 */
static const struct str line_types[] = {
    STR_INIT("agent-name"),
    STR_INIT("ai-title"),
    STR_INIT("api-request"),
    STR_INIT("api-request-blob"),
    STR_INIT("api-request-shape"),
    STR_INIT("assistant"),
    STR_INIT("atis-latch"),
    STR_INIT("bridge-session"),
    STR_INIT("continued-in"),
    STR_INIT("cost-state"),
    STR_INIT("custom-title"),
    STR_INIT("file-history-delta"),
    STR_INIT("file-history-snapshot"),
    STR_INIT("fork-context-ref"),
    STR_INIT("last-prompt"),
    STR_INIT("mode"),
    STR_INIT("permission-mode"),
    STR_INIT("pr-link"),
    STR_INIT("progress"),
    STR_INIT("queue-operation"),
    STR_INIT("summary"),
    STR_INIT("system"),
    STR_INIT("tools-used"),
    STR_INIT("user"),
    STR_INIT("worktree-state"),
};
/* 3.1; what their members are is not known */
static const struct str named_types[] = {
    STR_INIT("agent-color"), STR_INIT("agent-setting"), STR_INIT("content-replacement"),
    STR_INIT("frame-link"),  STR_INIT("relocated"),     STR_INIT("tag"),
};
/* 3.1, 3.3 */
static const struct str system_types[] = {
    STR_INIT("agents_killed"),  STR_INIT("api_error"),           STR_INIT("away_summary"),
    STR_INIT("bridge_status"),  STR_INIT("compact_boundary"),    STR_INIT("informational"),
    STR_INIT("local_command"),  STR_INIT("memory_saved"),        STR_INIT("microcompact_boundary"),
    STR_INIT("model_fallback"), STR_INIT("scheduled_task_fire"), STR_INIT("stop_hook_summary"),
    STR_INIT("turn_duration"),
};
/* 3.5 */
static const struct str attachment_types[] = {
    STR_INIT("agent_listing_delta"),
    STR_INIT("auto_mode"),
    STR_INIT("auto_mode_exit"),
    STR_INIT("command_permissions"),
    STR_INIT("date"),
    STR_INIT("date_change"),
    STR_INIT("deferred_tools_delta"),
    STR_INIT("deferred_tools_record"),
    STR_INIT("diagnostics"),
    STR_INIT("edited_text_file"),
    STR_INIT("environment"),
    STR_INIT("file"),
    STR_INIT("hook_additional_context"),
    STR_INIT("hook_blocking_error"),
    STR_INIT("hook_cancelled"),
    STR_INIT("hook_error_during_execution"),
    STR_INIT("hook_non_blocking_error"),
    STR_INIT("hook_permission_decision"),
    STR_INIT("hook_success"),
    STR_INIT("hook_system_message"),
    STR_INIT("instructions"),
    STR_INIT("invoked_skills"),
    STR_INIT("mcp_instructions_delta"),
    STR_INIT("model"),
    STR_INIT("output_style"),
    STR_INIT("plan_mode"),
    STR_INIT("plan_mode_exit"),
    STR_INIT("plan_mode_reentry"),
    STR_INIT("prompt_snapshot"),
    STR_INIT("queued_command"),
    STR_INIT("session_context"),
    STR_INIT("silent_turn_reminder"),
    STR_INIT("skill_listing"),
    STR_INIT("task_reminder"),
    STR_INIT("total_tokens_reminder"),
    STR_INIT("unknown_command_fallback"),
};
/* 3.4 */
static const struct str progress_types[] = {
    STR_INIT("agent_progress"),   STR_INIT("bash_progress"), STR_INIT("hook_progress"),
    STR_INIT("mcp_progress"),     STR_INIT("query_update"),  STR_INIT("search_results_received"),
    STR_INIT("waiting_for_task"),
};
/* 2.5, 5.1 */
static const struct str block_types[] = {
    STR_INIT("advisor_tool_result"),
    STR_INIT("document"),
    STR_INIT("image"),
    STR_INIT("redacted_thinking"),
    STR_INIT("server_tool_use"),
    STR_INIT("text"),
    STR_INIT("thinking"),
    STR_INIT("tool_result"),
    STR_INIT("tool_use"),
};
/* 2.2 */
static const struct str envelope[] = {
    STR_INIT("agentId"),    STR_INIT("agentName"),  STR_INIT("cwd"),       STR_INIT("entrypoint"),
    STR_INIT("forkedFrom"), STR_INIT("gitBranch"),  STR_INIT("isMeta"),    STR_INIT("isSidechain"),
    STR_INIT("message"),    STR_INIT("parentUuid"), STR_INIT("sessionId"), STR_INIT("sessionKind"),
    STR_INIT("session_id"), STR_INIT("slug"),       STR_INIT("teamName"),  STR_INIT("timestamp"),
    STR_INIT("type"),       STR_INIT("userType"),   STR_INIT("uuid"),      STR_INIT("version"),
};
/* 2.3 */
static const struct str user_members[] = {
    STR_INIT("classifierMetaLines"),
    STR_INIT("imagePasteIds"),
    STR_INIT("interruptedMessageId"),
    STR_INIT("isCompactSummary"),
    STR_INIT("isVisibleInTranscriptOnly"),
    STR_INIT("mcpCallNotReadOnly"),
    STR_INIT("mcpMeta"),
    STR_INIT("origin"),
    STR_INIT("permissionDecision"),
    STR_INIT("permissionMode"),
    STR_INIT("planContent"),
    STR_INIT("promptId"),
    STR_INIT("promptSource"),
    STR_INIT("queueSkipAttachments"),
    STR_INIT("refusedMessageId"),
    STR_INIT("repeatsCompactSummary"),
    STR_INIT("sandboxed"),
    STR_INIT("sourceToolAssistantUUID"),
    STR_INIT("sourceToolUseID"),
    STR_INIT("summarizedTurnPromptUuids"),
    STR_INIT("thinkingMetadata"),
    STR_INIT("todos"),
    STR_INIT("toolDenialBeforeRun"),
    STR_INIT("toolDenialKind"),
    STR_INIT("toolUseResult"),
    STR_INIT("turnCompanion"),
    STR_INIT("turnOrigin"),
    STR_INIT("turnPosition"),
};
/* 2.4 */
static const struct str assistant_members[] = {
    STR_INIT("apiBlockIndex"),
    STR_INIT("apiErrorStatus"),
    STR_INIT("apiErrorType"),
    STR_INIT("attributionAgent"),
    STR_INIT("attributionMcpServer"),
    STR_INIT("attributionMcpTool"),
    STR_INIT("attributionPlugin"),
    STR_INIT("attributionSkill"),
    STR_INIT("effort"),
    STR_INIT("error"),
    STR_INIT("errorDetails"),
    STR_INIT("failedResponseHadNoToolCall"),
    STR_INIT("healsDistinctCarrier"),
    STR_INIT("isAbortedMidStream"),
    STR_INIT("isApiErrorMessage"),
    STR_INIT("madeBy"),
    STR_INIT("perTurnEffort"),
    STR_INIT("promptCacheRequested"),
    STR_INIT("requestId"),
    STR_INIT("requestRef"),
    STR_INIT("requestSessionId"),
    STR_INIT("requestedModel"),
    STR_INIT("resendCannotCure"),
    STR_INIT("serverClassifierRequest"),
    STR_INIT("thinkingDisplay"),
    STR_INIT("thinkingDurationMs"),
    STR_INIT("toolInputStreamMs"),
    STR_INIT("wireToolInputs"),
};
/* 3.3, 10.6 */
static const struct str system_members[] = {
    STR_INIT("cause"),
    STR_INIT("commandRun"),
    STR_INIT("compactMetadata"),
    STR_INIT("content"),
    STR_INIT("durationMs"),
    STR_INIT("error"),
    STR_INIT("failedHookErrorIndexes"),
    STR_INIT("fallbackModel"),
    STR_INIT("hasOutput"),
    STR_INIT("hookAdditionalContext"),
    STR_INIT("hookCount"),
    STR_INIT("hookErrors"),
    STR_INIT("hookInfos"),
    STR_INIT("level"),
    STR_INIT("logicalParentUuid"),
    STR_INIT("maxRetries"),
    STR_INIT("messageCount"),
    STR_INIT("microcompactMetadata"),
    STR_INIT("originalModel"),
    STR_INIT("pendingBackgroundAgentCount"),
    STR_INIT("pendingWorkflowCount"),
    STR_INIT("preventedContinuation"),
    STR_INIT("retryAttempt"),
    STR_INIT("retryInMs"),
    STR_INIT("source"),
    STR_INIT("stopReason"),
    STR_INIT("subtype"),
    STR_INIT("toolUseID"),
    STR_INIT("trigger"),
    STR_INIT("url"),
};
/* 3.5 */
static const struct str attachment_members[] = {
    STR_INIT("attachment"),
    STR_INIT("rendered"),
    STR_INIT("renderedRole"),
};
/* 3.4 */
static const struct str progress_members[] = {
    STR_INIT("data"),
    STR_INIT("parentToolUseID"),
    STR_INIT("toolUseID"),
};
/* 3.2, 3.6, 3.7, 8.3 */
static const struct str metadata_members[] = {
    STR_INIT("agentId"),
    STR_INIT("agentName"),
    STR_INIT("aiTitle"),
    STR_INIT("atis"),
    STR_INIT("backup"),
    STR_INIT("base"),
    STR_INIT("bridgeSessionId"),
    STR_INIT("cacheControl"),
    STR_INIT("commandUuid"),
    STR_INIT("content"),
    STR_INIT("contextLength"),
    STR_INIT("continuedInSessionId"),
    STR_INIT("customTitle"),
    STR_INIT("explicit"),
    STR_INIT("hasUnknownModelCost"),
    STR_INIT("hash"),
    STR_INIT("id"),
    STR_INIT("isSnapshotUpdate"),
    STR_INIT("keep"),
    STR_INIT("lastPrompt"),
    STR_INIT("lastSequenceNum"),
    STR_INIT("leafUuid"),
    STR_INIT("message"),
    STR_INIT("messageId"),
    STR_INIT("mode"),
    STR_INIT("modelUsage"),
    STR_INIT("operation"),
    STR_INIT("params"),
    STR_INIT("parentLastUuid"),
    STR_INIT("parentSessionId"),
    STR_INIT("permissionMode"),
    STR_INIT("prNumber"),
    STR_INIT("prRepository"),
    STR_INIT("prUrl"),
    STR_INIT("querySource"),
    STR_INIT("reason"),
    STR_INIT("requestDigest"),
    STR_INIT("sessionId"),
    STR_INIT("shape"),
    STR_INIT("shapeHash"),
    STR_INIT("snapshot"),
    STR_INIT("snapshotMessageId"),
    STR_INIT("startTime"),
    STR_INIT("summary"),
    STR_INIT("tail"),
    STR_INIT("timestamp"),
    STR_INIT("tools"),
    STR_INIT("totalAPIDuration"),
    STR_INIT("totalAPIDurationWithoutRetries"),
    STR_INIT("totalCostUSD"),
    STR_INIT("totalDuration"),
    STR_INIT("totalLinesAdded"),
    STR_INIT("totalLinesRemoved"),
    STR_INIT("totalToolDuration"),
    STR_INIT("trackingPath"),
    STR_INIT("type"),
    STR_INIT("version"),
    STR_INIT("worktreeSession"),
};
/* 2.5 */
static const struct str message_members[] = {
    STR_INIT("container"),     STR_INIT("content"),      STR_INIT("context_management"),
    STR_INIT("diagnostics"),   STR_INIT("id"),           STR_INIT("model"),
    STR_INIT("role"),          STR_INIT("stop_details"), STR_INIT("stop_reason"),
    STR_INIT("stop_sequence"), STR_INIT("type"),         STR_INIT("usage"),
};
/* 2.6 */
static const struct str usage_members[] = {
    STR_INIT("cache_creation"),
    STR_INIT("cache_creation_input_tokens"),
    STR_INIT("cache_read_input_tokens"),
    STR_INIT("fallback_credit"),
    STR_INIT("inference_geo"),
    STR_INIT("input_tokens"),
    STR_INIT("iterations"),
    STR_INIT("output_tokens"),
    STR_INIT("output_tokens_details"),
    STR_INIT("server_tool_use"),
    STR_INIT("service_tier"),
    STR_INIT("speed"),
};

/* Lines of one family have these members, and those of the envelope when they are of the
 * conversation: 2.1. */
static const struct family {
	struct str type;
	struct names members;
	struct names types; /* of what is told apart within it; empty: nothing is */
} families[] = {
    {STR_INIT("user"), NAMES(user_members), {NULL, 0}},
    {STR_INIT("assistant"), NAMES(assistant_members), {NULL, 0}},
    {STR_INIT("system"), NAMES(system_members), NAMES(system_types)},
    {STR_INIT("attachment"), NAMES(attachment_members), NAMES(attachment_types)},
    {STR_INIT("progress"), NAMES(progress_members), NAMES(progress_types)},
};

static bool
is_in(struct str s, const struct str *list, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (str_eq(list[i], s))
			return true;
	return false;
}

#define IS_IN(s, list) is_in((s), (list), sizeof(list) / sizeof *(list))

static void
look_at_blocks(struct decoder *d, const struct json *content, const struct record *r)
{
	size_t left = CLAUDE_BLOCKS_MAX;
	if (!json_is_array(content))
		return;
	for (struct json_iter it = json_iter(content); left > 0 && json_next(&it); left--) {
		struct str type = json_get_text(it.value, STR("type"));
		if (!IS_IN(type, block_types))
			watch_unknown(d->watch, d->names, r, STR("content"), '/', type);
	}
}

static void
look_at_message(struct decoder *d, const struct json *message, const struct record *r)
{
	const struct json *usage = json_get(message, STR("usage"));
	if (!json_is_object(message))
		return;
	for (struct json_iter it = json_iter(message); json_next(&it);)
		if (!IS_IN(it.key, message_members))
			watch_unknown(d->watch, d->names, r, STR("message"), '.', it.key);
	for (struct json_iter it = json_iter(usage); json_is_object(usage) && json_next(&it);)
		if (!IS_IN(it.key, usage_members))
			watch_unknown(d->watch, d->names, r, STR("usage"), '.', it.key);
	look_at_blocks(d, json_get(message, STR("content")), r);
}

static void
look_at_members(struct decoder *d, const struct json *v, struct str type,
                const struct family *family, const struct record *r)
{
	for (struct json_iter it = json_iter(v); json_next(&it);) {
		bool known = family != NULL
		                 ? IS_IN(it.key, envelope) ||
		                       is_in(it.key, family->members.at, family->members.len)
		                 : IS_IN(it.key, metadata_members);
		if (!known)
			watch_unknown(d->watch, d->names, r, type, '.', it.key);
	}
}

/* What tells the lines of a family apart. */
static struct str
subtype_of(const struct claude_line *l, struct str type)
{
	if (str_eq(type, STR("system")))
		return json_text(l->field[FIELD_SUBTYPE]);
	if (str_eq(type, STR("attachment")))
		return json_get_text(l->field[FIELD_ATTACHMENT], STR("type"));
	return json_get_text(l->field[FIELD_DATA], STR("type"));
}

void
claude_unknown(struct decoder *d, const struct claude_line *l, struct str type,
               const struct record *r)
{
	const struct family *family = NULL;
	for (size_t i = 0; i < sizeof families / sizeof *families; i++)
		if (str_eq(families[i].type, type))
			family = &families[i];
	if (family == NULL && IS_IN(type, named_types))
		return;
	if (family == NULL && !IS_IN(type, line_types)) {
		watch_unknown(d->watch, d->names, r, (struct str){0}, '/', type);
		return;
	}
	if (family != NULL && family->types.len > 0) {
		struct str sub = subtype_of(l, type);
		/* Old system lines have none: 3.1. */
		if (sub.len > 0 && !is_in(sub, family->types.at, family->types.len))
			watch_unknown(d->watch, d->names, r, type, '/', sub);
	}
	look_at_members(d, l->whole, type, family, r);
	if (family == NULL)
		return;
	look_at_message(d, l->field[FIELD_MESSAGE], r);
	/* The line of an agent that a progress line carries: 3.4. */
	const struct json *inner = json_get(l->field[FIELD_DATA], STR("message"));
	if (str_eq(type, STR("progress")))
		look_at_message(d, json_get(inner, STR("message")), r);
}
