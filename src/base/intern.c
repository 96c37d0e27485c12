/* A table of distinct texts, each known by a small number. */

#include "base/intern.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/uuid.h"

/*
 * Most texts that arrive are known already, so finding takes no lock. Adding takes that
 * of one of SHARDS parts, chosen by the hash, so that threads seldom meet.
 *
 * A shard's slots hold the upper half of a hash, for a quick comparison and for the place,
 * and an ident, 0 where the slot is free. A slot is written once. When a shard
 * grows, the old slots stay for those who are still reading them (together less than the new ones),
 * until intern_settle.
 */
#define SHARDS 16
#define SLOTS_MIN 64
#define KEY_WORDS 4

/* A shard takes idents by runs, each for texts that begin alike. */
#define BEGINNINGS 8

/* Chunk n holds CHUNK_MIN << n texts: they never move, and their number has no useful ceiling. */
#define CHUNK_BITS 10
#define CHUNK_MIN (UINT32_C(1) << CHUNK_BITS)
#define CHUNKS (33 - CHUNK_BITS)

/*
 * Where a text stands and how long it is. Most are uuids: of those the 16 bytes, which can't be
 * mistaken for the others, since no length begins with the bits 10.
 */
struct text {
	uint64_t words[2];
};

struct slots {
	struct slots *older;
	size_t mask;
	_Atomic uint64_t at[];
};

struct shard {
	_Alignas(64) pthread_mutex_t lock;
	_Atomic(struct slots *) slots;
	size_t used;
	uint32_t next[BEGINNINGS]; /* ident of a run; a multiple of INTERN_RUN: none is left */
	struct arena arena;        /* texts */
};

struct intern {
	uint64_t key[KEY_WORDS];
	_Atomic uint32_t count;
	_Atomic(struct text *) chunks[CHUNKS];
	struct shard shards[SHARDS];
};

static struct text
text_view(struct str s)
{
	return (struct text){{(uintptr_t)s.at, s.len}};
}

static struct text
text_of(struct str s)
{
	struct text text = text_view(s);
	uint64_t words[2];

	if (uuid_pack(s, words))
		text = (struct text){{words[0], words[1]}};
	return text;
}

static bool
text_is_uuid(const struct text *text)
{
	return text->words[1] >> 62 == 2;
}

/* Of what is no uuid. */
static struct str
text_str(const struct text *text)
{
	return (struct str){(const char *)(uintptr_t)text->words[0], (size_t)text->words[1]};
}

static bool
text_eq(const struct text *a, const struct text *b)
{
	return a->words[1] == b->words[1] &&
	       (a->words[0] == b->words[0] ||
	        (!text_is_uuid(a) && str_eq(text_str(a), text_str(b))));
}

/* Both halves of the product of a and b, folded into one. */
static inline uint64_t
fold(uint64_t a, uint64_t b)
{
#ifdef __SIZEOF_INT128__
	unsigned __int128 product = (unsigned __int128)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
#else
	uint64_t low = (a & UINT32_MAX) * (b & UINT32_MAX), high = (a >> 32) * (b >> 32);
	uint64_t cross = (a >> 32) * (b & UINT32_MAX) + (low >> 32);
	uint64_t other = (a & UINT32_MAX) * (b >> 32) + (cross & UINT32_MAX);

	return (other << 32 | (low & UINT32_MAX)) ^ (high + (cross >> 32) + (other >> 32));
#endif
}

static inline uint64_t
load(const char *at)
{
	uint64_t word;

	memcpy(&word, at, sizeof word);
	return word;
}

/* The 1 to 16 bytes of s as two words, which may overlap: the length tells how. */
static inline void
load_last(struct str s, uint64_t words[2])
{
	uint32_t halves[2];

	if (s.len >= 8) {
		words[0] = load(s.at);
		words[1] = load(s.at + s.len - 8);
	} else if (s.len >= 4) {
		memcpy(&halves[0], s.at, sizeof halves[0]);
		memcpy(&halves[1], s.at + s.len - 4, sizeof halves[1]);
		words[0] = halves[0];
		words[1] = halves[1];
	} else {
		words[0] = (uint64_t)(unsigned char)s.at[0] << 8 | (unsigned char)s.at[s.len / 2];
		words[1] = (unsigned char)s.at[s.len - 1];
	}
}

