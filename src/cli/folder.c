/* Folders that are made where they are missing. */
#include "cli/folder.h"

#include <errno.h>
#include <sys/stat.h>

/* errno stays what it was when there is nothing. */
static bool
is_folder(const char *path)
{
	struct stat st;
	int error = errno;
	bool is_there = stat(path, &st) == 0;
	errno = is_there ? ENOTDIR : error;
	return is_there && S_ISDIR(st.st_mode);
}

bool
folder_make(struct arena *a, struct str path, mode_t mode)
{
	for (size_t at = 0; at < path.len;) {
		size_t slash = str_find_byte(str_skip(path, at), '/');
		size_t end = slash == STR_NONE ? path.len : at + slash;
		const char *part = arena_cstr(a, str_head(path, end));
		at = end + 1;
		if (end == 0 || (mkdir(part, mode) != 0 && errno == EEXIST))
			continue;
		if (!is_folder(part))
			return false;
	}
	errno = ENOENT;
	return is_folder(arena_cstr(a, path));
}
