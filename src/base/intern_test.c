#include "base/intern.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define THREADS 4
#define TEXTS 20000

static void
the_same_text_has_the_same_ident(void **state)
{
	struct intern *t = intern_new(1);
	uint32_t a, b;

	(void)state;
	assert_int_equal(intern_add(t, STR("")), 0);
	assert_int_equal(intern_str(t, 0).len, 0);
	assert_int_equal(intern_find(t, STR("a")), 0);
	a = intern_add(t, STR("a"));
	b = intern_add(t, STR("a\0b"));
	assert_true(a != 0 && b != 0 && a != b);
	assert_int_equal(intern_add(t, STR("a")), a);
	assert_int_equal(intern_find(t, STR("a\0b")), b);
	assert_int_equal(intern_find(t, STR("a\0c")), 0);
	assert_true(str_eq(intern_str(t, b), STR("a\0b")));
	assert_true(a < intern_count(t) && b < intern_count(t));
	intern_free(t);
	intern_free(NULL);
}

static struct str
text_number(char *room, size_t size, size_t n)
{
	return (struct str){room, (size_t)snprintf(room, size, "%zx-%zu", n * n, n)};
}

static void
a_text_keeps_its_address(void **state)
{
	struct intern *t = intern_new(2);
	const char *first;
	char room[64];

	(void)state;
	first = intern_str(t, intern_add(t, STR("first"))).at;
	for (size_t i = 0; i < 300000; i++)
		assert_int_not_equal(intern_add(t, text_number(room, sizeof room, i)), 0);
	for (size_t i = 0; i < 300000; i++) {
		struct str text = text_number(room, sizeof room, i);

		assert_true(str_eq(intern_str(t, intern_find(t, text)), text));
	}
	assert_ptr_equal(intern_str(t, intern_find(t, STR("first"))).at, first);
	intern_free(t);
}

static void
a_uuid_is_a_text_like_others(void **state)
{
	const struct str uuid = STR("01234567-89ab-4def-8123-456789abcdef");
	struct intern *t = intern_new(2);
	uint32_t ident = intern_add(t, uuid);
	const char *at = intern_str(t, ident).at;

	(void)state;
	assert_true(str_eq(intern_str(t, ident), uuid));
	assert_ptr_equal(intern_str(t, ident).at, at);
	assert_int_equal(intern_add(t, uuid), ident);
	assert_int_equal(intern_find(t, uuid), ident);
	assert_int_equal(intern_find(t, STR("01234567-89ab-4def-8123-456789abcdee")), 0);
	intern_free(t);
}

static void
a_settled_table_goes_on(void **state)
{
	struct intern *t = intern_new(2);
	char room[64];

	(void)state;
	for (size_t i = 0; i < 60000; i++) {
		if (i % 20000 == 0)
			intern_settle(t);
		assert_int_not_equal(intern_add(t, text_number(room, sizeof room, i)), 0);
	}
	for (size_t i = 0; i < 60000; i++) {
		struct str text = text_number(room, sizeof room, i);

		assert_true(str_eq(intern_str(t, intern_find(t, text)), text));
	}
	intern_free(t);
}

static void
texts_that_begin_alike_share_runs(void **state)
{
	static const char *const beginnings[] = {"toolu_", "msg_"};
	struct intern *t = intern_new(2);
	char room[64], owner[INTERN_RUN * 64] = {0};

	(void)state;
	for (size_t i = 0; i < 1000; i++) {
		const char *beginning = beginnings[i % 2];
		int len = snprintf(room, sizeof room, "%s%zu", beginning, i);
		size_t run = intern_add(t, (struct str){room, (size_t)len}) / INTERN_RUN;

		assert_true(run < sizeof owner && (owner[run] == 0 || owner[run] == *beginning));
		owner[run] = *beginning;
	}
	intern_free(t);
}

struct adder {
	struct intern *table;
	size_t start;
	uint32_t *idents;
};

static void *
add_texts(void *arg)
{
	const struct adder *adder = arg;
	char room[64];

	/* Each thread in another order. */
	for (size_t i = 0; i < TEXTS; i++) {
		size_t n = (i * 7919 + adder->start) % TEXTS;
		struct str text = text_number(room, sizeof room, n);

		adder->idents[n] = intern_add(adder->table, text);
		if (!str_eq(intern_str(adder->table, adder->idents[n]), text))
			adder->idents[n] = 0;
	}
	return NULL;
}

static void
threads_agree_on_idents(void **state)
{
	struct intern *t = intern_new(3);
	struct adder adders[THREADS];
	pthread_t threads[THREADS];

	(void)state;
	for (size_t i = 0; i < THREADS; i++) {
		adders[i] = (struct adder){t, i * TEXTS / THREADS, calloc(TEXTS, sizeof(uint32_t))};
		assert_int_equal(pthread_create(&threads[i], NULL, add_texts, &adders[i]), 0);
	}
	for (size_t i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	for (size_t n = 0; n < TEXTS; n++) {
		assert_int_not_equal(adders[0].idents[n], 0);
		for (size_t i = 1; i < THREADS; i++)
			assert_int_equal(adders[i].idents[n], adders[0].idents[n]);
	}
	for (size_t i = 0; i < THREADS; i++)
		free(adders[i].idents);
	intern_free(t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_same_text_has_the_same_ident),
	    cmocka_unit_test(a_text_keeps_its_address),
	    cmocka_unit_test(a_uuid_is_a_text_like_others),
	    cmocka_unit_test(a_settled_table_goes_on),
	    cmocka_unit_test(texts_that_begin_alike_share_runs),
	    cmocka_unit_test(threads_agree_on_idents),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
