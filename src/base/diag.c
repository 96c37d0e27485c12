/* Trouble, collected in the order in which it was found. */

#include "base/diag.h"

#include <stdarg.h>

#include "base/utf8.h"

struct str
diag_shown(struct arena *a, struct str text)
{
	char *at;

	if (text.len == 0)
		return text;
	at = arena_bytes(a, text.len);
	memcpy(at, text.at, text.len);
	for (size_t i = 0; i < text.len; i++)
		for (size_t n = utf8_control(text, i); n > 0; n--)
			at[n > 1 ? i++ : i] = '?';
	return (struct str){at, text.len};
}

static void
append(struct diag *d, struct diag_note *note)
{
	if (d->last == NULL)
		d->first = note;
	else
		d->last->next = note;
	d->alike = d->last != NULL && str_eq(d->last->file, note->file) ? d->alike + 1 : 1;
	d->last = note;
	d->notes++;
}

__attribute__((format(printf, 5, 0))) static void
add(struct diag *d, enum diag_kind kind, struct str file, uint32_t line, const char *format,
    va_list args)
{
	struct diag_note *note;

	if (kind != DIAG_FAILURE && d->own >= DIAG_NOTES_MAX)
		return;
	d->own++;
	note = ARENA_NEW(d->arena, struct diag_note);
	note->kind = kind;
	note->file = diag_shown(d->arena, file);
	note->line = line;
	note->text = diag_shown(d->arena, arena_vprintf(d->arena, format, args));
	append(d, note);
}

void
diag_warn(struct diag *d, struct str file, uint32_t line, const char *format, ...)
{
	va_list args;

	d->warnings++;
	va_start(args, format);
	add(d, DIAG_WARNING, file, line, format, args);
	va_end(args);
}

bool
diag_skip(struct diag *d, struct str file, uint32_t line, const char *format, ...)
{
	va_list args;

	d->skips++;
	va_start(args, format);
	add(d, DIAG_SKIP, file, line, format, args);
	va_end(args);
	return false;
}

bool
diag_fail(struct diag *d, struct str file, const char *format, ...)
{
	va_list args;

	d->failures++;
	va_start(args, format);
	add(d, DIAG_FAILURE, file, 0, format, args);
	va_end(args);
	return false;
}

void
diag_move(struct diag *to, struct diag *from, uint32_t line_shift)
{
	for (const struct diag_note *note = from->first; note != NULL; note = note->next) {
		struct diag_note *copy;

		if (note->kind != DIAG_FAILURE && to->alike >= DIAG_NOTES_MAX &&
		    str_eq(to->last->file, note->file))
			continue;
		copy = ARENA_NEW(to->arena, struct diag_note);
		copy->kind = note->kind;
		copy->file = arena_str(to->arena, note->file);
		copy->line = note->line == 0 ? 0 : note->line + line_shift;
		copy->text = arena_str(to->arena, note->text);
		append(to, copy);
	}
	to->warnings += from->warnings;
	to->skips += from->skips;
	to->failures += from->failures;
	*from = (struct diag){.arena = from->arena};
}
