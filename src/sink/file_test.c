#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sink/file.h"

/* A test in a folder of its own, which is the working directory while it runs. */
struct place {
	struct arena a;
	struct diag d;
	char folder[64];
};

static int
place_enter(void **state)
{
	struct place *p = calloc(1, sizeof *p);

	if (p == NULL)
		return -1;
	*state = p;
	p->d.arena = &p->a;
	strcpy(p->folder, "/tmp/retrospan-file-test-XXXXXX");
	return mkdtemp(p->folder) == NULL ? -1 : chdir(p->folder);
}

static int
place_leave(void **state)
{
	struct place *p = *state;
	DIR *folder = opendir(p->folder);
	struct dirent *entry;

	while (folder != NULL && (entry = readdir(folder)) != NULL)
		if (entry->d_name[0] != '.')
			unlink(entry->d_name);
	if (folder != NULL)
		closedir(folder);
	rmdir("sub");
	arena_free(&p->a);
	if (chdir("/") != 0 || rmdir(p->folder) != 0)
		return -1;
	free(p);
	return 0;
}

static size_t
files_here(void)
{
	DIR *folder = opendir(".");
	struct dirent *entry;
	size_t count = 0;

	assert_non_null(folder);
	while ((entry = readdir(folder)) != NULL)
		count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
	closedir(folder);
	return count;
}

static void
put(const char *path, const char *text, mode_t mode)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(path, mode), 0);
}

static void
check_content(const char *path, const char *expected)
{
	char text[100] = "";
	FILE *f = fopen(path, "r");
	size_t len;

	assert_non_null(f);
	len = fread(text, 1, sizeof text - 1, f);
	text[len] = '\0';
	fclose(f);
	assert_string_equal(text, expected);
}

static mode_t
mode_of(const char *path)
{
	struct stat st;

	assert_int_equal(lstat(path, &st), 0);
	return st.st_mode;
}

static struct str
last_note(const struct place *p)
{
	return p->d.last->text;
}

static void
new_file_appears_only_when_it_is_whole(void **state)
{
	struct place *p = *state;
	struct file_sink *s;
	mode_t old = umask(027);

	s = file_sink_open(&p->a, STR("out"), &p->d);
	assert_true(file_sink_write(s, STR("one "), &p->d));
	assert_true(file_sink_write(s, STR(""), &p->d));
	assert_true(file_sink_write(s, STR("two"), &p->d));
	assert_int_not_equal(access("out", F_OK), 0);
	assert_true(str_starts(str_of(file_sink_temporary(s)), STR("out.retrospan-")));
	assert_int_equal(access(file_sink_temporary(s), F_OK), 0);
	assert_true(file_sink_commit(s, &p->d));
	assert_null(file_sink_temporary(s));
	umask(old);
	check_content("out", "one two");
	assert_int_equal(mode_of("out") & 07777, 0640);
	assert_int_equal(files_here(), 1);
	assert_int_equal(p->d.failures, 0);
}

static void
existing_file_is_replaced_and_keeps_its_mode(void **state)
{
	struct place *p = *state;
	struct file_sink *s;

	put("out", "old and longer", 0604);
	s = file_sink_open(&p->a, STR("out"), &p->d);
	assert_true(file_sink_write(s, STR("new"), &p->d));
	check_content("out", "old and longer");
	assert_true(file_sink_commit(s, &p->d));
	check_content("out", "new");
	assert_int_equal(mode_of("out") & 07777, 0604);
	assert_int_equal(files_here(), 1);
}

static void
giving_up_leaves_all_as_it_was(void **state)
{
	struct place *p = *state;
	struct file_sink *s;

	put("out", "old", 0600);
	s = file_sink_open(&p->a, STR("out"), &p->d);
	assert_true(file_sink_write(s, STR("new"), &p->d));
	file_sink_abort(s);
	assert_null(file_sink_temporary(s));
	assert_false(file_sink_write(s, STR("more"), &p->d));
	assert_false(file_sink_commit(s, &p->d));
	check_content("out", "old");
	assert_int_equal(files_here(), 1);
	assert_int_equal(p->d.failures, 0);
}

static void
link_is_written_through(void **state)
{
	struct place *p = *state;
	struct file_sink *s;

	assert_int_equal(mkdir("sub", 0700), 0);
	put("sub/real", "old", 0600);
	assert_int_equal(symlink("real", "sub/inner"), 0);
	assert_int_equal(symlink("sub/inner", "link"), 0);
	s = file_sink_open(&p->a, STR("link"), &p->d);
	assert_true(file_sink_write(s, STR("new"), &p->d));
	assert_true(file_sink_commit(s, &p->d));
	assert_true(S_ISLNK(mode_of("link")));
	assert_true(S_ISLNK(mode_of("sub/inner")));
	check_content("sub/real", "new");
	unlink("sub/real");
	unlink("sub/inner");
}

