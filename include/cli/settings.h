#ifndef CLI_SETTINGS_H
#define CLI_SETTINGS_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/str.h"

/*
 * The settings of Claude Code, as text: a JSON object with a member "hooks", which has for each
 * event a list of {"hooks": [{"type": "command", "command": "..."}, ...]}. Of what is there only
 * our own entries are changed: those whose command is a program called retrospan, or the one that
 * is given, with the first argument "hook". All else stays byte for byte.
 */
struct settings_hook {
	struct str program; /* as it stands at the start of the command */
	struct str command;
};

/* Gives the text in which the command, and none of our others, is run at Stop and SessionEnd; text
 * itself when it is already so. False with *why, half a sentence, when text is not such an object.
 * The result lives in a. */
bool settings_install(struct arena *a, struct str text, const struct settings_hook *hook,
                      struct str *out, const char **why);

/* Gives the text without our entries, and without what is empty then. */
bool settings_uninstall(struct arena *a, struct str text, const struct settings_hook *hook,
                        struct str *out, const char **why);

/* The text of the member "hooks"; empty when there is none. */
struct str settings_hooks(struct str text);

#endif
