#ifndef DECODE_CONTENT_H
#define DECODE_CONTENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/str.h"

/*
 * The content of a line, read a second time when its turn is rendered. Text stays
 * as it stands in the file: a JSON string with its escapes, checked when the line was
 * first read. Nothing is copied that need not be.
 */
enum part_kind {
	PART_TEXT,
	PART_REASONING,
	PART_TOOL_CALL,
	PART_MEDIA,       /* image or document; its data is left out */
	PART_LINK,        /* image or document by address: name "uri", or "file" for an id */
	PART_SERVER_CALL, /* tool that the model's service runs */
	PART_SERVER_RESULT,
};

struct part {
	enum part_kind kind;
	/* a JSON string: the words; MEDIA: what stands for it; LINK: the address */
	struct json_raw text;
	struct str id, name;  /* of a call, raw, without escapes; LINK: id is its modality */
	struct json_raw data; /* calls: the input; SERVER_RESULT: the whole block */
	uint32_t block;       /* of the message: its number; parts are in that order */
};

struct parts {
	struct part *at;
	size_t len, cap;
};

struct result_content {
	struct str call;            /* id of the tool call */
	struct parts parts;         /* what the model was given */
	struct json_raw structured; /* what the program recorded; media replaced; missing: empty */
	struct parts report;        /* an agent's report, as far as it is recorded apart */
};

struct results {
	struct result_content *at;
	size_t len, cap;
};

struct content {
	struct parts parts; /* prompt, response, notification, summary, instructions */
	struct results results;
	struct json_raw tools; /* SHAPE: the tools that the model was offered */
	struct str hook;       /* HOOK: the command that was run */
	struct str
	    error; /* of a response that failed: what the server said, if that is kept apart */
	struct str command, arguments; /* of a command: "/name" and what follows, unescaped */
};

/* A short string inside a call's input, unescaped; empty when there is none. */
struct str content_input_text(struct arena *a, struct json_raw input, struct str key);

/* The first string among the values of a call's input. */
struct str content_input_first(struct arena *a, struct json_raw input);

#endif