static void
link_to_nothing_makes_what_it_names(void **state)
{
	struct place *p = *state;
	struct file_sink *s;

	assert_int_equal(symlink("real", "link"), 0);
	s = file_sink_open(&p->a, STR("link"), &p->d);
	assert_true(file_sink_write(s, STR("new"), &p->d));
	assert_true(file_sink_commit(s, &p->d));
	assert_true(S_ISLNK(mode_of("link")));
	check_content("real", "new");
}

static void
circle_of_links_is_a_failure(void **state)
{
	struct place *p = *state;

	assert_int_equal(symlink("b", "a"), 0);
	assert_int_equal(symlink("a", "b"), 0);
	assert_null(file_sink_open(&p->a, STR("a"), &p->d));
	assert_int_equal(p->d.failures, 1);
	assert_true(str_eq(p->d.last->file, STR("a")));
	assert_int_equal(files_here(), 2);
}

static void
full_disk_is_named_once(void **state)
{
	struct place *p = *state;
	struct file_sink *s = file_sink_open(&p->a, STR("/dev/full"), &p->d);

	assert_null(file_sink_temporary(s));
	assert_false(file_sink_write(s, STR("text"), &p->d));
	assert_false(file_sink_write(s, STR("text"), &p->d));
	assert_false(file_sink_commit(s, &p->d));
	assert_false(file_sink_closed(s));
	assert_int_equal(p->d.failures, 1);
	assert_true(str_eq(p->d.last->file, STR("/dev/full")));
	assert_true(str_eq(last_note(p), str_of(strerror(ENOSPC))));
	assert_true(S_ISCHR(mode_of("/dev/full")));
}

/* A limit on the size of files stands for the full disk. */
static void
failed_write_leaves_no_temporary_file(void **state)
{
	struct place *p = *state;
	struct file_sink *s = file_sink_open(&p->a, STR("out"), &p->d);
	struct rlimit old, small;

	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	small = old;
	small.rlim_cur = 5;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	assert_false(file_sink_write(s, STR("ten bytes."), &p->d));
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	assert_null(file_sink_temporary(s));
	assert_false(file_sink_commit(s, &p->d));
	assert_int_equal(p->d.failures, 1);
	assert_true(str_eq(last_note(p), str_of(strerror(EFBIG))));
	assert_int_equal(files_here(), 0);
}

static void
failed_rename_leaves_no_temporary_file(void **state)
{
	struct place *p = *state;
	struct file_sink *s = file_sink_open(&p->a, STR("out"), &p->d);

	assert_int_equal(mkdir("out", 0700), 0);
	assert_true(file_sink_write(s, STR("text"), &p->d));
	assert_false(file_sink_commit(s, &p->d));
	assert_null(file_sink_temporary(s));
	assert_int_equal(p->d.failures, 1);
	assert_true(str_eq(last_note(p), str_of(strerror(EISDIR))));
	assert_int_equal(files_here(), 1);
	assert_int_equal(rmdir("out"), 0);
}

static void
device_is_written_directly(void **state)
{
	struct place *p = *state;
	struct file_sink *s = file_sink_open(&p->a, STR("/dev/null"), &p->d);

	assert_true(file_sink_write(s, STR("text"), &p->d));
	assert_true(file_sink_commit(s, &p->d));
	assert_true(S_ISCHR(mode_of("/dev/null")));
	assert_int_equal(p->d.failures, 0);
}

static void *
read_all(void *text)
{
	char *at = text;
	int fd = open("fifo", O_RDONLY);
	ssize_t len;

	while ((len = read(fd, at, 10)) > 0)
		at += len;
	close(fd);
	return NULL;
}

static void
fifo_is_written_directly(void **state)
{
	struct place *p = *state;
	struct file_sink *s;
	char text[100] = "";
	pthread_t reader;

	assert_int_equal(mkfifo("fifo", 0600), 0);
	assert_int_equal(pthread_create(&reader, NULL, read_all, text), 0);
	s = file_sink_open(&p->a, STR("fifo"), &p->d);
	assert_true(file_sink_write(s, STR("through a pipe"), &p->d));
	assert_true(file_sink_commit(s, &p->d));
	assert_int_equal(pthread_join(reader, NULL), 0);
	assert_string_equal(text, "through a pipe");
	assert_true(S_ISFIFO(mode_of("fifo")));
}

static void
pipe_without_reader_is_quiet(void **state)
{
	struct place *p = *state;
	struct file_sink *s;
	int ends[2];

	signal(SIGPIPE, SIG_IGN);
	assert_int_equal(pipe(ends), 0);
	close(ends[0]);
	s = file_sink_fd(&p->a, ends[1], STR("standard output"));
	assert_false(file_sink_write(s, STR("text"), &p->d));
	assert_true(file_sink_closed(s));
	assert_false(file_sink_write(s, STR("text"), &p->d));
	assert_false(file_sink_commit(s, &p->d));
	assert_int_equal(p->d.failures + p->d.warnings + p->d.skips, 0);
	close(ends[1]);
}

struct slow_reader {
	int fd;
	size_t len;
};

