#ifndef DECODE_CLAUDE_H
#define DECODE_CLAUDE_H

#include "decode/format.h"

/* Claude Code, 1.0.24 to 2.1.329: the spec claude-code-transcripts. */
extern const struct format claude_format;

#endif
