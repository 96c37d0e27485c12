#ifndef CLI_LEDGER_H
#define CLI_LEDGER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/diag.h"
#include "base/str.h"
#include "trace/span.h"

/*
 * The ids of the spans of one session that were delivered to one place: a file that may be lost at
 * any time, because the same spans have the same ids again. One run has it at a time. A NULL ledger
 * is empty and stays so.
 */
struct ledger;

/*
 * Opens the ledger folder/name, which is made when it is missing, and waits while another run has
 * it, at most wait_ms: *is_busy is set when that is not enough. What
 * can't be read counts as empty. NULL when it is busy, and after diag_warn when there can't be one.
 * Lives in a until ledger_close.
 */
struct ledger *ledger_open(struct arena *a, struct str folder, struct str name, uint64_t wait_ms,
                           bool *is_busy, struct diag *d);

bool ledger_has(const struct ledger *l, const unsigned char id[SPAN_ID_LEN]);
void ledger_add(struct ledger *l, const unsigned char id[SPAN_ID_LEN]);

/* Writes it, whole or not at all, when something was added, and lets others have it. Removes
 * ledgers in the same folder that nobody has written to for LEDGER_DAYS. */
#define LEDGER_DAYS 90
void ledger_close(struct ledger *l, struct diag *d);

#endif