/*
 * A product of two words of text, each hidden by a word of the key, for every 16 bytes of
 * a text, which is not empty. Who does not know the key can't choose texts that collide. A third
 * of what SipHash costs on an id.
 */
static uint64_t
hash_text(const uint64_t key[KEY_WORDS], const struct text *text)
{
	struct str s = text_is_uuid(text)
	                   ? (struct str){(const char *)text->words, sizeof text->words}
	                   : text_str(text);
	uint64_t h = key[0] ^ s.len, last[2];

	for (; s.len > 16; s.at += 16, s.len -= 16)
		h = fold(load(s.at) ^ key[1] ^ h, load(s.at + 8) ^ key[2]) + key[0];
	load_last(s, last);
	h = fold(last[0] ^ key[1] ^ h, last[1] ^ key[3]);
	return fold(h ^ key[2], key[3] | 1);
}

/* The next of a row of numbers without a pattern: splitmix64. */
static uint64_t
key_next(uint64_t *seed)
{
	uint64_t n = *seed += UINT64_C(0x9e3779b97f4a7c15);

	n = (n ^ n >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	n = (n ^ n >> 27) * UINT64_C(0x94d049bb133111eb);
	return n ^ n >> 31;
}

/* The place of a text; its chunk is made when it is not there yet. */
static struct text *
place(struct intern *t, uint32_t ident)
{
	uint64_t n = (uint64_t)ident + CHUNK_MIN;
	unsigned chunk = 63u - (unsigned)__builtin_clzll(n) - CHUNK_BITS;
	size_t len = (size_t)CHUNK_MIN << chunk;
	struct text *at = atomic_load_explicit(&t->chunks[chunk], memory_order_acquire), *made;

	if (at == NULL) {
		made = calloc(len, sizeof *made);
		if (made == NULL)
			arena_exhausted();
		if (atomic_compare_exchange_strong(&t->chunks[chunk], &at, made))
			at = made;
		else
			free(made);
	}
	return &at[n - len];
}

static struct slots *
slots_new(size_t count, struct slots *older)
{
	struct slots *slots = calloc(1, sizeof *slots + count * sizeof *slots->at);

	if (slots == NULL)
		arena_exhausted();
	slots->older = older;
	slots->mask = count - 1;
	return slots;
}

static void
slots_free(struct slots *slots)
{
	while (slots != NULL) {
		struct slots *older = slots->older;

		free(slots);
		slots = older;
	}
}

/* The ident of a text, or 0 and in *free_slot where it would go. */
static uint32_t
look(struct intern *t, struct slots *slots, uint64_t hash, const struct text *text,
     size_t *free_slot)
{
	uint32_t tag = (uint32_t)(hash >> 32);

	for (size_t i = tag & slots->mask;; i = (i + 1) & slots->mask) {
		uint64_t slot = atomic_load_explicit(&slots->at[i], memory_order_acquire);

		if ((uint32_t)slot == 0) {
			*free_slot = i;
			return 0;
		}
		if ((uint32_t)(slot >> 32) == tag && text_eq(place(t, (uint32_t)slot), text))
			return (uint32_t)slot;
	}
}

static struct slots *
shard_grow(struct shard *shard, struct slots *old)
{
	struct slots *slots = slots_new((old->mask + 1) * 2, old);

	for (size_t from = 0; from <= old->mask; from++) {
		uint64_t slot = atomic_load_explicit(&old->at[from], memory_order_relaxed);
		size_t to = (slot >> 32) & slots->mask;

		if ((uint32_t)slot == 0)
			continue;
		while (atomic_load_explicit(&slots->at[to], memory_order_relaxed) != 0)
			to = (to + 1) & slots->mask;
		atomic_store_explicit(&slots->at[to], slot, memory_order_relaxed);
	}
	atomic_store_explicit(&shard->slots, slots, memory_order_release);
	return slots;
}

/* A text that begins alike has the same: all uuids, and all others by their first character. */
static size_t
text_beginning(const struct text *text)
{
	return text_is_uuid(text) ? 0 : (unsigned char)text_str(text).at[0] % BEGINNINGS;
}

static uint32_t
ident_new(struct intern *t, struct shard *shard, const struct text *text)
{
	uint32_t *next = &shard->next[text_beginning(text)];

	if (*next % INTERN_RUN == 0)
		*next = atomic_fetch_add_explicit(&t->count, INTERN_RUN, memory_order_relaxed);
	if (*next > UINT32_MAX - INTERN_RUN)
		arena_exhausted();
	return (*next)++;
}

/* Adds a text, unless another thread was quicker. The shard is locked. */
static uint32_t
shard_add(struct intern *t, struct shard *shard, uint64_t hash, const struct text *text)
{
	struct slots *slots = atomic_load_explicit(&shard->slots, memory_order_relaxed);
	size_t free_slot;
	uint32_t ident = look(t, slots, hash, text, &free_slot);

	if (ident != 0)
		return ident;
	if (shard->used >= slots->mask / 4 * 3) {
		slots = shard_grow(shard, slots);
		look(t, slots, hash, text, &free_slot);
	}
	ident = ident_new(t, shard, text);
	if (text_is_uuid(text))
		*place(t, ident) = *text;
	else
		*place(t, ident) = text_view(arena_str(&shard->arena, text_str(text)));
	shard->used++;
	atomic_store_explicit(&slots->at[free_slot], hash >> 32 << 32 | ident,
	                      memory_order_release);
	return ident;
}

struct intern *
intern_new(uint64_t seed)
{
	struct intern *t = aligned_alloc(_Alignof(struct intern), sizeof *t);

	if (t == NULL)
		arena_exhausted();
	memset(t, 0, sizeof *t);
	for (size_t i = 0; i < KEY_WORDS; i++)
		t->key[i] = key_next(&seed);
	atomic_init(&t->count, INTERN_RUN); /* nobody has the run of ident 0 */
	for (size_t i = 0; i < SHARDS; i++) {
		struct shard *shard = &t->shards[i];

		pthread_mutex_init(&shard->lock, NULL);
		atomic_init(&shard->slots, slots_new(SLOTS_MIN, NULL));
	}
	return t;
}

void
intern_free(struct intern *t)
{
	if (t == NULL)
		return;
	for (size_t i = 0; i < SHARDS; i++) {
		pthread_mutex_destroy(&t->shards[i].lock);
		slots_free(atomic_load(&t->shards[i].slots));
		arena_free(&t->shards[i].arena);
	}
	for (size_t i = 0; i < CHUNKS; i++)
		free(atomic_load(&t->chunks[i]));
	free(t);
}

void
intern_settle(struct intern *t)
{
	for (size_t i = 0; i < SHARDS; i++) {
		struct slots *slots = atomic_load(&t->shards[i].slots);

		slots_free(slots->older);
		slots->older = NULL;
	}
}

static uint32_t
find(struct intern *t, struct shard *shard, uint64_t hash, const struct text *text)
{
	struct slots *slots = atomic_load_explicit(&shard->slots, memory_order_acquire);
	size_t free_slot;

	return look(t, slots, hash, text, &free_slot);
}

static uint32_t
add(struct intern *t, const struct text *text)
{
	uint64_t hash = hash_text(t->key, text);
	struct shard *shard = &t->shards[hash % SHARDS];
	uint32_t ident = find(t, shard, hash, text);

	if (ident != 0)
		return ident;
	pthread_mutex_lock(&shard->lock);
	ident = shard_add(t, shard, hash, text);
	pthread_mutex_unlock(&shard->lock);
	return ident;
}

uint32_t
intern_add(struct intern *t, struct str s)
{
	struct text text = text_of(s);

	return s.len == 0 ? 0 : add(t, &text);
}

uint32_t
intern_find(struct intern *t, struct str s)
{
	struct text text = text_of(s);
	uint64_t hash;

	if (s.len == 0)
		return 0;
	hash = hash_text(t->key, &text);
	return find(t, &t->shards[hash % SHARDS], hash, &text);
}

struct str
intern_str(struct intern *t, uint32_t ident)
{
	struct text text;
	char spelled[UUID_LEN];

	if (ident == 0)
		return (struct str){NULL, 0};
	text = *place(t, ident);
	if (!text_is_uuid(&text))
		return text_str(&text);
	/* The text of a uuid is kept, too, once somebody asks: under an ident that nobody gets. */
	uuid_spell(text.words, spelled);
	text = text_view((struct str){spelled, sizeof spelled});
	return text_str(place(t, add(t, &text)));
}

uint32_t
intern_count(struct intern *t)
{
	return atomic_load(&t->count);
}
