/* What an agent's hook runs: from its event to what is new in its session. */
#include "cli/hook.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/when.h"
#include "cli/arrival.h"
#include "cli/event.h"
#include "cli/folder.h"
#include "cli/install.h"
#include "cli/run.h"
#include "sink/lock.h"

/* The agent waits for a hook that is not detached. */
#define HOOK_DEADLINE_MS 10000
#define HOOK_EVENT_MS 10000 /* for the next bytes of an event */
#define HOOK_LOG_BYTES_MAX (1 << 20)
#define HOOK_DRAIN_BYTES_MAX ((size_t)64 << 20) /* read of an event that is too long */

/* ---- the command line ---- */

static bool
wrong(struct diag *d, const char *what)
{
	return diag_fail(d, (struct str){0}, "%s", what);
}

static bool
check_options(const struct options *o, struct diag *d)
{
	if (o->install.len > 0 && o->uninstall.len > 0)
		return wrong(d, "--install and --uninstall are not given together");
	if (o->paths.len > 0)
		return wrong(d, "hook takes no path: the event names the transcript");
	if (str_eq(o->output, STR("-")))
		return wrong(d,
		             "hook writes nothing to standard output: use -o FILE or -o FOLDER/");
	if (o->output.len == 0 && !options_send(o) && o->uninstall.len == 0)
		return wrong(d, "hook needs -o FOLDER/, -o FILE, --to or --endpoint");
	return true;
}

/* ---- where to ---- */

/* By the names of encoders. */
static struct str
ending_of(struct str format)
{
	if (str_eq(format, STR("otlp-json")))
		return STR(".jsonl");
	return str_eq(format, STR("text")) ? STR(".txt") : STR(".pb");
}

/* A folder gets a file for each session. False after diag_fail. */
static bool
name_output(struct arena *a, struct options *o, struct str session, struct diag *d)
{
	struct str parts[] = {o->output, STR("/"), session, ending_of(o->format)};
	struct stat st;
	if (o->output.len == 0)
		return true;
	if (!str_ends(o->output, STR("/")) &&
	    (stat(arena_cstr(a, o->output), &st) != 0 || !S_ISDIR(st.st_mode)))
		return true;
	if (!folder_make(a, o->output, 0777))
		return diag_fail(d, o->output, "%s", strerror(errno));
	if (str_ends(o->output, STR("/")))
		parts[1].len = 0;
	o->output = arena_join(a, parts, 4);
	return true;
}

/* Of runs that write a file for one session the next begins when one has ended: else an older one
 * could put its file over a newer one's. -1 when it does not wait, or no longer. */
static int
wait_turn(struct arena *a, const struct options *o, const struct environment *env, const char *name,
          struct diag *d)
{
	struct str folder[] = {env->state, STR("/locks")};
	if (o->output.len == 0 || env->state.len == 0)
		return -1;
	int fd = folder_make(a, arena_join(a, folder, 2), 0700)
	             ? lock_open(AT_FDCWD, name, selection_wait_ms(o, true))
	             : -1;
	if (fd < 0 && errno == EWOULDBLOCK)
		diag_warn(d, o->output, 0, "another run is still at work on it");
	else if (fd < 0)
		diag_warn(d, str_of(name), 0, "%s: other runs are not waited for", strerror(errno));
	return fd;
}

static void
end_turn(int fd, const char *name)
{
	if (fd < 0)
		return;
	(void)unlink(name);
	(void)close(fd);
}

/* ---- an event ---- */

/* All of standard input: who writes it must not be left with a broken pipe, unless it never ends. */
static bool
read_event(struct arena *a, struct str *text, struct diag *d)
{
	struct buf b = {0};
	ssize_t n;
	size_t drained = 0;
	do {
		struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
		if (poll(&input, 1, HOOK_EVENT_MS) == 0) {
			errno = ETIMEDOUT;
			n = -1;
			break;
		}
		n = read(STDIN_FILENO, buf_reserve(&b, 1 << 16), 1 << 16);
		if (n > 0 && b.len > EVENT_BYTES_MAX)
			drained += (size_t)n;
		else if (n > 0)
			b.len += (size_t)n;
	} while ((n > 0 && drained < HOOK_DRAIN_BYTES_MAX) || (n < 0 && errno == EINTR));
	bool is_whole = n == 0 && b.len <= EVENT_BYTES_MAX;
	if (n < 0)
		(void)diag_fail(d, (struct str){0}, "standard input: %s", strerror(errno));
	else if (!is_whole)
		(void)diag_fail(d, (struct str){0}, "hook event: more than %zu bytes",
		                EVENT_BYTES_MAX);
	else
		*text = arena_str(a, buf_str(&b));
	buf_free(&b);
	return is_whole;
}

