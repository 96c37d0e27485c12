#ifndef BASE_POOL_H
#define BASE_POOL_H

#include <stdbool.h>
#include <stddef.h>

/*
 * An ordered parallel loop. Items 0 .. count-1 are worked on by up to threads
 * threads, in any order; done is called once per item, in ascending order, always
 * on the calling thread. So what done writes does not depend on threads.
 *
 * Between an item's start and its done at most `window` items are in flight;
 * in addition no new item starts while the items in flight weigh more than
 * weight_max together (a single heavier item runs alone). This bounds memory.
 */
struct pool_job {
	size_t count;
	unsigned threads;  /* 1: everything on the calling thread, no thread is made */
	size_t window;     /* 0: 4 * threads */
	size_t weight_max; /* 0: no limit */
	void *ctx;
	size_t (*weight)(void *ctx, size_t item); /* NULL: 0 */
	/* worker: 0 .. threads-1, for scratch space */
	void *(*work)(void *ctx, size_t item, size_t worker);
	/* False: stop, nothing more is started or done. */
	bool (*done)(void *ctx, size_t item, void *result);
	/* NULL: nothing; see pool_run. */
	void (*drop)(void *ctx, size_t item, void *result);
};

/* True when done was called for every item and never gave false. When it
 * stops early, results of items already worked on are passed to `drop` if set, on the
 * calling thread. weight may be called from any thread, more than once per item, one call
 * at a time. */
bool pool_run(const struct pool_job *job);

/* Number of processors this process may run on. */
unsigned pool_processors(void);

#endif
