/* The convention `claude-code`: what a shell command is, by the program that it starts first. cc
 * 5.1 */
#include "trace/claude_code_private.h"

#define COMMAND_WORDS_MAX 32 /* looked at before the program's name */

/* The programs that were seen in recordings, and those that go with them. */
static const struct {
	struct str class, seen, alike;
} classes[] = {
    {STR_INIT("shell_builtin"), STR_INIT(" echo sleep exit cd pwd env false "),
     STR_INIT(" export true test printf ")},
    {STR_INIT("file_search"), STR_INIT(" ls grep "), STR_INIT(" find rg ")},
    {STR_INIT("file_read"), STR_INIT(" cat head wc "), STR_INIT(" tail ")},
    {STR_INIT("fs_mutation"), STR_INIT(" touch mkdir rm chmod ln "), STR_INIT(" cp mv ")},
    {STR_INIT("vcs"), STR_INIT(" git "), STR_INIT("")},
    {STR_INIT("lang_runtime"), STR_INIT(" python "), STR_INIT(" node ")},
    {STR_INIT("package_manager"), STR_INIT(""), STR_INIT(" npm pip cargo ")},
};

static bool
is_space(char ch)
{
	return ch == ' ' || ch == '\t' || ch == '\n';
}

static bool
is_operator(char ch)
{
	return ch == ';' || ch == '(' || ch == '&' || ch == '|';
}

/* The next word, up to white space or an operator of the shell outside of quotes. */
static struct str
next_word(struct str *rest)
{
	size_t i = 0, start;
	char quote = '\0';
	while (i < rest->len && (is_space(rest->at[i]) || is_operator(rest->at[i])))
		i++;
	for (start = i; i < rest->len; i++) {
		char ch = rest->at[i];
		if (quote == '\0' && (is_space(ch) || is_operator(ch)))
			break;
		if (ch == quote)
			quote = '\0';
		else if (quote == '\0' && (ch == '"' || ch == '\''))
			quote = ch;
	}
	struct str word = {rest->at + start, i - start};
	*rest = str_skip(*rest, i);
	return word;
}

static bool
is_assignment(struct str word)
{
	size_t equals = str_find_byte(word, '=');
	return equals != STR_NONE && equals > 0 && (word.at[0] == '_' || (word.at[0] | 32) >= 'a');
}

/* Words of the shell itself that stand before a command. */
static bool
is_keyword(struct str word)
{
	static const struct str words[] = {STR_INIT("if"),  STR_INIT("while"), STR_INIT("until"),
	                                   STR_INIT("!"),   STR_INIT("{"),     STR_INIT("do"),
	                                   STR_INIT("time")};
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (str_eq(word, words[i]))
			return true;
	return false;
}

static struct str
first_program(struct str command)
{
	bool loop = false; /* in the head of "for NAME in WORDS; do" */
	for (int i = 0; i < COMMAND_WORDS_MAX && command.len > 0; i++) {
		struct str word = next_word(&command);
		if (loop && !str_eq(word, STR("do")))
			continue;
		loop = str_eq(word, STR("for"));
		if (!loop && !is_keyword(word) && !is_assignment(word))
			return word;
	}
	return (struct str){0};
}

/* Without its folder and the version behind it: "/usr/bin/python3.11" is "python". */
static struct str
base_name(struct str program)
{
	size_t slash = str_find_last(program, STR("/"));
	if (slash != STR_NONE)
		program = str_skip(program, slash + 1);
	while (program.len > 0 &&
	       (program.at[program.len - 1] == '.' ||
	        (program.at[program.len - 1] >= '0' && program.at[program.len - 1] <= '9')))
		program.len--;
	return program;
}

bool
claude_code_command(struct str command, bool strict, struct str *program, struct str *class)
{
	char padded[32] = " ";
	struct str name = base_name(first_program(command));
	if (name.len == 0 || name.len > sizeof padded - 2 || str_find_byte(name, ' ') != STR_NONE)
		return false;
	memcpy(padded + 1, name.at, name.len);
	padded[name.len + 1] = ' ';
	struct str word = {padded, name.len + 2};
	for (size_t i = 0; i < sizeof classes / sizeof *classes; i++) {
		if (!str_has(classes[i].seen, word) && (strict || !str_has(classes[i].alike, word)))
			continue;
		*program = name;
		*class = classes[i].class;
		return true;
	}
	return false;
}
