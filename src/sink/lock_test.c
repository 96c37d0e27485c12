#include "sink/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define NAME "here"
#define OTHER "other"

struct place {
	char path[64];
	int folder;
};

static int
enter(void **state)
{
	struct place *p = calloc(1, sizeof *p);
	if (p == NULL)
		return 1;
	*state = p;
	(void)snprintf(p->path, sizeof p->path, "/tmp/retrospan-lock-XXXXXX");
	if (mkdtemp(p->path) == NULL)
		return 1;
	p->folder = open(p->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return p->folder < 0;
}

static int
leave(void **state)
{
	struct place *p = *state;
	(void)unlinkat(p->folder, NAME, 0);
	(void)unlinkat(p->folder, OTHER, 0);
	close(p->folder);
	int status = rmdir(p->path);
	free(p);
	return status;
}

static void
one_has_it_until_it_is_closed(void **state)
{
	struct place *p = *state;
	int held = lock_open(p->folder, NAME, 0);
	assert_true(held >= 0);
	assert_int_equal(lock_open(p->folder, NAME, 30), -1);
	assert_int_equal(errno, EWOULDBLOCK);
	close(held);
	held = lock_open(p->folder, NAME, 0);
	assert_true(held >= 0);
	close(held);
}

/* A process has the file, replaces it while this one waits, and lets go. */
static void
what_is_waited_for_has_the_name(void **state)
{
	struct place *p = *state;
	struct stat ours, named;
	int ready[2];
	char byte;
	assert_int_equal(pipe(ready), 0);
	pid_t child = fork();
	if (child == 0) {
		const struct timespec pause = {0, 100000000};
		bool ok = lock_open(p->folder, NAME, 0) >= 0 && write(ready[1], "x", 1) == 1;
		(void)nanosleep(&pause, NULL);
		ok = ok && openat(p->folder, OTHER, O_CREAT | O_RDWR, 0600) >= 0 &&
		     renameat(p->folder, OTHER, p->folder, NAME) == 0;
		_exit(ok ? 0 : 1);
	}
	int status = 1;
	assert_int_equal(read(ready[0], &byte, 1), 1);
	int fd = lock_open(p->folder, NAME, 30000);
	assert_true(fd >= 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_int_equal(fstat(fd, &ours), 0);
	assert_int_equal(fstatat(p->folder, NAME, &named, AT_SYMLINK_NOFOLLOW), 0);
	assert_int_equal(ours.st_ino, named.st_ino);
	close(fd);
	close(ready[0]);
	close(ready[1]);
}

/* Others have it one after the other, and each leaves a new file behind. */
static void
the_wait_is_one_for_all_of_them(void **state)
{
	struct place *p = *state;
	const struct timespec pause = {0, 50000000};
	int ready[2];
	char byte;
	assert_int_equal(pipe(ready), 0);
	pid_t child = fork();
	if (child == 0) {
		int held = lock_open(p->folder, NAME, 0);
		bool ok = held >= 0 && write(ready[1], "x", 1) == 1;
		for (int i = 0; ok && i < 100; i++) {
			int next;
			(void)nanosleep(&pause, NULL);
			next = openat(p->folder, OTHER, O_CREAT | O_RDWR, 0600);
			ok = lock_claim(next, p->folder, OTHER) &&
			     renameat(p->folder, OTHER, p->folder, NAME) == 0;
			close(held);
			held = next;
		}
		_exit(0);
	}
	assert_int_equal(read(ready[0], &byte, 1), 1);
	assert_int_equal(lock_open(p->folder, NAME, 300), -1);
	assert_int_equal(errno, EWOULDBLOCK);
	assert_int_equal(waitpid(child, NULL, WNOHANG), 0); /* it still has it */
	assert_int_equal(kill(child, SIGKILL), 0);
	assert_int_equal(waitpid(child, NULL, 0), child);
	close(ready[0]);
	close(ready[1]);
}

static void
a_link_or_a_pipe_is_no_lock(void **state)
{
	struct place *p = *state;
	assert_int_equal(symlinkat("/dev/null", p->folder, NAME), 0);
	assert_int_equal(lock_open(p->folder, NAME, 0), -1);
	assert_int_equal(errno, ELOOP);
	assert_int_equal(mkfifoat(p->folder, OTHER, 0600), 0);
	assert_int_equal(lock_open(p->folder, OTHER, 0), -1);
}

static void
what_is_locked_or_has_lost_its_name_is_not_claimed(void **state)
{
	struct place *p = *state;
	int held = lock_open(p->folder, NAME, 0);
	int fd = openat(p->folder, NAME, O_RDONLY | O_CLOEXEC);
	assert_true(held >= 0 && fd >= 0);
	assert_false(lock_claim(fd, p->folder, NAME));
	close(held);
	assert_true(lock_claim(fd, p->folder, NAME));
	assert_int_equal(unlinkat(p->folder, NAME, 0), 0);
	assert_false(lock_claim(fd, p->folder, NAME));
	close(fd);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, enter, leave)
	const struct CMUnitTest tests[] = {
	    TEST(one_has_it_until_it_is_closed),
	    TEST(what_is_waited_for_has_the_name),
	    TEST(the_wait_is_one_for_all_of_them),
	    TEST(a_link_or_a_pipe_is_no_lock),
	    TEST(what_is_locked_or_has_lost_its_name_is_not_claimed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
