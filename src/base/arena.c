/* Memory for one unit of work. */

#include "base/arena.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define BLOCK_MIN ((size_t)64 << 10)
#define BLOCK_MAX ((size_t)1 << 20)
/* A larger allocation gets a block of its own, off the chain, which never outlives the unit. Under
 * AddressSanitizer every one does, so that it sees where each begins and ends. */
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ARENA_STRICT 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(ARENA_STRICT)
#define LARGE_MIN ((size_t)0)
#else
#define LARGE_MIN ((size_t)1 << 20)
#endif
/* What arena_reset keeps at most, so that one giant unit is not held for the rest of the run. */
#define KEEP_MAX ((size_t)4 << 20)

/* Room that a list gets first: many hold but one or two elements. */
#define GROW_MIN ((size_t)32)

/* Lists beyond this grow by halves: doubling them would hold twice their size for nothing. */
#define GROW_MAX ((size_t)1 << 20)

#define ALIGN alignof(max_align_t)

struct arena_block {
	struct arena_block *next;
	size_t size;
	alignas(max_align_t) char bytes[];
};

_Noreturn void
arena_exhausted(void)
{
	static const char message[] = "retrospan: out of memory\n";

	fwrite(message, 1, sizeof message - 1, stderr);
	/* Not exit: other threads may be at work on what its handlers would touch. */
	_Exit(1);
}

static struct arena_block *
block_new(size_t size)
{
	struct arena_block *block;

	if (size > SIZE_MAX - sizeof *block || (block = malloc(sizeof *block + size)) == NULL)
		arena_exhausted();
	block->next = NULL;
	block->size = size;
	return block;
}

static void
block_use(struct arena *a, struct arena_block *block)
{
	a->now = block;
	a->next = block->bytes;
	a->end = block->bytes + block->size;
}

/* Makes a block with room for size bytes the one in use. */
static void
block_advance(struct arena *a, size_t size)
{
	struct arena_block *block;
	size_t grown;

	if (a->now != NULL && a->now->next != NULL && a->now->next->size >= size) {
		block_use(a, a->now->next);
		return;
	}
	grown = a->now == NULL                 ? BLOCK_MIN
	        : a->now->size < BLOCK_MAX / 2 ? a->now->size * 2
	                                       : BLOCK_MAX;
	block = block_new(size > grown ? size : grown);
	if (a->now == NULL) {
		a->first = block;
	} else {
		block->next = a->now->next;
		a->now->next = block;
	}
	block_use(a, block);
}

static char *
take_slow(struct arena *a, size_t size)
{
	struct arena_block *large;
	char *at;

	if (size > LARGE_MIN) {
		large = block_new(size);
		large->next = a->large;
		a->large = large;
		return large->bytes;
	}
	block_advance(a, size);
	at = a->next;
	a->next += size;
	return at;
}

char *
arena_bytes(struct arena *a, size_t size)
{
	char *at;

	if (size <= (size_t)(a->end - a->next) && size <= LARGE_MIN && a->next != NULL) {
		at = a->next;
		a->next += size;
		return at;
	}
	return take_slow(a, size);
}

/*
 * size bytes, aligned for any type of that size or of which they are an array, with undefined
 * content. The size of a type is a multiple of its alignment: an odd multiple of 8 needs 8.
 */
static char *
take(struct arena *a, size_t size)
{
	size_t align = size % ALIGN == 0 ? ALIGN : size & -size;
	size_t padding = (size_t)(-(uintptr_t)a->next & (align - 1));
	size_t room = (size_t)(a->end - a->next);
	char *at;

	if (padding <= room && size <= room - padding && size <= LARGE_MIN && a->next != NULL) {
		at = a->next + padding;
		a->next = at + size;
	} else {
		at = take_slow(a, size);
	}
	return at;
}

void *
arena_alloc(struct arena *a, size_t size)
{
	return memset(take(a, size), 0, size);
}

void *
arena_array(struct arena *a, size_t count, size_t size)
{
	size_t total;

	if (__builtin_mul_overflow(count, size, &total))
		arena_exhausted();
	return arena_alloc(a, total);
}

struct str
arena_str(struct arena *a, struct str s)
{
	char *at;

	if (s.len == 0)
		return (struct str){NULL, 0};
	at = arena_bytes(a, s.len);
	memcpy(at, s.at, s.len);
	return (struct str){at, s.len};
}

