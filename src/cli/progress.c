/* How far a run is. */
#include "cli/progress.h"

#include "base/when.h"
#include "cli/environment.h"

struct progress
progress_begin(struct log *log, uint64_t all)
{
	log->started_ns = environment_clock();
	return (struct progress){.log = log, .all = all};
}

void
progress_tick(void *ctx, uint64_t bytes)
{
	struct progress *p = ctx;
	p->done += bytes;
	if (p->log->progress)
		log_progress(p->log, environment_clock(), p->done, p->all);
}

void
progress_family(struct progress *p, const struct looks *family)
{
	for (size_t i = 0; i < family->len; i++)
		p->families += family->at[i]->source->size;
	p->done = p->families;
}

void
progress_end(struct progress *p)
{
	log_progress_end(p->log);
}
