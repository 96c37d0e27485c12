#ifndef DECODE_CLAUDE_PRIVATE_H
#define DECODE_CLAUDE_PRIVATE_H

#include "decode/format.h"

/* The members of a line that mean something here, found in one walk over it. */
enum claude_field {
	FIELD_AGENT_ID,
	FIELD_AGENT_NAME,
	FIELD_ATTACHMENT,
	FIELD_BLOCK_INDEX,
	FIELD_CONTENT,
	FIELD_CUSTOM_TITLE,
	FIELD_CWD,
	FIELD_DATA,
	FIELD_DENIAL_KIND,
	FIELD_DENIED_BEFORE_RUN,
	FIELD_EFFORT,
	FIELD_ENTRYPOINT,
	FIELD_ERROR,
	FIELD_ERROR_STATUS,
	FIELD_FORKED_FROM,
	FIELD_INTERRUPTED,
	FIELD_IS_ABORTED,
	FIELD_IS_API_ERROR,
	FIELD_IS_META,
	FIELD_IS_SIDECHAIN,
	FIELD_IS_SUMMARY,
	FIELD_MESSAGE,
	FIELD_OPERATION,
	FIELD_ORIGIN,
	FIELD_PARENT_UUID,
	FIELD_PERMISSION_DECISION,
	FIELD_PERMISSION_MODE,
	FIELD_PROCESS,
	FIELD_PROMPT_ID,
	FIELD_PROMPT_SOURCE,
	FIELD_REQUESTED_MODEL,
	FIELD_REQUEST_ID,
	FIELD_REQUEST_REF,
	FIELD_REQUEST_SESSION,
	FIELD_SESSION_ID,
	FIELD_SUBTYPE,
	FIELD_THINKING_MS,
	FIELD_TIMESTAMP,
	FIELD_TOOL_INPUT_MS,
	FIELD_TOOL_USE_RESULT,
	FIELD_TURN_COMPANION,
	FIELD_TURN_ORIGIN,
	FIELD_TURN_POSITION,
	FIELD_TYPE,
	FIELD_UUID,
	FIELD_VERSION,
	FIELD_COUNT
};

struct claude_line {
	const struct json *whole;
	const struct json *field[FIELD_COUNT];
};

/* The ident of a string member; 0 when it is missing or no string. */
uint32_t claude_ident(struct decoder *d, const struct json *v);
uint32_t claude_member(struct decoder *d, const struct json *v, struct str key);

/* Each fills r->kind and r->payload from a line of its kind. */
void claude_user(struct decoder *d, const struct claude_line *l, struct record *r);
void claude_response(struct decoder *d, const struct claude_line *l, struct record *r);
void claude_system(struct decoder *d, const struct claude_line *l, struct record *r);
void claude_attachment(struct decoder *d, const struct claude_line *l, struct record *r);
void claude_queue(struct decoder *d, const struct claude_line *l, struct record *r);
void claude_shape(struct decoder *d, const struct claude_line *l, struct record *r);
void claude_request(struct decoder *d, const struct claude_line *l, struct record *r);
void claude_cost(struct decoder *d, const struct claude_line *l, struct record *r);
void claude_hook_progress(struct decoder *d, const struct claude_line *l, struct record *r);

/* The tool_result blocks of a user line; false when it has none. */
bool claude_results(struct decoder *d, const struct claude_line *l, struct record *r);

/* The tags at the head of a notification. claude-code-transcripts 8.2 */
struct notice claude_notice(struct decoder *d, struct str text);

/* The text of a message's content: the string, or its first text block that is no ide_ note. */
struct str claude_text(const struct json *content);

void claude_content(struct arena *a, const struct record *r, struct json_raw line,
                    struct content *content);
bool claude_sidecar(struct decoder *d, struct str path, const struct json *v,
                    struct agent_facts **facts, size_t *count);

/* Notes what the format's notes do not name in a line of that type. Only with a watch. */
void claude_unknown(struct decoder *d, const struct claude_line *l, struct str type,
                    const struct record *r);

#define CLAUDE_BLOCKS_MAX 65536 /* blocks of one line that are looked at */

#endif
