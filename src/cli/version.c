/* The version of the program, and of what it runs with. */
#include "cli/version.h"

#include "base/hash.h"
#include "base/json.h"
#include "encode/encoder.h"
#include "sink/sender.h"

#ifndef RETROSPAN_VERSION
#error "RETROSPAN_VERSION comes from the Makefile"
#endif

struct str
version_text(void)
{
	return STR(RETROSPAN_VERSION);
}

void
version_print(FILE *out)
{
	fprintf(out, "retrospan %s\n%s, %s, %s, libcurl %s, libdeflate %s\n", RETROSPAN_VERSION,
	        json_library(), encoder_library(), hash_library(), sender_http_version(),
	        sender_gzip_version());
}
