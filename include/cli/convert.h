#ifndef CLI_CONVERT_H
#define CLI_CONVERT_H

#include <stdbool.h>

#include "cli/inputs.h"
#include "cli/log.h"
#include "cli/render.h"

/* What a run has done so far. */
struct tally {
	struct summary summary;
	struct intern *types; /* names of ignored types ... */
	struct arena arena;
	struct {
		struct ignored_type *at;
		size_t len, cap;
	} ignored; /* ... by ident */
};

/* Reads one family, builds its sessions and renders those that are wanted. False when nothing more
 * can be written. */
bool convert_family(const struct looks *family, const struct options *o,
                    const struct environment *env, struct render *render, struct tally *tally,
                    struct log *log);

#endif
