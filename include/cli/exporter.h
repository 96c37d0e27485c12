#ifndef CLI_EXPORTER_H
#define CLI_EXPORTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/diag.h"
#include "cli/environment.h"
#include "cli/options.h"
#include "sink/endpoint.h"

/* Where traces are sent, and how: what the command line, the variables and the defaults make
 * together. */
struct exporter {
	struct endpoint endpoint;
	size_t max_request_bytes;
	uint64_t deadline_ms; /* 0: none */
	const char
	    *disabled_by; /* a variable, because of which nothing is sent; NULL: none. otlp 9.4 */
};

/*
 * Reads what options_send asks for. Precedence: the command line, then the variable for
 * traces, then the general one, then the default; a value that can't be used is named and
 * counts as not given (otlp 9.1). get is like environment_variable. False, after diag_fail, when
 * nothing can be sent.
 * The exporter's texts live in a, in the options and in the environment.
 */
bool exporter_read(struct arena *a, const struct options *o, const struct environment *env,
                   struct str (*get)(const char *name), struct exporter *x, struct diag *d);

#endif
