/* What the collections of one process sum up to. Pure. */
#include "cycle.h"

#define PERIOD_S \
	119.0 /* forcegcperiod of src/runtime/proc.go is 120 s, and its line is not marked */

/* Effective GOGC: (goal - live before)/(live before + stacks + globals); -1 where that says
 * nothing.
 */
static double room_of(const struct gt_rt_line *l, double live_before)
{
	double base = live_before + l->v[GT_GCV_STACKS] + l->v[GT_GCV_GLOBALS];
	double room;

	if (live_before < 4)
		return -1;
	room = (l->v[GT_GCV_GOAL] - live_before) / base * 100;
	return room > 0 ? room : 0;
}

void gt_bin_join(struct gt_bin *b, const struct gt_bin *o)
{
	if (b->cycles == 0) {
		*b = *o;
		return;
	}
	b->to = o->to;
	b->wall += o->wall;
	b->have += o->have;
	for (unsigned i = 0; i < GT_GC_WHO; i++)
		b->cpu[i] += o->cpu[i];
	b->live = o->live;
	b->live_min = o->live_min < b->live_min ? o->live_min : b->live_min;
	b->live_max = o->live_max > b->live_max ? o->live_max : b->live_max;
	b->peak = o->peak > b->peak ? o->peak : b->peak;
	b->goal = o->goal;
	b->stacks = o->stacks;
	if (o->pause_max > b->pause_max) {
		b->pause_max = o->pause_max;
		b->pause_line = o->pause_line;
		b->pause_at = o->pause_at;
		b->pause_ms = o->pause_ms;
	}
	b->burst_line = b->burst_line ? b->burst_line : o->burst_line;
	b->last_line = o->last_line;
	b->cycles += o->cycles;
	b->forced += o->forced;
	b->periodic += o->periodic;
	b->rooms += o->rooms;
	b->low += o->low;
	b->mid += o->mid;
	b->high += o->high;
	b->bursts += o->bursts;
	b->swings += o->swings;
	b->surges += o->surges;
	b->stacks_win += o->stacks_win;
	b->room_sum += o->room_sum;
}

double gt_bin_share(const struct gt_bin *b)
{
	if (!(b->have > 0))
		return -1;
	return (b->cpu[GT_GC_STW1] + b->cpu[GT_GC_ASSIST] + b->cpu[GT_GC_BACKGROUND] +
		b->cpu[GT_GC_STW2]) /
	       b->have * 100;
}

double gt_bin_assists(const struct gt_bin *b)
{
	double both = b->cpu[GT_GC_ASSIST] + b->cpu[GT_GC_BACKGROUND];

	return both > 0 ? b->cpu[GT_GC_ASSIST] / both * 100 : 0;
}

/* Neighbours become one: half as many stretches. */
static void thin_out(struct gt_cycles *c)
{
	uint32_t n = c->n_bin / 2;

	for (uint32_t i = 0; i < n; i++) {
		struct gt_bin b = c->bin[(size_t)2 * i];

		gt_bin_join(&b, &c->bin[(size_t)2 * i + 1]);
		c->bin[i] = b;
	}
	c->n_bin = n;
	c->per_bin *= 2;
}

static void add_bin(struct gt_cycles *c, const struct gt_bin *b)
{
	if (c->per_bin == 0)
		c->per_bin = 1;
	if (c->n_bin > 0 && c->bin[c->n_bin - 1].cycles < c->per_bin) {
		gt_bin_join(&c->bin[c->n_bin - 1], b);
		return;
	}
	if (c->n_bin == GT_POINTS_MAX)
		thin_out(c);
	c->bin[c->n_bin++] = *b;
}

static enum gt_gc_cause cause_of(const struct gt_cycles *c, const struct gt_rt_line *l, double room,
				 double gap)
{
	static const struct {
		double below;
		enum gt_gc_cause cause;
	} step[] = {{10, GT_GC_ROOM_10},
		    {25, GT_GC_ROOM_25},
		    {75, GT_GC_ROOM_75},
		    {150, GT_GC_ROOM_150}};

	if (l->forced)
		return GT_GC_FORCED;
	if (c->open && gap >= PERIOD_S)
		return GT_GC_PERIODIC;
	if (!c->open || room < 0)
		return GT_GC_FIRST;
	for (unsigned i = 0; i < GT_ARRAY_LEN(step); i++)
		if (room < step[i].below)
			return step[i].cause;
	return GT_GC_ROOM_MORE;
}

/* The next cycle began AT: now the CPU time of the one before has its wall time. */
static void close_cycle(struct gt_cycles *c, double at)
{
	struct gt_bin *b = &c->bin[c->n_bin - 1];
	double wall = (at - c->was.v[GT_GCV_AT]) * 1000;

	if (wall < 0)
		return;
	b->wall += wall;
	b->have += wall * c->was.v[GT_GCV_PROCS];
	b->to = at;
	for (unsigned i = 0; i < GT_GC_WHO; i++)
		b->cpu[i] += c->was.v[GT_GCV_CPU + i];
}

/* What cycle L is by itself. */
static void fill_bin(const struct gt_cycles *c, const struct gt_rt_line *l, double room, double gap,
		     struct gt_bin *b)
{
	const double *v = l->v;
	double was = c->open ? c->was.v[GT_GCV_LIVE] : 0, live = v[GT_GCV_LIVE];
	bool steady = c->n >= 3; /* the first cycles belong to the start */