static void *
read_slowly(void *ctx)
{
	struct slow_reader *reader = ctx;
	char some[4096];
	ssize_t len;

	while ((len = read(reader->fd, some, sizeof some)) > 0)
		reader->len += (size_t)len;
	return NULL;
}

static void
pipe_that_does_not_block_gets_everything(void **state)
{
	struct place *p = *state;
	struct slow_reader reader = {0};
	struct file_sink *s;
	char *big = arena_bytes(&p->a, 3 << 20);
	pthread_t thread;
	int ends[2];

	memset(big, 'x', 3 << 20);
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(fcntl(ends[1], F_SETFL, O_NONBLOCK), 0);
	reader.fd = ends[0];
	assert_int_equal(pthread_create(&thread, NULL, read_slowly, &reader), 0);
	s = file_sink_fd(&p->a, ends[1], STR("standard output"));
	assert_true(file_sink_write(s, (struct str){big, 3 << 20}, &p->d));
	assert_true(file_sink_commit(s, &p->d));
	assert_int_equal(fcntl(ends[1], F_GETFL) & O_NONBLOCK, O_NONBLOCK); /* still open */
	close(ends[1]);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(reader.len, 3 << 20);
	close(ends[0]);
}

/* As with "retrospan -o /dev/stdout >> FILE": the file is somebody else's too. */
static void
name_of_a_descriptor_is_appended_to(void **state)
{
	struct place *p = *state;
	struct file_sink *s;
	char name[40];
	int fd;

	put("out", "old ", 0600);
	fd = open("out", O_WRONLY | O_APPEND);
	snprintf(name, sizeof name, "/dev/fd/%d", fd);
	if (access(name, F_OK) != 0)
		skip();
	s = file_sink_open(&p->a, str_of(name), &p->d);
	assert_null(file_sink_temporary(s));
	assert_true(file_sink_write(s, STR("new"), &p->d));
	assert_true(file_sink_commit(s, &p->d));
	close(fd);
	check_content("out", "old new");
}

static void
places_that_can_not_be_written_are_named(void **state)
{
	struct place *p = *state;

	assert_null(file_sink_open(&p->a, STR("no/such/folder"), &p->d));
	assert_true(str_eq(last_note(p), str_of(strerror(ENOENT))));
	assert_null(file_sink_open(&p->a, STR("/"), &p->d));
	assert_true(str_eq(last_note(p), str_of(strerror(EISDIR))));
	assert_null(file_sink_open(&p->a, STR(""), &p->d));
	assert_int_equal(p->d.failures, 3);
	assert_int_equal(files_here(), 0);
}

static void
file_protected_from_writing_is_left_alone(void **state)
{
	struct place *p = *state;

	put("out", "old", 0444);
	if (geteuid() == 0) /* whom nothing is refused */
		skip();
	assert_null(file_sink_open(&p->a, STR("out"), &p->d));
	assert_true(str_eq(last_note(p), str_of(strerror(EACCES))));
	check_content("out", "old");
	assert_int_equal(files_here(), 1);
}

static void
longest_possible_name_is_written(void **state)
{
	struct place *p = *state;
	char name[256];
	struct file_sink *s;

	memset(name, 'n', 255);
	name[255] = '\0';
	s = file_sink_open(&p->a, str_of(name), &p->d);
	assert_non_null(s);
	assert_true(file_sink_write(s, STR("text"), &p->d));
	assert_true(file_sink_commit(s, &p->d));
	check_content(name, "text");
}

static void
temporary_name_of_another_is_left_alone(void **state)
{
	struct place *p = *state;
	struct file_sink *one = file_sink_open(&p->a, STR("out"), &p->d);
	struct file_sink *two = file_sink_open(&p->a, STR("out"), &p->d);

	assert_true(file_sink_write(one, STR("one"), &p->d));
	assert_true(file_sink_write(two, STR("two"), &p->d));
	assert_int_equal(files_here(), 2);
	assert_true(file_sink_commit(two, &p->d));
	check_content("out", "two");
	assert_true(file_sink_commit(one, &p->d));
	check_content("out", "one");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, place_enter, place_leave)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(new_file_appears_only_when_it_is_whole),
	    TEST(existing_file_is_replaced_and_keeps_its_mode),
	    TEST(giving_up_leaves_all_as_it_was),
	    TEST(link_is_written_through),
	    TEST(link_to_nothing_makes_what_it_names),
	    TEST(circle_of_links_is_a_failure),
	    TEST(full_disk_is_named_once),
	    TEST(failed_write_leaves_no_temporary_file),
	    TEST(failed_rename_leaves_no_temporary_file),
	    TEST(device_is_written_directly),
	    TEST(fifo_is_written_directly),
	    TEST(pipe_without_reader_is_quiet),
	    TEST(pipe_that_does_not_block_gets_everything),
	    TEST(name_of_a_descriptor_is_appended_to),
	    TEST(places_that_can_not_be_written_are_named),
	    TEST(file_protected_from_writing_is_left_alone),
	    TEST(longest_possible_name_is_written),
	    TEST(temporary_name_of_another_is_left_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
