/* The event on a hook's standard input. claude-code-transcripts 17 */
#include "cli/event.h"

#include <errno.h>
#include <sys/stat.h>

#include "base/json.h"

/* Events that are more than an occasion to look; of a turn that failed, too. */
static const struct {
	struct str name;
	bool ends_turn, ends_session;
} endings[] = {
    {STR_INIT("Stop"), true, false},
    {STR_INIT("StopFailure"), true, false},
    {STR_INIT("SessionEnd"), false, true},
};

static bool
wrong(struct diag *d, struct str what)
{
	return diag_fail(d, (struct str){0}, "hook event: %.*s", STR_ARG(what));
}

/* The path came from outside: what it may be is said in event.h. */
static bool
find_transcript(struct arena *a, struct str path, struct event *e, struct diag *d)
{
	struct str parts[] = {e->session, STR(".jsonl")};
	struct str name = arena_join(a, parts, 2);
	size_t slash = str_find_last(path, STR("/"));
	struct stat st;
	if (path.len == 0 || path.len > SOURCE_PATH_MAX || path.at[0] != '/' ||
	    str_find_byte(path, '\0') != STR_NONE)
		return wrong(d, STR("transcript_path is not an absolute path"));
	if (!str_eq(str_skip(path, slash + 1), name))
		return diag_fail(d, path, "the hook event's transcript is not called %.*s",
		                 STR_ARG(name));
	e->transcript = source_beside(a, str_head(path, slash), name);
	if (e->transcript != NULL)
		return true;
	bool is_there = lstat(arena_cstr(a, path), &st) == 0;
	if (is_there && S_ISLNK(st.st_mode))
		return diag_fail(d, path, "the hook event's transcript is a symbolic link");
	if (is_there)
		return diag_fail(d, path, "the hook event's transcript is no regular file");
	/* At first there is no file, and never one when nothing was asked. */
	if (errno == ENOENT && !e->ends_turn)
		return true;
	return diag_fail(d, path, "the hook event's transcript: %s", strerror(errno));
}

static bool
take(struct arena *a, const struct json *v, struct event *e, struct diag *d)
{
	struct str path = arena_str(a, json_get_text(v, STR("transcript_path")));
	e->name = arena_str(a, json_get_text(v, STR("hook_event_name")));
	e->session = arena_str(a, json_get_text(v, STR("session_id")));
	e->prompt = arena_str(a, json_get_text(v, STR("prompt_id")));
	e->last_message = arena_str(a, json_get_text(v, STR("last_assistant_message")));
	for (size_t i = 0; i < sizeof endings / sizeof *endings; i++)
		if (str_eq(endings[i].name, e->name)) {
			e->ends_turn = endings[i].ends_turn;
			e->ends_session = endings[i].ends_session;
		}
	if (!json_is_object(v))
		return wrong(d, STR("not a JSON object"));
	if (e->name.len == 0)
		return wrong(d, STR("no hook_event_name"));
	if (!source_name_safe(e->session))
		return wrong(d, STR("no session_id that may be a file's name"));
	return find_transcript(a, path, e, d);
}

bool
event_read(struct arena *a, struct str text, struct event *e, struct diag *d)
{
	struct json_parser *parser = json_parser_new();
	struct json_error error = {0};
	size_t used;
	*e = (struct event){0};
	const struct json *v = json_parse(parser, json_repair(a, text), &used, &error);
	bool ok = v != NULL ? take(a, v, e, d)
	                    : wrong(d, text.len == 0 ? STR("nothing on standard input")
	                                             : STR("not JSON"));
	json_parser_free(parser);
	return ok;
}
