/* Room in a spool. */
#include "sink/room.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sink/entry.h"
#include "sink/folder.h"
#include "sink/spool.h"
#include "sink/target.h"

struct kept {
	struct str name;
	int folder;
	enum spool_place place;
	uint64_t bytes;
};

struct kepts {
	struct kept *at;
	size_t len, cap;
	uint64_t bytes;
};

/* What was rejected goes first, then what is oldest. */
static int
compare_age(const void *a, const void *b)
{
	const struct kept *x = a, *y = b;
	if (x->place != y->place)
		return x->place == SPOOL_REJECTED ? -1 : 1;
	return str_cmp(x->name, y->name);
}

static void
add_kept(struct arena *a, int folder, enum spool_place place, struct kepts *all)
{
	struct names names = {0};
	struct stat st;
	if (!folder_list(a, folder, &names))
		return;
	for (size_t i = 0; i < names.len; i++)
		if (entry_is_name(names.at[i]) &&
		    fstatat(folder, names.at[i].at, &st, AT_SYMLINK_NOFOLLOW) == 0) {
			struct kept *k = ARENA_PUSH(a, all);
			*k = (struct kept){names.at[i], folder, place, (uint64_t)st.st_size};
			all->bytes += k->bytes;
		}
}

/* Drops one, unless somebody is sending it just now. */
static void
drop(const struct kept *k, uint64_t *bytes, struct dropped *dropped)
{
	int fd = openat(k->folder, k->name.at, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0) {
		uint64_t items = entry_items_of(k->folder, k->name.at);
		if (unlinkat(k->folder, k->name.at, 0) == 0) {
			*bytes -= k->bytes;
			dropped->files++;
			dropped->items += items;
		}
	}
	if (fd >= 0)
		(void)close(fd);
}

void
room_make(int root, uint64_t max_bytes, uint64_t bytes, struct dropped *dropped)
{
	struct arena a = {0};
	struct names targets = {0};
	struct kepts all = {0};
	(void)folder_list(&a, root, &targets);
	int *folders = ARENA_ARRAY(&a, int, 2 * targets.len + 1);
	size_t opened = 0;
	for (size_t i = 0; i < targets.len; i++) {
		int fd = target_is_name(targets.at[i])
		             ? folder_open_at(root, targets.at[i].at, false)
		             : -1;
		int rejected = fd >= 0 ? folder_open_at(fd, REJECTED_NAME, false) : -1;
		if (fd >= 0)
			add_kept(&a, folders[opened++] = fd, SPOOL_WAITING, &all);
		if (rejected >= 0)
			add_kept(&a, folders[opened++] = rejected, SPOOL_REJECTED, &all);
	}
	if (all.len > 1)
		qsort(all.at, all.len, sizeof *all.at, compare_age);
	for (size_t i = 0; i < all.len && all.bytes + bytes > max_bytes; i++)
		drop(&all.at[i], &all.bytes, dropped);
	while (opened > 0)
		(void)close(folders[--opened]);
	arena_free(&a);
}