/* ---- going on alone ---- */

static int
open_regular(const char *path, struct stat *st)
{
	int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC,
	              0600);
	if (fd < 0 || (fstat(fd, st) == 0 && S_ISREG(st->st_mode)))
		return fd;
	(void)close(fd);
	return -1;
}

/* Opens the log of detached runs; one of them makes room when it is full. -1 when there is none. */
static int
open_log(struct arena *a, const struct environment *env)
{
	struct str parts[] = {env->state, STR("/hook.log"), STR(".1")};
	const char *path = arena_cstr(a, arena_join(a, parts, 2));
	const char *old = arena_cstr(a, arena_join(a, parts, 3));
	struct stat st;
	if (env->state.len == 0 || !folder_make(a, env->state, 0700))
		return -1;
	int fd = open_regular(path, &st);
	if (fd < 0 || st.st_size < HOOK_LOG_BYTES_MAX || !lock_claim(fd, AT_FDCWD, path))
		return fd;
	(void)rename(path, old);
	(void)close(fd);
	return open_regular(path, &st);
}

/* True in the process that goes on, which nobody waits for and which holds nothing open that
 * somebody reads: what it says goes to the log. Without a second process it is this one. */
static bool
detach(struct arena *a, const struct options *o, const struct event *e,
       const struct environment *env, struct log *log)
{
	char now[WHEN_TEXT_MAX];
	pid_t child = fork();
	if (child != 0)
		return child < 0;
	(void)setsid();
	int null = open("/dev/null", O_RDWR | O_CLOEXEC), said = open_log(a, env);
	if (null >= 0)
		for (int i = 0; i <= STDERR_FILENO; i++)
			(void)dup2(i == STDERR_FILENO && said >= 0 ? said : null, i);
	log->time = arena_str(a,
	                      (struct str){now, when_format(env->now_ns / WHEN_MS * WHEN_MS, now)});
	log->session = e->session;
	log->quiet = o->quiet;
	log->progress = false;
	return true;
}

static int export(struct arena *a, const struct event *e, const struct options *given,
                  const struct environment *env, struct log *log)
{
	struct options o = *given;
	struct diag diag = {.arena = a};
	struct selection selection = {
	    .session = e->session, .state = env->state, .whole = e->ends_session};
	if (e->ends_turn)
		selection.goes_on = arrival_wait(e, o.detach) == ARRIVAL_GOES_ON;
	*ARENA_PUSH(a, &o.paths) = e->transcript->path;
	if (options_send(&o) && !o.sending.deadline.is_given && !o.detach)
		o.sending.deadline = (struct duration){true, HOOK_DEADLINE_MS};
	bool ok = name_output(a, &o, e->session, &diag);
	struct str parts[] = {env->state, STR("/locks/"), e->session};
	const char *name = arena_cstr(a, arena_join(a, parts, 3));
	int turn = ok ? wait_turn(a, &o, env, name, &diag) : -1;
	log_print(log, &diag);
	int status = ok ? run_selection(&o, env, &selection, log) : 1;
	end_turn(turn, name);
	return status;
}

int
hook(const struct options *o, const struct environment *env, struct log *log)
{
	struct arena a = {0};
	struct diag diag = {.arena = &a};
	struct str text = {0};
	struct event e = {0};
	int status = 0;
	bool ok = check_options(o, &diag);
	if (o->install.len > 0 || o->uninstall.len > 0) {
		status = ok && install(&a, o, &diag) ? 0 : 1;
		log_print(log, &diag);
		arena_free(&a);
		return status;
	}
	if (ok && env->stdin_is_terminal)
		ok = wrong(&diag,
		           "hook reads an event on standard input: see retrospan hook --help");
	ok = ok && read_event(&a, &text, &diag) && event_read(&a, text, &e, &diag);
	log_print(log, &diag);
	if (!ok)
		status = 1;
	else if (e.transcript != NULL && (!o->detach || detach(&a, o, &e, env, log)))
		status = export(&a, &e, o, env, log);
	arena_free(&a);
	return status;
}
