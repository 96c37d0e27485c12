#ifndef BASE_UUID_H
#define BASE_UUID_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

/* A uuid, "01234567-89ab-4def-8123-456789abcdef", as its 16 bytes: two words, the first digit in
 * the highest bits of the first. */
#define UUID_LEN 36 /* of its text */

/* False, with *words unspecified, for what uuid_spell would not give back: other texts, upper case,
 * and variants other than that of RFC 9562, 4.1. So the highest bits of words[1] are always 10. */
bool uuid_pack(struct str s, uint64_t words[2]);

/* The text of a uuid, not ended by NUL. */
void uuid_spell(const uint64_t words[2], char text[UUID_LEN]);

#endif
