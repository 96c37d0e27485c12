/* A folder of batches that could not be sent yet. */
#include "sink/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sink/entry.h"
#include "sink/folder.h"
#include "sink/lock.h"
#include "sink/room.h"
#include "sink/target.h"

#define NAME_FORMAT "%.*s-%08lx-%06x-%.*s" /* entry_is_name */
#define NAME_TIME_LEN 16
#define NAME_SUM_LEN 16
#define SEQUENCE_MAX 0xffffffu

/* Held while something is put there. */
#define LOCK_NAME "lock"
#define LOCK_WAIT_MS 10000

struct spool {
	struct spool_options options;
	struct arena arena;
	unsigned sequence;
	bool told_failure, told_large;
	struct dropped dropped;
};

/* ---- folders ---- */

struct spool *
spool_open(const struct spool_options *o, struct diag *d)
{
	int fd = folder_open(o->folder, false);
	if (fd < 0 && errno != ENOENT) {
		(void)diag_fail(d, o->folder, "can't be a spool: %s",
		                errno == EPERM ? "it is somebody else's, or others may write in it"
		                : errno == ENOTDIR || errno == ELOOP ? "it is a link, or no folder"
		                                                     : strerror(errno));
		return NULL;
	}
	if (fd >= 0)
		(void)close(fd);
	struct spool *s = calloc(1, sizeof *s);
	if (s == NULL)
		arena_exhausted();
	s->options = *o;
	s->options.folder = arena_str(&s->arena, o->folder);
	return s;
}

void
spool_close(struct spool *s, struct diag *d)
{
	if (s->dropped.files > 0)
		(void)diag_fail(d, s->options.folder,
		                "no room for more than %" PRIu64
		                " bytes (--spool-max-bytes): %" PRIu64
		                " span%s in the oldest %" PRIu64 " file%s were dropped",
		                s->options.max_bytes, s->dropped.items, PLURAL(s->dropped.items),
		                s->dropped.files, PLURAL(s->dropped.files));
	arena_free(&s->arena);
	free(s);
}

struct str
spool_folder(const struct spool *s)
{
	return s->options.folder;
}

static void
close_if_open(int fd)
{
	if (fd >= 0)
		(void)close(fd);
}

/* The folder of a target, or its "rejected". */
static int
open_place(const struct spool *s, const char *target, enum spool_place place)
{
	int root = folder_open(s->options.folder, false);
	int fd = root >= 0 ? folder_open_at(root, target, false) : -1;
	close_if_open(root);
	if (place == SPOOL_WAITING || fd < 0)
		return fd;
	int rejected = folder_open_at(fd, REJECTED_NAME, true);
	(void)close(fd);
	return rejected;
}

/* ---- targets ---- */

bool
spool_list(struct spool *s, struct arena *a, struct spool_targets *targets, struct diag *d)
{
	struct names names = {0};
	bool ok = true;
	int root = folder_open(s->options.folder, false);
	*targets = (struct spool_targets){0};
	if (root < 0 && errno == ENOENT)
		return true;
	if (root < 0 || !folder_list(a, root, &names)) {
		close_if_open(root);
		return diag_fail(d, s->options.folder, "%s", strerror(errno));
	}
	for (size_t i = 0; i < names.len; i++) {
		struct spool_target t;
		if (!target_is_name(names.at[i]))
			continue;
		int fd = folder_open_at(root, names.at[i].at, false);
		if (fd >= 0 && target_read(a, fd, names.at[i], &t))
			*ARENA_PUSH(a, targets) = t;
		else if (fd >= 0 || errno != ENOENT)
			ok = diag_fail(d, s->options.folder,
			               "what is kept in %.*s is left: where it was to go can't be "
			               "read, or others may write there",
			               STR_ARG(names.at[i]));
		close_if_open(fd);
	}
	(void)close(root);
	return ok;
}

void
spool_waiting(struct spool *s, struct arena *a, const struct spool_target *t,
              struct spool_names *names)
{
	char target[TARGET_NAME_LEN + 1];
	struct names all = {0};
	target_name(t, target);
	int fd = open_place(s, target, SPOOL_WAITING);
	*names = (struct spool_names){0};
	if (fd >= 0 && folder_list(a, fd, &all))
		for (size_t i = 0; i < all.len; i++)
			if (entry_is_name(all.at[i]))
				*ARENA_PUSH(a, names) = all.at[i];
	close_if_open(fd);
}