	b->from = b->to = b->pause_at = v[GT_GCV_AT];
	b->first_line = b->last_line = b->pause_line = l->first;
	b->cycles = 1;
	b->forced = l->forced;
	b->periodic = !l->forced && c->open && gap >= PERIOD_S;
	b->live = b->live_min = b->live_max = live;
	b->peak = v[GT_GCV_END];
	b->goal = v[GT_GCV_GOAL];
	b->stacks = v[GT_GCV_STACKS];
	b->pause_max =
		v[GT_GCV_CLOCK] > v[GT_GCV_CLOCK + 2] ? v[GT_GCV_CLOCK] : v[GT_GCV_CLOCK + 2];
	b->pause_ms = b->pause_max;
	b->stacks_win = b->stacks > live && b->stacks > 8;
	b->bursts = b->peak > 1.3 * b->goal && b->peak - b->goal >= 8 && c->n >= 2;
	b->surges = b->bursts && b->peak > 2.5 * b->goal && b->peak - b->goal >= 32;
	b->swings = steady && was >= 1 && (live > 3 * was || was > 3 * live) &&
		    (live > was ? live - was : was - live) >= 16;
	b->burst_line = b->bursts || b->swings ? l->first : 0;
	if (room >= 0 && !l->forced) {
		b->rooms = 1;
		b->room_sum = room;
		b->low = room < GT_ROOM_LOW;
		b->mid = room >= GT_ROOM_LOW && room <= 40;
		b->high = room > 150;
	}
}

static void add_sums(struct gt_cycles *c, const struct gt_rt_line *l, double room, double gap)
{
	enum gt_gc_cause cause = cause_of(c, l, room, gap);
	double goal = l->v[GT_GCV_GOAL], end = l->v[GT_GCV_END];

	for (unsigned i = 0; i < 2; i++)
		gt_hist_add(&c->pause[i], l->v[GT_GCV_CLOCK + 2 * i]);
	c->pause_total += l->v[GT_GCV_CLOCK] + l->v[GT_GCV_CLOCK + 2];
	if (room >= 0 && !l->forced) {
		gt_hist_add(&c->room, room);
		gt_hist_add(&c->goal, goal);
	}
	if (goal > 0 && !l->forced)
		gt_hist_add(&c->goal_error, (end > goal ? end - goal : goal - end) / goal * 100);
	if (c->open)
		gt_hist_add(&c->gap, gap);
	for (unsigned i = 0; i < GT_GC_WHO; i++) {
		c->cpu_all[i] += l->v[GT_GCV_CPU + i];
		c->path_us[cause][i] += l->v[GT_GCV_CPU + i] * 1000;
	}
	c->forced += l->forced;
	c->periodic += cause == GT_GC_PERIODIC;
	if (l->v[GT_GCV_LIVE] > c->live_max)
		c->live_max = l->v[GT_GCV_LIVE];
}

/* MB are cut off, so the middle is nearer; the pacer has the goal in bytes (peak - delta). */
static void make_exact(struct gt_rt_line *l, const struct gt_rt_line *pacer)
{
	double goal = l->v[GT_GCV_GOAL] + 0.5;

	if (pacer && pacer->type == GT_RT_PACER)
		goal = (pacer->v[GT_PCV_PEAK] - pacer->v[GT_PCV_DELTA]) / (1 << 20);
	if (goal >= l->v[GT_GCV_GOAL] && goal <= l->v[GT_GCV_GOAL] + 1)
		l->v[GT_GCV_GOAL] = goal;
}

static void add_cycle(struct gt_cycles *c, const struct gt_rt_line *l)
{
	double at = l->v[GT_GCV_AT], gap = c->open ? at - c->was.v[GT_GCV_AT] : 0;
	double room = c->open ? room_of(l, c->was_live) : -1;
	struct gt_bin b = {0};

	if (c->open)
		close_cycle(c, at);
	else {
		c->first = (uint64_t)l->v[GT_GCV_N];
		c->first_line = l->first;
		c->first_at = at;
		c->live_first = l->v[GT_GCV_LIVE];
	}
	fill_bin(c, l, room, gap, &b);
	add_sums(c, l, room, gap);
	add_bin(c, &b);
	c->n++;
	c->last = (uint64_t)l->v[GT_GCV_N];
	c->last_line = l->last;
	c->last_at = at;
	c->procs = l->v[GT_GCV_PROCS];
	c->was = *l;
	c->was_live = l->v[GT_GCV_LIVE] + 0.5; /* MB are cut off: the middle is nearer */
	c->open = true;
}

void gt_cycles_add(struct gt_cycles *c, const struct gt_rt_line *l, const struct gt_rt_line *pacer)
{
	struct gt_rt_line exact = *l;

	make_exact(&exact, pacer);
	c->pacer += pacer != NULL;
	add_cycle(c, &exact);
}

bool gt_cycles_worst(const struct gt_cycles *c, double (*weight)(const struct gt_bin *),
		     struct gt_bin *ret)
{
	double sum = 0, best = 0;
	uint32_t start = 0, from = 0, to = 0;

	for (uint32_t i = 0; i < c->n_bin; i++) {
		if (sum <= 0) {
			sum = 0;
			start = i;
		}
		sum += weight(&c->bin[i]);
		if (sum > best) {
			best = sum;
			from = start;
			to = i + 1;
		}
	}
	*ret = (struct gt_bin){0};
	for (uint32_t i = from; i < to; i++)
		gt_bin_join(ret, &c->bin[i]);
	return best > 0;
}
