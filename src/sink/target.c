/* A target of a spool. */
#include "sink/target.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/hash.h"
#include "sink/folder.h"

#define TARGET_FILE "target"
#define TARGET_BYTES_MAX ((size_t)64 << 10)

void
target_name(const struct spool_target *t, char name[TARGET_NAME_LEN + 1])
{
	unsigned char digest[HASH_LEN];
	struct buf hex = {0};
	hash_parts((struct str[]){t->to, t->protocol, t->url}, 3, digest);
	buf_hex(&hex, digest, TARGET_NAME_LEN / 2);
	memcpy(name, hex.at, TARGET_NAME_LEN);
	name[TARGET_NAME_LEN] = '\0';
	buf_free(&hex);
}

bool
target_is_name(struct str name)
{
	for (size_t i = 0; i < name.len; i++)
		if (name.at[i] == '\0' || strchr("0123456789abcdef", name.at[i]) == NULL)
			return false;
	return name.len == TARGET_NAME_LEN;
}

static void
read_file(int folder, struct buf *out)
{
	int fd = openat(folder, TARGET_FILE, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0 || !folder_read(fd, TARGET_BYTES_MAX, out))
		buf_clear(out);
	if (fd >= 0)
		(void)close(fd);
}

bool
target_write(int folder, const struct spool_target *t)
{
	struct buf text = {0}, there = {0};
	buf_printf(&text, "to: %.*s\nprotocol: %.*s\nurl: ", STR_ARG(t->to), STR_ARG(t->protocol));
	buf_add(&text, t->url);
	buf_printf(&text, "\nneeds: %s\n", t->needs_more ? "more" : "nothing");
	read_file(folder, &there);
	bool ok = str_eq(buf_str(&there), buf_str(&text)) ||
	          (folder_write(folder, buf_str(&text)) && folder_keep(folder, TARGET_FILE));
	buf_free(&text);
	buf_free(&there);
	return ok;
}

bool
target_read(struct arena *a, int folder, struct str name, struct spool_target *t)
{
	struct buf bytes = {0};
	struct str needs, text;
	char expected[TARGET_NAME_LEN + 1];
	read_file(folder, &bytes);
	text = arena_str(a, buf_str(&bytes));
	buf_free(&bytes);
	if (!str_between(text, STR("to: "), STR("\n"), &t->to) ||
	    !str_between(text, STR("\nprotocol: "), STR("\n"), &t->protocol) ||
	    !str_between(text, STR("\nurl: "), STR("\n"), &t->url) ||
	    !str_between(text, STR("\nneeds: "), STR("\n"), &needs))
		return false;
	t->needs_more = !str_eq(needs, STR("nothing"));
	target_name(t, expected);
	return str_eq(str_of(expected), name);
}
