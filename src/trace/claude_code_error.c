/* The convention `claude-code`: how failures are called. cc 4.3, 7.1 */
#include "base/json.h"
#include "trace/claude_code_private.h"

/* What the program adds to the server's words. */
static const struct str advice = STR_INIT(". This is a server-side issue");

/* "529 mock overloaded", '413 {"type":"error","error":{...,"message":"..."}}' */
static struct str
server_message(struct claude_code *c, struct str text, struct str status)
{
	text = str_trim(text);
	if (status.len > 0 && str_starts(text, status))
		text = str_trim(str_skip(text, status.len));
	if (str_starts(text, STR("{"))) {
		struct json_raw body = json_raw_of(json_repair(c->t.in->arena, text));
		struct str inner = json_raw_text(
		    c->t.in->arena, json_raw_get(json_raw_get(body, STR("error")), STR("message")));
		if (inner.len > 0)
			return inner;
	}
	size_t end = str_find(text, advice);
	return end == STR_NONE ? text : str_head(text, end);
}

/* The digits at the head of "529 mock overloaded". */
static struct str
leading_number(struct str text)
{
	size_t n = 0;
	while (n < text.len && n < 3 && text.at[n] >= '0' && text.at[n] <= '9')
		n++;
	struct str name = str_head(text, n);
	return str_eq(name, STR("ERROR")) ? (struct str){0} : name; /* somebody's exclamation */
}

struct str
claude_code_request_error(struct claude_code *c, const struct response *p)
{
	const struct content *content = trace_content(&c->t, p->error_line);
	struct str status = trace_name(&c->t, p->status);
	struct str text = content->error;
	if (text.len == 0)
		text = policy_plain(c->t.in->arena, &content->parts);
	if (str_starts(text, STR("API Error: ")))
		text = str_skip(text, STR("API Error: ").len);
	return server_message(c, text, status.len > 0 ? status : leading_number(text));
}

struct str
claude_code_request_error_class(struct str status, struct str message)
{
	static const struct {
		struct str status, class;
	} by_status[] = {
	    {STR_INIT("400"), STR_INIT("client_error")},
	    {STR_INIT("401"), STR_INIT("auth_error")},
	    {STR_INIT("403"), STR_INIT("auth_error")},
	    {STR_INIT("413"), STR_INIT("prompt_too_long")},
	    {STR_INIT("429"), STR_INIT("rate_limit")},
	    {STR_INIT("529"), STR_INIT("server_overload")},
	};
	if (str_has(message, STR("rompt is too long")))
		return STR("prompt_too_long");
	if (str_has(message, STR("timed out")))
		return STR("api_timeout");
	for (size_t i = 0; i < sizeof by_status / sizeof *by_status; i++)
		if (str_eq(by_status[i].status, status))
			return by_status[i].class;
	if (status.len == 3 && status.at[0] == '5')
		return STR("server_error");
	return (struct str){0};
}

/* The name of a system error: an E and capitals, before a colon at the head of the text. */
static struct str
errno_name(struct str text)
{
	size_t n = 0;
	while (n < text.len && n < 16 && text.at[n] >= 'A' && text.at[n] <= 'Z')
		n++;
	if (n < 3 || text.at[0] != 'E' || n >= text.len || text.at[n] != ':')
		return (struct str){0};
	return str_head(text, n);
}

struct str
claude_code_tool_error_class(struct claude_code *c, const struct tool_call *call, struct str text)
{
	struct str tool = trace_name(&c->t, call->name), server, name;
	struct str error = errno_name(text);
	if (str_eq(tool, STR("Bash")))
		return STR("ShellError");
	if (trace_mcp_name(tool, &server, &name))
		return STR("McpToolCallError");
	if (error.len > 0) {
		struct str parts[] = {STR("Error:"), error};
		return arena_join(c->t.in->arena, parts, 2);
	}
	if (str_starts(text, STR("File does not exist")))
		return STR("TelemetrySafeError");
	if (str_starts(text, STR("File content (")) &&
	    str_has(text, STR("exceeds maximum allowed size")))
		return STR("FileTooLargeError");
	if (str_starts(text, STR("Agent terminated early due to an API error")))
		return STR("AgentApiErrorTerminationError");
	return STR("Error");
}
