#ifndef SINK_GRPC_H
#define SINK_GRPC_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/str.h"

/* gRPC without its transport. otlp 6.1 */
#define GRPC_FRAME_BYTES 5

/* Puts the head of a frame before a message of that length. */
void grpc_frame(bool is_compressed, size_t len, struct buf *out);

/* A grpc-timeout: at most 8 digits and a unit, rounded up. out is ended by NUL. */
#define GRPC_TIMEOUT_MAX 16
void grpc_timeout(uint64_t timeout_ms, char out[GRPC_TIMEOUT_MAX]);

/* Base64 with or without padding. False when it is none. */
bool grpc_base64(struct arena *a, struct str text, struct str *out);

#endif
