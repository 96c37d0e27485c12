/* Versions as numbers that can be compared. */
#include "base/version.h"

#define VERSION_PARTS 3
#define VERSION_PART_MAX ((1u << 20) - 1)

bool
version_parse(struct str text, uint64_t *version)
{
	uint64_t part[VERSION_PARTS] = {0};
	size_t end = 0;
	while (end < text.len && text.at[end] != '-' && text.at[end] != '+')
		end++;
	text = str_head(text, end);
	for (size_t i = 0; i < VERSION_PARTS; i++) {
		size_t dot = str_find_byte(text, '.');
		if (!str_to_u64(dot == STR_NONE ? text : str_head(text, dot), &part[i]) ||
		    part[i] > VERSION_PART_MAX)
			return false;
		if (dot == STR_NONE) {
			*version = VERSION(part[0], part[1], part[2]);
			return true;
		}
		text = str_skip(text, dot + 1);
	}
	return false;
}
