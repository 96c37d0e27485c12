/* Any bytes as a point in time, and any point in time as text. */
#include "base/when.h"

#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define claim(holds) ((holds) ? (void)0 : broken(#holds, __LINE__))

static _Noreturn void
broken(const char *holds, int line)
{
	fprintf(stderr, "line %d: %s\n", line, holds);
	abort();
}

static void
there_and_back(uint64_t ns)
{
	char out[WHEN_TEXT_MAX];
	uint64_t back = 1;
	size_t len = when_format(ns, out);
	claim(len < sizeof out && out[len] == '\0');
	claim(when_parse((struct str){out, len}, &back) && back == ns);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = {(const char *)data, size};
	uint64_t ns = 7;
	if (when_parse(text, &ns)) {
		claim(ns <= WHEN_MAX_NS);
		there_and_back(ns);
	} else {
		claim(ns == 7);
	}
	ns = 7;
	if (!when_parse_age(text, &ns))
		claim(ns == 7);
	if (size >= sizeof ns) {
		memcpy(&ns, data, sizeof ns);
		there_and_back(ns % (WHEN_MAX_NS + 1));
	}
	return 0;
}
