/* Turns: where they start, and which lines are theirs. Sections: claude-code-transcripts, and
 * convention-weave where it says "weave". */
#include "base/when.h"
#include "session/build.h"

#define DEQUEUE_MAX_NS (2 * WHEN_S) /* between a prompt's way out of the queue and its line: 11.2 */

struct splitter {
	struct builder *b;
	const struct chain *c;
	bool *says_origin;            /* by version ident: its prompts carry turnOrigin */
	struct by_ident caveats;      /* struct record, by uuid */
	struct turns starts;          /* all, kept or not */
	const struct record *dequeue; /* last one not yet used */
	const struct record *instructions;
	const struct machine_record *machine;
	uint32_t source, process;
	/* of the input before, and whether a process began since then */
	uint32_t version, entrypoint;
	bool sdk, started;
	size_t next_named;    /* line from which on the process's name was looked for */
	uint32_t copied_from; /* session of the last line that has a uuid; 0: its own */
	struct turn *command; /* that waits for its output */
	struct turn *start;   /* that holds the hooks of a start */
};

/* A skill that ran as an agent: "/name args" below a caveat, without any mark of a prompt. 9.6 */
static bool
is_forked_skill(const struct splitter *s, const struct record *r)
{
	return r->kind == RECORD_USER && r->user->text == TEXT_SLASH && !r->user->from_prompt &&
	       by_ident_get(&s->caveats, r->parent) != NULL;
}

/* Old local commands become prompts when their expansion follows. 5.1 */
static bool
is_expanded(const struct chain *c, size_t i)
{
	for (size_t k = i + 1; k < c->len; k++) {
		const struct record *r = c->at[k];
		if (r->kind == RECORD_RESPONSE)
			return false;
		if (r->kind != RECORD_USER)
			continue;
		return (r->flags & RECORD_META) && r->user->text == TEXT_PROMPT;
	}
	return false;
}

/* 5.2 */
static bool
starts_turn(const struct splitter *s, size_t i)
{
	const struct record *r = s->c->at[i];
	if (r->kind != RECORD_USER || (r->flags & RECORD_META))
		return false;
	const struct user_record *u = r->user;
	if (u->summary || u->companion || u->empty)
		return false;
	if (s->says_origin[r->version])
		return u->opens_turn || is_forked_skill(s, r);
	switch (u->text) {
	case TEXT_PROMPT:
	case TEXT_COMMAND:
	case TEXT_NOTIFICATION:
	case TEXT_PEER:
	case TEXT_SLASH:
	case TEXT_WARMUP:
		return true;
	case TEXT_LOCAL_COMMAND:
		return is_expanded(s->c, i);
	default:
		return false;
	}
}

static enum initiator
initiator_of(const struct record *r)
{
	if (r->user->initiator != INITIATOR_NONE)
		return r->user->initiator;
	if (r->user->text == TEXT_NOTIFICATION)
		return INITIATOR_NOTIFICATION;
	return r->user->text == TEXT_PEER ? INITIATOR_PEER : INITIATOR_HUMAN;
}

/* What tells the line apart in every copy: weave 2.3. A line without a uuid has only its place. */
static uint32_t
key_of(struct builder *b, const struct record *r)
{
	if (r->forked_uuid != 0)
		return r->forked_uuid;
	if (r->uuid != 0)
		return r->uuid;
	return intern_add(b->names,
	                  arena_printf(b->arena, "%.*s:%u",
	                               STR_ARG(intern_str(b->names, b->session->id)), r->line));
}

/* 11.2: a prompt begins when it leaves the queue. */
static struct moment
start_of(struct splitter *s, const struct record *r)
{
	const struct record *q = s->dequeue;
	if (q == NULL || q->time_ns > r->time_ns || r->time_ns - q->time_ns > DEQUEUE_MAX_NS)
		return measured(r->time_ns);
	s->dequeue = NULL;
	return measured(q->time_ns);
}

