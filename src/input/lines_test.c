#include "input/lines.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "input/lines_private.h"

struct fixture {
	struct arena arena;
	struct buf buf;
	struct diag diag;
	char path[64];
};

static int
set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);
	int fd;

	f->diag.arena = &f->arena;
	strcpy(f->path, "/tmp/retrospan-lines-XXXXXX");
	fd = mkstemp(f->path);
	if (fd < 0)
		return -1;
	close(fd);
	*state = f;
	return 0;
}

static int
tear_down(void **state)
{
	struct fixture *f = *state;

	unlink(f->path);
	buf_free(&f->buf);
	arena_free(&f->arena);
	free(f);
	return 0;
}

/* Makes text the content of the fixture's file. */
static struct source
source_with(struct fixture *f, struct str text)
{
	FILE *file = fopen(f->path, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(text.at, 1, text.len, file), text.len);
	assert_int_equal(fclose(file), 0);
	return (struct source){.path = str_of(f->path), .size = text.len, .fd = -1};
}

/* All lines with piece size n, each ended by '|', each piece by '/'; offsets are checked. */
static struct str
all_lines(struct fixture *f, struct str text, size_t n)
{
	struct source s = source_with(f, text);
	struct buf out = {0};
	struct str result;

	for (size_t piece = 0; piece * n < text.len; piece++) {
		struct lines l;
		struct line line;
		uint32_t count = 0;

		assert_true(lines_open_within(&l, &s, piece, (struct lines_limits){n, 1 << 20},
		                              &f->buf, &f->diag));
		while (lines_next(&l, &line)) {
			assert_int_equal(line.number, ++count);
			assert_true(line.offset < text.len || line.text.len == 0);
			assert_true(str_eq(line.text,
			                   str_head(str_skip(text, line.offset), line.text.len)));
			buf_add(&out, line.text);
			buf_byte(&out, '|');
		}
		assert_int_equal(l.number, count);
		buf_byte(&out, '/');
	}
	result = arena_str(&f->arena, buf_str(&out));
	buf_free(&out);
	return result;
}

#define assert_text(actual, literal)                                                               \
	do {                                                                                       \
		struct str actual_ = (actual);                                                     \
		assert_int_equal(actual_.len, sizeof(literal) - 1);                                \
		assert_memory_equal(actual_.at, literal, actual_.len);                             \
	} while (0)

static void
a_line_is_in_the_piece_in_which_it_begins(void **state)
{
	struct fixture *f = *state;

	assert_text(all_lines(f, STR("ab\ncdefgh\ni\n"), 4), "ab|cdefgh|//i|/");
	assert_text(all_lines(f, STR("abc\ndef\nghi\n"), 4), "abc|/def|/ghi|/");
	assert_text(all_lines(f, STR("abcd\nefg\n"), 4), "abcd|/efg|//");
}

static void
a_piece_in_which_no_line_begins_is_empty(void **state)
{
	assert_text(all_lines(*state, STR("abcdefghijklmnop\nq"), 4), "abcdefghijklmnop|////q|/");
}

static void
the_last_line_needs_no_end(void **state)
{
	assert_text(all_lines(*state, STR("ab\ncd"), 100), "ab|cd|/");
	assert_text(all_lines(*state, STR("ab\ncd\n"), 100), "ab|cd|/");
	assert_text(all_lines(*state, STR("ab\ncdefgh"), 4), "ab|cdefgh|///");
}

static void
blank_lines_count(void **state)
{
	assert_text(all_lines(*state, STR("\n\na\n\n"), 100), "||a||/");
	assert_text(all_lines(*state, STR("\n\n\n\n"), 2), "||/||/");
}

static void
carriage_return_and_mark_are_taken_off(void **state)
{
	assert_text(all_lines(*state,
	                      STR("\xef\xbb\xbf"
	                          "a\r\n\r\nb\rc\nd\r"),
	                      100),
	            "a||b\rc|d\r|/");
	assert_text(all_lines(*state, STR("\xef\xbb\xbf"), 100), "/");
	assert_text(all_lines(*state,
	                      STR("a\n\xef\xbb\xbf"
	                          "b\n"),
	                      100),
	            "a|\xef\xbb\xbf"
	            "b|/");
}

static void
nul_and_line_separator_end_no_line(void **state)
{
	assert_text(all_lines(*state,
	                      STR("a\0b\xe2\x80\xa8"
	                          "c\nd\0\n"),
	                      100),
	            "a\0b\xe2\x80\xa8"
	            "c|d\0|/");
}

static void
every_piece_size_gives_the_same_lines(void **state)
{
	struct fixture *f = *state;
	struct buf text = {0}, expected = {0};
	unsigned seed = 1;

	for (size_t i = 0; i < 300; i++) {
		seed = seed * 1103515245u + 12345u;
		buf_fill(&text, (char)('a' + i % 26), seed >> 16 & 15);
		buf_fill(&expected, (char)('a' + i % 26), seed >> 16 & 15);
		buf_byte(&text, '\n');
		buf_byte(&expected, '|');
	}
	for (size_t n = 4; n < 200; n += 3) {
		struct str got = all_lines(f, buf_str(&text), n);
		size_t at = 0;

		for (size_t i = 0; i < got.len; i++) {
			if (got.at[i] != '/')
				assert_int_equal(got.at[i], expected.at[at++]);
		}
		assert_int_equal(at, expected.len);
	}
	buf_free(&text);
	buf_free(&expected);
}

