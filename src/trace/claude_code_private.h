#ifndef TRACE_CLAUDE_CODE_PRIVATE_H
#define TRACE_CLAUDE_CODE_PRIVATE_H

#include "trace/claude_code.h"
#include "trace/trace.h"

/* What a version added to the spans, by the first version that is known to have it. cc 13 */
enum feature {
	FEATURE_STOP_REASON,
	FEATURE_AGENT_OF_REQUEST,
	FEATURE_AGENT_OF_TOOL, /* agents' spans below the execution of their call, too */
	FEATURE_TOOL_CALL_ID,
	FEATURE_REQUEST_ID, /* attempts as events, status ERROR, gen_ai.system and .request.model */
	FEATURE_ENTRYPOINT,
	FEATURE_OUTPUT, /* of Read, and more than the command or the file of Bash and Edit */
	FEATURE_WORKFLOW,
	FEATURE_MARK_IN_LIMIT, /* and the limit can be set */
	FEATURE_SAFE_NAMES,    /* error_class, first_content_ms, parent.source, queued_sends too */
	FEATURE_EFFORT,
	FEATURE_MORE_OUTPUT,
	FEATURE_GEN_AI,
	FEATURE_DECISION, /* who allowed a call in print mode */
};

/* The call that an execution span is of: its agents' spans hang there. */
struct executed {
	const struct tool_call *call;
	const struct span *span;
};

/* The making of one trace. */
struct claude_code {
	struct trace t;
	const struct live_options *live;
	const struct turn *turn; /* NULL: an agent without one */
	uint64_t version;        /* whose attributes are written; 0: that of each line */
	bool strict;             /* only what the live program would have exported */
	struct str session;
	const struct span *root; /* the interaction; NULL: none */
	struct str provider;     /* of its models */
	struct {
		line_ref line; /* that they were read from */
		struct str text;
		size_t count;
	} tools; /* that the request before offered */
	struct {
		struct executed *at;
		size_t len, cap;
	} executed;
};

/* Where a span is made. */
struct place {
	const struct span *parent; /* NULL: none */
	const struct agent *agent; /* whose it is; NULL: the main thread's */
	uint32_t spawner;          /* agent that started that agent; 0: none */
};

/* claude_code_schema.c */

/* True when the version that is written has it: the newest, that of the line, or one given. */
bool claude_code_has(const struct claude_code *c, uint32_t version, enum feature feature);

/* The version to write for --emulate: 0 for "auto"; the newest known for "", and for what is no
 * version. */
uint64_t claude_code_version(struct str text);

/* claude_code.c: what all spans share */

/* A span "claude_code.KIND" with the common attributes. version is that of its lines. */
struct span *claude_code_span(struct claude_code *c, const struct place *place, struct str kind,
                              struct str key, uint32_t version);

/* Sets the times; in strict mode without a word on how well they are known. */
void claude_code_times(struct claude_code *c, struct span *s, const struct span *parent,
                       struct moment start, struct moment end);
void claude_code_duration(struct claude_code *c, struct span *s);
void claude_code_text(struct claude_code *c, struct attributes *list, struct str key,
                      struct str text);
void claude_code_conversation(struct claude_code *c, struct span *s, const struct place *place,
                              uint32_t version);
/* agent_id, parent_agent_id, workflow.*: cc 4, rows 9 to 11 */
void claude_code_agent_ids(struct claude_code *c, struct span *s, const struct place *place,
                           uint32_t version, enum feature since);
void claude_code_error(struct claude_code *c, struct span *s, struct str message, uint32_t version);

/* A text cut as the live program cuts it, with a prefix that does not count; companions say that
 * and how long it was. cc 11.1 */
void claude_code_content(struct claude_code *c, struct attributes *list, struct str key,
                         enum content_class class, struct str prefix, struct str text,
                         uint32_t version);

/* claude_code_request.c, claude_code_tool.c, claude_code_detail.c */
void claude_code_request(struct claude_code *c, const struct place *place,
                         const struct response *p);
void claude_code_unanswered(struct claude_code *c, const struct place *place,
                            const struct response *p);
void claude_code_compaction(struct claude_code *c, const struct place *place,
                            const struct compaction *k);
/* Gives the span under which the spans of the call's agent stand; NULL: there is none. */
const struct span *claude_code_tool(struct claude_code *c, const struct place *place,
                                    const struct tool_call *call);

/* claude_code_hook.c: a span for each firing. cc 8 */
void claude_code_hooks(struct claude_code *c, const struct place *place,
                       const struct hook_uses *hooks);

/* claude_code_detail.c: what the detailed mode adds. cc 14 */
void claude_code_prompt_detail(struct claude_code *c, struct span *s, struct str prompt,
                               uint32_t version);
void claude_code_sent_detail(struct claude_code *c, struct span *s, const struct response *p);
void claude_code_answer_detail(struct claude_code *c, struct span *s, const struct response *p);
void claude_code_input_detail(struct claude_code *c, struct span *s, const struct tool_call *call);
void claude_code_result_detail(struct claude_code *c, struct span *s, const struct tool_call *call);

/* claude_code_error.c: what the live program calls a failure. cc 4.3, 7.1 */
struct str claude_code_request_error(struct claude_code *c, const struct response *p);
struct str claude_code_request_error_class(struct str status, struct str message);
/* The class as `error` has it when details are not allowed, "Error:EISDIR". */
struct str claude_code_tool_error_class(struct claude_code *c, const struct tool_call *call,
                                        struct str text);

/* claude_code_command.c: the program that a shell command starts first, and its class, when it is
 * one that the live program was seen to name, or, unless strict, one that is like those. cc 5.1 */
bool claude_code_command(struct str command, bool strict, struct str *program, struct str *class);

/* What the user gave in, as typed. cc 3 */
struct str claude_code_prompt(struct claude_code *c, const struct turn *t);

#endif
