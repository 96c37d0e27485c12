#ifndef CLI_SENDING_H
#define CLI_SENDING_H

#include "cli/options.h"

/* Takes the value of an option about sending; a text is copied to a. False when it can't be one. */
bool sending_set(struct arena *a, struct sending_options *s, enum option_id id, struct str value);

#endif
