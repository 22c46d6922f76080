/*
 * Is a report what it could be? The process that made it parsed hostile bytes, and may be theirs.
 * Pure.
 */
#include <math.h>

#include "gotune/diagnose.h"

/* Ends within CAP bytes, and has nothing that a terminal takes for a command. */
static bool is_text(const char *s, size_t cap)
{
	size_t len = strnlen(s, cap);

	for (size_t i = 0; i < len; i++)
		if ((unsigned char)s[i] < ' ' || s[i] == 0x7f)
			return false;
	return len < cap;
}
#define IS_TEXT(s) is_text(s, sizeof(s))

static bool are_numbers(const double *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!isfinite(v[i]))
			return false;
	return true;
}
#define ARE_NUMBERS(...) \
	are_numbers((const double[]){__VA_ARGS__}, sizeof((double[]){__VA_ARGS__}) / sizeof(double))

/* A bool that is neither 0 nor 1 is not one: what is done with it is undefined. */
static bool are_bools(const bool *b, size_t n)
{
	const unsigned char *p = (const unsigned char *)b;

	for (size_t i = 0; i < n * sizeof(*b); i++)
		if (p[i] > 1)
			return false;
	return true;
}

static bool is_verdict(const struct gt_diag_verdict *v, uint32_t n_process)
{
	if ((unsigned)v->id >= GT_V_COUNT || (unsigned)v->area >= GT_VA_COUNT)
		return false;
	if (v->process < -1 || v->process >= (int64_t)n_process || !are_bools(&v->has_time, 1))
		return false;
	if (v->n_figure > GT_FIGURES_MAX || v->n_line > GT_EVIDENCE_MAX)
		return false;
	for (uint32_t i = 0; i < v->n_figure; i++)
		if (!IS_TEXT(v->figure[i].key) || !isfinite(v->figure[i].value))
			return false;
	return ARE_NUMBERS(v->since_s, v->until_s) && IS_TEXT(v->since) && IS_TEXT(v->evidence);
}

static bool is_gc_point(const struct gt_gc_point *p)
{
	return ARE_NUMBERS(p->from_s, p->to_s, p->live, p->peak, p->goal, p->stacks,
			   p->pause_max_ms, p->have_ms) &&
	       are_numbers(p->cpu_ms, GT_GC_WHO);
}

static bool are_points(const struct gt_diagnosed_process *p)
{
	if (p->n_gc > GT_POINTS_MAX || p->n_sched > GT_POINTS_MAX)
		return false;
	for (uint32_t i = 0; i < p->n_gc; i++)
		if (!is_gc_point(&p->gc[i]))
			return false;
	for (uint32_t i = 0; i < p->n_sched; i++)
		if (!ARE_NUMBERS(p->sched[i].from_s, p->sched[i].to_s, p->sched[i].runnable,
				 p->sched[i].idle, p->sched[i].threads))
			return false;
	return true;
}

static bool is_process(const struct gt_diagnosed_process *p)
{
	for (unsigned i = 0; i < GT_GC_CAUSES; i++)
		if (!are_numbers(p->path_us[i], GT_GC_WHO))
			return false;
	return IS_TEXT(p->stream) && are_numbers(p->pause_ms[0], 3) &&
	       are_numbers(p->pause_ms[1], 3) && are_numbers(p->cpu_ms, GT_GC_WHO) &&
	       are_bools(&p->has_ticks, 1) && are_bools(&p->has_detail, 1) &&
	       ARE_NUMBERS(p->from_s, p->to_s, p->pause_total_ms, p->gc_share, p->room,
			   p->goal_error, p->live_first, p->live_last, p->live_max, p->interval_ms,
			   p->interval_max_ms) &&
	       are_points(p);
}

bool gt_diagnosis_is_valid(const struct gt_diagnosis *r)
{
	if (r->n_process > GT_PROCESSES_MAX || r->n_verdict > GT_VERDICTS_MAX ||
	    (unsigned)r->form >= GT_LF_COUNT)
		return false;
	if (!are_bools(&r->clock_fell, 1) || !are_bools(&r->backward, 1) ||
	    !are_bools(&r->h2.framer, 1) || !are_bools(&r->h2.has_dump, 1))
		return false;
	for (uint32_t i = 0; i < r->n_process; i++)
		if (!is_process(&r->process[i]))
			return false;
	for (uint32_t i = 0; i < r->n_verdict; i++)
		if (!is_verdict(&r->verdict[i], r->n_process))
			return false;
	return IS_TEXT(r->from) && IS_TEXT(r->to) && IS_TEXT(r->h2.addr) && IS_TEXT(r->h2.holder);
}
