/* gzip by libdeflate. RFC 1952 */
#include "sink/gzip.h"

#include <libdeflate.h>

#include "base/arena.h"

/* Transcripts shrink to a fifth at this level, for less than what converting them takes. Level 6
 * takes five times as long and leaves a seventh less. `SEND=1 make bench` measures. */
#define GZIP_LEVEL 1

static struct libdeflate_compressor *
compressor(struct gzip *g)
{
	return (struct libdeflate_compressor *)(void *)g;
}

struct gzip *
gzip_new(void)
{
	struct libdeflate_compressor *c = libdeflate_alloc_compressor(GZIP_LEVEL);
	if (c == NULL)
		arena_exhausted();
	return (struct gzip *)(void *)c;
}

void
gzip_free(struct gzip *g)
{
	if (g != NULL)
		libdeflate_free_compressor(compressor(g));
}

void
gzip_add(struct gzip *g, struct str text, struct buf *out)
{
	size_t most = libdeflate_gzip_compress_bound(compressor(g), text.len);
	/* Never 0: there is room for the worst. */
	out->len += libdeflate_gzip_compress(compressor(g), text.len > 0 ? text.at : "", text.len,
	                                     buf_reserve(out, most), most);
}

const char *
gzip_library_version(void)
{
	return LIBDEFLATE_VERSION_STRING;
}
