/* --help and the completion scripts, from the tables of options and commands. */
#include "cli/options.h"

#define HELP_COLUMN 26

static void
list_commands(FILE *out)
{
	fputs("\ncommands:\n", out);
	for (size_t i = 0; i < COMMAND_COUNT; i++) {
		const struct command *c = &command_table()[i];
		if (c->name[0] != '\0')
			fprintf(out, "  %-*s%s\n", HELP_COLUMN - 2, c->name, c->summary);
	}
}

void
options_help(enum command_id command, FILE *out)
{
	const struct command *c = &command_table()[command];
	fputs(c->help, out);
	if (command == COMMAND_CONVERT)
		list_commands(out);
	fputs("\noptions:\n", out);
	for (size_t i = 0; i < OPTION_COUNT; i++) {
		const struct option *o = &option_table()[i];
		if (!command_takes(c, o->id))
			continue;
		char letter[] = {'-', o->letter, ',', ' ', '\0'};
		int width = fprintf(out, "  %s--%s%s%s", o->letter != '\0' ? letter : "    ",
		                    o->name, o->argument != NULL ? " " : "",
		                    o->argument != NULL ? o->argument : "");
		if (width >= HELP_COLUMN) {
			fputc('\n', out);
			width = 0;
		}
		fprintf(out, "%*s%s\n", HELP_COLUMN - width, "", o->help);
		if (o->values != NULL && str_has(str_of(o->values), STR(" ")))
			fprintf(out, "%*s%s\n", HELP_COLUMN, "", o->values);
	}
	fprintf(out, "\n%s", c->status);
}

static void
complete_bash_options(const struct command *c, const char *pattern, FILE *out)
{
	const char *gap = "";
	fprintf(out, "\t%s) options='", pattern);
	for (size_t i = 0; i < OPTION_COUNT; i++) {
		if (!command_takes(c, (enum option_id)i))
			continue;
		fprintf(out, "%s--%s", gap, option_table()[i].name);
		gap = " ";
	}
	fputs("' ;;\n", out);
}

static void
complete_bash(FILE *out)
{
	fputs("_retrospan() {\n"
	      "\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}\n"
	      "\tif [[ $cur == = ]]; then\n" /* "--option=value" is three words */
	      "\t\tcur=\n"
	      "\telif [[ $prev == = ]]; then\n"
	      "\t\tprev=${COMP_WORDS[COMP_CWORD-2]}\n"
	      "\tfi\n"
	      "\tcase $prev in\n",
	      out);
	for (size_t i = 0; i < OPTION_COUNT; i++) {
		const struct option *o = &option_table()[i];
		if (o->argument == NULL)
			continue;
		fprintf(out, "\t--%s", o->name);
		if (o->letter != '\0')
			fprintf(out, "|-%c", o->letter);
		if (o->values == NULL)
			fputs(") return ;;\n", out);
		else if (strcmp(o->values, "FILE") == 0)
			fputs(") COMPREPLY=($(compgen -f -- \"$cur\")); return ;;\n", out);
		else
			fprintf(out, ") COMPREPLY=($(compgen -W '%s' -- \"$cur\")); return ;;\n",
			        o->values);
	}
	fputs("\tesac\n"
	      "\tlocal commands='",
	      out);
	for (size_t k = COMMAND_CONVERT + 1; k < COMMAND_COUNT; k++)
		fprintf(out, "%s%s", k > COMMAND_CONVERT + 1 ? " " : "", command_table()[k].name);
	fputs("' options\n"
	      "\tcase ${COMP_WORDS[1]} in\n",
	      out);
	for (size_t k = COMMAND_CONVERT + 1; k < COMMAND_COUNT; k++)
		complete_bash_options(&command_table()[k], command_table()[k].name, out);
	complete_bash_options(&command_table()[COMMAND_CONVERT], "*", out);
	fputs("\tesac\n"
	      "\tif [[ $cur == -* && \" ${COMP_WORDS[*]:1:COMP_CWORD-1} \" != *' -- '* ]]; then\n"
	      "\t\tCOMPREPLY=($(compgen -W \"$options\" -- \"$cur\"))\n"
	      "\telse\n"
	      "\t\tCOMPREPLY=($(compgen -f -- \"$cur\"))\n"
	      "\t\tif ((COMP_CWORD == 1)); then\n"
	      "\t\t\tCOMPREPLY+=($(compgen -W \"$commands\" -- \"$cur\"))\n"
	      "\t\tfi\n"
	      "\tfi\n"
	      "}\n"
	      "complete -o filenames -F _retrospan retrospan\n",
	      out);
}

/* Help texts hold no quote, bracket or colon that zsh would read. */
static void
put_plain(FILE *out, const char *text)
{
	for (; *text != '\0'; text++)
		if (strchr("'[]:\\", *text) == NULL)
			fputc(*text, out);
}

