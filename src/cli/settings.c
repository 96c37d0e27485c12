/* The hooks in an agent's settings, edited in their text. */
#include "cli/settings.h"

#include "base/buf.h"
#include "base/json.h"

#define SETTINGS_EDITS_MAX 1000 /* entries of ours that are removed */
#define SETTINGS_INDENT STR("  ")

static const struct str events[] = {STR_INIT("Stop"), STR_INIT("SessionEnd")};
#define EVENTS (sizeof events / sizeof *events)

/* ---- text ---- */

/* text with the bytes from `from` up to `to`, both within it, replaced. */
static struct str
splice(struct arena *a, struct str text, const char *from, const char *to, struct str with)
{
	struct str parts[] = {str_head(text, (size_t)(from - text.at)), with,
	                      str_skip(text, (size_t)(to - text.at))};
	return arena_join(a, parts, 3);
}

static const char *
end_of(struct str s)
{
	return s.at + s.len;
}

/* Where a member or an element begins. */
static const char *
start_of(const struct json_raw_iter *it)
{
	return it->is_object ? it->key.at - 1 : it->value.text.at;
}

static size_t
count(struct json_raw v)
{
	size_t n = 0;
	for (struct json_raw_iter it = json_raw_iter(v); json_raw_next(&it);)
		n++;
	return n;
}

/* ---- what is ours ---- */

/* True for a command line that does more than one thing: the rest is not ours. */
static bool
is_compound(struct str command)
{
	bool quoted = false;
	for (size_t i = 0; i < command.len; i++) {
		char ch = command.at[i];
		if (ch == '\'')
			quoted = !quoted;
		else if (!quoted && (ch == ';' || ch == '&' || ch == '|' || ch == '<' ||
		                     ch == '>' || ch == '\n'))
			return true;
	}
	return false;
}

static bool
is_hook_of(struct str command, struct str program)
{
	struct str rest = str_skip(command, program.len);
	return program.len > 0 && !is_compound(command) && str_starts(command, program) &&
	       str_starts(rest, STR(" hook")) &&
	       (rest.len == STR(" hook").len || rest.at[STR(" hook").len] == ' ');
}

static bool
is_ours(struct arena *a, struct json_raw entry, const struct settings_hook *hook)
{
	struct str command = json_raw_text(a, json_raw_get(entry, STR("command")));
	bool is_quoted = command.len > 0 && command.at[0] == '\'';
	size_t end = is_quoted ? str_find_byte(str_skip(command, 1), '\'')
	                       : str_find_byte(command, ' ');
	if (end == STR_NONE)
		return false;
	struct str program = str_head(command, is_quoted ? end + 2 : end);
	struct str path = is_quoted ? str_head(str_skip(program, 1), end) : program;
	size_t slash = str_find_last(path, STR("/"));
	struct str name = slash == STR_NONE ? path : str_skip(path, slash + 1);
	return is_hook_of(command, hook->program) ||
	       (str_eq(name, STR("retrospan")) && is_hook_of(command, program));
}

/* The way down to one of our entries: "hooks" in the object, the event in that, the element of
 * its list, and the element of that one's "hooks". */
#define LEVELS 4
struct way {
	struct json_raw in[LEVELS];
	struct json_raw_iter at[LEVELS];
};

/* Goes on from where w stands, or begins; false at the end. */
static bool
next_entry(struct way *w)
{
	int level = LEVELS - 1;
	if (w->in[0].text.len == 0)
		return false;
	for (;;) {
		if (!json_raw_next(&w->at[level])) {
			if (level-- == 0)
				return false;
			continue;
		}
		if (level == 0 && !str_eq(w->at[0].key, STR("hooks")))
			continue;
		if (level == LEVELS - 1)
			return true;
		struct json_raw v = w->at[level].value;
		level++;
		w->in[level] = level == LEVELS - 1 ? json_raw_get(v, STR("hooks")) : v;
		w->at[level] = json_raw_iter(w->in[level]);
	}
}

