#ifndef CLI_FLUSH_H
#define CLI_FLUSH_H

#include "cli/environment.h"
#include "cli/log.h"
#include "cli/options.h"

/* retrospan flush: sends what is in the spool. Gives the exit status. */
int flush(const struct options *o, const struct environment *env, struct log *log);

#endif
