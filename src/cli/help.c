/* --help and the completion scripts, from the table of options. */
#include "cli/options.h"

#define HELP_COLUMN 26

void
options_help(FILE *out)
{
	fputs("usage: retrospan [options] [PATH ...]\n"
	      "\n"
	      "Turns the sessions that coding agents left on disk into OpenTelemetry traces.\n"
	      "PATH is a transcript, a folder of them, or - for standard input.\n"
	      "\n"
	      "  retrospan ~/.claude/projects/my-app > traces.pb\n"
	      "  retrospan -f text ~/.claude/projects/my-app\n"
	      "  retrospan --to otlp ~/.claude/projects/my-app\n"
	      "\n"
	      "options:\n",
	      out);
	for (size_t i = 0; i < OPTION_COUNT; i++) {
		const struct option *o = &option_table()[i];
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
	fputs("\n"
	      "exit status: 0 all done; 1 something could not be read, written or delivered;\n"
	      "2 wrong command line. More: man retrospan, man retrospan-spans\n",
	      out);
}

static void
complete_bash(FILE *out)
{
	fputs("_retrospan() {\n"
	      "\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}\n"
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
	      "\tif [[ $cur == -* ]]; then\n"
	      "\t\tCOMPREPLY=($(compgen -W '",
	      out);
	for (size_t i = 0; i < OPTION_COUNT; i++)
		fprintf(out, "%s--%s", i > 0 ? " " : "", option_table()[i].name);
	fputs("' -- \"$cur\"))\n"
	      "\telse\n"
	      "\t\tCOMPREPLY=($(compgen -f -- \"$cur\"))\n"
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
complete_zsh(FILE *out)
{
	fputs("#compdef retrospan\n_arguments -s \\\n", out);
	for (size_t i = 0; i < OPTION_COUNT; i++) {
		const struct option *o = &option_table()[i];
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
	fputs("\t'*:path:_files'\n", out);
}

static void
complete_fish(FILE *out)
{
	for (size_t i = 0; i < OPTION_COUNT; i++) {
		const struct option *o = &option_table()[i];
		fprintf(out, "complete -c retrospan -l %s", o->name);
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
