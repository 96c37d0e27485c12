#ifndef BASE_PERCENT_H
#define BASE_PERCENT_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/str.h"

/*
 * Undoes percent-encoding ("%2C" is a comma; '+' stays '+'). The result lives in a and may hold
 * any byte. False when an escape is malformed: *out then has it as it stands.
 */
bool percent_decode(struct arena *a, struct str text, struct str *out);

#endif
