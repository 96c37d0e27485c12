#ifndef SINK_SPOOL_H
#define SINK_SPOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/diag.h"
#include "base/str.h"

/*
 * A folder of batches that could not be sent yet. Below it there is a folder for each target, with a file
 * "target" that says which it is, one file for each batch, and "rejected" for those that the
 * target refused and those that were damaged.
 *
 * A batch is there whole or not at all, whenever a process is killed. Several processes may
 * use a spool: what one of them is sending the others leave alone.
 */
struct spool_options {
	struct str folder;
	uint64_t max_bytes; /* of all batches, those in "rejected" included */
	uint64_t now_ns;    /* the age of what is put there */
};

/* Where a batch was to go. Holds no secrets: what is missing says needs_more. */
struct spool_target {
	struct str to, protocol, url;
	bool needs_more; /* headers, or what else of the URL is not told */
};

struct spool_targets {
	struct spool_target *at;
	size_t len, cap;
};

struct spool_names {
	struct str *at;
	size_t len, cap;
};

struct spool_batch {
	struct str type; /* media type */
	uint64_t items;
	struct str bytes;
};

enum spool_place { SPOOL_WAITING, SPOOL_REJECTED };

/* A batch that is being sent: locked, so that nobody else sends it. */
struct spool_entry {
	struct str target, name; /* of the folder and of the file; with a NUL behind them */
	struct spool_batch batch;
	int fd;
};

struct spool;

/* folder need not exist: it is made when something is put there. NULL after diag_fail, when it is
 * a link, somebody else's, or open to others. */
struct spool *spool_open(const struct spool_options *o, struct diag *d);

/* Tells what was dropped for want of room, and frees. */
void spool_close(struct spool *s, struct diag *d);

struct str spool_folder(const struct spool *s);

/* The targets of the spool. False after diag_fail. */
bool spool_list(struct spool *s, struct arena *a, struct spool_targets *targets, struct diag *d);

/* The names of what waits for a target, oldest first; and how many items that is. */
void spool_waiting(struct spool *s, struct arena *a, const struct spool_target *t,
                   struct spool_names *names);
uint64_t spool_count(struct spool *s, const struct spool_target *t);

/*
 * Puts a batch there, and drops the oldest for which there is no room then (told by
 * spool_close). One that is there already is not kept twice. False when it can't be kept; the reason is
 * told once. These functions may be called on one other thread than the rest.
 */
bool spool_put(struct spool *s, const struct spool_target *t, const struct spool_batch *b,
               struct diag *d);

/* Puts a part of an entry there, as old as that. Nothing is dropped for it: it takes the place of
 * the entry, which the caller then removes. */
bool spool_put_part(struct spool *s, const struct spool_target *t, const struct spool_entry *of,
                    enum spool_place place, const struct spool_batch *b, struct diag *d);

/* Takes what waits under that name, to send it. False when it is gone, when another process has it, and
 * after diag_fail when it is damaged and was set aside. Texts of *e live in a. */
bool spool_take(struct spool *s, struct arena *a, const struct spool_target *t, struct str name,
                struct spool_entry *e, struct diag *d);

/* What becomes of it: gone, set aside (told), or left as it is. */
void spool_remove(struct spool *s, struct spool_entry *e, struct diag *d);
void spool_set_aside(struct spool *s, struct spool_entry *e, const char *why, struct diag *d);
void spool_leave(struct spool_entry *e);

#endif