static void
a_line_too_long_is_named_and_counted(void **state)
{
	const struct lines_limits limits = {8, 10};
	struct fixture *f = *state;
	struct source s = source_with(f, STR("a\nb\n01234567890\nc\n0123456789\nd\n0123456789X"));
	struct lines l;
	struct line line;

	assert_true(lines_open_within(&l, &s, 0, limits, &f->buf, &f->diag));
	assert_true(lines_next(&l, &line));
	assert_true(lines_next(&l, &line));
	assert_text(line.text, "b");
	assert_int_equal(l.number, 2);
	assert_false(lines_next(&l, &line));
	assert_int_equal(l.number, 3);
	assert_false(lines_next(&l, &line));
	assert_int_equal(l.number, 3);
	assert_int_equal(f->diag.skips, 1);
	assert_int_equal(f->diag.first->line, 3);
	assert_text(f->diag.first->text, "longer than 10 bytes");

	assert_true(lines_open_within(&l, &s, 1, limits, &f->buf, &f->diag));
	assert_false(lines_next(&l, &line));
	assert_true(lines_open_within(&l, &s, 2, limits, &f->buf, &f->diag));
	assert_true(lines_next(&l, &line));
	assert_text(line.text, "c");
	assert_true(lines_next(&l, &line));
	assert_text(line.text, "0123456789");
	assert_false(lines_next(&l, &line));
	assert_int_equal(f->diag.skips, 1);

	assert_true(lines_open_within(&l, &s, 3, limits, &f->buf, &f->diag));
	assert_true(lines_next(&l, &line));
	assert_text(line.text, "d");
	assert_false(lines_next(&l, &line));
	assert_int_equal(f->diag.skips, 2);
	assert_int_equal(f->diag.failures, 0);
}

static void
a_giant_line_does_not_stay_in_memory(void **state)
{
	struct fixture *f = *state;
	struct buf text = {0};
	struct source s;
	struct lines l;
	struct line line;
	size_t last;

	buf_fill(&text, 'x', 20u << 20);
	BUF_LIT(&text, "\nshort\n");
	s = source_with(f, buf_str(&text));
	last = lines_pieces(&s) - 1;
	assert_true(last >= 5);
	assert_true(lines_open(&l, &s, 0, &f->buf, &f->diag));
	assert_true(lines_next(&l, &line));
	assert_int_equal(line.text.len, 20u << 20);
	assert_false(lines_next(&l, &line));
	assert_true(lines_open(&l, &s, last, &f->buf, &f->diag));
	assert_true(lines_next(&l, &line));
	assert_text(line.text, "short");
	assert_true(f->buf.cap < 2u * LINE_PIECE_BYTES + (1u << 20));
	buf_free(&text);
}

static void
a_file_that_became_shorter_is_a_failure(void **state)
{
	struct fixture *f = *state;
	struct source s = source_with(f, STR("abc\n"));
	struct lines l;

	s.size = 5;
	assert_false(lines_open(&l, &s, 0, &f->buf, &f->diag));
	assert_int_equal(f->diag.failures, 1);
	assert_text(f->diag.first->text, "became shorter while it was read");
}

static void
what_was_appended_later_is_not_read(void **state)
{
	struct fixture *f = *state;
	struct source s = source_with(f, STR("abc\ndef\n"));
	struct lines l;
	struct line line;

	s.size = 6;
	assert_true(lines_open(&l, &s, 0, &f->buf, &f->diag));
	assert_true(lines_next(&l, &line));
	assert_true(lines_next(&l, &line));
	assert_text(line.text, "de");
	assert_false(lines_next(&l, &line));
}

static void
an_empty_file_has_no_pieces(void **state)
{
	struct fixture *f = *state;
	struct source s = source_with(f, STR(""));
	struct lines l;
	struct line line;

	assert_int_equal(lines_pieces(&s), 0);
	assert_true(lines_open(&l, &s, 0, &f->buf, &f->diag));
	assert_false(lines_next(&l, &line));
	s.size = LINE_PIECE_BYTES;
	assert_int_equal(lines_pieces(&s), 1);
	s.size++;
	assert_int_equal(lines_pieces(&s), 2);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(a_line_is_in_the_piece_in_which_it_begins),
	    TEST(a_piece_in_which_no_line_begins_is_empty),
	    TEST(the_last_line_needs_no_end),
	    TEST(blank_lines_count),
	    TEST(carriage_return_and_mark_are_taken_off),
	    TEST(nul_and_line_separator_end_no_line),
	    TEST(every_piece_size_gives_the_same_lines),
	    TEST(a_line_too_long_is_named_and_counted),
	    TEST(a_giant_line_does_not_stay_in_memory),
	    TEST(a_file_that_became_shorter_is_a_failure),
	    TEST(what_was_appended_later_is_not_read),
	    TEST(an_empty_file_has_no_pieces),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
