#include "base/pool.h"

#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

struct record {
	pthread_mutex_t lock;
	pthread_t caller;
	size_t next;    /* item to be done next */
	size_t stop_at; /* done gives false there */
	size_t started, dropped;
	size_t in_flight, in_flight_max;
	size_t weight, weight_most; /* most of the weight of two or more in flight */
	size_t workers;
};

static size_t
item_weight(void *ctx, size_t item)
{
	(void)ctx;
	return item % 10 == 3 ? 1000 : item % 7;
}

static void *
work(void *ctx, size_t item, size_t worker)
{
	struct record *r = ctx;

	pthread_mutex_lock(&r->lock);
	r->started++;
	r->in_flight++;
	r->weight += item_weight(NULL, item);
	if (r->in_flight > r->in_flight_max)
		r->in_flight_max = r->in_flight;
	if (r->in_flight > 1 && r->weight > r->weight_most)
		r->weight_most = r->weight;
	if (worker >= r->workers)
		r->workers = worker + 1;
	pthread_mutex_unlock(&r->lock);
	for (size_t i = 0; i < item * 7919 % 5; i++)
		sched_yield();
	return (void *)(uintptr_t)(item + 1);
}

static bool
done(void *ctx, size_t item, void *result)
{
	struct record *r = ctx;

	assert_int_equal(item, r->next++);
	assert_int_equal((uintptr_t)result, item + 1);
	assert_true(pthread_equal(pthread_self(), r->caller));
	pthread_mutex_lock(&r->lock);
	r->in_flight--;
	r->weight -= item_weight(NULL, item);
	pthread_mutex_unlock(&r->lock);
	return item != r->stop_at;
}

static void
drop(void *ctx, size_t item, void *result)
{
	struct record *r = ctx;

	assert_int_equal((uintptr_t)result, item + 1);
	r->dropped++;
}

static struct record
record_new(void)
{
	return (struct record){
	    .lock = PTHREAD_MUTEX_INITIALIZER, .caller = pthread_self(), .stop_at = SIZE_MAX};
}

static struct pool_job
job_for(struct record *r, size_t count, unsigned threads)
{
	return (struct pool_job){
	    .count = count, .threads = threads, .ctx = r, .work = work, .done = done, .drop = drop};
}

static void
done_follows_the_order_of_items(void **state)
{
	(void)state;
	for (unsigned threads = 1; threads <= 8; threads++) {
		struct record r = record_new();
		struct pool_job job = job_for(&r, 5000, threads);

		assert_true(pool_run(&job));
		assert_int_equal(r.next, 5000);
		assert_int_equal(r.dropped, 0);
		assert_true(r.workers <= threads);
		assert_true(r.in_flight_max <= (threads == 1 ? 1 : 4 * threads));
	}
}

static void
no_items_is_all_items(void **state)
{
	struct record r = record_new();
	struct pool_job job = job_for(&r, 0, 4);

	(void)state;
	assert_true(pool_run(&job));
	assert_int_equal(r.started, 0);
}

static void
stopping_drops_what_was_worked_on(void **state)
{
	(void)state;
	for (unsigned threads = 1; threads <= 4; threads++) {
		for (size_t stop_at = 0; stop_at < 300; stop_at += 13) {
			struct record r = record_new();
			struct pool_job job = job_for(&r, 300, threads);

			r.stop_at = stop_at;
			assert_false(pool_run(&job));
			assert_int_equal(r.next, stop_at + 1);
			assert_int_equal(r.started, r.next + r.dropped);
		}
	}
}

static void
the_window_bounds_items_in_flight(void **state)
{
	struct record r = record_new();
	struct pool_job job = job_for(&r, 2000, 4);

	(void)state;
	job.window = 3;
	assert_true(pool_run(&job));
	assert_true(r.in_flight_max <= 3);
}

static void
a_heavy_item_runs_alone(void **state)
{
	struct record r = record_new();
	struct pool_job job = job_for(&r, 5000, 4);

	(void)state;
	job.weight = item_weight;
	job.weight_max = 15;
	assert_true(pool_run(&job));
	assert_int_equal(r.next, 5000);
	assert_true(r.weight_most <= 15);
}

static void
there_is_a_processor(void **state)
{
	(void)state;
	assert_true(pool_processors() >= 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(done_follows_the_order_of_items),
	    cmocka_unit_test(no_items_is_all_items),
	    cmocka_unit_test(stopping_drops_what_was_worked_on),
	    cmocka_unit_test(the_window_bounds_items_in_flight),
	    cmocka_unit_test(a_heavy_item_runs_alone),
	    cmocka_unit_test(there_is_a_processor),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
