/* Standard input as a file that can be read twice. */

#define _GNU_SOURCE /* O_TMPFILE, mkostemp */

#include "input/source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "input/source_private.h"

#define COPY_BYTES ((size_t)256 << 10)

/* A new file without a name in dir: its descriptor, or -1 with errno set. */
static int
unnamed_file(struct arena *a, struct str dir)
{
	const struct str parts[] = {dir, STR_INIT("/retrospan-XXXXXX")};
	char *template = arena_cstr(a, arena_join(a, parts, sizeof parts / sizeof *parts));
	int fd = open(arena_cstr(a, dir), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	/* Not every file system has unnamed files, and each says so in its own way. */
	if (fd >= 0)
		return fd;
	fd = mkostemp(template, O_CLOEXEC);
	if (fd >= 0)
		unlink(template);
	return fd;
}

static bool
write_all(int fd, const char *from, size_t len)
{
	while (len > 0) {
		ssize_t put = write(fd, from, len);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return false;
		from += put;
		len -= (size_t)put;
	}
	return true;
}

/* Copies what is left in from to `to`. */
static bool
copy(int from, int to, struct str tmp_dir, struct diag *d)
{
	struct arena scratch = {0};
	char *buffer = arena_bytes(&scratch, COPY_BYTES);
	bool ok = true;

	for (;;) {
		ssize_t got = read(from, buffer, COPY_BYTES);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			ok = diag_fail(d, STR("-"), "%s", strerror(errno));
		else if (got > 0 && !write_all(to, buffer, (size_t)got))
			ok = diag_fail(d, tmp_dir, "a copy of standard input can't be written: %s",
			               strerror(errno));
		if (got <= 0 || !ok)
			break;
	}
	arena_free(&scratch);
	return ok;
}

/* The descriptor of a copy of what is left in fd, or -1 after diag_fail. */
static int
copy_of(struct arena *a, int fd, struct str tmp_dir, struct diag *d)
{
	int copied;

	if (tmp_dir.len == 0)
		tmp_dir = STR("/tmp");
	copied = unnamed_file(a, tmp_dir);
	if (copied < 0) {
		diag_fail(d, tmp_dir, "no temporary file for standard input: %s", strerror(errno));
		return -1;
	}
	if (copy(fd, copied, tmp_dir, d))
		return copied;
	close(copied);
	return -1;
}

bool
source_stdin(struct arena *a, int fd, struct str tmp_dir, struct sources *list, struct diag *d)
{
	struct source *source;
	struct stat status;

	if (fstat(fd, &status) < 0)
		return diag_fail(d, STR("-"), "%s", strerror(errno));
	/* A file of which a part was read by somebody else already counts from there. */
	if (!S_ISREG(status.st_mode) || lseek(fd, 0, SEEK_CUR) != 0) {
		fd = copy_of(a, fd, tmp_dir, d);
		if (fd < 0)
			return false;
		if (fstat(fd, &status) < 0)
			return diag_fail(d, STR("-"), "%s", strerror(errno));
	}
	source = source_new(a, STR("-"), &status, fd);
	source->named = true;
	if (!source_add(a, list, source))
		return diag_fail(d, STR("-"), "more than %d files", SOURCE_COUNT_MAX);
	return true;
}
