/* What a signal must clean up. */
#include "cli/interrupt.h"

#include <signal.h>
#include <stddef.h>
#include <unistd.h>

/* A handler gets no argument, so this is the one variable of the program. */
static const char *volatile doomed;

static void
on_signal(int signal_number)
{
	if (doomed != NULL)
		(void)unlink(doomed);
	(void)signal(signal_number, SIG_DFL);
	(void)raise(signal_number);
}

void
interrupt_unlinks(const char *path)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
	struct sigaction action = {.sa_handler = on_signal};
	doomed = path;
	if (path == NULL)
		action.sa_handler = SIG_DFL;
	(void)sigemptyset(&action.sa_mask);
	for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
		struct sigaction before;
		/* What the caller ignores (nohup) stays ignored. */
		if (sigaction(signals[i], NULL, &before) == 0 && before.sa_handler != SIG_IGN)
			(void)sigaction(signals[i], &action, NULL);
	}
}

void
interrupt_ignore_writes(void)
{
	struct sigaction action = {.sa_handler = SIG_IGN};
	(void)sigemptyset(&action.sa_mask);
	(void)sigaction(SIGPIPE, &action, NULL);
	(void)sigaction(SIGXFSZ, &action, NULL);
}
