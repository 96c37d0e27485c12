#include "base/hash.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void
parts_are_hashed_behind_their_lengths(void **state)
{
	/* hashlib.sha256(b"".join(struct.pack(">Q", len(x)) + x for x in (b"a", b"", b"bc"))) */
	static const unsigned char expected[HASH_LEN] = {
	    0xfb, 0x9a, 0xbc, 0xb0, 0x71, 0x80, 0xbe, 0x92, 0x06, 0x6c, 0x09,
	    0xce, 0x25, 0x3c, 0x0a, 0x06, 0x0e, 0x46, 0x34, 0xfe, 0x3a, 0xcc,
	    0xf0, 0x64, 0xb5, 0x56, 0xd8, 0x9a, 0x69, 0x1c, 0x8e, 0x5f};
	const struct str parts[] = {STR_INIT("a"), {NULL, 0}, STR_INIT("bc")};
	const struct str shifted[] = {STR_INIT("ab"), {NULL, 0}, STR_INIT("c")};
	unsigned char digest[HASH_LEN];

	(void)state;
	hash_parts(parts, 3, digest);
	assert_memory_equal(digest, expected, HASH_LEN);
	hash_parts(shifted, 3, digest);
	assert_memory_not_equal(digest, expected, HASH_LEN);
}

static void
fingerprints_see_every_byte_and_the_length(void **state)
{
	static const char zeros[100];
	char text[100] = {0};
	uint64_t seen[100];

	(void)state;
	for (size_t len = 0; len < sizeof text; len++) {
		seen[len] = hash_fingerprint((struct str){zeros, len});
		for (size_t i = 0; i < len; i++) {
			assert_true(seen[i] != seen[len]);
			text[i] = 1;
			assert_true(hash_fingerprint((struct str){text, len}) != seen[len]);
			text[i] = 0;
		}
		assert_true(hash_fingerprint((struct str){text, len}) == seen[len]);
	}
}

static void
text_alone_has_the_digest_of_the_standard(void **state)
{
	/* FIPS 180-2, appendix B.1 */
	static const unsigned char abc[] = {0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea};
	unsigned char digest[HASH_LEN];

	(void)state;
	hash_text(STR("abc"), digest);
	assert_memory_equal(digest, abc, sizeof abc);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(parts_are_hashed_behind_their_lengths),
	    cmocka_unit_test(text_alone_has_the_digest_of_the_standard),
	    cmocka_unit_test(fingerprints_see_every_byte_and_the_length),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
