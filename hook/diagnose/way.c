/*
 * Which way to untie a knot is the better one: by what is known of the processes, and by how often
 * the writer changes. Pure.
 */
#include "way.h"

#define NEVER	    100000u /* more than anything adds up to */
#define NEW_PROCESS 5u	    /* how odd it is that one begins here */
#define LIKELIER    256.0   /* so many times, and it is believed */

static bool has(const struct gt_tear *t, unsigned slot)
{
	return (t->l.has & 1u << slot) != 0;
}

/* What speaks against T being the next cycle of X: a heap never shrinks between two cycles. Some
 * may have been given up before. */
static unsigned count_misfits(const struct gt_knot_next *x, const struct gt_tear *t)
{
	const double *v = t->l.v;

	return 2u * (has(t, GT_GCV_N) && v[GT_GCV_N] < x->n) +
	       (has(t, GT_GCV_N) && v[GT_GCV_N] > x->n) +
	       2u * (has(t, GT_GCV_AT) && v[GT_GCV_AT] + 0.0005 < x->at) +
	       (has(t, GT_GCV_START) && v[GT_GCV_START] + 1 < x->live) +
	       2u * (has(t, GT_GCV_PROCS) &&
		     !(v[GT_GCV_PROCS] >= x->procs && v[GT_GCV_PROCS] <= x->procs));
}

/* Are its figures against what they can be? */
static unsigned count_oddities(const struct gt_tear *t)
{
	const double *v = t->l.v;

	if (t->l.type != GT_RT_GC)
		return 0;
	return (unsigned)(has(t, GT_GCV_END) && v[GT_GCV_START] > v[GT_GCV_END]) +
	       (has(t, GT_GCV_LIVE) && v[GT_GCV_LIVE] > v[GT_GCV_END]) +
	       (has(t, GT_GCV_GOAL) && v[GT_GCV_START] > 1.5 * v[GT_GCV_GOAL] + 4);
}

/* One line more: a new process', or that of one that is not in the set yet. From the largest set
 * down, so that no line is dealt twice. */
static void deal_line(const struct gt_knot_expect *x, const struct gt_tear *t, unsigned *best)
{
	for (unsigned set = 1u << x->count; set-- > 0;) {
		unsigned least = best[set] + NEW_PROCESS;

		for (unsigned p = 0; p < x->count; p++) {
			unsigned before = set & ~(1u << p), cost;

			if (before == set)
				continue;
			cost = best[before] + count_misfits(&x->next[p], t);
			least = cost < least ? cost : least;
		}
		best[set] = least;
	}
}

/* The least that speaks against the lines being one process' each. BEST[S] is the least for the
 * lines before this one, where the processes in the set S have had theirs. */
static unsigned deal_processes(const struct gt_knot_expect *x, const struct gt_way *w)
{
	unsigned best[1u << GT_KNOT_EXPECT_MAX], sets = 1u << x->count, least = NEVER;

	for (unsigned set = 0; set < sets; set++)
		best[set] = set ? NEVER : 0;
	for (unsigned i = 0; i < w->n; i++) {
		if (w->t[i].l.type == GT_RT_GC)
			deal_line(x, &w->t[i], best);
	}
	for (unsigned set = 0; set < sets; set++)
		least = best[set] < least ? best[set] : least;
	return least;
}

static unsigned oddness_of(const struct gt_knot_expect *x, const struct gt_way *w)
{
	unsigned odd = deal_processes(x, w);

	for (unsigned i = 0; i < w->n; i++)
		odd += count_oddities(&w->t[i]);
	return odd;
}

int gt_way_compare(const struct gt_knot_expect *x, const struct gt_way *a, const struct gt_way *b)
{
	unsigned odd_a, odd_b;

	if (a->skipped != b->skipped)
		return a->skipped < b->skipped ? -1 : 1;
	odd_a = oddness_of(x, a);
	odd_b = oddness_of(x, b);
	return odd_a < odd_b ? -1 : odd_a > odd_b;
}

bool gt_way_is_likelier(const struct gt_way *a, const struct gt_way *b)
{
	double n = 0, c = a->changes + 1.0, times = 1;

	for (unsigned i = 0; i < a->n; i++)
		n += a->t[i].taken;
	for (uint32_t i = a->changes; i < b->changes && times < LIKELIER; i++)
		times *= n > 2 * c ? (n - c) / c : 1;
	return times >= LIKELIER;
}
