/* A batch as it lies in a spool. */
#include "sink/entry.h"

#include <fcntl.h>
#include <inttypes.h>
#include <unistd.h>

#include "base/hash.h"

#define ENTRY_MAGIC "retrospan-spool 1\n"

struct head {
	struct str type, sum;
	uint64_t items, bytes;
};

void
entry_sum(const struct entry *e, char sum[ENTRY_SUM_LEN])
{
	unsigned char digest[HASH_LEN];
	struct buf items = {0}, hex = {0};
	buf_u64(&items, e->items);
	hash_parts((struct str[]){e->type, buf_str(&items), e->batch}, 3, digest);
	buf_hex(&hex, digest, sizeof digest);
	memcpy(sum, hex.at, ENTRY_SUM_LEN);
	buf_free(&items);
	buf_free(&hex);
}

void
entry_write(const struct entry *e, struct buf *out)
{
	char sum[ENTRY_SUM_LEN];
	entry_sum(e, sum);
	buf_printf(out, ENTRY_MAGIC "type: %.*s\nitems: %" PRIu64 "\nbytes: %zu\nsha256: %.*s\n\n",
	           STR_ARG(e->type), e->items, e->batch.len, ENTRY_SUM_LEN, sum);
	buf_add(out, e->batch);
}

/* The value of the line "name: value" at the start of *rest, which moves on. */
static bool
take_line(struct str *rest, struct str name, struct str *value)
{
	size_t end = str_find_byte(*rest, '\n');
	if (end == STR_NONE || !str_starts(*rest, name))
		return false;
	*value = str_skip(str_head(*rest, end), name.len);
	*rest = str_skip(*rest, end + 1);
	return true;
}

/* *rest moves behind the empty line. */
static bool
take_head(struct str *rest, struct head *h)
{
	struct str items, bytes, nothing;
	if (!str_starts(*rest, STR(ENTRY_MAGIC)))
		return false;
	*rest = str_skip(*rest, sizeof ENTRY_MAGIC - 1);
	return take_line(rest, STR("type: "), &h->type) &&
	       take_line(rest, STR("items: "), &items) && str_to_u64(items, &h->items) &&
	       take_line(rest, STR("bytes: "), &bytes) && str_to_u64(bytes, &h->bytes) &&
	       take_line(rest, STR("sha256: "), &h->sum) && take_line(rest, STR(""), &nothing) &&
	       nothing.len == 0;
}

bool
entry_read(struct str bytes, struct entry *e)
{
	char sum[ENTRY_SUM_LEN];
	struct head h;
	if (!take_head(&bytes, &h) || bytes.len != h.bytes || h.items == 0)
		return false;
	*e = (struct entry){h.type, h.items, bytes};
	entry_sum(e, sum);
	return str_eq(h.sum, (struct str){sum, sizeof sum});
}

uint64_t
entry_items(struct str bytes)
{
	struct head h;
	return take_head(&bytes, &h) ? h.items : 0;
}

uint64_t
entry_items_of(int folder, const char *name)
{
	char bytes[ENTRY_HEAD_BYTES_MAX];
	int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	ssize_t got = fd >= 0 ? read(fd, bytes, sizeof bytes) : 0;
	if (fd >= 0)
		(void)close(fd);
	return got > 0 ? entry_items((struct str){bytes, (size_t)got}) : 0;
}

bool
entry_is_name(struct str name)
{
	return name.len == ENTRY_NAME_LEN && name.at[16] == '-' && name.at[25] == '-' &&
	       name.at[32] == '-';
}
