#ifndef TRACE_WEAVE_H
#define TRACE_WEAVE_H

#include "trace/convention.h"

/* The span contract of the W&B Weave plugin for Claude Code: the spec convention-weave. */
extern const struct convention weave_convention;

#endif
