#ifndef CLI_HOOK_H
#define CLI_HOOK_H

#include "cli/environment.h"
#include "cli/log.h"
#include "cli/options.h"

/* Exports what is new in the session of the event on standard input, or installs this command line
 * as a hook of an agent. Gives 0, or 1 when something failed; with --detach 0 as soon as
 * the event was read. */
int hook(const struct options *o, const struct environment *env, struct log *log);

#endif
