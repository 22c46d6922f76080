/*
 * Tells a death spiral from looks at runtime.gcController. Pure.
 *
 * Theory of operation. Go keeps no figure of its collector's CPU that can be found safely from
 * outside. There are two that follow from what can; both must say that it is over a quarter:
 *
 * 1. How often a look falls into a mark phase. In one the collector takes a quarter of the Ps, by
 *    its own rule (Go src/runtime/mgcpacer.go, gcBackgroundUtilization), and assists take more. So
 *    less than a quarter of the looks proves that there is no spiral, and nearly all of them prove
 *    that there is one.
 * 2. What the last cycle took, by the collector's own count, over the time between two cycles. A
 *    look between two mark phases sees when the last one began: by the mean of that, looks being at
 *    random times, a cycle lasts at least 2 age / (1 + share of 1). Compared with the CPU time that
 *    the program took. Cycles of unequal length make it too little, never too much.
 *
 * tests/e2e/learn.bats compares the result with the program's own runtime/metrics.
 */
#include "spiral.h"

#define SECOND	   INT64_C(1000000000)
#define WINDOW	   (60 * SECOND)
#define LOOKS_MIN  40u
#define AGES_MIN   5u
#define AGE_MAX	   (600 * SECOND) /* Go collects every two minutes: this is another clock */
#define NEAR	   90u		  /* percent of the looks */
#define NEARLY_ALL 92u

static void begin(struct gt_spiral *s, const struct gt_spiral_look *l)
{
	*s = (struct gt_spiral){
		.begin_ns = l->now_ns, .has_cpu = l->has_cpu, .cpu_begin_ns = l->cpu_ns};
}

static void add(struct gt_spiral *s, const struct gt_spiral_look *l)
{
	int64_t age = l->mark_begin_ns <= INT64_MAX ? l->now_ns - (int64_t)l->mark_begin_ns : -1;

	s->n++;
	s->n_near += l->is_near;
	s->n_mark += l->in_mark;
	s->has_cpu = s->has_cpu && l->has_cpu;
	s->cpu_ns = l->cpu_ns;
	if (l->in_mark || age <= 0 || age > AGE_MAX || l->gc_ns > (uint64_t)AGE_MAX)
		return;
	s->n_age++;
	s->gc_ns += (double)l->gc_ns;
	s->age_ns += (double)age;
}

/* The second figure, in percent; below 0: not known. */
static double percent_by_count(const struct gt_spiral *s, int64_t now_ns)
{
	double marked = (double)s->n_mark / s->n, cycle, share;
	uint64_t cpu = s->cpu_ns > s->cpu_begin_ns ? s->cpu_ns - s->cpu_begin_ns : 0;

	if (s->n_age < AGES_MIN || !s->has_cpu || cpu == 0)
		return -1;
	cycle = 2 * s->age_ns / s->n_age / (1 + marked);
	share = s->gc_ns / s->n_age / cycle * (double)(now_ns - s->begin_ns) / (double)cpu;
	return 100 * (share < 1 ? share : 1);
}

static bool is_spiral(const struct gt_spiral *s, int64_t now_ns, uint32_t *ret_percent)
{
	uint32_t marked = 100 * s->n_mark / s->n;
	double counted = percent_by_count(s, now_ns);

	if (s->n < LOOKS_MIN || 100 * s->n_near < NEAR * s->n || marked <= GT_SPIRAL_PERCENT)
		return false;
	*ret_percent = counted < 0 ? GT_SPIRAL_PERCENT : (uint32_t)counted;
	return counted < 0 ? marked >= NEARLY_ALL : counted > GT_SPIRAL_PERCENT;
}

bool gt_spiral_look(struct gt_spiral *s, const struct gt_spiral_look *l, uint32_t *ret_percent)
{
	bool ret = false;

	if (s->n == 0)
		begin(s, l);
	add(s, l);
	if (l->now_ns - s->begin_ns < WINDOW)
		return false;
	ret = is_spiral(s, l->now_ns, ret_percent);
	*s = (struct gt_spiral){0};
	return ret;
}