char *
arena_cstr(struct arena *a, struct str s)
{
	size_t nul = str_find_byte(s, '\0');
	size_t len = nul == STR_NONE ? s.len : nul;
	char *at = arena_bytes(a, len + 1);

	if (len > 0)
		memcpy(at, s.at, len);
	at[len] = '\0';
	return at;
}

struct str
arena_join(struct arena *a, const struct str *parts, size_t count)
{
	size_t len = 0;
	char *at, *to;

	for (size_t i = 0; i < count; i++) {
		if (__builtin_add_overflow(len, parts[i].len, &len))
			arena_exhausted();
	}
	if (len == 0)
		return (struct str){NULL, 0};
	to = at = arena_bytes(a, len);
	for (size_t i = 0; i < count; i++) {
		if (parts[i].len > 0)
			memcpy(to, parts[i].at, parts[i].len);
		to += parts[i].len;
	}
	return (struct str){at, len};
}

struct str
arena_vprintf(struct arena *a, const char *format, va_list args)
{
	va_list again;
	char *at;
	int len;

	va_copy(again, args);
	len = vsnprintf(NULL, 0, format, args);
	if (len > 0) {
		at = arena_bytes(a, (size_t)len + 1);
		vsnprintf(at, (size_t)len + 1, format, again);
	}
	va_end(again);
	return len <= 0 ? (struct str){NULL, 0} : (struct str){at, (size_t)len};
}

struct str
arena_printf(struct arena *a, const char *format, ...)
{
	struct str text;
	va_list args;

	va_start(args, format);
	text = arena_vprintf(a, format, args);
	va_end(args);
	return text;
}

/* The link to the large block whose bytes start at `at`, or NULL. */
static struct arena_block **
large_find(struct arena *a, const void *at)
{
	for (struct arena_block **link = &a->large; *link != NULL; link = &(*link)->next) {
		if ((const void *)(*link)->bytes == at)
			return link;
	}
	return NULL;
}

void *
arena_grow(struct arena *a, const void *at, size_t len, size_t *cap, size_t size)
{
	size_t old, total, count;
	struct arena_block **link;
	void *grown;

	if (__builtin_mul_overflow(*cap, size, &old))
		arena_exhausted();
	if (*cap == 0)
		count = size < GROW_MIN ? GROW_MIN / size : 1;
	else
		count = old > GROW_MAX ? *cap + *cap / 2 : *cap * 2;
	if (count <= *cap || __builtin_mul_overflow(count, size, &total))
		arena_exhausted();
	*cap = count;
	if (old > 0 && (const char *)at + old == a->next &&
	    total - old <= (size_t)(a->end - a->next) && total <= LARGE_MIN) {
		grown = a->next - old;
		a->next += total - old;
		return grown;
	}
	if (old > LARGE_MIN && (link = large_find(a, at)) != NULL) {
		struct arena_block *moved = realloc(*link, sizeof *moved + total);

		if (moved == NULL)
			arena_exhausted();
		*link = moved;
		moved->size = total;
		return moved->bytes;
	}
	grown = take(a, total);
	if (len > 0)
		memcpy(grown, at, len * size);
	return grown;
}

static void
chain_free(struct arena_block *block)
{
	while (block != NULL) {
		struct arena_block *next = block->next;

		free(block);
		block = next;
	}
}

void
arena_reset(struct arena *a)
{
	struct arena_block **link;
	size_t kept;

	chain_free(a->large);
	a->large = NULL;
	if (a->first == NULL)
		return;
	kept = a->first->size;
	link = &a->first->next;
	while (*link != NULL && kept + (*link)->size <= KEEP_MAX) {
		kept += (*link)->size;
		link = &(*link)->next;
	}
	chain_free(*link);
	*link = NULL;
	block_use(a, a->first);
}

void
arena_free(struct arena *a)
{
	chain_free(a->large);
	chain_free(a->first);
	*a = (struct arena){0};
}

size_t
arena_held(const struct arena *a)
{
	size_t held = 0;

	for (const struct arena_block *block = a->first; block != NULL; block = block->next)
		held += sizeof *block + block->size;
	for (const struct arena_block *block = a->large; block != NULL; block = block->next)
		held += sizeof *block + block->size;
	return held;
}