uint64_t
spool_count(struct spool *s, const struct spool_target *t)
{
	char target[TARGET_NAME_LEN + 1];
	struct arena a = {0};
	struct spool_names names;
	uint64_t items = 0;
	target_name(t, target);
	spool_waiting(s, &a, t, &names);
	int fd = open_place(s, target, SPOOL_WAITING);
	for (size_t i = 0; i < names.len && fd >= 0; i++)
		items += entry_items_of(fd, names.at[i].at);
	close_if_open(fd);
	arena_free(&a);
	return items;
}

/* ---- putting ---- */

/* What is put, and how. */
struct put {
	const struct spool_target *target;
	enum spool_place place;
	struct str time; /* NAME_TIME_LEN digits */
	bool is_part;
	char sum[ENTRY_SUM_LEN];
	struct buf bytes;
	struct arena arena;
	const char *name; /* what it got; NULL: it was there already */
};

static bool
is_there(int folder, struct str sum)
{
	struct arena a = {0};
	struct names names = {0};
	bool found = false;
	(void)folder_list(&a, folder, &names);
	for (size_t i = 0; i < names.len && !found; i++)
		found = entry_is_name(names.at[i]) && str_ends(names.at[i], sum);
	arena_free(&a);
	return found;
}

/* A name that is free; the spool is locked. */
static const char *
free_name(struct spool *s, struct arena *a, int folder, const struct put *p)
{
	struct stat st;
	for (;;) {
		s->sequence = (s->sequence + 1) & SEQUENCE_MAX;
		const char *name = arena_cstr(a, arena_printf(a, NAME_FORMAT, STR_ARG(p->time),
		                                              (unsigned long)getpid(), s->sequence,
		                                              NAME_SUM_LEN, p->sum));
		if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
			return name;
	}
}

/* Into an open folder. False with errno. */
static bool
put_into(struct spool *s, int root, int folder, struct put *p)
{
	if (is_there(folder, (struct str){p->sum, NAME_SUM_LEN}))
		return true;
	/* Written before anything is dropped: when the disk is full, what is there stays. */
	bool ok = folder_write(folder, buf_str(&p->bytes));
	if (ok && !p->is_part)
		room_make(root, s->options.max_bytes, p->bytes.len, &s->dropped);
	if (!ok)
		return false;
	p->name = free_name(s, &p->arena, folder, p);
	return folder_keep(folder, p->name);
}

/* Finds the folder, makes it when it is missing, and puts it there. False with errno. */
static bool
put_locked(struct spool *s, int root, struct put *p)
{
	char name[TARGET_NAME_LEN + 1];
	target_name(p->target, name);
	int fd = folder_open_at(root, name, true), rejected = -1;
	bool ok = fd >= 0 && target_write(fd, p->target);
	if (ok && p->place == SPOOL_REJECTED) {
		rejected = folder_open_at(fd, REJECTED_NAME, true);
		ok = rejected >= 0;
	}
	ok = ok && put_into(s, root, rejected >= 0 ? rejected : fd, p);
	int error = errno;
	close_if_open(rejected);
	close_if_open(fd);
	errno = error;
	return ok;
}

static bool
put(struct spool *s, struct put *p, const struct spool_batch *b, struct diag *d)
{
	struct entry e = {b->type, b->items, b->bytes};
	entry_sum(&e, p->sum);
	entry_write(&e, &p->bytes);
	int root = -1, held = -1;
	bool ok = p->bytes.len <= s->options.max_bytes && b->bytes.len <= ENTRY_BATCH_BYTES_MAX;
	if (!ok && !s->told_large) {
		s->told_large = true;
		(void)diag_fail(d, s->options.folder,
		                "%" PRIu64 " span%s in %zu bytes are not kept: that is more than "
		                "there is room for (--spool-max-bytes)",
		                b->items, PLURAL(b->items), b->bytes.len);
	} else if (ok) {
		root = folder_open(s->options.folder, true);
		held = root >= 0 ? lock_open(root, LOCK_NAME, LOCK_WAIT_MS) : -1;
		ok = held >= 0 && put_locked(s, root, p);
		if (!ok && !s->told_failure) {
			s->told_failure = true;
			(void)diag_fail(d, s->options.folder, "can't keep what was not sent: %s",
			                strerror(errno));
		}
		close_if_open(held);
		close_if_open(root);
	}
	buf_free(&p->bytes);
	return ok;
}