/* Print mode runs once for each prompt; else the program was started anew when it says so, or when
 * another version or another program around it goes on. claude-code-transcripts 10.1 */
static bool
opens_process(struct splitter *s, const struct record *r)
{
	bool sdk = (r->flags & RECORD_SDK) != 0;
	bool opens = s->started;
	uint32_t entrypoint = r->kind == RECORD_USER ? r->user->entrypoint : 0;
	if (s->version != 0)
		opens |= s->version != r->version || s->sdk != sdk;
	if (s->entrypoint != 0 && entrypoint != 0)
		opens |= s->entrypoint != entrypoint;
	if (sdk && r->kind == RECORD_USER)
		opens |= initiator_of(r) == INITIATOR_HUMAN;
	s->version = r->version;
	s->entrypoint = entrypoint != 0 ? entrypoint : s->entrypoint;
	s->sdk = sdk;
	s->started = false;
	return opens;
}

static struct turn *
new_turn(struct splitter *s, size_t i)
{
	struct builder *b = s->b;
	const struct record *r = s->c->at[i];
	struct turn *t = ARENA_NEW(b->arena, struct turn);
	t->session = b->session;
	t->opening = r;
	t->key = key_of(b, r);
	t->history = r->fate == FATE_HISTORY;
	t->session_id = b->session->id;
	if (t->history && r->forked_session != 0)
		t->session_id = r->forked_session;
	t->initiator = r->kind == RECORD_USER ? initiator_of(r) : INITIATOR_NONE;
	t->start = measured(r->time_ns);
	t->version = r->version;
	t->cwd = r->cwd;
	t->entrypoint = r->kind == RECORD_USER ? r->user->entrypoint : 0;
	t->source = s->source;
	t->process = s->process;
	t->machine = s->machine;
	t->interactive = (r->flags & RECORD_SDK) == 0;
	t->forked_skill = is_forked_skill(s, r);
	return t;
}

/* A turn that is something given in: it has its number in its process. */
static struct turn *
new_input(struct splitter *s, size_t i)
{
	struct turn *t = new_turn(s, i);
	t->start = start_of(s, s->c->at[i]);
	t->opens_process = opens_process(s, s->c->at[i]);
	s->command = NULL;
	return t;
}

static struct turn *
open_turn(struct splitter *s, size_t i)
{
	struct turn *t = new_input(s, i);
	*ARENA_PUSH(&s->b->scratch, &s->starts) = t;
	return t;
}

/* ---- commands that the program runs itself: 5.1 ---- */

/* "!" mode, unless its output starts a turn. */
static bool
is_shell_command(const struct splitter *s, size_t i)
{
	if (s->c->at[i]->user->text != TEXT_SHELL_INPUT)
		return false;
	for (size_t k = i + 1; k < s->c->len; k++)
		if (s->c->at[k]->kind == RECORD_USER)
			return s->c->at[k]->user->text != TEXT_SHELL_OUTPUT || !starts_turn(s, k);
	return true;
}

static bool
is_command(const struct splitter *s, size_t i)
{
	const struct record *r = s->c->at[i];
	if (r->fate != FATE_OWN || starts_turn(s, i))
		return false;
	return r->kind == RECORD_COMMAND ||
	       (r->kind == RECORD_USER &&
	        (r->user->text == TEXT_LOCAL_COMMAND || is_shell_command(s, i)));
}

static bool
is_output(const struct record *r)
{
	return r->kind == RECORD_COMMAND_OUTPUT ||
	       (r->kind == RECORD_USER &&
	        (r->user->text == TEXT_LOCAL_OUTPUT || r->user->text == TEXT_SHELL_OUTPUT));
}

/* The process's first session, as later lines of the file name it. */
static uint32_t
process_after(struct splitter *s, size_t i)
{
	size_t *k = &s->next_named;
	if (*k < i)
		*k = i;
	for (; *k < s->c->len; ++*k)
		if (s->c->at[*k]->kind == RECORD_RESPONSE && s->c->at[*k]->response->process != 0)
			return s->c->at[*k]->response->process;
	return 0;
}

