/* Bytes to a file, which appears whole or not at all, or to an open descriptor. otlp 8 */

#include "sink/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_WRITE_MAX (1u << 30)  /* bytes at once; some systems refuse more than INT_MAX */
#define FILE_LINKS_MAX 40          /* symbolic links in a row */
#define FILE_TEMPORARY_TRIES 10000 /* temporary names */
#define FILE_NAME_BYTES 200        /* of NAME in a temporary name, which has 255 at most */

struct file_sink {
	struct str name;       /* for messages */
	const char *path;      /* where it will be; NULL: no rename */
	const char *temporary; /* where it is; NULL: no such file, or no more */
	int fd;                /* -1: closed */
	bool is_ours;          /* to close */
	bool is_closed;        /* nobody reads any more */
	bool is_failed;        /* something was reported */
};

static bool
file_report(struct file_sink *s, struct diag *d, int error)
{
	s->is_failed = true;
	return diag_fail(d, s->name, "%s", strerror(error));
}

/* Closes and removes what is unfinished; what has its name stays. */
static void
file_drop(struct file_sink *s)
{
	if (s->is_ours && s->fd >= 0)
		close(s->fd);
	s->fd = -1;
	if (s->temporary != NULL)
		unlink(s->temporary);
	s->temporary = NULL;
}

static struct file_sink *
file_sink_new(struct arena *a, int fd, struct str name, bool is_ours)
{
	struct file_sink *s = ARENA_NEW(a, struct file_sink);

	s->name = name;
	s->fd = fd;
	s->is_ours = is_ours;
	return s;
}

/* The length of the folder's part of path, with its '/'. */
static size_t
path_folder(struct str path)
{
	size_t slash = str_find_last(path, STR("/"));

	return slash == STR_NONE ? 0 : slash + 1;
}

/*
 * What path names after all symbolic links in its last component, also when nothing
 * is there yet. NULL, errno set, when a link can't be read or there are too many.
 */
static const char *
path_resolve(struct arena *a, const char *path)
{
	for (int i = 0; i < FILE_LINKS_MAX; i++) {
		char target[PATH_MAX];
		struct str parts[2] = {{path, path_folder(str_of(path))}, {target, 0}};
		struct stat st;
		ssize_t len;

		if (lstat(path, &st) != 0 || !S_ISLNK(st.st_mode))
			return path;
		len = readlink(path, target, sizeof target);
		if (len < 0 || (size_t)len == sizeof target) {
			errno = len < 0 ? errno : ENAMETOOLONG;
			return NULL;
		}
		if (len > 0 && target[0] == '/')
			parts[0].len = 0;
		parts[1].len = (size_t)len;
		path = arena_cstr(a, arena_join(a, parts, 2));
	}
	errno = ELOOP;
	return NULL;
}

/* True for what is written where it stands: no file to rename, or the name of a
 * descriptor of ours (/dev/stdout, /proc/self/fd/1), whose file others hold open. */
static bool
path_is_direct(const char *path, const struct stat *st)
{
	struct str name = str_of(path);
	struct stat link;

	if (!S_ISREG(st->st_mode))
		return true;
	return (str_starts(name, STR("/dev/")) || str_starts(name, STR("/proc/"))) &&
	       lstat(path, &link) == 0 && S_ISLNK(link.st_mode);
}

/* A new file beside path with mode, its name in *name; -1 with errno. */
static int
path_create(struct arena *a, const char *path, mode_t mode, const char **name)
{
	struct str all = str_of(path), last = str_skip(all, path_folder(all));

	errno = ENOENT;
	for (unsigned i = 0; last.len > 0 && i < FILE_TEMPORARY_TRIES; i++) {
		/* Any name that is free will do: O_EXCL decides. */
		unsigned long mark = ((unsigned long)getpid() * 7919 + i) % 0x1000000;
		struct str head = str_head(last, FILE_NAME_BYTES);
		int fd;

		*name = arena_cstr(a, arena_printf(a, "%.*s%.*s.retrospan-%06lx",
		                                   (int)path_folder(all), path, (int)head.len,
		                                   head.at, mark));
		fd = open(*name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
		if (fd >= 0 || errno != EEXIST)
			return fd;
	}
	return -1;
}

static struct file_sink *
file_open_direct(struct arena *a, const char *path, struct str name, struct diag *d)
{
	/* O_APPEND: with ">> FILE" /dev/stdout is a file that has something in it. */
	int fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC | O_NOCTTY);

	if (fd < 0) {
		diag_fail(d, name, "%s", strerror(errno));
		return NULL;
	}
	return file_sink_new(a, fd, name, true);
}

