#ifndef CLI_INSTALL_H
#define CLI_INSTALL_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/diag.h"
#include "cli/options.h"

/* Writes the hooks of --install or --uninstall into the agent's settings, after showing on standard
 * output what they become. False, after diag_fail, when that can't be; the settings are then
 * as they were. */
bool install(struct arena *a, const struct options *o, struct diag *d);

#endif
