/* The yardstick of scripts/bench: parses every line of the files named once with yyjson, and does
 * nothing else. Big reads, one pool for all documents, so that only the parsing is measured. */
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <yyjson.h>

#define READ_BYTES ((size_t)4 << 20)

struct bench {
	char *text; /* what was read and not parsed yet */
	size_t len, cap;
	char *pool;
	size_t pool_size;
	size_t lines, bad, bytes;
};

static void *
grow(void *at, size_t size)
{
	at = realloc(at, size);
	if (at == NULL) {
		perror("json_bench");
		exit(EXIT_FAILURE);
	}
	return at;
}

static void
parse(struct bench *b, char *line, size_t len)
{
	size_t need = yyjson_read_max_memory_usage(len, 0);
	yyjson_alc alc;
	yyjson_doc *doc;

	if (need > b->pool_size) {
		b->pool_size = need * 2;
		b->pool = grow(b->pool, b->pool_size);
	}
	yyjson_alc_pool_init(&alc, b->pool, b->pool_size);
	doc = yyjson_read_opts(line, len, 0, &alc, NULL);
	b->lines++;
	b->bad += doc == NULL;
	yyjson_doc_free(doc);
}

/* Parses the whole lines in the text, at the end of a file also one without an end. */
static void
parse_lines(struct bench *b, bool at_end)
{
	size_t done = 0;

	while (done < b->len) {
		char *line = b->text + done;
		char *end = memchr(line, '\n', b->len - done);
		size_t len = end != NULL ? (size_t)(end - line) : b->len - done;

		if (end == NULL && !at_end)
			break;
		if (len > 0)
			parse(b, line, len);
		done += len + (end != NULL);
	}
	memmove(b->text, b->text + done, b->len - done);
	b->len -= done;
}

static bool
parse_file(struct bench *b, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got = -1;

	while (fd >= 0) {
		if (b->cap - b->len < READ_BYTES) {
			b->cap = 2 * b->cap + READ_BYTES;
			b->text = grow(b->text, b->cap);
		}
		got = read(fd, b->text + b->len, READ_BYTES);
		if (got <= 0)
			break;
		b->len += (size_t)got;
		b->bytes += (size_t)got;
		parse_lines(b, false);
	}
	if (got < 0)
		perror(path);
	else
		parse_lines(b, true);
	if (fd >= 0)
		close(fd);
	return got == 0;
}

int
main(int argc, char **argv)
{
	struct bench b = {0};
	bool ok = true;

	for (int i = 1; i < argc; i++)
		ok = parse_file(&b, argv[i]) && ok;
	printf("%zu bytes, %zu lines, %zu bad\n", b.bytes, b.lines, b.bad);
	free(b.text);
	free(b.pool);
	return ok && b.bad == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
