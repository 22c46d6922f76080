/* The plots of a diagnosis: heap, pauses, the collector's CPU, run queues. Pure. */
#include <stdio.h>

#include "flame.h"
#include "gotune/diagnose.h"
#include "svg.h"

const char *const gt_diagnosis_plot_names[GT_PLOT_COUNT] = {
	[GT_PLOT_HEAP] = "gc-heap",	   [GT_PLOT_PAUSES] = "gc-pauses", [GT_PLOT_CPU] = "gc-cpu",
	[GT_PLOT_QUEUES] = "sched-queues", [GT_PLOT_PATH] = "gc-path",
};

static double top_of(const double *v, uint32_t n, double top)
{
	for (uint32_t i = 0; i < n; i++)
		top = v[i] > top ? v[i] : top;
	return top;
}

static void plot_heap(const struct gt_diagnosis *r, const struct gt_diagnosed_process *p,
		      struct gt_buf *out)
{
	double x[GT_POINTS_MAX], live[GT_POINTS_MAX], goal[GT_POINTS_MAX];
	double limit = (double)r->known.gomemlimit / (1 << 20), top;
	struct gt_svg s;

	for (uint32_t i = 0; i < p->n_gc; i++) {
		x[i] = p->gc[i].from_s;
		live[i] = p->gc[i].live;
		goal[i] = p->gc[i].goal;
	}
	top = top_of(goal, p->n_gc, top_of(live, p->n_gc, 0));
	if (limit > 0 && limit < 3 * top)
		top = top > limit ? top : limit;
	gt_svg_begin(&s, out, "Heap: live, goal and limit", "MiB", x[0], x[p->n_gc - 1], top);
	gt_svg_line(&s, "#d62728", false, x, goal, p->n_gc);
	gt_svg_line(&s, "#1f77b4", false, x, live, p->n_gc);
	gt_svg_legend(&s, "#1f77b4", "live heap");
	gt_svg_legend(&s, "#d62728", "heap goal");
	if (limit > 0) {
		double ends[2] = {x[0], x[p->n_gc - 1]}, level[2] = {limit, limit};

		if (limit <= s.y1)
			gt_svg_line(&s, "#555555", true, ends, level, 2);
		gt_svg_legend(&s, "#555555", "GOMEMLIMIT");
	}
	gt_svg_end(&s);
}

static void plot_pauses(const struct gt_diagnosed_process *p, struct gt_buf *out)
{
	double x[GT_POINTS_MAX], pause[GT_POINTS_MAX], zero[GT_POINTS_MAX] = {0};
	struct gt_svg s;

	for (uint32_t i = 0; i < p->n_gc; i++) {
		x[i] = p->gc[i].from_s;
		pause[i] = p->gc[i].pause_max_ms;
	}
	gt_svg_begin(&s, out, "Stops of the world: the longest", "ms", x[0], x[p->n_gc - 1],
		     top_of(pause, p->n_gc, 0));
	gt_svg_area(&s, "#f4c7c7", x, zero, pause, p->n_gc);
	gt_svg_line(&s, "#d62728", false, x, pause, p->n_gc);
	gt_svg_end(&s);
}

static void plot_cpu(const struct gt_diagnosed_process *p, struct gt_buf *out)
{
	static const struct {
		enum gt_gc_who who;
		const char *color;
	} layer[] = {{GT_GC_BACKGROUND, "#1f77b4"},
		     {GT_GC_ASSIST, "#d62728"},
		     {GT_GC_STW1, "#9467bd"},
		     {GT_GC_STW2, "#8c564b"},
		     {GT_GC_IDLE, "#dddddd"}};
	double x[GT_POINTS_MAX], low[GT_POINTS_MAX] = {0}, high[GT_POINTS_MAX] = {0}, top = 0;
	uint32_t n =
		p->n_gc > 1 ? p->n_gc - 1 : p->n_gc; /* the last cycle's wall time is not known */
	struct gt_svg s;

	for (uint32_t i = 0; i < n; i++) {
		double sum = 0;

		x[i] = p->gc[i].from_s;
		for (unsigned w = 0; w < GT_GC_WHO; w++)
			sum += p->gc[i].cpu_ms[w];
		sum = p->gc[i].have_ms > 0 ? sum / p->gc[i].have_ms * 100 : 0;
		top = sum > top ? sum : top;
	}
	gt_svg_begin(&s, out, "The collector's CPU time, by who (idle workers take nobody's)",
		     "% of Ps", x[0], x[n - 1], top > 100 ? 100 : top);
	for (unsigned k = 0; k < GT_ARRAY_LEN(layer); k++) {
		for (uint32_t i = 0; i < n; i++) {
			double v = p->gc[i].have_ms > 0
					   ? p->gc[i].cpu_ms[layer[k].who] / p->gc[i].have_ms * 100
					   : 0;

			low[i] = high[i];
			high[i] = high[i] + v > s.y1 ? s.y1 : high[i] + v;
		}
		gt_svg_area(&s, layer[k].color, x, low, high, n);
		gt_svg_legend(&s, layer[k].color, gt_gc_who_name(layer[k].who));
	}
	gt_svg_end(&s);
}

static void plot_queues(const struct gt_diagnosed_process *p, struct gt_buf *out)
{
	double x[GT_POINTS_MAX], run[GT_POINTS_MAX], idle[GT_POINTS_MAX];
	struct gt_svg s;

	for (uint32_t i = 0; i < p->n_sched; i++) {
		x[i] = p->sched[i].from_s;
		run[i] = p->sched[i].runnable;
		idle[i] = p->sched[i].idle;
	}
	gt_svg_begin(&s, out, "Run queues", "count", x[0], x[p->n_sched - 1],
		     top_of(run, p->n_sched, top_of(idle, p->n_sched, 0)));
	gt_svg_line(&s, "#2ca02c", false, x, idle, p->n_sched);
	gt_svg_line(&s, "#d62728", false, x, run, p->n_sched);
	gt_svg_legend(&s, "#d62728", "runnable goroutines");
	gt_svg_legend(&s, "#2ca02c", "idle Ps");
	gt_svg_end(&s);
}

bool gt_diagnosis_plot(const struct gt_diagnosis *r, uint32_t i, enum gt_diagnosis_plot plot,
		       struct gt_buf *out)
{
	const struct gt_diagnosed_process *p = &r->process[i];

	if (plot == GT_PLOT_QUEUES ? p->n_sched < 2 : p->n_gc < 2)
		return false;
	switch (plot) {
	case GT_PLOT_HEAP:
		plot_heap(r, p, out);
		return true;
	case GT_PLOT_PAUSES:
		plot_pauses(p, out);
		return true;
	case GT_PLOT_CPU:
		plot_cpu(p, out);
		return true;
	case GT_PLOT_QUEUES:
		plot_queues(p, out);
		return true;
	case GT_PLOT_PATH:
		return gt_flame(p, out);
	case GT_PLOT_COUNT:
		break;
	}
	return false;
}
