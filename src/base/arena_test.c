#include "base/arena.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static void
memory_is_zeroed_and_aligned_after_a_reset_too(void **state)
{
	struct arena a = {0};

	(void)state;
	for (int round = 0; round < 3; round++) {
		for (size_t size = 0; size < 3000; size += 7) {
			char *at;

			arena_bytes(&a, 1)[0] = 'x';
			at = arena_alloc(&a, size);
			/* as the largest type of which size may be a multiple needs it */
			if (size % _Alignof(max_align_t) == 0)
				assert_int_equal((uintptr_t)at % _Alignof(max_align_t), 0);
			else
				assert_int_equal((uintptr_t)at % (size & -size), 0);
			for (size_t i = 0; i < size; i++) {
				assert_int_equal(at[i], 0);
				at[i] = 'x';
			}
		}
		arena_reset(&a);
	}
	arena_free(&a);
	assert_int_equal(arena_held(&a), 0);
}

static void
reset_keeps_little_and_uses_it_again(void **state)
{
	struct arena a = {0};
	size_t held;

	(void)state;
	arena_reset(&a);
	for (int i = 0; i < 2000; i++)
		arena_alloc(&a, 1000);
	arena_reset(&a);
	held = arena_held(&a);
	if (held == 0)
		skip(); /* strict, as under AddressSanitizer: each allocation is a block of its own */
	for (int i = 0; i < 2000; i++)
		arena_alloc(&a, 1000);
	assert_int_equal(arena_held(&a), held);
	memset(arena_bytes(&a, 50u << 20), 'x', 50u << 20);
	for (int i = 0; i < 30; i++)
		arena_alloc(&a, 900000);
	assert_true(arena_held(&a) > 70u << 20);
	arena_reset(&a);
	assert_true(arena_held(&a) < 5u << 20);
	assert_true(arena_held(&a) > 0);
	arena_free(&a);
}

struct numbers {
	uint64_t *at;
	size_t len, cap;
};

static void
lists_keep_their_elements_while_they_grow(void **state)
{
	struct arena a = {0};
	struct numbers list = {0}, other = {0};

	(void)state;
	for (uint64_t i = 0; i < 1000000; i++) {
		uint64_t *n = ARENA_PUSH(&a, &list);

		assert_int_equal(*n, 0);
		*n = i * i;
		if (i % 3 == 0)
			*ARENA_PUSH(&a, &other) = i;
	}
	assert_int_equal(list.len, 1000000);
	for (uint64_t i = 0; i < list.len; i++)
		assert_true(list.at[i] == i * i);
	for (uint64_t i = 0; i < other.len; i++)
		assert_true(other.at[i] == 3 * i);
	/* Large lists leave no copies of themselves behind. */
	assert_true(arena_held(&a) < 24u << 20);
	arena_free(&a);
}

static void
texts_are_copied_with_their_nuls(void **state)
{
	const struct str parts[] = {STR_INIT("a\0"), {NULL, 0}, STR_INIT("b")};
	struct arena a = {0};

	(void)state;
	assert_true(str_eq(arena_str(&a, STR("a\0b")), STR("a\0b")));
	assert_string_equal(arena_cstr(&a, STR("a\0b")), "a");
	assert_string_equal(arena_cstr(&a, (struct str){NULL, 0}), "");
	assert_true(str_eq(arena_join(&a, parts, 3), STR("a\0b")));
	assert_int_equal(arena_join(&a, parts, 0).len, 0);
	assert_true(str_eq(arena_printf(&a, "%s-%d", "x", 7), STR("x-7")));
	assert_int_equal(arena_printf(&a, "%s", "").len, 0);
	arena_free(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(memory_is_zeroed_and_aligned_after_a_reset_too),
	    cmocka_unit_test(reset_keeps_little_and_uses_it_again),
	    cmocka_unit_test(lists_keep_their_elements_while_they_grow),
	    cmocka_unit_test(texts_are_copied_with_their_nuls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
