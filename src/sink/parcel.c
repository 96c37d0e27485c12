/* Items that travel together, kept apart. */
#include "sink/parcel.h"

#include <assert.h>

static void
add_end(struct parcel *p)
{
	size_t end = p->bytes.len;
	buf_add(&p->ends, (struct str){(const char *)&end, sizeof end});
}

void
parcel_add(struct parcel *p, struct str item, struct str spare)
{
	buf_add(&p->bytes, item);
	add_end(p);
	buf_add(&p->bytes, spare);
	add_end(p);
}

size_t
parcel_len(const struct parcel *p)
{
	return p->ends.len / sizeof(size_t) / 2;
}

static struct str
part(const struct parcel *p, size_t i)
{
	size_t start = 0, end;
	assert(i < p->ends.len / sizeof end);
	if (i > 0)
		memcpy(&start, p->ends.at + (i - 1) * sizeof start, sizeof start);
	memcpy(&end, p->ends.at + i * sizeof end, sizeof end);
	return str_head(str_skip(buf_str(&p->bytes), start), end - start);
}

struct str
parcel_item(const struct parcel *p, size_t i)
{
	return part(p, 2 * i);
}

struct str
parcel_spare(const struct parcel *p, size_t i)
{
	return part(p, 2 * i + 1);
}

void
parcel_clear(struct parcel *p)
{
	buf_clear(&p->bytes);
	buf_clear(&p->ends);
	arena_reset(&p->arena);
	p->join = NULL;
	p->ctx = NULL;
	p->next = NULL;
}

void
parcel_free(struct parcel *p)
{
	buf_free(&p->bytes);
	buf_free(&p->ends);
	arena_free(&p->arena);
}
