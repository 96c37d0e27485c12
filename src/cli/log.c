/* Messages on stderr. */
#include "cli/log.h"

#include <inttypes.h>
#include <stdarg.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/utf8.h"
#include "base/when.h"

#define PROGRESS_AFTER_NS (1 * WHEN_S)
#define PROGRESS_EVERY_NS (WHEN_S / 5)

static const char *const levels[] = {
    [DIAG_WARNING] = "warning", [DIAG_SKIP] = "skipped", [DIAG_FAILURE] = "error"};

static void
put_member(struct buf *b, const char *key, struct str text)
{
	struct arena scratch = {0};
	buf_printf(b, "%s\"%s\":", b->len > 1 ? "," : "", key);
	json_put_text(b, utf8_repair(&scratch, text));
	arena_free(&scratch);
}

static void
put_number(struct buf *b, const char *key, uint64_t n)
{
	buf_printf(b, ",\"%s\":%" PRIu64, key, n);
}

/* The beginning of a line. */
static struct buf
begin(const struct log *l)
{
	struct buf b = {0};
	if (l->json)
		buf_byte(&b, '{');
	if (l->json && l->session.len > 0) {
		put_member(&b, "time", l->time);
		put_member(&b, "session", l->session);
	} else if (l->session.len > 0) {
		buf_printf(&b, "%.*s %.*s: ", STR_ARG(l->time), STR_ARG(l->session));
	}
	return b;
}

/* Of a message that is no trouble; as text the message follows. */
static struct buf
begin_info(const struct log *l, struct str message)
{
	struct buf b = begin(l);
	if (l->json) {
		put_member(&b, "level", STR("info"));
		put_member(&b, "message", message);
	}
	return b;
}

static void
write_line(struct log *l, struct buf *b)
{
	log_progress_end(l);
	buf_byte(b, '\n');
	(void)fwrite(b->at, 1, b->len, l->out);
	(void)fflush(l->out);
	buf_free(b);
}

static void
print_note(struct log *l, const struct diag_note *n)
{
	struct buf b = begin(l);
	if (l->json) {
		put_member(&b, "level", str_of(levels[n->kind]));
		if (n->file.len > 0)
			put_member(&b, "file", n->file);
		if (n->line > 0)
			put_number(&b, "line", n->line);
		put_member(&b, "message", n->text);
		buf_byte(&b, '}');
	} else {
		if (n->file.len == 0)
			BUF_LIT(&b, "retrospan");
		buf_add(&b, n->file);
		if (n->line > 0)
			buf_printf(&b, ":%" PRIu32, n->line);
		BUF_LIT(&b, ": ");
		buf_add(&b, n->text);
	}
	write_line(l, &b);
}

void
log_print(struct log *l, struct diag *d)
{
	for (const struct diag_note *n = d->first; n != NULL; n = n->next)
		if (n->kind != DIAG_WARNING || !l->quiet)
			print_note(l, n);
	l->warnings += d->warnings;
	l->skips += d->skips;
	l->failures += d->failures;
	*d = (struct diag){.arena = d->arena};
}

void
log_more(struct log *l, struct str file, uint64_t count)
{
	struct buf b = begin(l);
	if (l->json) {
		put_member(&b, "level", STR("skipped"));
		put_member(&b, "file", file);
		put_member(&b, "message", STR("more lines skipped"));
		put_number(&b, "count", count);
		buf_byte(&b, '}');
	} else {
		buf_add(&b, file);
		buf_printf(&b, ": %" PRIu64 " more lines skipped", count);
	}
	write_line(l, &b);
}

void
log_info(struct log *l, const char *format, ...)
{
	struct arena scratch = {0};
	va_list args;
	if (l->quiet)
		return;
	va_start(args, format);
	struct str text = arena_vprintf(&scratch, format, args);
	va_end(args);
	struct buf b = begin_info(l, text);
	if (l->json) {
		buf_byte(&b, '}');
	} else {
		BUF_LIT(&b, "retrospan: ");
		buf_add(&b, text);
	}
	write_line(l, &b);
	arena_free(&scratch);
}

void
log_progress(struct log *l, uint64_t now_ns, uint64_t done, uint64_t all)
{
	if (!l->progress || now_ns < l->started_ns + PROGRESS_AFTER_NS ||
	    now_ns < l->shown_ns + PROGRESS_EVERY_NS || all == 0)
		return;
	l->shown_ns = now_ns;
	l->progress_shown = true;
	fprintf(l->out, "\rretrospan: %3.0f %%  %.0f of %.0f MB ",
	        100.0 * (double)done / (double)all, (double)done / 1e6, (double)all / 1e6);
	(void)fflush(l->out);
}

