#ifndef SINK_TARGET_H
#define SINK_TARGET_H

#include "sink/spool.h"

/* A target of a spool: the name of its folder, and the file in it that says what it is. */
#define TARGET_NAME_LEN 16
#define REJECTED_NAME "rejected" /* the folder in it for what was set aside */

void target_name(const struct spool_target *t, char name[TARGET_NAME_LEN + 1]);
bool target_is_name(struct str name);

/* Writes the file into the folder when it is not there or says something else. False with errno. */
bool target_write(int folder, const struct spool_target *t);

/* Reads it from the folder of that name; texts live in a. False when it does not belong there. */
bool target_read(struct arena *a, int folder, struct str name, struct spool_target *t);

#endif
