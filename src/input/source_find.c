/* Files, found below folders. */

#include "input/source.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "input/source_private.h"

#define OPEN_FOLDER (O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NONBLOCK)

struct search {
	struct arena *arena;
	struct sources *list;
	struct diag *diag;
	const struct str *endings; /* of the names that count */
	size_t endings_len;
};

static bool
ending_counts(const struct search *search, struct str name)
{
	for (size_t i = 0; i < search->endings_len; i++) {
		if (str_ends(name, search->endings[i]))
			return true;
	}
	return false;
}

static struct str
join(struct arena *a, struct str dir, struct str name)
{
	const struct str parts[] = {dir, str_ends(dir, STR("/")) ? STR("") : STR("/"), name};

	return arena_join(a, parts, sizeof parts / sizeof *parts);
}

static int
by_text(const void *a, const void *b)
{
	const struct str *x = a, *y = b;

	return str_cmp(*x, *y);
}

/* The names in a folder, sorted, each ended by NUL; false, errno set, when it can't be read. */
static bool
names_of(struct arena *a, DIR *folder, struct str_list *names)
{
	const struct dirent *entry;

	*names = (struct str_list){0};
	for (errno = 0; (entry = readdir(folder)) != NULL; errno = 0) {
		struct str name = str_of(entry->d_name);

		if (!str_eq(name, STR(".")) && !str_eq(name, STR("..")))
			*ARENA_PUSH(a, names) = (struct str){arena_cstr(a, name), name.len};
	}
	if (errno != 0)
		return false;
	if (names->len > 0)
		qsort(names->at, names->len, sizeof *names->at, by_text);
	return true;
}

static bool folder_search(const struct search *search, int fd, struct str path, size_t depth);

