/* Lines counted by type. */
#include "decode/record.h"

void
type_counts_add(struct arena *a, struct type_counts *list, uint32_t type, uint64_t n)
{
	for (int again = 0; again < 2; again++) {
		for (size_t i = 0; i < list->len; i++)
			if (list->at[i].type == type) {
				list->at[i].count += n;
				return;
			}
		if (list->len < TYPES_MAX)
			break;
		type = list->other;
	}
	*ARENA_PUSH(a, list) = (struct type_count){type, n};
}
