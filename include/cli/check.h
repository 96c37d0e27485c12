#ifndef CLI_CHECK_H
#define CLI_CHECK_H

#include "cli/environment.h"
#include "cli/log.h"
#include "cli/options.h"

/* Writes the account of the sessions that the options mean. Gives the exit status: 1 when something
 * is lost, doubled or unaccounted for, could not be read, or with --drift is unknown. */
int check(const struct options *o, const struct environment *env, struct log *log);

#endif
