/* What was delivered before, by the ids of the spans. */
#include "cli/ledger.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "cli/folder.h"
#include "sink/file.h"
#include "sink/lock.h"

#define LEDGER_HEAD STR("retrospan ledger 1\n")
#define LEDGER_IDS_MAX ((size_t)1 << 20) /* later ones are not written down */
#define LEDGER_FILES_MAX 100000          /* that are looked at for their age */
#define LEDGER_AGE_S ((time_t)LEDGER_DAYS * 24 * 3600)

struct ledger {
	struct arena *arena;
	struct str folder, path;
	int fd;
	uint64_t *slots; /* a hash set of ids; 0: free */
	size_t len, cap;
	bool is_changed;
};

/* ---- the set ---- */

static uint64_t
key_of(const unsigned char id[SPAN_ID_LEN])
{
	uint64_t key;
	_Static_assert(sizeof key == SPAN_ID_LEN, "an id is a number of 64 bits");
	memcpy(&key, id, sizeof key);
	return key;
}

/* Ids are digests, so their own bits spread them. */
static size_t
slot_of(const struct ledger *l, uint64_t key)
{
	size_t i = (size_t)key & (l->cap - 1);
	while (l->slots[i] != 0 && l->slots[i] != key)
		i = (i + 1) & (l->cap - 1);
	return i;
}

static void
grow(struct ledger *l)
{
	uint64_t *old = l->slots;
	size_t cap = l->cap;
	l->cap = cap == 0 ? 256 : 2 * cap;
	l->slots = ARENA_ARRAY(l->arena, uint64_t, l->cap);
	for (size_t i = 0; i < cap; i++)
		if (old[i] != 0)
			l->slots[slot_of(l, old[i])] = old[i];
}

static void
insert(struct ledger *l, uint64_t key)
{
	if (2 * l->len >= l->cap)
		grow(l);
	size_t i = slot_of(l, key);
	if (key == 0 || l->slots[i] == key || l->len >= LEDGER_IDS_MAX)
		return;
	l->slots[i] = key;
	l->len++;
	l->is_changed = true;
}

bool
ledger_has(const struct ledger *l, const unsigned char id[SPAN_ID_LEN])
{
	return l != NULL && l->cap > 0 && l->slots[slot_of(l, key_of(id))] != 0;
}

void
ledger_add(struct ledger *l, const unsigned char id[SPAN_ID_LEN])
{
	if (l != NULL)
		insert(l, key_of(id));
}

/* ---- the file ---- */

static void
load(struct ledger *l)
{
	size_t max = LEDGER_HEAD.len + LEDGER_IDS_MAX * SPAN_ID_LEN;
	struct stat st;
	if (fstat(l->fd, &st) != 0 || st.st_size <= 0 || (uintmax_t)st.st_size > max)
		return;
	struct str text = {arena_bytes(l->arena, (size_t)st.st_size), 0};
	ssize_t n = pread(l->fd, (char *)(uintptr_t)text.at, (size_t)st.st_size, 0);
	text.len = n > 0 ? (size_t)n : 0;
	if (!str_starts(text, LEDGER_HEAD))
		return;
	text = str_skip(text, LEDGER_HEAD.len);
	for (; text.len >= SPAN_ID_LEN; text = str_skip(text, SPAN_ID_LEN))
		insert(l, key_of((const unsigned char *)text.at));
	l->is_changed = false;
}

struct ledger *
ledger_open(struct arena *a, struct str folder, struct str name, uint64_t wait_ms, bool *is_busy,
            struct diag *d)
{
	struct ledger *l = ARENA_NEW(a, struct ledger);
	struct str parts[] = {folder, STR("/"), name};
	l->arena = a;
	l->folder = folder;
	l->path = arena_join(a, parts, 3);
	const char *path = arena_cstr(a, l->path);
	l->fd = folder_make(a, folder, 0700) ? lock_open(AT_FDCWD, path, wait_ms) : -1;
	*is_busy = l->fd < 0 && errno == EWOULDBLOCK;
	if (*is_busy)
		return NULL;
	if (l->fd < 0) {
		diag_warn(d, l->path, 0, "%s: what was sent before is not known", strerror(errno));
		return NULL;
	}
	load(l);
	return l;
}

/* Names in the folder are sessions' and those of unfinished files. */
static void
sweep(const struct ledger *l, const struct stat *now)
{
	DIR *dir = opendir(arena_cstr(l->arena, l->folder));
	for (int i = 0; dir != NULL && i < LEDGER_FILES_MAX; i++) {
		const struct dirent *entry = readdir(dir);
		struct stat st;
		if (entry == NULL)
			break;
		if (fstatat(dirfd(dir), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		    S_ISREG(st.st_mode) && st.st_mtime < now->st_mtime - LEDGER_AGE_S)
			(void)unlinkat(dirfd(dir), entry->d_name, 0);
	}
	if (dir != NULL)
		closedir(dir);
}

static bool
write_ids(struct ledger *l, struct diag *d)
{
	struct buf b = {0};
	struct file_sink *sink = file_sink_open(l->arena, l->path, d);
	buf_add(&b, LEDGER_HEAD);
	for (size_t i = 0; i < l->cap; i++)
		if (l->slots[i] != 0)
			buf_add(&b, (struct str){(const char *)&l->slots[i], SPAN_ID_LEN});
	bool ok = sink != NULL && file_sink_write(sink, buf_str(&b), d);
	if (ok)
		ok = file_sink_commit(sink, d);
	else if (sink != NULL)
		file_sink_abort(sink);
	buf_free(&b);
	return ok;
}

void
ledger_close(struct ledger *l, struct diag *d)
{
	struct diag trouble = {.arena = d->arena};
	struct stat st;
	if (l == NULL)
		return;
	if (l->is_changed && !write_ids(l, &trouble))
		diag_warn(d, l->path, 0, "can't be written: its spans may be sent again");
	if (l->is_changed && stat(arena_cstr(l->arena, l->path), &st) == 0)
		sweep(l, &st);
	if (l->len == 0 && fstat(l->fd, &st) == 0 && st.st_size == 0)
		(void)unlink(arena_cstr(l->arena, l->path));
	close(l->fd);
}
