/* An ordered parallel loop. */

#define _GNU_SOURCE /* sched_getaffinity, CPU_COUNT */

#include "base/pool.h"

#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/arena.h"

struct place {
	void *result;
	size_t weight;
	bool ready;
};

struct pool {
	const struct pool_job *job;
	pthread_mutex_t lock;
	pthread_cond_t may_start; /* a place became free, or it is time to stop */
	pthread_cond_t is_ready;  /* the item that is next to be done is ready */
	size_t window;
	struct place *places; /* that of an item is item % window */
	size_t started, finished;
	size_t weight; /* of the items in flight */
	bool stop;
};

struct worker {
	struct pool *pool;
	size_t number;
	pthread_t thread;
};

static size_t
weigh(const struct pool_job *job, size_t item)
{
	return job->weight == NULL ? 0 : job->weight(job->ctx, item);
}

/* True when the next item may start, whose weight is then in *weight. */
static bool
may_start(const struct pool *p, size_t *weight)
{
	size_t in_flight = p->started - p->finished, together;

	if (in_flight >= p->window)
		return false;
	*weight = weigh(p->job, p->started);
	if (in_flight == 0 || p->job->weight_max == 0)
		return true;
	return !__builtin_add_overflow(p->weight, *weight, &together) &&
	       together <= p->job->weight_max;
}

static void *
worker_main(void *arg)
{
	const struct worker *w = arg;
	struct pool *p = w->pool;
	size_t item, weight = 0;
	void *result;

	pthread_mutex_lock(&p->lock);
	for (;;) {
		while (!p->stop && p->started < p->job->count && !may_start(p, &weight))
			pthread_cond_wait(&p->may_start, &p->lock);
		if (p->stop || p->started == p->job->count)
			break;
		item = p->started++;
		p->weight += weight;
		p->places[item % p->window] = (struct place){.weight = weight};
		pthread_mutex_unlock(&p->lock);
		result = p->job->work(p->job->ctx, item, w->number);
		pthread_mutex_lock(&p->lock);
		p->places[item % p->window].result = result;
		p->places[item % p->window].ready = true;
		if (item == p->finished)
			pthread_cond_signal(&p->is_ready);
	}
	/* The last item started: those who wait for a place wait in vain. */
	pthread_cond_broadcast(&p->may_start);
	pthread_mutex_unlock(&p->lock);
	return NULL;
}

/* Does what is ready, in order, on this thread. */
static void
do_in_order(struct pool *p)
{
	pthread_mutex_lock(&p->lock);
	while (p->finished < p->job->count && !p->stop) {
		const struct place *place = &p->places[p->finished % p->window];
		bool go_on;

		while (p->started == p->finished || !place->ready)
			pthread_cond_wait(&p->is_ready, &p->lock);
		pthread_mutex_unlock(&p->lock);
		go_on = p->job->done(p->job->ctx, p->finished, place->result);
		pthread_mutex_lock(&p->lock);
		p->weight -= place->weight;
		p->finished++;
		p->stop = !go_on;
		pthread_cond_broadcast(&p->may_start);
	}
	pthread_mutex_unlock(&p->lock);
}

static bool
run_alone(const struct pool_job *job)
{
	for (size_t item = 0; item < job->count; item++) {
		if (!job->done(job->ctx, item, job->work(job->ctx, item, 0)))
			return false;
	}
	return true;
}

/* Starts up to count workers; fewer when the system refuses. */
static size_t
start(struct pool *p, struct worker *workers, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		workers[i] = (struct worker){.pool = p, .number = i};
		if (pthread_create(&workers[i].thread, NULL, worker_main, &workers[i]) != 0)
			return i;
	}
	return count;
}

static void
drop_rest(struct pool *p)
{
	for (size_t item = p->finished; item < p->started; item++) {
		if (p->job->drop != NULL)
			p->job->drop(p->job->ctx, item, p->places[item % p->window].result);
	}
}

bool
pool_run(const struct pool_job *job)
{
	size_t threads = job->threads < job->count ? job->threads : job->count, running;
	struct pool p = {.job = job, .window = job->window};
	struct arena arena = {0};
	struct worker *workers;

	if (threads <= 1)
		return run_alone(job);
	if (p.window == 0)
		p.window = 4 * threads;
	p.places = ARENA_ARRAY(&arena, struct place, p.window);
	workers = ARENA_ARRAY(&arena, struct worker, threads);
	pthread_mutex_init(&p.lock, NULL);
	pthread_cond_init(&p.may_start, NULL);
	pthread_cond_init(&p.is_ready, NULL);
	running = start(&p, workers, threads);
	if (running > 0)
		do_in_order(&p);
	for (size_t i = 0; i < running; i++)
		pthread_join(workers[i].thread, NULL);
	drop_rest(&p);
	pthread_cond_destroy(&p.is_ready);
	pthread_cond_destroy(&p.may_start);
	pthread_mutex_destroy(&p.lock);
	arena_free(&arena);
	return running == 0 ? run_alone(job) : !p.stop;
}

unsigned
pool_processors(void)
{
	cpu_set_t set;
	long online;

	if (sched_getaffinity(0, sizeof set, &set) == 0)
		return (unsigned)CPU_COUNT(&set);
	/* More processors than the set has room for. */
	online = sysconf(_SC_NPROCESSORS_ONLN);
	return online < 1 ? 1 : (unsigned)online;
}
