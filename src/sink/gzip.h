#ifndef SINK_GZIP_H
#define SINK_GZIP_H

#include "base/buf.h"
#include "base/str.h"

/* A compressor, used again for each request; one thread at a time. */
struct gzip;
struct gzip *gzip_new(void);
void gzip_free(struct gzip *g);

/* Appends text to *out as one gzip member. */
void gzip_add(struct gzip *g, struct str text, struct buf *out);

const char *gzip_library_version(void);

#endif
