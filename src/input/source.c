/* A file to read, by name. */

#include "input/source.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "input/source_private.h"

#define SEEN_MIN 64

bool
source_path(struct str path, char out[SOURCE_PATH_BYTES])
{
	if (path.len >= SOURCE_PATH_BYTES) {
		errno = ENAMETOOLONG;
		return false;
	}
	if (str_find_byte(path, '\0') != STR_NONE) {
		errno = ENOENT;
		return false;
	}
	if (path.len > 0)
		memcpy(out, path.at, path.len);
	out[path.len] = '\0';
	return true;
}

struct source *
source_new(struct arena *a, struct str path, const struct stat *status, int fd)
{
	struct source *s = ARENA_NEW(a, struct source);
	size_t slash = str_find_last(path, STR("/"));

	s->path = path;
	s->dir = slash == STR_NONE ? STR(".") : str_head(path, slash == 0 ? 1 : slash);
	s->name = slash == STR_NONE ? path : str_skip(path, slash + 1);
	s->size = (uint64_t)status->st_size;
	s->device = (uint64_t)status->st_dev;
	s->inode = (uint64_t)status->st_ino;
	s->fd = fd;
	return s;
}

/* The place of s's file in the table: it is there, or may be put there. */
static struct source **
seen_slot(const struct sources *list, const struct source *s)
{
	uint64_t hash = (s->inode ^ s->device << 40) * UINT64_C(0x9e3779b97f4a7c15);
	size_t mask = list->seen_cap - 1, i = (size_t)(hash >> 32) & mask;

	while (list->seen[i] != NULL &&
	       (list->seen[i]->inode != s->inode || list->seen[i]->device != s->device))
		i = (i + 1) & mask;
	return &list->seen[i];
}

/* Makes room in the table for one more, and puts in it what is only in the list. */
static void
seen_update(struct arena *a, struct sources *list)
{
	size_t cap = list->seen_cap == 0 ? SEEN_MIN : list->seen_cap;

	while (cap / 4 * 3 <= list->len)
		cap *= 2;
	if (cap == list->seen_cap && list->seen_len == list->len)
		return;
	list->seen = ARENA_ARRAY(a, struct source *, cap);
	list->seen_cap = cap;
	list->seen_len = list->len;
	for (size_t i = 0; i < list->len; i++)
		*seen_slot(list, list->at[i]) = list->at[i];
}

bool
source_add(struct arena *a, struct sources *list, struct source *s)
{
	struct source **slot;

	seen_update(a, list);
	slot = seen_slot(list, s);
	if (*slot != NULL) {
		(*slot)->named |= s->named;
		return true;
	}
	if (list->len >= SOURCE_COUNT_MAX)
		return false;
	*slot = s;
	list->seen_len++;
	*ARENA_PUSH(a, list) = s;
	return true;
}

int
source_open(const struct source *s, struct diag *d)
{
	int flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | (s->named ? 0 : O_NOFOLLOW);
	char path[SOURCE_PATH_BYTES];
	struct stat status;
	const char *what;
	int fd = -1;

	if (s->fd >= 0)
		return s->fd;
	/* O_NONBLOCK: a pipe that took the file's place must not make us wait. */
	if (!source_path(s->path, path) || (fd = open(path, flags)) < 0 || fstat(fd, &status) < 0)
		what = errno == ELOOP && !s->named ? "is a symbolic link" : strerror(errno);
	else if (!S_ISREG(status.st_mode))
		what = "not a regular file";
	else if (s->inode != 0 &&
	         (s->inode != (uint64_t)status.st_ino || s->device != (uint64_t)status.st_dev))
		what = "was replaced by another file in the meantime";
	else
		return fd;
	diag_fail(d, s->path, "%s", what);
	if (fd >= 0)
		close(fd);
	return -1;
}

void
source_close(const struct source *s, int fd)
{
	/* Nothing was written: close has nothing to report. */
	if (fd >= 0 && fd != s->fd)
		close(fd);
}

bool
source_read(const struct source *s, int fd, uint64_t offset, char *to, size_t len, struct diag *d)
{
	while (len > 0) {
		ssize_t got = pread(fd, to, len, (off_t)offset);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return diag_fail(d, s->path, "%s", strerror(errno));
		if (got == 0)
			return diag_fail(d, s->path, "became shorter while it was read");
		to += got;
		offset += (uint64_t)got;
		len -= (size_t)got;
	}
	return true;
}

bool
source_slurp(struct arena *a, const struct source *s, size_t max, struct str *text, struct diag *d)
{
	char *at;
	bool ok;
	int fd;

	if (s->size > max)
		return diag_skip(d, s->path, 0, "larger than %zu bytes", max);
	fd = source_open(s, d);
	if (fd < 0)
		return false;
	at = arena_bytes(a, (size_t)s->size);
	ok = source_read(s, fd, 0, at, (size_t)s->size, d);
	source_close(s, fd);
	if (ok)
		*text = (struct str){at, (size_t)s->size};
	return ok;
}

static bool
name_byte_safe(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
	       c == '.' || c == '_' || c == '-';
}

bool
source_name_safe(struct str name)
{
	if (name.len == 0 || name.len > 255 || name.at[0] == '.')
		return false;
	for (size_t i = 0; i < name.len; i++) {
		if (!name_byte_safe(name.at[i]))
			return false;
	}
	return true;
}

struct source *
source_beside(struct arena *a, struct str dir, struct str name)
{
	const struct str parts[] = {dir, str_ends(dir, STR("/")) ? STR("") : STR("/"), name};
	char buffer[SOURCE_PATH_BYTES];
	struct stat status;
	struct str path;

	if (dir.len == 0 || !source_name_safe(name))
		return NULL;
	path = arena_join(a, parts, sizeof parts / sizeof *parts);
	if (!source_path(path, buffer) || lstat(buffer, &status) < 0 || !S_ISREG(status.st_mode))
		return NULL;
	return source_new(a, path, &status, -1);
}