static struct way
way_into(struct str text)
{
	struct way w = {.in = {json_raw_of(text)}};
	w.at[0] = json_raw_iter(w.in[0]);
	return w;
}

/* The text without the member or element, and without the comma that goes with it. */
static struct str
without(struct arena *a, struct str text, struct json_raw in, const struct json_raw_iter *it)
{
	const char *before = in.text.at + 1;
	for (struct json_raw_iter k = json_raw_iter(in); json_raw_next(&k);) {
		if (start_of(&k) == start_of(it)) {
			struct json_raw_iter next = k;
			if (before != in.text.at + 1)
				return splice(a, text, before, end_of(k.value.text), STR(""));
			if (json_raw_next(&next))
				return splice(a, text, start_of(&k), start_of(&next), STR(""));
			break;
		}
		before = end_of(k.value.text);
	}
	return splice(a, text, in.text.at + 1, end_of(in.text) - 1, STR(""));
}

static bool
remove_one(struct arena *a, struct str *text, const struct settings_hook *hook)
{
	struct way w = way_into(*text);
	while (next_entry(&w)) {
		if (!is_ours(a, w.at[LEVELS - 1].value, hook))
			continue;
		int level = LEVELS - 1;
		while (level > 0 && count(w.in[level]) == 1)
			level--;
		*text = without(a, *text, w.in[level], &w.at[level]);
		return true;
	}
	return false;
}

/* ---- adding ---- */

/* What the lines of the object's members begin with, else of a usual one. */
static struct str
indent_of(struct str text)
{
	struct json_raw_iter it = json_raw_iter(json_raw_of(text));
	if (!json_raw_next(&it))
		return SETTINGS_INDENT;
	struct str before = str_head(text, (size_t)(start_of(&it) - text.at));
	size_t line = str_find_last(before, STR("\n"));
	struct str indent = line == STR_NONE ? (struct str){0} : str_skip(before, line + 1);
	return indent.len > 0 && str_trim(indent).len == 0 ? indent : SETTINGS_INDENT;
}

static void
put_line(struct buf *b, struct str indent, size_t depth, struct str text)
{
	buf_byte(b, '\n');
	for (size_t i = 0; i < depth; i++)
		buf_add(b, indent);
	buf_add(b, text);
}

/* Adds `what` at the end of an object or a list of which the members stand depth deep. */
static struct str
append(struct arena *a, struct str text, struct json_raw in, size_t depth, struct str what)
{
	struct str indent = indent_of(text);
	const char *last = NULL;
	struct buf b = {0};
	for (struct json_raw_iter it = json_raw_iter(in); json_raw_next(&it);)
		last = end_of(it.value.text);
	if (last != NULL)
		buf_byte(&b, ',');
	put_line(&b, indent, depth, what);
	if (last == NULL)
		put_line(&b, indent, depth - 1, STR(""));
	text = splice(a, text, last != NULL ? last : in.text.at + 1,
	              last != NULL ? last : end_of(in.text) - 1, buf_str(&b));
	buf_free(&b);
	return text;
}

static struct str
entry_of(struct arena *a, struct str indent, struct str command)
{
	struct buf b = {0};
	BUF_LIT(&b, "{");
	put_line(&b, indent, 4, STR("\"hooks\": ["));
	put_line(&b, indent, 5, STR("{"));
	put_line(&b, indent, 6, STR("\"type\": \"command\","));
	put_line(&b, indent, 6, STR("\"command\": "));
	json_put_text(&b, command);
	put_line(&b, indent, 5, STR("}"));
	put_line(&b, indent, 4, STR("]"));
	put_line(&b, indent, 3, STR("}"));
	struct str text = arena_str(a, buf_str(&b));
	buf_free(&b);
	return text;
}