/* A command that begins a session (10.2) or branches off (10.3, form 7) stands in the new file, and
 * was given in the session before. */
static void
open_command(struct splitter *s, size_t i)
{
	const struct record *r = s->c->at[i];
	struct turn *t = new_input(s, i);
	uint32_t before = 0;
	t->local = true;
	t->end = t->start;
	if (t->process == 0)
		t->process = process_after(s, i);
	if (r->kind == RECORD_USER && r->user->clears)
		before = t->process;
	else if (r->kind == RECORD_COMMAND)
		before = s->copied_from;
	if (before != 0)
		t->session_id = before;
	s->command = t;
	*ARENA_PUSH(s->b->arena, &s->b->session->commands) = t;
}

/* The hooks of a process that starts are a root of their own, one for each firing: they run in
 * parallel and share an id. convention-claude-code 9 */
static void
note_start_hook(struct splitter *s, size_t i)
{
	struct builder *b = s->b;
	const struct record *r = s->c->at[i];
	if (!b->options->detailed || r->kind != RECORD_HOOK || r->hook->started ||
	    r->hook->source == 0 || r->fate != FATE_OWN || r->time_ns == 0)
		return;
	if (s->start == NULL || s->start->opening->hook->call != r->hook->call) {
		s->start = new_turn(s, i);
		s->start->local = true;
		s->start->end = s->start->start;
		*ARENA_PUSH(b->arena, &b->session->commands) = s->start;
	}
	ARENA_PUSH(b->arena, &s->start->work.hooks)->record = r;
}

static void
end_command(struct splitter *s, const struct record *r)
{
	if (r->time_ns > s->command->start.ns)
		s->command->end = measured(r->time_ns);
	s->command = NULL;
}

/* "!" mode: the turn that its output line reports began at its input line. 5.1 */
static size_t
shell_input_before(const struct chain *c, size_t i)
{
	if (c->at[i]->user->text != TEXT_SHELL_OUTPUT)
		return i;
	for (size_t k = i; k > 0; k--)
		if (c->at[k - 1]->kind == RECORD_USER)
			return c->at[k - 1]->user->text == TEXT_SHELL_INPUT ? k - 1 : i;
	return i;
}

static void
note_line(struct splitter *s, struct turn *t, const struct record *r)
{
	if (r->uuid != 0)
		s->copied_from = r->forked_session;
	if (r->kind == RECORD_QUEUE && r->queue->operation == QUEUE_DEQUEUE)
		s->dequeue = r;
	if (r->kind == RECORD_HOOK && r->hook->source != 0) {
		struct str source = intern_str(s->b->names, r->hook->source);
		s->source = r->hook->source;
		s->started |= str_eq(source, STR("startup")) || str_eq(source, STR("resume"));
	}
	if (r->kind == RECORD_CONTEXT && r->machine != NULL)
		s->machine = r->machine;
	if (r->kind == RECORD_RESPONSE && r->response->process != 0)
		s->process = r->response->process;
	if (r->kind == RECORD_INSTRUCTIONS)
		s->instructions = r;
	if (t == NULL)
		return;
	t->instructions = s->instructions;
	t->machine = s->machine;
	t->process = s->process;
	if (r->kind == RECORD_RESPONSE && r->origin_session != 0 && t->history)
		t->session_id = r->origin_session; /* weave 11.4 */
}

static void
learn_versions(struct splitter *s)
{
	for (size_t i = 0; i < s->c->len; i++) {
		const struct record *r = s->c->at[i];
		if (r->kind != RECORD_USER)
			continue;
		if (r->user->says_origin)
			s->says_origin[r->version] = true;
		if (r->user->text == TEXT_CAVEAT)
			by_ident_put(&s->caveats, r->uuid, s->c->at[i]);
	}
}

