#include "sink/spool.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "sink/entry.h"

#define ROOM 1000000

/* A spool in a folder of its own. */
struct place {
	struct arena a;
	struct diag d;
	char folder[64];
	struct str path;
	struct spool *spool;
};

static const struct spool_target here = {STR_INIT("otlp"), STR_INIT("grpc"),
                                         STR_INIT("http://h:4317"), false};
static const struct spool_target there = {STR_INIT("weave"), STR_INIT("http/protobuf"),
                                          STR_INIT("https://h/v1/traces"), true};

static int
enter(void **state)
{
	struct place *p = calloc(1, sizeof *p);
	if (p == NULL)
		return 1;
	p->d.arena = &p->a;
	strcpy(p->folder, "/tmp/retrospan-spool-test-XXXXXX");
	if (mkdtemp(p->folder) == NULL)
		return 1;
	p->path = arena_printf(&p->a, "%s/a/spool", p->folder);
	*state = p;
	return 0;
}

static int
leave(void **state)
{
	struct place *p = *state;
	if (p->spool != NULL)
		spool_close(p->spool, &p->d);
	int status = system(arena_cstr(&p->a, arena_printf(&p->a, "rm -r %s", p->folder)));
	arena_free(&p->a);
	free(p);
	return status;
}

static void
open_spool(struct place *p, uint64_t max_bytes, uint64_t now_ns)
{
	if (p->spool != NULL)
		spool_close(p->spool, &p->d);
	p->spool = spool_open(&(struct spool_options){p->path, max_bytes, now_ns}, &p->d);
}

static bool
put(struct place *p, const struct spool_target *t, const char *text)
{
	struct spool_batch b = {STR("text/plain"), 2, str_of(text)};
	return spool_put(p->spool, t, &b, &p->d);
}

/* "one two " for what waits for a target; each is taken and left. */
static struct str
waiting(struct place *p, const struct spool_target *t)
{
	struct spool_names names;
	struct buf b = {0};
	spool_waiting(p->spool, &p->a, t, &names);
	for (size_t i = 0; i < names.len; i++) {
		struct spool_entry e;
		if (!spool_take(p->spool, &p->a, t, names.at[i], &e, &p->d))
			continue;
		buf_printf(&b, "%.*s ", STR_ARG(e.batch.bytes));
		assert_int_equal(e.batch.items, 2);
		spool_leave(&e);
	}
	struct str all = arena_str(&p->a, buf_str(&b));
	buf_free(&b);
	return all;
}

#define assert_waiting(p, t, text) assert_true(str_eq(waiting((p), (t)), STR(text)))

/* The path of the first file of an entry, below "rejected" or not; NULL: there is none. */
static const char *
find_file(struct place *p, const char *below)
{
	struct str command = arena_printf(
	    &p->a, "find %.*s -name '*-*-*-*' -path '*%s*' | sort | head -n 1", STR_ARG(p->path),
	    below);
	char line[512];
	FILE *f = popen(arena_cstr(&p->a, command), "r");
	assert_non_null(f);
	char *got = fgets(line, sizeof line, f);
	assert_int_equal(pclose(f), 0);
	return got == NULL ? NULL : arena_cstr(&p->a, str_trim(str_of(line)));
}

static void
an_entry_says_what_it_is_and_is_known_when_it_is_damaged(void **state)
{
	struct entry e = {STR("application/json"), 20, STR("{}\n\n")}, back;
	struct buf b = {0};
	(void)state;
	entry_write(&e, &b);
	assert_true(str_starts(buf_str(&b), STR("retrospan-spool 1\ntype: application/json\n"
	                                        "items: 20\nbytes: 4\nsha256: ")));
	assert_true(str_ends(buf_str(&b), STR("\n\n{}\n\n")));
	assert_true(entry_read(buf_str(&b), &back));
	assert_true(str_eq(back.type, e.type) && str_eq(back.batch, e.batch) && back.items == 20);
	assert_int_equal(entry_items(str_head(buf_str(&b), b.len - 4)), 20);
	for (size_t i = 0; i < b.len; i++) {
		assert_false(entry_read(str_head(buf_str(&b), i), &back));
		b.at[i] ^= 1;
		assert_false(entry_read(buf_str(&b), &back));
		b.at[i] ^= 1;
	}
	BUF_LIT(&b, "x");
	assert_false(entry_read(buf_str(&b), &back));
	buf_free(&b);
}

