/* Any bytes as text: what is mended, cut or measured stays whole characters. */
#include "base/utf8.h"

#include <stdint.h>
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
cut(struct str s, size_t at)
{
	struct str head = utf8_head(s, at), units = utf8_utf16_head(s, at);
	claim(head.len <= at || head.len == s.len);
	claim(utf8_valid(head) && s.len - head.len <= s.len);
	claim(head.len == s.len || at - head.len < 4);
	claim(utf8_valid(units) && utf8_utf16_len(units) <= at);
	claim(units.len == s.len || at - utf8_utf16_len(units) < 2);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena arena = {0};
	struct str text = {(const char *)data, size};
	struct str mended = utf8_repair(&arena, text);
	claim(utf8_valid(mended));
	claim(utf8_valid(text) == (mended.at == text.at));
	claim(utf8_repaired_from(text, mended.len) == text.len);
	for (size_t at = 0; at <= mended.len && at < 64; at++) {
		size_t from = utf8_repaired_from(text, at);
		claim(from <= text.len && utf8_repair(&arena, str_head(text, from)).len <= at);
		cut(mended, at);
	}
	claim(utf8_utf16_len(mended) <= mended.len);
	arena_free(&arena);
	return 0;
}
