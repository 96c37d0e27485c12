#ifndef CLI_RENDER_H
#define CLI_RENDER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/diag.h"
#include "base/intern.h"
#include "cli/outbox.h"
#include "encode/encoder.h"
#include "session/session.h"
#include "sink/file.h"
#include "trace/convention.h"

/* The way from the skeleton to bytes: turns are rendered side by side, and leave in order. */
struct render {
	const struct convention *convention;
	const struct encoder *encoder;
	struct encode_options encode;
	struct trace_options trace;
	struct file_sink *sink; /* NULL: nothing is written */
	struct outbox *outbox;  /* NULL: nothing is sent */
	unsigned threads;
	uint64_t since_ns, until_ns; /* 0: no limit */
	/* Told after each trace how many bytes of lines went into it. NULL: nobody asks. */
	void (*tick)(void *ctx, uint64_t bytes);
	void *tick_ctx;
	/* results */
	uint64_t turns, spans;
	bool file_failed; /* what is in the file is not everything (reported), or nobody reads it */
	/* the batch that is being filled */
	struct batch *batch;
};

/* Renders the wanted sessions of a family. False when there is no use in going on: the file failed,
 * and nothing is sent. */
bool render_sessions(struct render *r, struct intern *names, const struct sessions *sessions,
                     struct diag *d);

/* Writes what is left in the batch, and frees it; to be called at the end, whatever happened. */
void render_finish(struct render *r, struct diag *d);

#endif