static void
what_was_put_is_there_for_its_target_in_the_order_of_time(void **state)
{
	struct place *p = *state;
	struct stat st;
	open_spool(p, ROOM, 2);
	assert_waiting(p, &here, "");
	assert_true(put(p, &here, "two") && put(p, &here, "three") && put(p, &there, "else"));
	open_spool(p, ROOM, 1);
	assert_true(put(p, &here, "one"));
	open_spool(p, ROOM, 3);
	assert_waiting(p, &here, "one two three ");
	assert_waiting(p, &there, "else ");
	assert_int_equal(spool_count(p->spool, &here), 6);
	assert_int_equal(stat(arena_cstr(&p->a, p->path), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	assert_int_equal(stat(find_file(p, ""), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(p->d.failures, 0);
}

static void
the_same_batch_is_kept_once(void **state)
{
	struct place *p = *state;
	open_spool(p, ROOM, 1);
	assert_true(put(p, &here, "one") && put(p, &here, "one") && put(p, &there, "one"));
	open_spool(p, ROOM, 2);
	assert_true(put(p, &here, "one"));
	assert_waiting(p, &here, "one ");
	assert_waiting(p, &there, "one ");
}

static void
targets_are_listed_as_they_were_told(void **state)
{
	struct place *p = *state;
	struct spool_targets targets;
	open_spool(p, ROOM, 1);
	assert_true(spool_list(p->spool, &p->a, &targets, &p->d));
	assert_int_equal(targets.len, 0);
	assert_true(put(p, &here, "one") && put(p, &there, "two"));
	assert_true(spool_list(p->spool, &p->a, &targets, &p->d));
	assert_int_equal(targets.len, 2);
	const struct spool_target *t = &targets.at[str_eq(targets.at[0].to, STR("otlp"))];
	assert_true(str_eq(t->to, there.to) && str_eq(t->protocol, there.protocol) &&
	            str_eq(t->url, there.url) && t->needs_more);
}

static void
the_oldest_goes_when_there_is_no_room(void **state)
{
	struct place *p = *state;
	open_spool(p, 500, 1); /* a file of these has about 140 bytes */
	assert_true(put(p, &there, "one") && put(p, &here, "two") && put(p, &here, "three"));
	assert_waiting(p, &there, "one ");
	assert_true(put(p, &here, "four"));
	assert_waiting(p, &there, "");
	assert_waiting(p, &here, "two three four ");
	assert_int_equal(p->d.failures, 0);
	open_spool(p, 500, 2); /* closing tells */
	assert_int_equal(p->d.failures, 1);
	assert_true(str_has(p->d.first->text, STR("2 spans in the oldest 1 file were dropped")));
}

static void
what_is_being_sent_is_not_dropped_and_not_taken_twice(void **state)
{
	struct place *p = *state;
	struct spool_names names;
	struct spool_entry e, twice;
	open_spool(p, 500, 1);
	assert_true(put(p, &here, "one") && put(p, &here, "two") && put(p, &here, "three"));
	spool_waiting(p->spool, &p->a, &here, &names);
	assert_true(spool_take(p->spool, &p->a, &here, names.at[0], &e, &p->d));
	assert_false(spool_take(p->spool, &p->a, &here, names.at[0], &twice, &p->d));
	assert_true(put(p, &here, "four"));
	assert_waiting(p, &here, "three four ");
	spool_remove(p->spool, &e, &p->d);
	assert_false(spool_take(p->spool, &p->a, &here, names.at[0], &twice, &p->d));
	assert_waiting(p, &here, "three four ");
	assert_int_equal(p->d.failures, 0);
}

static void
what_was_rejected_is_set_aside_and_goes_first(void **state)
{
	struct place *p = *state;
	struct spool_names names;
	struct spool_entry e;
	open_spool(p, 500, 1);
	assert_true(put(p, &here, "one") && put(p, &here, "two") && put(p, &here, "three"));
	spool_waiting(p->spool, &p->a, &here, &names);
	assert_true(spool_take(p->spool, &p->a, &here, names.at[1], &e, &p->d));
	spool_set_aside(p->spool, &e, "why", &p->d);
	assert_int_equal(p->d.failures, 1);
	assert_true(str_eq(p->d.first->file, str_of(find_file(p, "/rejected/"))));
	assert_waiting(p, &here, "one three ");
	assert_true(put(p, &here, "four"));
	assert_waiting(p, &here, "one three four ");
	assert_null(find_file(p, "/rejected/"));
}

static void
a_part_is_as_old_as_the_whole_and_drops_nothing(void **state)
{
	struct place *p = *state;
	struct spool_names names;
	struct spool_entry e;
	struct spool_batch part = {STR("text/plain"), 2, STR("part")};
	open_spool(p, 300, 1);
	assert_true(put(p, &here, "one"));
	open_spool(p, 300, 2);
	assert_true(put(p, &here, "two"));
	spool_waiting(p->spool, &p->a, &here, &names);
	assert_true(spool_take(p->spool, &p->a, &here, names.at[0], &e, &p->d));
	assert_true(spool_put_part(p->spool, &here, &e, SPOOL_WAITING, &part, &p->d));
	assert_true(spool_put_part(p->spool, &here, &e, SPOOL_REJECTED, &part, &p->d));
	spool_remove(p->spool, &e, &p->d);
	assert_waiting(p, &here, "part two ");
	assert_int_equal(p->d.failures, 1);
	assert_true(str_eq(p->d.first->file, str_of(find_file(p, "/rejected/"))));
}

static void
damaged_entries_are_set_aside_and_named(void **state)
{
	struct place *p = *state;
	open_spool(p, ROOM, 1);
	assert_true(put(p, &here, "one") && put(p, &here, "two"));
	assert_int_equal(truncate(find_file(p, ""), 120), 0);
	assert_waiting(p, &here, "two ");
	assert_int_equal(p->d.failures, 1);
	assert_true(str_has(p->d.first->text, STR("damaged")));
	assert_true(str_eq(p->d.first->file, str_of(find_file(p, "/rejected/"))));
	assert_waiting(p, &here, "two ");
	assert_int_equal(p->d.failures, 1);
}

static void
what_a_killed_process_left_is_no_entry(void **state)
{
	struct place *p = *state;
	open_spool(p, ROOM, 1);
	assert_true(put(p, &here, "one"));
	struct str file = str_of(find_file(p, ""));
	struct str half = arena_printf(&p->a, "%.*s.new", (int)str_find_last(file, STR("/")) + 1,
	                               file.at);
	FILE *f = fopen(arena_cstr(&p->a, half), "w");
	assert_non_null(f);
	assert_true(fputs("retrospan-spool 1\n and much more than what comes", f) >= 0);
	assert_int_equal(fclose(f), 0);
	assert_waiting(p, &here, "one ");
	assert_true(put(p, &here, "two"));
	assert_waiting(p, &here, "one two ");
	assert_int_equal(access(arena_cstr(&p->a, half), F_OK), -1);
}

static void
a_batch_larger_than_the_spool_is_told_and_drops_nothing(void **state)
{
	struct place *p = *state;
	open_spool(p, 200, 1);
	assert_true(put(p, &here, "one"));
	char large[300] = {0};
	memset(large, 'x', sizeof large - 1);
	assert_false(put(p, &here, large));
	assert_false(put(p, &here, large));
	assert_int_equal(p->d.failures, 1);
	assert_waiting(p, &here, "one ");
}

static void
a_full_disk_is_told_once_and_leaves_nothing_half(void **state)
{
	struct place *p = *state;
	struct rlimit before, small;
	char large[2000] = {0};
	memset(large, 'x', sizeof large - 1);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	small = (struct rlimit){1000, before.rlim_max};
	void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
	open_spool(p, ROOM, 1);
	assert_true(put(p, &here, "one"));
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	bool first = put(p, &here, large), second = put(p, &here, large),
	     third = put(p, &here, "2");
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	(void)signal(SIGXFSZ, handler);
	assert_false(first || second);
	assert_true(third);
	assert_int_equal(p->d.failures, 1);
	assert_waiting(p, &here, "one 2 ");
}

static void
a_folder_that_is_not_ours_alone_is_refused(void **state)
{
	struct place *p = *state;
	const char *folder = arena_cstr(&p->a, arena_printf(&p->a, "%s/open", p->folder));
	const char *link = arena_cstr(&p->a, arena_printf(&p->a, "%s/link", p->folder));
	assert_int_equal(mkdir(folder, 0700), 0);
	assert_int_equal(symlink(folder, link), 0);
	assert_int_equal(chmod(folder, 0770), 0);
	p->path = str_of(folder);
	open_spool(p, ROOM, 1);
	assert_null(p->spool);
	assert_int_equal(p->d.failures, 1);
	assert_int_equal(chmod(folder, 0755), 0);
	p->path = arena_printf(&p->a, "%s/", link);
	open_spool(p, ROOM, 1);
	assert_null(p->spool);
	assert_int_equal(p->d.failures, 2);
	p->path = str_of(folder);
	open_spool(p, ROOM, 1);
	assert_non_null(p->spool);
	assert_int_equal(p->d.failures, 2);
}

static void
a_link_below_it_is_not_followed(void **state)
{
	struct place *p = *state;
	open_spool(p, ROOM, 1);
	assert_true(put(p, &here, "one"));
	const char *file = find_file(p, "");
	const char *moved = arena_cstr(&p->a, arena_printf(&p->a, "%s/moved", p->folder));
	assert_int_equal(rename(file, moved), 0);
	assert_int_equal(symlink(moved, file), 0);
	assert_waiting(p, &here, "");
	assert_int_equal(access(moved, F_OK), 0);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, enter, leave)
	static const struct CMUnitTest tests[] = {
	    TEST(an_entry_says_what_it_is_and_is_known_when_it_is_damaged),
	    TEST(what_was_put_is_there_for_its_target_in_the_order_of_time),
	    TEST(the_same_batch_is_kept_once),
	    TEST(targets_are_listed_as_they_were_told),
	    TEST(the_oldest_goes_when_there_is_no_room),
	    TEST(what_is_being_sent_is_not_dropped_and_not_taken_twice),
	    TEST(what_was_rejected_is_set_aside_and_goes_first),
	    TEST(a_part_is_as_old_as_the_whole_and_drops_nothing),
	    TEST(damaged_entries_are_set_aside_and_named),
	    TEST(what_a_killed_process_left_is_no_entry),
	    TEST(a_batch_larger_than_the_spool_is_told_and_drops_nothing),
	    TEST(a_full_disk_is_told_once_and_leaves_nothing_half),
	    TEST(a_folder_that_is_not_ours_alone_is_refused),
	    TEST(a_link_below_it_is_not_followed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
