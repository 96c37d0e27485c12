/* The files beside transcripts that say more about agents. */
#include "base/json.h"
#include "decode/transcript.h"

struct facts {
	struct agent_facts *at;
	size_t len, cap;
};

static void
read_sidecar(const struct reading *r, struct json_parser *parser, const struct format *format,
             const struct source *s, uint32_t run, struct facts *all)
{
	struct decoder d = {.arena = r->arena, .names = r->names};
	struct json_error error;
	struct agent_facts *facts = NULL;
	struct arena scratch = {0};
	struct str text;
	size_t count = 0, used;
	if (source_slurp(&scratch, s, SIDECAR_BYTES_MAX, &text, r->diag)) {
		uint32_t line = 0;
		/* One value, or one a line. */
		for (text = json_repair(&scratch, text); str_trim(text).len > 0;
		     text = str_skip(text, used)) {
			line++;
			const struct json *v = json_parse(parser, text, &used, &error);
			if (v == NULL || !format->sidecar(&d, s->path, v, &facts, &count)) {
				(void)diag_skip(r->diag, s->path, line, "%s",
				                v == NULL ? error.what : "not a JSON object");
				break;
			}
			for (size_t i = 0; i < count; i++) {
				*ARENA_PUSH(r->arena, all) = facts[i];
				if (facts[i].run == 0)
					all->at[all->len - 1].run = run;
			}
		}
	}
	arena_free(&scratch);
}

static void
read_meta(const struct reading *r, struct json_parser *parser, const struct transcript *t,
          uint32_t *journal, struct facts *all)
{
	struct str stem = str_head(t->source->name, t->source->name.len - STR(".jsonl").len);
	struct str parts[] = {stem, STR(".meta.json")};
	struct source *s = source_beside(r->arena, t->source->dir, arena_join(r->arena, parts, 2));
	if (s != NULL)
		read_sidecar(r, parser, t->format, s, t->run, all);
	if (t->run == 0 || t->run == *journal)
		return;
	*journal = t->run; /* one for all agents of the run; they stand together in the list */
	s = source_beside(r->arena, t->source->dir, STR("journal.jsonl"));
	if (s != NULL)
		read_sidecar(r, parser, t->format, s, t->run, all);
}

static void
read_workflows(const struct reading *r, struct json_parser *parser, const struct transcript *t,
               struct facts *all)
{
	struct sources list = {0};
	struct str stem = str_head(t->source->name, t->source->name.len - STR(".jsonl").len);
	struct str parts[] = {t->source->dir, STR("/"), stem, STR("/workflows")};
	if (!source_name_safe(stem))
		return;
	source_below(r->arena, arena_join(r->arena, parts, 4), STR(".json"), &list, r->diag);
	source_sort(&list);
	for (size_t i = 0; i < list.len; i++)
		read_sidecar(r, parser, t->format, list.at[i], 0, all);
}

void
transcripts_facts(const struct reading *r, const struct transcripts *transcripts,
                  struct agent_facts **facts, size_t *count)
{
	struct facts all = {0};
	struct json_parser *parser = json_parser_new();
	uint32_t journal = 0;
	for (size_t i = 0; i < transcripts->len; i++) {
		const struct transcript *t = transcripts->at[i];
		if (!str_ends(t->source->name, STR(".jsonl")))
			continue;
		if (t->kind == TRANSCRIPT_AGENT)
			read_meta(r, parser, t, &journal, &all);
		else if (t->kind == TRANSCRIPT_MAIN)
			read_workflows(r, parser, t, &all);
	}
	json_parser_free(parser);
	*facts = all.at;
	*count = all.len;
}
