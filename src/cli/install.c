/* A hook's command line in an agent's settings. */
#include "cli/install.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/utf8.h"
#include "cli/environment.h"
#include "cli/folder.h"
#include "cli/settings.h"
#include "sink/endpoint.h"
#include "sink/file.h"

#define SETTINGS_BYTES_MAX ((size_t)4 << 20)

/* ---- the command line ---- */

static bool
is_plain(struct str word)
{
	static const struct str plain = STR_INIT("abcdefghijklmnopqrstuvwxyz"
	                                         "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./:=@%+,-");
	for (size_t i = 0; i < word.len; i++)
		if (str_find_byte(plain, word.at[i]) == STR_NONE)
			return false;
	return word.len > 0;
}

/* A word as a shell reads it. */
static void
put_word(struct buf *b, struct str word)
{
	if (is_plain(word)) {
		buf_add(b, word);
		return;
	}
	buf_byte(b, '\'');
	for (size_t i = 0; i < word.len; i++)
		if (word.at[i] == '\'')
			BUF_LIT(b, "'\\''");
		else
			buf_byte(b, word.at[i]);
	buf_byte(b, '\'');
}

/* The settings are read by many and often kept with other files. */
static bool
has_secret(const struct options *o)
{
	for (size_t i = 0; i < o->words.len; i++) {
		struct str word = o->words.at[i];
		bool names = str_eq(word, STR("--endpoint")) && i + 1 < o->words.len;
		if (names)
			word = o->words.at[++i];
		if ((names || str_starts(word, STR("--endpoint="))) && endpoint_may_hold_key(word))
			return true;
	}
	for (size_t i = 0; i < o->sending.headers.len; i++)
		if (!str_starts(o->sending.headers.at[i], STR("@")))
			return true;
	return false;
}

static void
put_options(struct buf *b, const struct options *o)
{
	static const struct str ours[] = {STR_INIT("--install"), STR_INIT("--uninstall")};
	for (size_t i = 0; i < o->words.len; i++) {
		struct str word = o->words.at[i];
		bool is_ours = false;
		for (size_t k = 0; k < sizeof ours / sizeof *ours; k++) {
			is_ours |= str_starts(word, ours[k]);
			i += str_eq(word, ours[k]); /* and its value */
		}
		if (is_ours)
			continue;
		buf_byte(b, ' ');
		put_word(b, word);
	}
}

static bool
make_hook(struct arena *a, const struct options *o, struct settings_hook *hook, struct diag *d)
{
	char program[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", program, sizeof program);
	struct buf b = {0};
	if (len <= 0 || (size_t)len == sizeof program)
		return diag_fail(d, STR("/proc/self/exe"), "does not say where this program is");
	if (o->install.len > 0 && has_secret(o))
		return diag_fail(d, (struct str){0},
		                 "a key does not belong into settings: use --header @FILE, or "
		                 "the variables of the agent");
	if (o->install.len > 0 && options_relative(o) != NULL)
		return diag_fail(d, (struct str){0},
		                 "--%s: hooks run in the folder in which the agent works: "
		                 "the path must begin with a /",
		                 options_relative(o)->name);
	put_word(&b, (struct str){program, (size_t)len});
	hook->program = arena_str(a, buf_str(&b));
	BUF_LIT(&b, " hook");
	put_options(&b, o);
	hook->command = arena_str(a, buf_str(&b));
	buf_free(&b);
	return utf8_valid(hook->command) ||
	       diag_fail(d, (struct str){0}, "the command line is not UTF-8, as settings are");
}

/* ---- the settings ---- */

/* The user's own file, so links are followed. A missing one is empty. */
static bool
read_settings(struct arena *a, struct str path, struct str *text, struct diag *d)
{
	int fd = open(arena_cstr(a, path), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct stat st;
	*text = STR("{}\n");
	if (fd < 0)
		return errno == ENOENT || diag_fail(d, path, "%s", strerror(errno));
	bool ok = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size >= 0 &&
	          (uintmax_t)st.st_size <= SETTINGS_BYTES_MAX;
	if (ok && st.st_size > 0) {
		size_t size = (size_t)st.st_size;
		char *at = arena_bytes(a, size);
		ok = read(fd, at, size) == (ssize_t)size;
		*text = (struct str){at, size};
	}
	close(fd);
	return ok || diag_fail(d, path, "is no regular file, or too large for settings");
}

static bool
write_settings(struct arena *a, struct str path, struct str text, struct diag *d)
{
	struct str folder = str_head(path, str_find_last(path, STR("/")));
	if (!folder_make(a, folder, 0777))
		return diag_fail(d, folder, "%s", strerror(errno));
	struct file_sink *sink = file_sink_open(a, path, d);
	if (sink == NULL)
		return false;
	if (file_sink_write(sink, text, d))
		return file_sink_commit(sink, d);
	file_sink_abort(sink);
	return false;
}

static bool
show(struct str path, struct str before, struct str after)
{
	struct str hooks = settings_hooks(after);
	if (str_eq(before, after))
		printf("%.*s: nothing to change\n", (int)path.len, path.at);
	else if (hooks.len == 0)
		printf("%.*s: no \"hooks\" any more\n", (int)path.len, path.at);
	else
		printf("%.*s:\n  \"hooks\": %.*s\n", (int)path.len, path.at, (int)hooks.len,
		       hooks.at);
	return fflush(stdout) == 0 && !ferror(stdout);
}

bool
install(struct arena *a, const struct options *o, struct diag *d)
{
	struct str folder = environment_variable("CLAUDE_CONFIG_DIR");
	struct str home = environment_variable("HOME"), text, changed;
	struct settings_hook hook;
	const char *why;
	if (folder.len == 0 && home.len == 0)
		return diag_fail(d, (struct str){0}, "neither HOME nor CLAUDE_CONFIG_DIR is set");
	struct str parts[] = {folder.len > 0 ? folder : home, folder.len > 0
	                                                          ? STR("/settings.json")
	                                                          : STR("/.claude/settings.json")};
	struct str path = arena_join(a, parts, 2);
	if (!make_hook(a, o, &hook, d) || !read_settings(a, path, &text, d))
		return false;
	bool ok = (o->install.len > 0 ? settings_install : settings_uninstall)(a, text, &hook,
	                                                                       &changed, &why);
	if (!ok)
		return diag_fail(d, path, "%s: it is left as it is", why);
	if (!show(path, text, changed))
		return diag_fail(d, STR("standard output"), "%s: nothing is written",
		                 strerror(errno));
	return str_eq(text, changed) || write_settings(a, path, changed, d);
}