/* A temporary file that will replace old (NULL: nothing is there). */
static struct file_sink *
file_open_temporary(struct arena *a, const char *path, const struct stat *old, struct str name,
                    struct diag *d)
{
	const char *temporary;
	struct file_sink *s;
	int fd;

	/* Renaming would replace even a file that its owner protected from writing. */
	fd = old != NULL && access(path, W_OK) != 0
	         ? -1
	         : path_create(a, path, old == NULL ? 0666 : 0600, &temporary);
	if (fd < 0) {
		diag_fail(d, name, "%s", strerror(errno));
		return NULL;
	}
	s = file_sink_new(a, fd, name, true);
	s->path = path;
	s->temporary = temporary;
	if (old == NULL)
		return s;
	(void)!fchown(fd, old->st_uid, old->st_gid); /* only root can; otherwise it is ours */
	if (fchmod(fd, old->st_mode & 07777) != 0) {
		file_report(s, d, errno);
		file_drop(s);
		return NULL;
	}
	return s;
}

struct file_sink *
file_sink_open(struct arena *a, struct str path, struct diag *d)
{
	const char *named = arena_cstr(a, path), *real;
	bool exists;
	struct stat st;

	exists = stat(named, &st) == 0;
	if (exists && path_is_direct(named, &st))
		return file_open_direct(a, named, path, d);
	real = path_resolve(a, named);
	if (real == NULL) {
		diag_fail(d, path, "%s", strerror(errno));
		return NULL;
	}
	return file_open_temporary(a, real, exists ? &st : NULL, path, d);
}

struct file_sink *
file_sink_fd(struct arena *a, int fd, struct str name)
{
	return file_sink_new(a, fd, name, false);
}

/* After a write that gave -1: true when it is worth another try. */
static bool
file_retry(int fd, int error)
{
	struct pollfd ready = {.fd = fd, .events = POLLOUT};

	if (error == EAGAIN || error == EWOULDBLOCK) /* a pipe that somebody made non-blocking */
		return poll(&ready, 1, -1) >= 0 || errno == EINTR;
	return error == EINTR;
}

bool
file_sink_write(struct file_sink *s, struct str bytes, struct diag *d)
{
	if (s->is_failed || s->is_closed)
		return false;
	while (bytes.len > 0) {
		size_t some = bytes.len < FILE_WRITE_MAX ? bytes.len : FILE_WRITE_MAX;
		ssize_t written = write(s->fd, bytes.at, some);
		int error = errno;

		if (written >= 0) {
			bytes = str_skip(bytes, (size_t)written);
			continue;
		}
		if (file_retry(s->fd, error))
			continue;
		if (error == EPIPE)
			s->is_closed = true;
		else
			file_report(s, d, error);
		file_drop(s);
		return false;
	}
	return true;
}

bool
file_sink_closed(const struct file_sink *s)
{
	return s->is_closed;
}

/* 0, or the error that the last writes met. Pipes and devices can't be synced. */
static int
file_finish(struct file_sink *s)
{
	int fd = s->fd, error = 0;

	if (!s->is_ours) { /* closing a copy reports what a network file system put off */
		fd = dup(fd);
		return fd >= 0 && close(fd) == 0 ? 0 : errno;
	}
	if (fsync(fd) != 0 && errno != EINVAL && errno != EROFS && errno != ENOTSUP)
		error = errno;
	s->fd = -1;
	if (close(fd) != 0 && errno != EINTR && error == 0)
		error = errno;
	return error;
}

bool
file_sink_commit(struct file_sink *s, struct diag *d)
{
	int error;

	if (s->is_failed || s->is_closed)
		return false;
	error = file_finish(s);
	if (error == 0 && s->path != NULL && rename(s->temporary, s->path) != 0)
		error = errno;
	if (error != 0) {
		file_report(s, d, error);
		file_drop(s);
		return false;
	}
	s->temporary = NULL;
	return true;
}

void
file_sink_abort(struct file_sink *s)
{
	file_drop(s);
	s->is_failed = true;
}

const char *
file_sink_temporary(const struct file_sink *s)
{
	return s->temporary;
}
