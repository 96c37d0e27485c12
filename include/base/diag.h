#ifndef BASE_DIAG_H
#define BASE_DIAG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/str.h"

/*
 * Trouble, collected in the order in which it was found. Whoever works on a piece
 * of input has a diag of its own; the pieces are printed in input order
 * (diag_print), so that stderr does not depend on the number of threads.
 *
 * Two kinds: a *skip* is bad input (the rest still counts), a *failure* is an
 * operation that did not work. A *warning* changes nothing. Messages never
 * hold content of a transcript beyond names and ids, and no secrets; control
 * characters in them are shown as '?'.
 */
enum diag_kind { DIAG_WARNING, DIAG_SKIP, DIAG_FAILURE };

struct diag_note {
	struct diag_note *next;
	enum diag_kind kind;
	struct str file; /* empty: not about a file */
	uint32_t line;   /* 1-based; 0: about the whole file */
	struct str text;
};

#define PLURAL(n) ((n) == 1 ? "" : "s") /* behind "line%s" */

#define DIAG_NOTES_MAX 20 /* warnings and skips kept per file; the rest is only counted */

struct diag {
	struct arena *arena; /* notes live here */
	struct diag_note *first, *last;
	size_t notes;                     /* in the list */
	size_t warnings, skips, failures; /* all, also those not kept */
	size_t own;                       /* notes that were added here, not moved here */
	size_t alike;                     /* notes at the end of the list about the same file */
};

/* text with '?' for each byte of what a terminal would obey (utf8_control). Lives in a. */
struct str diag_shown(struct arena *a, struct str text);

/* Each adds a note (beyond DIAG_NOTES_MAX in this diag a warning or skip only counts). The
 * second and third give false, so that "return diag_fail(...)" reports and fails. */
void diag_warn(struct diag *d, struct str file, uint32_t line, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
bool diag_skip(struct diag *d, struct str file, uint32_t line, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
bool diag_fail(struct diag *d, struct str file, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Moves the notes and counts of from (lines shifted by line_shift) to the end of
 * to, keeping at most DIAG_NOTES_MAX in a row about the same file, failures apart.
 * Notes are copied into to's arena; from is empty afterwards. */
void diag_move(struct diag *to, struct diag *from, uint32_t line_shift);

#endif
