/*
 * Blocked stacks as folded lines, and who counts how often. Pure.
 */
#include "internal.h"

/*
 * What one stack stands for: N of the kind's n_read, of its n goroutines. The parts of a kind add
 * up to the whole: the last one has what rounding has left.
 */
uint32_t gt_gor_stack_weight(const struct gt_gor_snapshot *s, uint32_t i)
{
	const struct gt_gor_stack *t = &s->stack[i];
	const struct gt_gor_kind *k = &s->kind[t->kind];
	uint64_t before = 0;

	if (k->n_read == 0)
		return 0;
	for (uint32_t j = i; j > 0 && s->stack[j - 1].kind == t->kind; j--)
		before += s->stack[j - 1].n;
	return (uint32_t)((before + t->n) * k->n / k->n_read - before * k->n / k->n_read);
}

void gt_gor_write_folded(const struct gt_gor_snapshot *s, struct gt_buf *out)
{
	for (uint32_t i = 0; i < s->n_stack; i++) {
		const struct gt_gor_kind *k = &s->kind[s->stack[i].kind];
		uint32_t n = k->waiting ? gt_gor_stack_weight(s, i) : 0;

		if (n > 0)
			gt_buf_fmt(out, "%s;[%s] %u\n", s->text + s->stack[i].frames,
				   s->text + k->state, n);
	}
}
