#ifndef TRACE_CLAUDE_CODE_H
#define TRACE_CLAUDE_CODE_H

#include "trace/convention.h"

/* The spans that Claude Code itself exports when its tracing is on, rebuilt: the spec
 * convention-claude-code ("cc"). */
extern const struct convention claude_code_convention;

#endif
