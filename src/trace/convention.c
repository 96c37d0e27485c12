/* The table of conventions. */
#include "trace/convention.h"

#include "trace/claude_code.h"
#include "trace/weave.h"

static const struct convention *const conventions[] = {&weave_convention, &claude_code_convention,
                                                       NULL};

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
