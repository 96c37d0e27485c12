/* The convention `claude-code`: which version has which attributes. cc 13 */
#include "base/version.h"
#include "trace/claude_code_private.h"

#define NEWEST VERSION(2, 1, 329)
#define OLDEST VERSION(2, 1, 100) /* no older set is known */

/* Of the features whose beginning is known only to lie between two recorded versions, the later
 * one. */
static const uint64_t since[] = {
    [FEATURE_STOP_REASON] = VERSION(2, 1, 121),   [FEATURE_AGENT_OF_REQUEST] = VERSION(2, 1, 139),
    [FEATURE_AGENT_OF_TOOL] = VERSION(2, 1, 145), [FEATURE_TOOL_CALL_ID] = VERSION(2, 1, 160),
    [FEATURE_REQUEST_ID] = VERSION(2, 1, 200),    [FEATURE_ENTRYPOINT] = VERSION(2, 1, 200),
    [FEATURE_OUTPUT] = VERSION(2, 1, 200),        [FEATURE_WORKFLOW] = VERSION(2, 1, 202),
    [FEATURE_MARK_IN_LIMIT] = VERSION(2, 1, 214), [FEATURE_SAFE_NAMES] = VERSION(2, 1, 268),
    [FEATURE_EFFORT] = VERSION(2, 1, 274),        [FEATURE_MORE_OUTPUT] = VERSION(2, 1, 283),
    [FEATURE_GEN_AI] = VERSION(2, 1, 300),        [FEATURE_DECISION] = VERSION(2, 1, 329),
};

uint64_t
claude_code_version(struct str text)
{
	uint64_t version = NEWEST;
	if (str_eq(text, STR("auto")))
		return 0;
	(void)version_parse(text, &version);
	return version;
}

bool
claude_code_has(const struct claude_code *c, uint32_t version, enum feature feature)
{
	uint64_t v = c->version;
	if (v == 0 && !version_parse(trace_name(&c->t, version), &v))
		v = NEWEST;
	if (v < OLDEST)
		v = OLDEST;
	return v >= since[feature];
}
