#include "cli/ledger.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define NAME STR("0c1de5a0")

struct
try {
	struct arena arena;
	struct diag diag;
	char folder[64];
};

static int
set_up(void **state)
{
	struct try *t = calloc(1, sizeof *t);
	*state = t;
	if (t == NULL)
		return -1;
	t->diag.arena = &t->arena;
	(void)snprintf(t->folder, sizeof t->folder, "/tmp/retrospan-ledger-XXXXXX");
	return mkdtemp(t->folder) == NULL;
}

static const char *
path_of(struct try *t)
{
	return arena_cstr(&t->arena,
	                  arena_printf(&t->arena, "%s/a/b/%.*s", t->folder, STR_ARG(NAME)));
}

static int
tear_down(void **state)
{
	struct try *t = *state;
	static const char *const folders[] = {"/a/b", "/a", ""};
	(void)unlink(path_of(t));
	for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
		(void)rmdir(
		    arena_cstr(&t->arena, arena_printf(&t->arena, "%s%s", t->folder, folders[i])));
	arena_free(&t->arena);
	free(t);
	return 0;
}

static struct ledger *
open_it(struct try *t)
{
	bool is_busy = true;
	struct ledger *l = ledger_open(&t->arena, arena_printf(&t->arena, "%s/a/b", t->folder),
	                               NAME, 30000, &is_busy, &t->diag);
	assert_false(is_busy);
	return l;
}

/* The n-th id of many. */
static const unsigned char *
id(struct try *t, uint64_t n)
{
	uint64_t *at = ARENA_NEW(&t->arena, uint64_t);
	*at = (n + 1) * UINT64_C(0x9e3779b97f4a7c15);
	return (unsigned char *)at;
}

static void
what_was_added_is_there_in_the_next_run(void **state)
{
	struct try *t = *state;
	struct ledger *l = open_it(t);
	assert_non_null(l);
	for (uint64_t i = 0; i < 5000; i++)
		ledger_add(l, id(t, i));
	assert_true(ledger_has(l, id(t, 0)));
	ledger_close(l, &t->diag);
	l = open_it(t);
	for (uint64_t i = 0; i < 5000; i++)
		assert_true(ledger_has(l, id(t, i)));
	assert_false(ledger_has(l, id(t, 5000)));
	ledger_close(l, &t->diag);
	assert_int_equal(t->diag.warnings + t->diag.failures, 0);
}

static void
without_a_ledger_nothing_is_known_and_nothing_breaks(void **state)
{
	struct try *t = *state;
	ledger_add(NULL, id(t, 1));
	assert_false(ledger_has(NULL, id(t, 1)));
	ledger_close(NULL, &t->diag);
	assert_int_equal(t->diag.warnings, 0);
}

static void
an_empty_ledger_leaves_no_file(void **state)
{
	struct try *t = *state;
	struct stat st;
	ledger_close(open_it(t), &t->diag);
	assert_int_not_equal(stat(path_of(t), &st), 0);
}

static void
write_file(struct try *t, struct str text)
{
	FILE *f = fopen(path_of(t), "w");
	assert_non_null(f);
	assert_int_equal(fwrite(text.at, 1, text.len, f), text.len);
	assert_int_equal(fclose(f), 0);
}

static void
a_damaged_file_counts_as_far_as_it_goes(void **state)
{
	struct try *t = *state;
	ledger_close(open_it(t), &t->diag); /* makes the folders */
	write_file(t, STR("another program's\n01234567"));
	struct ledger *l = open_it(t);
	assert_false(ledger_has(l, (const unsigned char *)"01234567"));
	ledger_close(l, &t->diag);
	write_file(t, STR("retrospan ledger 1\n01234567890"));
	l = open_it(t);
	assert_true(ledger_has(l, (const unsigned char *)"01234567"));
	ledger_add(l, id(t, 1));
	ledger_close(l, &t->diag);
	l = open_it(t);
	assert_true(ledger_has(l, (const unsigned char *)"01234567"));
	assert_true(ledger_has(l, id(t, 1)));
	ledger_close(l, &t->diag);
}

static void
a_link_in_its_place_is_refused_with_a_warning(void **state)
{
	struct try *t = *state;
	ledger_close(open_it(t), &t->diag);
	assert_int_equal(symlink("/dev/null", path_of(t)), 0);
	assert_null(open_it(t));
	assert_int_equal(t->diag.warnings, 1);
	assert_int_equal(t->diag.failures, 0);
}

/* Another process adds an id while this one waits for the file, which it replaces. */
static void
one_process_at_a_time_has_it(void **state)
{
	struct try *t = *state;
	int ready[2];
	char byte;
	assert_int_equal(pipe(ready), 0);
	pid_t child = fork();
	if (child == 0) {
		const struct timespec pause = {0, 100000000};
		struct ledger *l = open_it(t);
		ledger_add(l, id(t, 1));
		if (write(ready[1], "x", 1) != 1)
			_exit(1);
		(void)nanosleep(&pause, NULL);
		ledger_close(l, &t->diag);
		_exit(0);
	}
	assert_int_equal(read(ready[0], &byte, 1), 1);
	struct ledger *l = open_it(t);
	assert_true(ledger_has(l, id(t, 1)));
	ledger_close(l, &t->diag);
	assert_int_equal(waitpid(child, NULL, 0), child);
	close(ready[0]);
	close(ready[1]);
}

static void
who_waits_for_a_time_is_told_that_it_is_busy(void **state)
{
	struct try *t = *state;
	struct ledger *l = open_it(t);
	bool is_busy = false;
	struct str folder = arena_printf(&t->arena, "%s/a/b", t->folder);
	assert_null(ledger_open(&t->arena, folder, NAME, 30, &is_busy, &t->diag));
	assert_true(is_busy);
	assert_int_equal(t->diag.warnings, 0);
	ledger_close(l, &t->diag);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	    TEST(what_was_added_is_there_in_the_next_run),
	    TEST(without_a_ledger_nothing_is_known_and_nothing_breaks),
	    TEST(an_empty_ledger_leaves_no_file),
	    TEST(a_damaged_file_counts_as_far_as_it_goes),
	    TEST(a_link_in_its_place_is_refused_with_a_warning),
	    TEST(one_process_at_a_time_has_it),
	    TEST(who_waits_for_a_time_is_told_that_it_is_busy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