void
log_progress_end(struct log *l)
{
	if (l->progress_shown)
		fputs("\r\033[K", l->out);
	l->progress_shown = false;
}

static void
put_sending(struct buf *b, const struct summary *s, bool json)
{
	if (json) {
		put_number(b, "delivered", s->delivered);
		put_number(b, "rejected", s->rejected);
		put_number(b, "undelivered", s->undelivered);
		put_number(b, "kept", s->kept);
		put_number(b, "flushed", s->flushed);
		put_number(b, "set_aside", s->set_aside);
		put_number(b, "requests", s->requests);
		put_number(b, "sent_bytes", s->sent_bytes);
		return;
	}
	buf_printf(b, "; %" PRIu64 " span%s delivered", s->delivered, PLURAL(s->delivered));
	if (s->rejected > 0)
		buf_printf(b, ", %" PRIu64 " rejected", s->rejected);
	if (s->undelivered > 0)
		buf_printf(b, ", %" PRIu64 " not delivered", s->undelivered);
	if (s->kept > 0)
		buf_printf(b, ", %" PRIu64 " kept", s->kept);
	if (s->flushed > 0)
		buf_printf(b, ", and %" PRIu64 " out of the spool", s->flushed);
	buf_printf(b, " (%" PRIu64 " request%s, %" PRIu64 " byte%s)", s->requests,
	           PLURAL(s->requests), s->sent_bytes, PLURAL(s->sent_bytes));
}

void
log_summary(struct log *l, const struct summary *s)
{
	struct buf b;
	if (l->quiet)
		return;
	b = begin_info(l, STR("done"));
	if (l->json) {
		put_number(&b, "sessions", s->sessions);
		put_number(&b, "turns", s->turns);
		put_number(&b, "spans", s->spans);
		put_number(&b, "read", s->read);
		put_number(&b, "used", s->used);
		put_number(&b, "history", s->history);
		put_number(&b, "ignored", s->ignored);
		put_number(&b, "skipped", s->skipped);
		put_number(&b, "inherited_turns", s->inherited);
		if (s->sends)
			put_sending(&b, s, true);
		buf_byte(&b, '}');
		write_line(l, &b);
		return;
	}
	if (l->verbose)
		log_info(l,
		         "lines: %" PRIu64 " read = %" PRIu64 " used + %" PRIu64
		         " history + %" PRIu64 " ignored + %" PRIu64 " skipped",
		         s->read, s->used, s->history, s->ignored, s->skipped);
	buf_printf(&b,
	           "retrospan: %" PRIu64 " session%s, %" PRIu64 " turn%s, %" PRIu64
	           " span%s; %" PRIu64 " line%s read, %" PRIu64 " skipped",
	           s->sessions, PLURAL(s->sessions), s->turns, PLURAL(s->turns), s->spans,
	           PLURAL(s->spans), s->read, PLURAL(s->read), s->skipped);
	if (s->inherited > 0)
		buf_printf(&b, "; %" PRIu64 " inherited turn%s left out", s->inherited,
		           PLURAL(s->inherited));
	if (s->sends)
		put_sending(&b, s, false);
	write_line(l, &b);
}

void
log_flush(struct log *l, const struct summary *s, uint64_t left)
{
	struct buf b;
	if (l->quiet)
		return;
	b = begin_info(l, STR("done"));
	if (l->json) {
		put_number(&b, "flushed", s->flushed);
		put_number(&b, "set_aside", s->set_aside);
		put_number(&b, "left", left);
		put_number(&b, "requests", s->requests);
		put_number(&b, "sent_bytes", s->sent_bytes);
		buf_byte(&b, '}');
	} else {
		buf_printf(&b, "retrospan: %" PRIu64 " span%s delivered out of the spool",
		           s->flushed, PLURAL(s->flushed));
		if (s->set_aside > 0)
			buf_printf(&b, ", %" PRIu64 " set aside", s->set_aside);
		buf_printf(&b, ", %" PRIu64 " left (%" PRIu64 " request%s, %" PRIu64 " byte%s)",
		           left, s->requests, PLURAL(s->requests), s->sent_bytes,
		           PLURAL(s->sent_bytes));
	}
	write_line(l, &b);
}

void
log_ignored(struct log *l, const struct ignored_type *types, size_t len)
{
	if (!l->verbose)
		return;
	for (size_t i = 0; i < len; i++)
		log_info(l, "ignored: %" PRIu64 " %.*s", types[i].count, STR_ARG(types[i].type));
}
