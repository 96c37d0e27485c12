/* Which traces are made of sessions. */
#include "cli/task.h"

struct window {
	uint64_t since_ns, until_ns;
};

static bool
holds(const struct window *w, uint64_t ns)
{
	return ns >= w->since_ns && (w->until_ns == 0 || ns < w->until_ns);
}

static void
collect_turns(struct arena *a, const struct convention *convention, const struct session *s,
              const struct window *w, struct tasks *list)
{
	size_t t = 0, c = convention->takes_commands ? 0 : s->commands.len;
	while (t < s->turns.len || c < s->commands.len) {
		bool command = t == s->turns.len ||
		               (c < s->commands.len &&
		                s->commands.at[c]->start.ns <= s->turns.at[t]->start.ns);
		const struct turn *next = command ? s->commands.at[c++] : s->turns.at[t++];
		if (holds(w, next->start.ns))
			*ARENA_PUSH(a, list) = (struct task){s, next, NULL, &next->lines,
			                                     next->line_bytes};
	}
}

void
tasks_collect(struct arena *a, const struct convention *convention, const struct sessions *sessions,
              uint64_t since_ns, uint64_t until_ns, struct tasks *list)
{
	const struct window w = {since_ns, until_ns};
	for (size_t i = 0; i < sessions->len; i++) {
		const struct session *s = sessions->at[i];
		if (!s->wanted)
			continue;
		collect_turns(a, convention, s, &w, list);
		for (size_t k = 0; k < s->rootless.len; k++) {
			const struct agent *g = s->rootless.at[k];
			if (holds(&w, g->start.ns))
				*ARENA_PUSH(a, list) = (struct task){s, NULL, g, &g->lines,
				                                     g->line_bytes};
		}
	}
}

struct session_options
task_session_options(const struct options *o, const struct convention *convention,
                     const struct trace_options *trace)
{
	return (struct session_options){
	    .history = o->history,
	    .detailed = convention->takes_commands && trace->live.detailed,
	};
}
