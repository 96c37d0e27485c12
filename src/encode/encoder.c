/* The table of encoders. */

#include "encode/encoder.h"

#include <assert.h>

#include "encode/encoders.h"

/* What packed_clear keeps, so that one giant trace is not held for the rest of the run. */
#define PACKED_KEEP_BYTES ((size_t)8 << 20)

static const struct encoder *const encoders[] = {
    &otlp_encoder, &otlp_delimited_encoder, &otlp_json_encoder, &text_encoder, NULL,
};

static size_t
packed_end(const struct packed *p, size_t i)
{
	size_t end;

	memcpy(&end, p->ends.at + i * sizeof end, sizeof end);
	return end;
}

size_t
packed_len(const struct packed *p)
{
	return p->ends.len / sizeof(size_t);
}

struct str
packed_item(const struct packed *p, size_t i)
{
	size_t start, end;

	assert(i < packed_len(p));
	start = i == 0 ? 0 : packed_end(p, i - 1);
	end = packed_end(p, i);
	return str_head(str_skip(buf_str(&p->bytes), start), end - start);
}

void
packed_end_item(struct packed *p)
{
	size_t end = p->bytes.len;

	buf_add(&p->ends, (struct str){(const char *)&end, sizeof end});
}

void
packed_clear(struct packed *p)
{
	if (p->bytes.cap > PACKED_KEEP_BYTES)
		buf_free(&p->bytes);
	buf_clear(&p->bytes);
	buf_clear(&p->ends);
	arena_reset(&p->scratch);
}

void
packed_free(struct packed *p)
{
	buf_free(&p->bytes);
	buf_free(&p->ends);
	arena_free(&p->scratch);
}

size_t
encoder_room(const struct encoder *e, const struct resource *resource)
{
	size_t overhead = e->overhead == NULL ? 0 : e->overhead(resource);

	if (e->batch_bytes == 0)
		return SIZE_MAX;
	return overhead < e->batch_bytes ? e->batch_bytes - overhead : 0;
}

const struct encoder *
encoder_find(struct str name)
{
	for (size_t i = 0; encoders[i] != NULL; i++)
		if (str_eq(encoders[i]->name, name))
			return encoders[i];
	return NULL;
}

const struct encoder *const *
encoder_all(void)
{
	return encoders;
}

const char *
encoder_library(void)
{
	return otlp_library();
}
