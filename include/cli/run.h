#ifndef CLI_RUN_H
#define CLI_RUN_H

#include "base/arena.h"
#include "base/diag.h"
#include "cli/environment.h"
#include "cli/log.h"
#include "cli/options.h"
#include "cli/selection.h"
#include "sink/file.h"
#include "trace/convention.h"

/* Converts what the options mean. Gives the exit status. */
int run(const struct options *o, const struct environment *env, struct log *log);

/* The same, but sends only what the selection takes; a file gets everything. NULL: no selection. */
int run_selection(const struct options *o, const struct environment *env,
                  struct selection *selection, struct log *log);

/* What every command makes of the options: how many threads there are, what a convention is told, and
 * where the output goes (NULL after diag_fail). */
unsigned run_threads(const struct options *o);
struct trace_options run_trace_options(const struct options *o, const struct environment *env,
                                       const struct convention *convention);
struct file_sink *run_open_output(struct arena *a, const struct options *o, struct diag *d);

/* A time on the command line, a date or an age, in ns; 0: not given. */
uint64_t run_time(struct str text, const struct environment *env);

#endif
