/* Folders in which only we write. */
#include "sink/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define FOLDER_FLAGS (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
#define FOLDER_READ_BYTES ((size_t)64 << 10)

static int
fail_and_close(int fd, int error)
{
	(void)close(fd);
	errno = error;
	return -1;
}

/* fd, when it is a folder of ours in which nobody else may write. */
static int
trusted(int fd)
{
	struct stat st;
	if (fd < 0)
		return -1;
	if (fstat(fd, &st) != 0)
		return fail_and_close(fd, errno);
	if (st.st_uid != geteuid() || (st.st_mode & (S_IWGRP | S_IWOTH)) != 0)
		return fail_and_close(fd, EPERM);
	return fd;
}

/* Each folder on the way that is missing. */
static bool
make_all(char *path)
{
	for (char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		bool ok = mkdir(path, 0700) == 0 || errno == EEXIST;
		*slash = '/';
		if (!ok)
			return false;
	}
	return mkdir(path, 0700) == 0 || errno == EEXIST;
}

int
folder_open(struct str path, bool make)
{
	struct arena a = {0};
	while (path.len > 1 && str_ends(path, STR("/"))) /* a link with a slash is followed */
		path.len--;
	char *name = arena_cstr(&a, path);
	int fd = open(name, FOLDER_FLAGS);
	if (fd < 0 && errno == ENOENT && make && name[0] != '\0' && make_all(name))
		fd = open(name, FOLDER_FLAGS);
	int error = errno;
	arena_free(&a);
	errno = error;
	return trusted(fd);
}

int
folder_open_at(int parent, const char *name, bool make)
{
	if (make && mkdirat(parent, name, 0700) == 0)
		(void)fsync(parent); /* what lies in it is only as safe as its own name */
	else if (make && errno != EEXIST)
		return -1;
	return trusted(openat(parent, name, FOLDER_FLAGS));
}

static int
compare(const void *a, const void *b)
{
	const struct str *x = a, *y = b;
	return str_cmp(*x, *y);
}

bool
folder_list(struct arena *a, int folder, struct names *names)
{
	int fd = openat(folder, ".", FOLDER_FLAGS); /* closedir closes it */
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	*names = (struct names){0};
	if (dir == NULL)
		return fd >= 0 && fail_and_close(fd, errno) == 0;
	for (const struct dirent *e = readdir(dir); e != NULL; e = readdir(dir))
		if (e->d_name[0] != '.') {
			struct str name = str_of(e->d_name);
			*ARENA_PUSH(a, names) = (struct str){arena_cstr(a, name), name.len};
		}
	(void)closedir(dir);
	if (names->len > 1)
		qsort(names->at, names->len, sizeof *names->at, compare);
	return true;
}

static bool
write_all(int fd, struct str bytes)
{
	while (bytes.len > 0) {
		ssize_t written = write(fd, bytes.at, bytes.len);
		if (written < 0 && errno != EINTR)
			return false;
		bytes = str_skip(bytes, written > 0 ? (size_t)written : 0);
	}
	return true;
}

bool
folder_write(int folder, struct str bytes)
{
	int fd = openat(folder, FOLDER_NEW,
	                O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0600);
	if (fd < 0)
		return false;
	bool ok = write_all(fd, bytes) && fsync(fd) == 0;
	int error = errno;
	if (close(fd) != 0 && errno != EINTR && ok) {
		ok = false;
		error = errno;
	}
	if (ok)
		return true;
	(void)unlinkat(folder, FOLDER_NEW, 0);
	errno = error;
	return false;
}

bool
folder_keep(int folder, const char *name)
{
	int error;
	if (renameat(folder, FOLDER_NEW, folder, name) == 0)
		return fsync(folder) == 0 || errno == EINVAL || errno == ENOTSUP;
	error = errno;
	(void)unlinkat(folder, FOLDER_NEW, 0);
	errno = error;
	return false;
}

bool
folder_read(int fd, size_t limit, struct buf *out)
{
	for (;;) {
		ssize_t got = read(fd, buf_reserve(out, FOLDER_READ_BYTES), FOLDER_READ_BYTES);
		if (got == 0)
			return true;
		if (got < 0 && errno != EINTR)
			return false;
		out->len += got > 0 ? (size_t)got : 0;
		if (out->len > limit) {
			errno = EFBIG;
			return false;
		}
	}
}
