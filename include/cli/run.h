#ifndef CLI_RUN_H
#define CLI_RUN_H

#include "cli/environment.h"
#include "cli/log.h"
#include "cli/options.h"

/* Converts what the options mean. Gives the exit status. */
int run(const struct options *o, const struct environment *env, struct log *log);

#endif