/* Appends a member with an empty value when the object has none of that name. */
static struct str
with_member(struct arena *a, struct str text, struct json_raw in, size_t depth, struct str key,
            struct str empty)
{
	struct str parts[] = {STR("\""), key, STR("\": "), empty};
	if (json_raw_get(in, key).text.len > 0)
		return text;
	return append(a, text, in, depth, arena_join(a, parts, 4));
}

static struct str
add_event(struct arena *a, struct str text, struct str event, struct str command)
{
	text = with_member(a, text, json_raw_of(text), 1, STR("hooks"), STR("{}"));
	text = with_member(a, text, json_raw_get(json_raw_of(text), STR("hooks")), 2, event,
	                   STR("[]"));
	struct json_raw list = json_raw_get(json_raw_get(json_raw_of(text), STR("hooks")), event);
	return append(a, text, list, 3, entry_of(a, indent_of(text), command));
}

/* ---- all of it ---- */

/* JavaScript takes the last of equal keys, we the first. */
static bool
has_twice(struct json_raw v, struct str key)
{
	size_t n = 0;
	for (struct json_raw_iter it = json_raw_iter(v); json_raw_next(&it);)
		n += str_eq(it.key, key);
	return n > 1;
}

static bool
check(struct arena *a, struct str text, const char **why)
{
	struct json_parser *parser = json_parser_new();
	struct json_error error;
	size_t used = 0;
	struct str mended = json_repair(a, text);
	const struct json *v = json_parse(parser, mended, &used, &error);
	struct json_raw hooks = json_raw_get(json_raw_of(text), STR("hooks"));
	*why = NULL;
	if (v == NULL || str_trim(str_skip(mended, used)).len > 0)
		*why = "not valid JSON";
	else if (!json_is_object(v))
		*why = "not a JSON object";
	else if (hooks.text.len > 0 && json_raw_type(hooks) != '{')
		*why = "\"hooks\" is not an object";
	else if (has_twice(json_raw_of(text), STR("hooks")))
		*why = "\"hooks\" is there twice";
	for (size_t i = 0; i < EVENTS && *why == NULL; i++) {
		char type = json_raw_type(json_raw_get(hooks, events[i]));
		if ((type != '\0' && type != '[') || has_twice(hooks, events[i]))
			*why = "an event in \"hooks\" is not one list";
	}
	json_parser_free(parser);
	return *why == NULL;
}

static bool
is_installed(struct arena *a, struct str text, const struct settings_hook *hook)
{
	struct way w = way_into(text);
	size_t ours = 0, same[EVENTS] = {0};
	while (next_entry(&w)) {
		struct json_raw entry = w.at[LEVELS - 1].value;
		struct str command = json_raw_text(a, json_raw_get(entry, STR("command")));
		ours += is_ours(a, entry, hook);
		for (size_t i = 0; i < EVENTS; i++)
			same[i] += str_eq(w.at[1].key, events[i]) && str_eq(command, hook->command);
	}
	for (size_t i = 0; i < EVENTS; i++)
		if (same[i] != 1)
			return false;
	return ours == EVENTS;
}

bool
settings_uninstall(struct arena *a, struct str text, const struct settings_hook *hook,
                   struct str *out, const char **why)
{
	if (!check(a, text, why))
		return false;
	*out = text;
	for (int i = 0; i < SETTINGS_EDITS_MAX && remove_one(a, out, hook); i++)
		continue;
	return true;
}

bool
settings_install(struct arena *a, struct str text, const struct settings_hook *hook,
                 struct str *out, const char **why)
{
	if (!check(a, text, why))
		return false;
	*out = text;
	if (is_installed(a, text, hook))
		return true;
	(void)settings_uninstall(a, text, hook, out, why);
	for (size_t i = 0; i < EVENTS; i++)
		*out = add_event(a, *out, events[i], hook->command);
	return true;
}

struct str
settings_hooks(struct str text)
{
	return json_raw_get(json_raw_of(text), STR("hooks")).text;
}
