#ifndef ENCODE_ENCODERS_H
#define ENCODE_ENCODERS_H

#include "encode/encoder.h"

/* The members of the table in encoder.c, each from the file that bears its name. */
extern const struct encoder otlp_encoder;
extern const struct encoder otlp_delimited_encoder;
extern const struct encoder otlp_json_encoder;
extern const struct encoder text_encoder;

/* From otlp.c, the only file that knows the library: "protobuf-c 1.4.1". */
const char *otlp_library(void);

#endif