/* Turns without any work are local commands and abandoned edits. 5.3 */
static void
drop_idle(struct splitter *s)
{
	struct chain *c = s->b->main;
	bool *busy = ARENA_ARRAY(&s->b->scratch, bool, s->starts.len + 1);
	size_t turn = 0;
	for (size_t i = 0; i < c->len; i++) {
		if (c->owner[i].turn == NULL)
			continue;
		while (s->starts.at[turn] != c->owner[i].turn)
			turn++;
		const struct record *r = c->at[i];
		busy[turn] |= (r->kind == RECORD_RESPONSE && !r->response->filler) ||
		              (r->kind == RECORD_REQUEST && r->fate == FATE_OWN) ||
		              s->starts.at[turn]->forked_skill;
	}
	uint32_t number = 0;
	for (size_t i = 0; i < s->starts.len; i++) {
		struct turn *t = s->starts.at[i];
		if (!busy[i]) {
			t->session = NULL;
			continue;
		}
		t->number = ++number;
		*ARENA_PUSH(s->b->arena, &s->b->session->turns) = t;
	}
	for (size_t i = 0; i < c->len; i++)
		if (c->owner[i].turn != NULL && c->owner[i].turn->session == NULL)
			c->owner[i].turn = NULL;
}

static uint32_t
turn_index(const struct turn *t)
{
	return t->opening->kind == RECORD_USER ? t->opening->user->turn_index : 0;
}

/* Two prompts in one place: the first was edited or rewound. 10.7 */
static void
mark_abandoned(struct builder *b)
{
	struct turns *turns = &b->session->turns;
	struct by_ident by_parent = by_ident_new(b);
	for (size_t i = 0; i < turns->len; i++) {
		struct turn *t = turns->at[i];
		struct turn *before = by_ident_get(&by_parent, t->opening->parent);
		if (before != NULL && before->history == t->history &&
		    t->opening->kind == RECORD_USER)
			before->abandoned = true;
		by_ident_put(&by_parent, t->opening->parent, t);
		uint32_t index = turn_index(t);
		for (size_t k = i; k > 0 && index != 0; k--) {
			uint32_t other = turn_index(turns->at[k - 1]);
			if (other < index || turns->at[k - 1]->abandoned)
				break;
			turns->at[k - 1]->abandoned = true;
		}
	}
}

/* Work without a prompt: a slice of a file, or a copy that was made in the middle of a turn and
 * went on. Its first response opens a turn. */
static bool
is_headless(const struct record *r, const struct turn *t, bool ended)
{
	if (r->kind != RECORD_RESPONSE || r->response->filler)
		return false;
	return t == NULL || ended || (t->history && r->fate == FATE_OWN);
}

void
turn_split(struct builder *b)
{
	struct splitter s = {.b = b, .c = b->main};
	struct turn *t = NULL;
	size_t idents = intern_count(b->names);
	bool ended = false;
	if (b->main == NULL)
		return;
	s.says_origin = ARENA_ARRAY(&b->scratch, bool, idents);
	s.caveats = by_ident_new(b);
	learn_versions(&s);
	for (size_t i = 0; i < b->main->len; i++) {
		const struct record *r = b->main->at[i];
		if (starts_turn(&s, i)) {
			size_t from = shell_input_before(b->main, i);
			t = open_turn(&s, from);
			ended = false;
			for (size_t k = from; k < i; k++)
				b->main->owner[k].turn = t;
		}
		note_start_hook(&s, i);
		if (s.command != NULL && is_output(r))
			end_command(&s, r);
		if (is_command(&s, i))
			open_command(&s, i);
		if (is_headless(r, t, ended)) {
			t = open_turn(&s, i);
			ended = false;
		}
		note_line(&s, t, r);
		if (!ended)
			b->main->owner[i].turn = t;
		ended |= t != NULL && t->forked_skill && r->kind == RECORD_COMMAND_OUTPUT;
	}
	drop_idle(&s);
	mark_abandoned(b);
}
