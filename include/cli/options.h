#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/arena.h"
#include "base/str.h"

enum option_id {
	OPTION_FORMAT,
	OPTION_CONVENTION,
	OPTION_EMULATE,
	OPTION_DETAILED,
	OPTION_OUTPUT,
	OPTION_TO,
	OPTION_ENDPOINT,
	OPTION_PROTOCOL, /* from here ... */
	OPTION_HEADER,
	OPTION_TIMEOUT,
	OPTION_DEADLINE,
	OPTION_COMPRESSION,
	OPTION_CERTIFICATE,
	OPTION_CLIENT_KEY,
	OPTION_CLIENT_CERTIFICATE,
	OPTION_INSECURE,
	OPTION_MAX_REQUEST_BYTES,
	OPTION_SPOOL,
	OPTION_NO_SPOOL,
	OPTION_SPOOL_MAX_BYTES, /* ... to here they say how to send */
	OPTION_SESSION,
	OPTION_SINCE,
	OPTION_UNTIL,
	OPTION_HISTORY,
	OPTION_TRACEPARENT,
	OPTION_CONTENT,
	OPTION_MAX_VALUE_BYTES,
	OPTION_JOBS,
	OPTION_COLOR,
	OPTION_QUIET,
	OPTION_VERBOSE,
	OPTION_LOG_FORMAT,
	OPTION_STRICT,
	OPTION_JSON,
	OPTION_DRIFT,
	OPTION_DETACH,
	OPTION_FAIL,
	OPTION_INSTALL,
	OPTION_UNINSTALL,
	OPTION_COMPLETION,
	OPTION_HELP,
	OPTION_VERSION,
	OPTION_COUNT
};

/* What the value of an option has to be, and the member of struct options that takes it. */
enum option_form {
	FORM_FLAG,     /* none: a bool becomes true */
	FORM_TEXT,     /* struct str */
	FORM_TEXTS,    /* struct strs: may be given several times */
	FORM_NUMBER,   /* uint64_t, from 1 to most */
	FORM_DURATION, /* struct duration, to most */
	FORM_TIME,     /* struct str: RFC 3339, or an age */
	FORM_VERSION,  /* struct str: that, or "auto" */
	FORM_CONTEXT,  /* struct str: a traceparent, or "env" */
	FORM_CONTENT,  /* unsigned: of enum content_class; a list */
};

/* A row of the table from which parser, --help, completions and the check of the man page are
 * made. */
struct option {
	enum option_id id;
	const char *name;     /* without "--" */
	char letter;          /* '\0': none */
	const char *argument; /* how help shows it; NULL: takes none */
	/* what it may be, parted by spaces; NULL: anything; "FILE": a file name */
	const char *values;
	enum option_form form;
	size_t at; /* of the member */
	uint64_t most;
	const char *help;
};

const struct option *option_table(void); /* OPTION_COUNT rows, in order of enum option_id */

/* What the program is to do: the first word of the command line. */
enum command_id {
	COMMAND_CONVERT, /* without such a word */
	COMMAND_CHECK,
	COMMAND_FLUSH,
	COMMAND_HOOK,
	COMMAND_COUNT
};

/* A row of the table of commands. An option that a command does not take is refused. */
struct command {
	enum command_id id;
	const char *name;    /* "": the conversion */
	const char *summary; /* half a line for --help and completions */
	const char *help;    /* what --help says before the options ... */
	const char *status;  /* ... and behind them */
	uint64_t options;    /* a bit for each enum option_id that it takes */
};

const struct command *command_table(void); /* COMMAND_COUNT rows, in order of enum command_id */

/* The first word may name a command; a file of that name is "./check", or stands behind "--". */
enum command_id command_find(struct str word);

static inline bool
command_takes(const struct command *c, enum option_id id)
{
	return (c->options >> id & 1) != 0;
}

struct strs {
	struct str *at;
	size_t len, cap;
};

struct duration {
	bool is_given;
	uint64_t ms;
};

/* What it says about sending; an empty text and the number 0 were not given. */
struct sending_options {
	struct str to, endpoint, protocol, compression;
	struct str certificate, client_key, client_certificate;
	struct strs headers;
	struct str spool; /* a folder */
	bool insecure, no_spool;
	struct duration timeout, deadline; /* of 0 ms: none */
	uint64_t max_request_bytes, spool_max_bytes;
};

/* What the command line says, likewise. Texts are copies: what is secret is gone from argv. */
struct options {
	enum command_id command;
	uint64_t given; /* a bit for each enum option_id */
	struct strs paths;
	struct strs sessions;
	struct str format, convention, emulate, output, since, until, traceparent, color;
	bool history, detailed, quiet, verbose, strict, help, version;
	bool json, drift, detach, fail;
	unsigned content;
	uint64_t max_value_bytes, jobs;
	struct str log_format, completion;
	struct str install, uninstall; /* names of agents */
	struct strs words; /* of COMMAND_HOOK: what stands behind it, nothing overwritten */
	struct sending_options sending;
};

static inline bool
options_given(const struct options *o, enum option_id id)
{
	return (o->given >> id & 1) != 0;
}

static inline bool
options_send(const struct options *o)
{
	return o->sending.to.len > 0 || o->sending.endpoint.len > 0;
}

/* True when an option says how to send, and none says that anything is sent. */
static inline bool
options_send_nowhere(const struct options *o)
{
	uint64_t from = UINT64_C(1) << OPTION_PROTOCOL, end = UINT64_C(1) << OPTION_SPOOL_MAX_BYTES;
	return !options_send(o) && (o->given & (2 * end - from)) != 0;
}

/* The first option whose value names a file by a path that is not absolute; NULL: none does. */
const struct option *options_relative(const struct options *o);

/* Parses, and overwrites headers and URLs with a user in argv, which everybody can see. False,
 * after a message on err, when the command line is wrong; o->command is set nevertheless. */
bool options_parse(struct arena *a, int argc, char *const *argv, struct options *o, FILE *err);

/* Writes the help text of a command, and a completion script for bash, zsh or fish. */
void options_help(enum command_id command, FILE *out);
bool options_completion(struct str shell, FILE *out);

#endif
