#define _XOPEN_SOURCE 700 /* nftw */

#include "input/source.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"

struct fixture {
	struct arena arena;
	struct diag diag;
	struct sources list;
	char dir[64];
};

static int
set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);

	f->diag.arena = &f->arena;
	strcpy(f->dir, "/tmp/retrospan-source-XXXXXX");
	*state = f;
	return mkdtemp(f->dir) == NULL;
}

static int
remove_one(const char *path, const struct stat *status, int type, struct FTW *walk)
{
	(void)status;
	(void)type;
	(void)walk;
	return remove(path);
}

static int
tear_down(void **state)
{
	struct fixture *f = *state;

	nftw(f->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	arena_free(&f->arena);
	free(f);
	return 0;
}

/* The path of name in the fixture's folder. */
static char *
path(struct fixture *f, const char *name)
{
	return arena_cstr(&f->arena, arena_printf(&f->arena, "%s/%s", f->dir, name));
}

static struct str
path_str(struct fixture *f, const char *name)
{
	return str_of(path(f, name));
}

static void
make_file(struct fixture *f, const char *name, const char *content)
{
	FILE *file = fopen(path(f, name), "w");

	assert_non_null(file);
	assert_true(fputs(content, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static void
make_folder(struct fixture *f, const char *name)
{
	assert_int_equal(mkdir(path(f, name), 0700), 0);
}

static bool
find(struct fixture *f, const char *name)
{
	return source_find(&f->arena, path_str(f, name), &f->list, &f->diag);
}

/* The names of what was found, in order, with commas. */
static const char *
found(struct fixture *f)
{
	struct buf out = {0};
	const char *text;

	for (size_t i = 0; i < f->list.len; i++) {
		buf_add(&out, str_skip(f->list.at[i]->path, strlen(f->dir) + 1));
		buf_byte(&out, ',');
	}
	text = arena_cstr(&f->arena, buf_str(&out));
	buf_free(&out);
	return text;
}

static bool
noted(struct fixture *f, const char *text)
{
	for (const struct diag_note *note = f->diag.first; note != NULL; note = note->next) {
		if (str_has(note->text, str_of(text)))
			return true;
	}
	return false;
}

static void
folders_are_searched_in_order_of_names(void **state)
{
	struct fixture *f = *state;

	make_folder(f, "b");
	make_folder(f, "b/c.jsonl");
	make_file(f, "b/c.jsonl/z.jsonl", "");
	make_file(f, "b/a.json", "");
	make_file(f, "c.jsonl", "12345");
	make_file(f, "a.jsonl", "");
	make_file(f, "a.txt", "");
	make_file(f, ".hidden.jsonl", "");
	assert_true(source_find(&f->arena, path_str(f, "//"), &f->list, &f->diag));
	assert_string_equal(found(f), ".hidden.jsonl,a.jsonl,b/a.json,b/c.jsonl/z.jsonl,c.jsonl,");
	assert_int_equal(f->list.at[4]->size, 5);
	assert_true(str_eq(f->list.at[4]->name, STR("c.jsonl")));
	assert_true(str_eq(f->list.at[4]->dir, str_of(f->dir)));
	assert_false(f->list.at[4]->named);
	assert_int_equal(f->diag.notes, 0);
}

static void
links_inside_folders_are_not_followed(void **state)
{
	struct fixture *f = *state;

	make_folder(f, "in");
	make_folder(f, "out");
	make_file(f, "out/a.jsonl", "");
	assert_int_equal(symlink("../out/a.jsonl", path(f, "in/link.jsonl")), 0);
	assert_int_equal(symlink("../out", path(f, "in/folder")), 0);
	assert_int_equal(symlink("in", path(f, "named")), 0);
	assert_true(find(f, "in"));
	assert_int_equal(f->list.len, 0);
	assert_int_equal(f->diag.warnings, 1);
	/* An argument may be a link. */
	assert_true(find(f, "in/link.jsonl"));
	assert_string_equal(found(f), "in/link.jsonl,");
	assert_true(f->list.at[0]->named);
	assert_true(source_open(f->list.at[0], &f->diag) >= 0);
	make_file(f, "in/b.jsonl", "");
	assert_true(find(f, "named"));
	assert_string_equal(found(f), "in/link.jsonl,named/b.jsonl,");
}

static void
a_file_reached_twice_is_added_once(void **state)
{
	struct fixture *f = *state;

	make_file(f, "a.jsonl", "");
	make_file(f, "b.jsonl", "");
	assert_int_equal(link(path(f, "a.jsonl"), path(f, "c.jsonl")), 0);
	assert_true(find(f, ""));
	assert_true(find(f, "b.jsonl"));
	assert_true(find(f, "./a.jsonl"));
	assert_string_equal(found(f), "a.jsonl,b.jsonl,");
	assert_true(f->list.at[1]->named);
}

static void
odd_arguments_are_refused(void **state)
{
	struct fixture *f = *state;
	char *longest = path(f, "");

	assert_false(find(f, "missing.jsonl"));
	assert_true(noted(f, "No such file"));
	assert_int_equal(mkfifo(path(f, "pipe.jsonl"), 0600), 0);
	assert_false(find(f, "pipe.jsonl"));
	assert_true(noted(f, "not a regular file"));
	assert_false(source_find(&f->arena, STR("/dev/null"), &f->list, &f->diag));
	longest = arena_alloc(&f->arena, 5000);
	memset(longest, 'x', 4999);
	assert_false(source_find(&f->arena, str_of(longest), &f->list, &f->diag));
	assert_false(source_find(&f->arena, STR(""), &f->list, &f->diag));
	assert_int_equal(f->diag.failures, 5);
	assert_int_equal(f->list.len, 0);
}

static void
odd_things_in_folders_are_passed_over(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(mkfifo(path(f, "pipe.jsonl"), 0600), 0);
	assert_int_equal(mkfifo(path(f, "pipe.json"), 0600), 0);
	make_file(f, "a.jsonl", "");
	assert_true(find(f, ""));
	assert_string_equal(found(f), "a.jsonl,");
	assert_int_equal(f->diag.warnings, 1);
	assert_true(noted(f, "not a regular file"));
}

static void
an_unreadable_folder_is_a_failure_and_the_rest_counts(void **state)
{
	struct fixture *f = *state;

	if (geteuid() == 0)
		skip();
	make_folder(f, "a");
	make_file(f, "b.jsonl", "");
	assert_int_equal(chmod(path(f, "a"), 0), 0);
	assert_false(find(f, ""));
	assert_int_equal(chmod(path(f, "a"), 0700), 0);
	assert_string_equal(found(f), "b.jsonl,");
}

static void
deep_folders_are_refused(void **state)
{
	struct fixture *f = *state;
	struct buf name = {0};

	for (int i = 0; i < SOURCE_DEPTH_MAX + 1; i++) {
		BUF_LIT(&name, "d/");
		make_folder(f, arena_cstr(&f->arena, buf_str(&name)));
		if (i == SOURCE_DEPTH_MAX - 1) {
			BUF_LIT(&name, "a.jsonl");
			make_file(f, arena_cstr(&f->arena, buf_str(&name)), "");
			name.len -= strlen("a.jsonl");
		}
	}
	assert_false(find(f, ""));
	assert_true(noted(f, "nests deeper than 32 folders"));
	assert_int_equal(f->list.len, 1);
	buf_free(&name);
}

static void
names_out_of_files_are_one_safe_component(void **state)
{
	struct fixture *f = *state;

	make_file(f, "a.jsonl", "xyz");
	make_file(f, ".a", "");
	make_folder(f, "folder");
	assert_int_equal(symlink("a.jsonl", path(f, "link")), 0);
	assert_int_equal(source_beside(&f->arena, str_of(f->dir), STR("a.jsonl"))->size, 3);
	assert_null(source_beside(&f->arena, str_of(f->dir), STR("b.jsonl")));
	assert_null(source_beside(&f->arena, str_of(f->dir), STR("folder")));
	assert_null(source_beside(&f->arena, str_of(f->dir), STR("link")));
	assert_null(source_beside(&f->arena, str_of(f->dir), STR("folder/../a.jsonl")));
	assert_null(source_beside(&f->arena, str_of(f->dir), STR("..")));
	assert_null(source_beside(&f->arena, str_of(f->dir), STR(".a")));
	assert_null(source_beside(&f->arena, str_of(f->dir), STR("")));
	assert_null(source_beside(&f->arena, str_of(f->dir), STR("a.jsonl\0")));
	assert_null(source_beside(&f->arena, STR(""), STR("a.jsonl")));
}

static void
files_below_a_folder_are_found_by_their_ending(void **state)
{
	struct fixture *f = *state;
	struct str_list folders = {0};

	make_folder(f, "x");
	make_folder(f, "w");
	make_file(f, "x/1.meta.json", "");
	make_file(f, "x/1.jsonl", "");
	assert_int_equal(symlink("x", path(f, "y")), 0);
	source_below(&f->arena, str_of(f->dir), STR(".meta.json"), &f->list, &f->diag);
	assert_string_equal(found(f), "x/1.meta.json,");
	source_below(&f->arena, path_str(f, "none"), STR(".jsonl"), &f->list, &f->diag);
	source_below(&f->arena, path_str(f, "y"), STR(".jsonl"), &f->list, &f->diag);
	source_below(&f->arena, path_str(f, "x/1.jsonl"), STR(".jsonl"), &f->list, &f->diag);
	assert_int_equal(f->list.len, 1);
	assert_int_equal(f->diag.notes, 0);
	source_folders(&f->arena, str_of(f->dir), &folders);
	assert_int_equal(folders.len, 2);
	assert_true(str_eq(folders.at[0], path_str(f, "w")));
	assert_true(str_eq(folders.at[1], path_str(f, "x")));
}

static void
sources_sort_by_path(void **state)
{
	struct fixture *f = *state;

	make_file(f, "b.jsonl", "");
	make_file(f, "a.jsonl", "");
	assert_true(find(f, "b.jsonl"));
	assert_true(find(f, "a.jsonl"));
	source_sort(&f->list);
	assert_string_equal(found(f), "a.jsonl,b.jsonl,");
	assert_true(find(f, "b.jsonl"));
	assert_int_equal(f->list.len, 2);
}

static void
a_file_that_changed_its_nature_is_not_opened(void **state)
{
	struct fixture *f = *state;
	struct str text;

	make_file(f, "a.jsonl", "abc");
	make_file(f, "b.jsonl", "");
	assert_true(find(f, ""));
	assert_true(source_slurp(&f->arena, f->list.at[0], 3, &text, &f->diag));
	assert_true(str_eq(text, STR("abc")));
	assert_false(source_slurp(&f->arena, f->list.at[0], 2, &text, &f->diag));
	assert_int_equal(f->diag.skips, 1);
	assert_int_equal(rename(path(f, "a.jsonl"), path(f, "c")), 0);
	assert_int_equal(source_open(f->list.at[0], &f->diag), -1);
	assert_int_equal(symlink("c", path(f, "a.jsonl")), 0);
	assert_int_equal(source_open(f->list.at[0], &f->diag), -1);
	assert_true(noted(f, "is a symbolic link"));
	assert_int_equal(rename(path(f, "b.jsonl"), path(f, "a.jsonl")), 0);
	assert_int_equal(source_open(f->list.at[0], &f->diag), -1);
	assert_true(noted(f, "was replaced"));
	assert_int_equal(unlink(path(f, "a.jsonl")), 0);
	assert_int_equal(mkfifo(path(f, "a.jsonl"), 0600), 0);
	assert_int_equal(source_open(f->list.at[0], &f->diag), -1);
	assert_true(noted(f, "not a regular file"));
	assert_int_equal(f->diag.failures, 4);
}

/* What source_stdin makes of fd, as text. */
static struct str
read_stdin(struct fixture *f, int fd)
{
	struct str text = {NULL, 0};
	size_t before = f->list.len;
	struct source *s;

	assert_true(source_stdin(&f->arena, fd, STR(""), &f->list, &f->diag));
	assert_int_equal(f->list.len, before + 1);
	s = f->list.at[before];
	assert_true(str_eq(s->path, STR("-")));
	assert_true(s->named && s->fd >= 0);
	for (int i = 0; i < 2; i++)
		assert_true(source_slurp(&f->arena, s, 1000, &text, &f->diag));
	return text;
}

static void
standard_input_can_be_read_twice(void **state)
{
	struct fixture *f = *state;
	int pipe_fds[2], fd;
	char c;

	assert_int_equal(pipe(pipe_fds), 0);
	assert_int_equal(write(pipe_fds[1], "a\0b\n", 4), 4);
	close(pipe_fds[1]);
	assert_true(str_eq(read_stdin(f, pipe_fds[0]), STR("a\0b\n")));
	close(pipe_fds[0]);

	make_file(f, "a.jsonl", "xyz");
	fd = open(path(f, "a.jsonl"), O_RDONLY | O_CLOEXEC);
	assert_true(str_eq(read_stdin(f, fd), STR("xyz")));
	assert_int_equal(f->list.at[1]->fd, fd);
	assert_int_equal(read(fd, &c, 1), 1);
	assert_true(str_eq(read_stdin(f, fd), STR("yz")));
	/* The same file as an argument is no second one. */
	assert_true(find(f, "a.jsonl"));
	assert_int_equal(f->list.len, 3);
	close(f->list.at[0]->fd);
	close(f->list.at[2]->fd);
	close(fd);
}

static void
standard_input_needs_a_place(void **state)
{
	struct fixture *f = *state;
	int fds[2];

	assert_int_equal(pipe(fds), 0);
	assert_false(source_stdin(&f->arena, fds[0], path_str(f, "none"), &f->list, &f->diag));
	assert_true(noted(f, "no temporary file"));
	close(fds[0]);
	close(fds[1]);
	assert_false(source_stdin(&f->arena, fds[0], STR(""), &f->list, &f->diag));
	assert_int_equal(f->diag.failures, 2);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(folders_are_searched_in_order_of_names),
	    TEST(links_inside_folders_are_not_followed),
	    TEST(a_file_reached_twice_is_added_once),
	    TEST(odd_arguments_are_refused),
	    TEST(odd_things_in_folders_are_passed_over),
	    TEST(an_unreadable_folder_is_a_failure_and_the_rest_counts),
	    TEST(deep_folders_are_refused),
	    TEST(names_out_of_files_are_one_safe_component),
	    TEST(files_below_a_folder_are_found_by_their_ending),
	    TEST(sources_sort_by_path),
	    TEST(a_file_that_changed_its_nature_is_not_opened),
	    TEST(standard_input_can_be_read_twice),
	    TEST(standard_input_needs_a_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
