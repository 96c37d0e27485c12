/* Digests and fingerprints of text. */

/*
 * The three SHA256_* calls are marked as deprecated since OpenSSL 3.0, yet they are
 * the only ones there that work on plain memory: EVP_Digest and SHA256() look the algorithm
 * up by name on each call, which costs more than hashing an id.
 */
#define OPENSSL_SUPPRESS_DEPRECATED

#include "base/hash.h"

#include <openssl/crypto.h>
#include <openssl/sha.h>

/* The five primes of XXH64, whose construction hash_fingerprint follows. */
#define PRIME_1 UINT64_C(0x9e3779b185ebca87)
#define PRIME_2 UINT64_C(0xc2b2ae3d27d4eb4f)
#define PRIME_3 UINT64_C(0x165667b19e3779f9)
#define PRIME_4 UINT64_C(0x85ebca77c2b2ae63)
#define PRIME_5 UINT64_C(0x27d4eb2f165667c5)

#define LANES 4

_Static_assert(HASH_LEN == SHA256_DIGEST_LENGTH, "HASH_LEN is the length of a SHA-256");

void
hash_parts(const struct str *parts, size_t count, unsigned char digest[HASH_LEN])
{
	SHA256_CTX context;

	SHA256_Init(&context);
	for (size_t i = 0; i < count; i++) {
		unsigned char len[8];

		for (size_t byte = 0; byte < sizeof len; byte++)
			len[byte] = (unsigned char)((uint64_t)parts[i].len >> (56 - 8 * byte));
		SHA256_Update(&context, len, sizeof len);
		if (parts[i].len > 0)
			SHA256_Update(&context, parts[i].at, parts[i].len);
	}
	SHA256_Final(digest, &context);
}

void
hash_text(struct str s, unsigned char digest[HASH_LEN])
{
	SHA256_CTX context;

	SHA256_Init(&context);
	if (s.len > 0)
		SHA256_Update(&context, s.at, s.len);
	SHA256_Final(digest, &context);
}

static uint64_t
rotate(uint64_t n, unsigned bits)
{
	return n << bits | n >> (64 - bits);
}

static uint64_t
load(const char *at)
{
	uint64_t n;

	memcpy(&n, at, sizeof n);
	return n;
}

static uint64_t
mix(uint64_t lane, uint64_t word)
{
	return rotate(lane + word * PRIME_2, 31) * PRIME_1;
}

uint64_t
hash_fingerprint(struct str s)
{
	uint64_t lanes[LANES] = {PRIME_1 + PRIME_2, PRIME_2, 0, UINT64_C(0) - PRIME_1};
	uint64_t h = PRIME_5;
	size_t left = s.len;
	const char *at = s.at;

	if (left >= 8 * LANES) {
		for (; left >= 8 * LANES; at += 8 * LANES, left -= 8 * LANES) {
			for (size_t i = 0; i < LANES; i++)
				lanes[i] = mix(lanes[i], load(at + 8 * i));
		}
		h = rotate(lanes[0], 1) + rotate(lanes[1], 7) + rotate(lanes[2], 12) +
		    rotate(lanes[3], 18);
		for (size_t i = 0; i < LANES; i++)
			h = (h ^ mix(0, lanes[i])) * PRIME_1 + PRIME_4;
	}
	h += s.len;
	for (; left >= 8; at += 8, left -= 8)
		h = rotate(h ^ mix(0, load(at)), 27) * PRIME_1 + PRIME_4;
	for (; left > 0; at++, left--)
		h = rotate(h ^ (unsigned char)*at * PRIME_5, 11) * PRIME_1;
	h = (h ^ h >> 33) * PRIME_2;
	h = (h ^ h >> 29) * PRIME_3;
	return h ^ h >> 32;
}

const char *
hash_library(void)
{
	return "OpenSSL " OPENSSL_VERSION_STR;
}
