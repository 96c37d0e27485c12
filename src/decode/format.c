/* The table of formats. */
#include "decode/format.h"

#include "decode/claude.h"

static const struct format *const formats[] = {&claude_format, NULL};

const struct format *const *
format_all(void)
{
	return formats;
}