/* Looks at one name in the folder open as fd. */
static bool
entry_search(const struct search *search, int fd, struct str dir, struct str name, size_t depth)
{
	struct arena scratch = {0};
	struct stat status;
	bool ok = true;
	int inner;

	if (fstatat(fd, name.at, &status, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT || diag_fail(search->diag, join(search->arena, dir, name),
		                                    "%s", strerror(errno));
	if (S_ISDIR(status.st_mode)) {
		inner = openat(fd, name.at, OPEN_FOLDER | O_NOFOLLOW);
		if (inner < 0 && errno == ENOENT)
			return true;
		ok = folder_search(search, inner, join(&scratch, dir, name), depth + 1);
		arena_free(&scratch);
		return ok;
	}
	if (!ending_counts(search, name))
		return true;
	dir = join(search->arena, dir, name);
	if (S_ISREG(status.st_mode)) {
		if (dir.len > SOURCE_PATH_MAX)
			return diag_fail(search->diag, dir, "%s", strerror(ENAMETOOLONG));
		if (!source_add(search->arena, search->list,
		                source_new(search->arena, dir, &status, -1)))
			return diag_fail(search->diag, dir, "more than %d files", SOURCE_COUNT_MAX);
	} else if (str_ends(name, STR(".jsonl"))) {
		diag_warn(search->diag, dir, 0, "%s",
		          S_ISLNK(status.st_mode)
		              ? "a symbolic link inside a folder is not followed"
		              : "not a regular file");
	}
	return true;
}

/* Searches the folder open as fd (negative: errno says why it is not), and closes it.
 * False after diag_fail; the rest was searched nevertheless. */
static bool
folder_search(const struct search *search, int fd, struct str path, size_t depth)
{
	DIR *folder = fd < 0 ? NULL : fdopendir(fd);
	struct arena scratch = {0};
	struct str_list names;
	bool ok = true;

	if (folder == NULL || !names_of(&scratch, folder, &names)) {
		ok = diag_fail(search->diag, path, "%s", strerror(errno));
	} else if (depth > SOURCE_DEPTH_MAX) {
		ok = diag_fail(search->diag, path, "nests deeper than %d folders",
		               SOURCE_DEPTH_MAX);
	} else {
		for (size_t i = 0; i < names.len; i++) {
			ok = entry_search(search, fd, path, names.at[i], depth) && ok;
			if (search->list->len >= SOURCE_COUNT_MAX && !ok)
				break;
		}
	}
	if (folder != NULL)
		closedir(folder);
	else if (fd >= 0)
		close(fd);
	arena_free(&scratch);
	return ok;
}

bool
source_find(struct arena *a, struct str argument, struct sources *list, struct diag *d)
{
	static const struct str endings[] = {STR_INIT(".jsonl"), STR_INIT(".json")};
	const struct search search = {a, list, d, endings, sizeof endings / sizeof *endings};
	char path[SOURCE_PATH_BYTES];
	struct source *source;
	struct stat status;

	if (!source_path(argument, path) || stat(path, &status) < 0)
		return diag_fail(d, argument, "%s", strerror(errno));
	if (S_ISDIR(status.st_mode)) {
		while (argument.len > 1 && argument.at[argument.len - 1] == '/')
			argument.len--;
		return folder_search(&search, open(path, OPEN_FOLDER), argument, 0);
	}
	if (!S_ISREG(status.st_mode))
		return diag_fail(d, argument, "not a regular file");
	source = source_new(a, arena_str(a, argument), &status, -1);
	source->named = true;
	if (!source_add(a, list, source))
		return diag_fail(d, argument, "more than %d files", SOURCE_COUNT_MAX);
	return true;
}

/* Opens a folder that may be missing; links are not followed. False when it is missing. */
static bool
open_folder(struct str dir, int *fd)
{
	char path[SOURCE_PATH_BYTES];

	*fd = source_path(dir, path) ? open(path, OPEN_FOLDER | O_NOFOLLOW) : -1;
	/* A link is no folder (ENOTDIR) or one link too many (ELOOP). */
	return *fd >= 0 || (errno != ENOENT && errno != ENOTDIR && errno != ELOOP);
}

void
source_below(struct arena *a, struct str dir, struct str ending, struct sources *list,
             struct diag *d)
{
	const struct search search = {a, list, d, &ending, 1};
	int fd;

	if (open_folder(dir, &fd))
		(void)folder_search(&search, fd, dir, 0);
}

/* Calls each for what lies directly in dir, sorted by name; a link to a folder is none. */
static void
folder_list(struct str dir, void (*each)(void *ctx, int fd, struct str name), void *ctx)
{
	struct arena scratch = {0};
	struct str_list names;
	DIR *folder;
	int fd;

	if (!open_folder(dir, &fd) || fd < 0)
		return;
	folder = fdopendir(fd);
	if (folder == NULL) {
		close(fd);
		return;
	}
	if (names_of(&scratch, folder, &names)) {
		for (size_t i = 0; i < names.len; i++)
			each(ctx, fd, names.at[i]);
	}
	closedir(folder);
	arena_free(&scratch);
}

struct folders {
	struct arena *arena;
	struct str dir;
	struct str_list *list;
};

static void
add_folder(void *ctx, int fd, struct str name)
{
	struct folders *f = ctx;
	struct stat status;

	if (fstatat(fd, name.at, &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(status.st_mode))
		*ARENA_PUSH(f->arena, f->list) = join(f->arena, f->dir, name);
}

void
source_folders(struct arena *a, struct str dir, struct str_list *list)
{
	folder_list(dir, add_folder, &(struct folders){a, dir, list});
}

struct files {
	struct arena *arena;
	struct str dir, prefix, ending;
	struct sources *list;
};

static void
add_file(void *ctx, int fd, struct str name)
{
	struct files *f = ctx;
	struct source *s = NULL;

	(void)fd;
	if (str_starts(name, f->prefix) && str_ends(name, f->ending))
		s = source_beside(f->arena, f->dir, name);
	if (s != NULL)
		(void)source_add(f->arena, f->list, s);
}

void
source_in(struct arena *a, struct str dir, struct str prefix, struct str ending,
          struct sources *list)
{
	folder_list(dir, add_file, &(struct files){a, dir, prefix, ending, list});
}

static int
by_path(const void *a, const void *b)
{
	const struct source *const *x = a, *const *y = b;

	return str_cmp((*x)->path, (*y)->path);
}

void
source_sort(struct sources *list)
{
	if (list->len > 1)
		qsort(list->at, list->len, sizeof *list->at, by_path);
}
