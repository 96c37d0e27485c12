/* The order of the lists of an account: it must not depend on that of the input. */
#include <stdlib.h>

#include "session/audit.h"

static int
by_number(uint64_t a, uint64_t b)
{
	return a < b ? -1 : a > b;
}

static int
by_problem(const void *a, const void *b)
{
	const struct problem *x = a, *y = b;
	int order = by_number(problem_severity(y->kind), problem_severity(x->kind));
	if (order == 0)
		order = by_number(x->kind, y->kind);
	if (order == 0)
		order = str_cmp(x->file, y->file);
	if (order == 0)
		order = by_number(x->line - 1U, y->line - 1U); /* 0, the whole file, is last */
	return order != 0 ? order : str_cmp(x->text, y->text);
}

static int
by_type(const void *a, const void *b)
{
	return str_cmp(((const struct type_fates *)a)->type, ((const struct type_fates *)b)->type);
}

static int
by_model(const void *a, const void *b)
{
	return str_cmp(((const struct model_tokens *)a)->model,
	               ((const struct model_tokens *)b)->model);
}

static int
by_cost(const void *a, const void *b)
{
	const struct cost_check *x = a, *y = b;
	int order = str_cmp(x->file, y->file);
	return order != 0 ? order : str_cmp(x->session, y->session);
}

static int
by_fork(const void *a, const void *b)
{
	const struct fork *x = a, *y = b;
	int order = str_cmp(x->file, y->file);
	return order != 0 ? order : str_cmp(x->session, y->session);
}

static int
by_text(const void *a, const void *b)
{
	return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

/* Versions as numbers: 2.1.99 before 2.1.329. */
static int
by_version(struct str a, struct str b)
{
	while (a.len > 0 && b.len > 0) {
		size_t dot_a = str_find_byte(a, '.'), dot_b = str_find_byte(b, '.');
		struct str part_a = dot_a == STR_NONE ? a : str_head(a, dot_a);
		struct str part_b = dot_b == STR_NONE ? b : str_head(b, dot_b);
		uint64_t n = 0, m = 0;
		bool number_a = str_to_u64(part_a, &n), number_b = str_to_u64(part_b, &m);
		int order = number_a && number_b   ? by_number(n, m)
		            : number_a != number_b ? (number_a ? -1 : 1)
		                                   : str_cmp(part_a, part_b);
		if (order != 0)
			return order;
		a = dot_a == STR_NONE ? (struct str){0} : str_skip(a, dot_a + 1);
		b = dot_b == STR_NONE ? (struct str){0} : str_skip(b, dot_b + 1);
	}
	return by_number(a.len, b.len);
}

static int
by_unknown(const void *a, const void *b)
{
	const struct unknown_name *x = a, *y = b;
	int order = by_number(x->member, y->member);
	if (order == 0)
		order = str_cmp(x->name, y->name);
	if (order == 0)
		order = by_version(x->version, y->version);
	return order != 0 ? order : str_cmp(x->version, y->version);
}

#define SORT(list, order)                                                                          \
	((list)->len > 1 ? qsort((list)->at, (list)->len, sizeof *(list)->at, (order)) : (void)0)

void
audit_sort(struct audit *audit)
{
	SORT(&audit->sessions, by_text);
	SORT(&audit->types, by_type);
	SORT(&audit->tokens, by_model);
	for (size_t i = 0; i < audit->costs.len; i++) {
		SORT(&audit->costs.at[i].ours, by_model);
		SORT(&audit->costs.at[i].theirs, by_model);
	}
	SORT(&audit->costs, by_cost);
	SORT(&audit->forks, by_fork);
	SORT(&audit->unknown, by_unknown);
	SORT(&audit->problems, by_problem);
}
