/* The table of conventions. */
#include "trace/convention.h"

#include "trace/claude_code.h"
#include "trace/weave.h"

static const struct convention *const conventions[] = {&weave_convention, &claude_code_convention,
                                                       NULL};

void
convention_trace(const struct convention *c, const struct trace_input *in, struct spans *out)
{
	c->trace(in, out);
	context_adopt(&in->options->caller, out);
}

const struct convention *
convention_find(struct str name)
{
	for (size_t i = 0; conventions[i] != NULL; i++)
		if (str_eq(conventions[i]->name, name))
			return conventions[i];
	return NULL;
}

const struct convention *const *
convention_all(void)
{
	return conventions;
}
