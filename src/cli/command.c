/* The table of commands, and which options each takes. */
#include "cli/options.h"

#define BIT(id) (UINT64_C(1) << (id))
#define CHECK_ALONE (BIT(OPTION_JSON) | BIT(OPTION_DRIFT))
#define FLUSH                                                                                      \
	(BIT(OPTION_TO) | BIT(OPTION_ENDPOINT) | BIT(OPTION_PROTOCOL) | BIT(OPTION_HEADER) |       \
	 BIT(OPTION_TIMEOUT) | BIT(OPTION_DEADLINE) | BIT(OPTION_COMPRESSION) |                    \
	 BIT(OPTION_CERTIFICATE) | BIT(OPTION_CLIENT_KEY) | BIT(OPTION_CLIENT_CERTIFICATE) |       \
	 BIT(OPTION_INSECURE) | BIT(OPTION_SPOOL) | BIT(OPTION_QUIET) | BIT(OPTION_LOG_FORMAT) |   \
	 BIT(OPTION_HELP) | BIT(OPTION_VERSION))
#define HOOK_ALONE                                                                                 \
	(BIT(OPTION_DETACH) | BIT(OPTION_FAIL) | BIT(OPTION_INSTALL) | BIT(OPTION_UNINSTALL))
#define EVERYWHERE                                                                                 \
	(BIT(OPTION_CONVENTION) | BIT(OPTION_EMULATE) | BIT(OPTION_DETAILED) |                     \
	 BIT(OPTION_OUTPUT) | BIT(OPTION_SESSION) | BIT(OPTION_HISTORY) | BIT(OPTION_JOBS) |       \
	 BIT(OPTION_QUIET) | BIT(OPTION_LOG_FORMAT) | BIT(OPTION_HELP) | BIT(OPTION_VERSION))

_Static_assert(OPTION_COUNT <= 64, "a set of options is a number of 64 bits");

static const struct command commands[COMMAND_COUNT] = {
    {.id = COMMAND_CONVERT,
     .name = "",
     .summary = "convert",
     .help = "usage: retrospan [options] [PATH ...]\n"
             "       retrospan COMMAND [options] [PATH ...]\n"
             "\n"
             "Turns the sessions that coding agents left on disk into OpenTelemetry traces.\n"
             "PATH is a transcript, a folder of them, or - for standard input.\n"
             "\n"
             "  retrospan ~/.claude/projects/my-app > traces.pb\n"
             "  retrospan -f text ~/.claude/projects/my-app\n"
             "  retrospan --to otlp ~/.claude/projects/my-app\n",
     .status = "exit status: 0 all done; 1 something could not be read, written or delivered;\n"
               "2 wrong command line. More: man retrospan, man retrospan-spans\n",
     .options = ~(CHECK_ALONE | HOOK_ALONE)},
    {.id = COMMAND_CHECK,
     .name = "check",
     .summary = "say what became of every line, and what does not add up",
     .help = "usage: retrospan check [options] [PATH ...]\n"
             "\n"
             "Says what became of every line of the sessions, and what does not add up.\n"
             "PATH is a transcript, a folder of them, or - for standard input.\n"
             "\n"
             "  retrospan check ~/.claude/projects/my-app\n"
             "  retrospan check --json --drift ~/.claude/projects\n",
     .status =
         "exit status: 0 every line is accounted for; 1 something is lost, doubled or, with\n"
         "--drift, unknown, or could not be read; 2 wrong command line. More: man retrospan\n",
     .options = EVERYWHERE | CHECK_ALONE},
    {.id = COMMAND_FLUSH,
     .name = "flush",
     .summary = "send what could not be sent before",
     .help = "usage: retrospan flush [options]\n"
             "\n"
             "Sends what could not be sent before, to all endpoints or to the one that is given.\n"
             "\n"
             "  retrospan flush\n"
             "  retrospan flush --endpoint https://otlp.example\n",
     .status = "exit status: 0 nothing is left, or another process is sending it; 1 something\n"
               "was not delivered; 2 wrong command line. More: man retrospan\n",
     .options = FLUSH},
    {.id = COMMAND_HOOK,
     .name = "hook",
     .summary = "run by the agent: export what is new in its session",
     .help = "usage: retrospan hook [options] < EVENT\n"
             "       retrospan hook --install AGENT [options]\n"
             "       retrospan hook --uninstall AGENT\n"
             "\n"
             "Run by a coding agent's hooks: reads the event, finds the session's transcript, and\n"
             "exports what is new. Prints nothing on standard output.\n"
             "\n"
             "  retrospan hook --install claude-code --to otlp --detach\n"
             "  retrospan hook --install claude-code -o ~/traces/ --detach\n",
     .status = "exit status: 0, whatever happens; with --fail 1 when something could not be read,\n"
               "written or delivered, or the command line was wrong. More: man retrospan\n",
     .options = ~(CHECK_ALONE | BIT(OPTION_SESSION) | BIT(OPTION_SINCE) | BIT(OPTION_UNTIL) |
                  BIT(OPTION_HISTORY) | BIT(OPTION_COLOR) | BIT(OPTION_COMPLETION))},
};

const struct command *
command_table(void)
{
	return commands;
}

enum command_id
command_find(struct str word)
{
	for (size_t i = 0; i < COMMAND_COUNT; i++)
		if (commands[i].name[0] != '\0' && str_eq(str_of(commands[i].name), word))
			return commands[i].id;
	return COMMAND_CONVERT;
}
