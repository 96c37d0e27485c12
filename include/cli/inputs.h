#ifndef CLI_INPUTS_H
#define CLI_INPUTS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/diag.h"
#include "cli/environment.h"
#include "cli/options.h"
#include "decode/transcript.h"

/* The files of a run, grouped by family. */
struct looks {
	struct look **at;
	size_t len, cap;
};

struct inputs {
	struct looks *families; /* only those that hold something wanted */
	size_t len;
	uint64_t bytes;
};

/* Finds the files that the command line means, and which belong together. False after diag_fail;
 * what could be found is there all the same. */
bool inputs_find(struct arena *a, const struct options *o, const struct environment *env,
                 unsigned threads, struct inputs *inputs, struct diag *d);

/*
 * Files outside the inputs that a family refers to: ancestors of its forks, beside its files or in
 * the sibling project folders, and agents that lie under another project. Adds looks (not wanted)
 * for those not in *known yet; gives their number. claude-code-transcripts 1.6
 */
size_t inputs_relatives(struct arena *a, struct intern *names,
                        const struct transcripts *transcripts, struct looks *known);

/* True for a file that is a transcript, whatever it is called: nothing may be written in its place. */
bool inputs_is_transcript(struct arena *a, struct str path);

#endif
