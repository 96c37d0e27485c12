/* One process at a time. */
#include "sink/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define LOCK_POLL_MS 20
#define LOCK_TRIES 1000 /* of a file that others replace while we wait for it */

/* Takes what it waits from *left_ms. */
static bool
wait_for(int fd, uint64_t *left_ms)
{
	const struct timespec pause = {0, LOCK_POLL_MS * 1000000};
	while (flock(fd, LOCK_EX | LOCK_NB) != 0) {
		if (errno != EINTR && (errno != EWOULDBLOCK || *left_ms == 0))
			return false;
		*left_ms -= *left_ms < LOCK_POLL_MS ? *left_ms : LOCK_POLL_MS;
		(void)nanosleep(&pause, NULL);
	}
	return true;
}

static bool
has_name(int fd, int folder, const char *name)
{
	struct stat ours, named;
	return fstat(fd, &ours) == 0 && S_ISREG(ours.st_mode) &&
	       fstatat(folder, name, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
	       ours.st_dev == named.st_dev && ours.st_ino == named.st_ino;
}

int
lock_open(int folder, const char *name, uint64_t wait_ms)
{
	for (int i = 0; i < LOCK_TRIES; i++) {
		int fd = openat(folder, name,
		                O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0600);
		if (fd < 0)
			return -1;
		if (!wait_for(fd, &wait_ms)) {
			int error = errno;
			(void)close(fd);
			errno = error;
			return -1;
		}
		if (has_name(fd, folder, name))
			return fd;
		(void)close(fd);
	}
	errno = EBUSY;
	return -1;
}

bool
lock_claim(int fd, int folder, const char *name)
{
	uint64_t none = 0;
	return wait_for(fd, &none) && has_name(fd, folder, name);
}