static void
complete_zsh_options(const struct command *c, FILE *out)
{
	fputs("\t_arguments -s \\\n", out);
	for (size_t i = 0; i < OPTION_COUNT; i++) {
		const struct option *o = &option_table()[i];
		if (!command_takes(c, o->id))
			continue;
		if (o->letter != '\0')
			fprintf(out, "\t'(-%c --%s)'{-%c,--%s}'", o->letter, o->name, o->letter,
			        o->name);
		else
			fprintf(out, "\t'%s--%s",
			        o->id == OPTION_SESSION || o->id == OPTION_HEADER ? "*" : "",
			        o->name);
		fputc('[', out);
		put_plain(out, o->help);
		fputc(']', out);
		if (o->argument != NULL && o->values == NULL)
			fprintf(out, ":%s: ", o->argument);
		else if (o->argument != NULL && strcmp(o->values, "FILE") == 0)
			fputs(":file:_files", out);
		else if (o->argument != NULL)
			fprintf(out, ":%s:(%s)", o->argument, o->values);
		fputs("' \\\n", out);
	}
	if (c->id == COMMAND_CONVERT)
		fputs("\t'1:command or path:_retrospan_first' \\\n", out);
	fputs("\t'*:path:_files'\n", out);
}

static void
complete_zsh(FILE *out)
{
	fputs("#compdef retrospan\n"
	      "_retrospan_first() {\n"
	      "\tlocal -a commands=(",
	      out);
	for (size_t k = COMMAND_CONVERT + 1; k < COMMAND_COUNT; k++) {
		fprintf(out, "%s'%s:", k > COMMAND_CONVERT + 1 ? " " : "", command_table()[k].name);
		put_plain(out, command_table()[k].summary);
		fputc('\'', out);
	}
	fputs(")\n"
	      "\t_describe command commands\n"
	      "\t_files\n"
	      "}\n"
	      "case ${words[2]} in\n",
	      out);
	for (size_t k = COMMAND_CONVERT + 1; k < COMMAND_COUNT; k++) {
		fprintf(out, "%s)\n\tshift words\n\t((CURRENT--))\n", command_table()[k].name);
		complete_zsh_options(&command_table()[k], out);
		fputs("\t;;\n", out);
	}
	fputs("*)\n", out);
	complete_zsh_options(&command_table()[COMMAND_CONVERT], out);
	fputs("\t;;\nesac\n", out);
}

/* Under which commands fish offers an option; nothing when all take it. */
static void
put_fish_condition(enum option_id id, FILE *out)
{
	const struct command *all = command_table();
	bool everywhere = true, converts = command_takes(&all[COMMAND_CONVERT], id);
	for (size_t k = 0; k < COMMAND_COUNT; k++)
		everywhere &= command_takes(&all[k], id);
	if (everywhere)
		return;
	fputs(converts ? " -n 'not __fish_seen_subcommand_from"
	               : " -n '__fish_seen_subcommand_from",
	      out);
	for (size_t k = COMMAND_CONVERT + 1; k < COMMAND_COUNT; k++)
		if (command_takes(&all[k], id) != converts)
			fprintf(out, " %s", all[k].name);
	fputc('\'', out);
}

static void
complete_fish(FILE *out)
{
	for (size_t k = COMMAND_CONVERT + 1; k < COMMAND_COUNT; k++) {
		fprintf(out, "complete -c retrospan -n __fish_use_subcommand -a %s -d '",
		        command_table()[k].name);
		put_plain(out, command_table()[k].summary);
		fputs("'\n", out);
	}
	for (size_t i = 0; i < OPTION_COUNT; i++) {
		const struct option *o = &option_table()[i];
		fprintf(out, "complete -c retrospan -l %s", o->name);
		put_fish_condition(o->id, out);
		if (o->letter != '\0')
			fprintf(out, " -s %c", o->letter);
		if (o->argument != NULL)
			fputs(o->values != NULL && strcmp(o->values, "FILE") == 0 ? " -r -F"
			                                                          : " -x",
			      out);
		if (o->values != NULL && strcmp(o->values, "FILE") != 0)
			fprintf(out, " -a '%s'", o->values);
		fputs(" -d '", out);
		put_plain(out, o->help);
		fputs("'\n", out);
	}
}

bool
options_completion(struct str shell, FILE *out)
{
	static const struct {
		struct str name;
		void (*write)(FILE *out);
	} shells[] = {
	    {STR_INIT("bash"), complete_bash},
	    {STR_INIT("zsh"), complete_zsh},
	    {STR_INIT("fish"), complete_fish},
	};
	for (size_t i = 0; i < sizeof shells / sizeof *shells; i++)
		if (str_eq(shells[i].name, shell)) {
			shells[i].write(out);
			return true;
		}
	return false;
}