bool
spool_put(struct spool *s, const struct spool_target *t, const struct spool_batch *b,
          struct diag *d)
{
	struct put p = {.target = t, .place = SPOOL_WAITING};
	p.time = arena_printf(&p.arena, "%016" PRIx64, s->options.now_ns);
	bool ok = put(s, &p, b, d);
	arena_free(&p.arena);
	return ok;
}

static void
tell_aside(const struct spool *s, struct str target, const char *name, const char *why,
           struct diag *d)
{
	struct arena a = {0};
	struct str path = arena_join(&a,
	                             (struct str[]){s->options.folder, STR("/"), target,
	                                            STR("/" REJECTED_NAME "/"), str_of(name)},
	                             5);
	(void)diag_fail(d, path, "%s", why);
	arena_free(&a);
}

bool
spool_put_part(struct spool *s, const struct spool_target *t, const struct spool_entry *of,
               enum spool_place place, const struct spool_batch *b, struct diag *d)
{
	struct put p = {.target = t,
	                .place = place,
	                .time = str_head(of->name, NAME_TIME_LEN),
	                .is_part = true};
	bool ok = put(s, &p, b, d);
	if (ok && place == SPOOL_REJECTED && p.name != NULL)
		tell_aside(s, of->target, p.name, "set aside: it was refused", d);
	arena_free(&p.arena);
	return ok;
}

/* ---- taking ---- */

bool
spool_take(struct spool *s, struct arena *a, const struct spool_target *t, struct str name,
           struct spool_entry *e, struct diag *d)
{
	char target[TARGET_NAME_LEN + 1];
	struct entry found;
	struct buf bytes = {0};
	target_name(t, target);
	*e = (struct spool_entry){.target = arena_str(a, str_of(target)), .fd = -1};
	e->target.at = arena_cstr(a, e->target);
	e->name = (struct str){arena_cstr(a, name), name.len};
	int folder = open_place(s, target, SPOOL_WAITING);
	if (folder >= 0)
		e->fd = openat(folder, e->name.at, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	bool ok = e->fd >= 0 && lock_claim(e->fd, folder, e->name.at);
	close_if_open(folder);
	if (!ok) {
		spool_leave(e);
		return false;
	}
	ok = folder_read(e->fd, ENTRY_BATCH_BYTES_MAX + ENTRY_HEAD_BYTES_MAX, &bytes) &&
	     entry_read(arena_str(a, buf_str(&bytes)), &found);
	buf_free(&bytes);
	if (ok)
		e->batch = (struct spool_batch){found.type, found.items, found.batch};
	else
		spool_set_aside(s, e, "it is damaged", d);
	return ok;
}

void
spool_remove(struct spool *s, struct spool_entry *e, struct diag *d)
{
	int folder = open_place(s, e->target.at, SPOOL_WAITING);
	if (folder >= 0 && unlinkat(folder, e->name.at, 0) != 0 && errno != ENOENT)
		(void)diag_fail(d, s->options.folder, "can't remove what was sent: %s",
		                strerror(errno));
	close_if_open(folder);
	spool_leave(e);
}

void
spool_set_aside(struct spool *s, struct spool_entry *e, const char *why, struct diag *d)
{
	struct arena a = {0};
	int from = open_place(s, e->target.at, SPOOL_WAITING);
	int to = open_place(s, e->target.at, SPOOL_REJECTED);
	bool ok = from >= 0 && to >= 0 && renameat(from, e->name.at, to, e->name.at) == 0;
	struct str text = ok ? arena_printf(&a, "set aside: %s", why)
	                     : arena_printf(&a, "can't be set aside: %s", strerror(errno));
	tell_aside(s, e->target, e->name.at, arena_cstr(&a, text), d);
	close_if_open(from);
	close_if_open(to);
	spool_leave(e);
	arena_free(&a);
}

void
spool_leave(struct spool_entry *e)
{
	close_if_open(e->fd);
	e->fd = -1;
}
