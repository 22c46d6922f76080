/*
 * The rules about the collector. Pure. Grounds: 25 % is what the runtime gives background workers,
 * 120 s its own period, an effective GOGC of 10 the maintainers' line (golang/go#58106); the other
 * numbers are judgement, and docs/diagnose.md says what they were tried on.
 */
#include <stdio.h>

#include "state.h"

#define ENOUGH_CYCLES 10
#define ENOUGH_S      1.0
#define LONG_STOP_MS  50
#define SURE_STOP_MS  1000

static double over(const struct gt_bin *b, double percent)
{
	return b->cpu[GT_GC_STW1] + b->cpu[GT_GC_ASSIST] + b->cpu[GT_GC_BACKGROUND] +
	       b->cpu[GT_GC_STW2] - b->have * percent / 100;
}

/* Weights: where the sum is highest, the fault is. */
static double weigh_low(const struct gt_bin *b)
{
	return b->rooms == 0 ? -(double)b->cycles : 2.0 * b->low - b->rooms;
}
static double weigh_mid(const struct gt_bin *b)
{
	return b->rooms == 0 ? -(double)b->cycles : 2.0 * b->mid - b->rooms;
}
static double weigh_25(const struct gt_bin *b)
{
	return over(b, 25);
}
static double weigh_10(const struct gt_bin *b)
{
	return over(b, 10);
}
static double weigh_assist(const struct gt_bin *b)
{
	double both = b->cpu[GT_GC_ASSIST] + b->cpu[GT_GC_BACKGROUND];
	double share = over(b, 10);

	return share > 0 ? b->cpu[GT_GC_ASSIST] - both / 2 : share;
}

/* What assists take by themselves, of the CPU time, above a tenth. */
static double weigh_assists_own(const struct gt_bin *b)
{
	return b->cpu[GT_GC_ASSIST] - b->have / 10;
}

static bool enough(const struct gt_bin *b)
{
	return b->cycles >= ENOUGH_CYCLES && b->to - b->from >= ENOUGH_S;
}

/* A share of CPU time is sure sooner, if its cycles are long. */
static bool enough_for_share(const struct gt_bin *b)
{
	return enough(b) || (b->cycles >= 4 && b->to - b->from >= 2 * ENOUGH_S);
}

static void say_stretch(struct gt_diag_verdict *v, const struct gt_bin *b)
{
	gt_say_time(v, b->from, b->to);
	gt_say_line(v, b->first_line);
	gt_say_line(v, b->last_line);
	gt_say_figure(v, "gc_cpu_percent", gt_bin_share(b));
	gt_say_figure(v, "cycles", b->cycles);
}

/* The limit: what of the record says that GOGC did it. */
static bool gogc_is_low(const struct gt_diagnose_known *k)
{
	return k->has_gogc && !k->gogc_off && k->gogc <= 40;
}

static bool rule_limit_thrash(struct gt_judge *j, const struct gt_cycles *c)
{
	const struct gt_diagnose_known *k = &j->d->known;
	struct gt_diag_verdict *v;
	struct gt_bin b;

	if (k->has_gogc && !k->gogc_off && k->gogc < 20)
		return false;
	if (!gt_cycles_worst(c, weigh_low, &b) || !enough(&b) || 2 * b.low < b.rooms ||
	    gt_bin_share(&b) <= 15)
		return false;
	v = gt_say(
		j, GT_V_LIMIT_THRASH,
		"the collector takes %.0f %% of the CPU time; %.0f cycles a second; the heap goal is "
		"%.0f %% above the %.0f MB that are alive (GOGC 100 would be 100 %%); assists are %.0f %% of the "
		"marking; live x 2 + 10 %% is %.0f MB",
		gt_bin_share(&b), b.cycles / (b.to - b.from), b.room_sum / b.rooms, b.live,
		gt_bin_assists(&b), b.live * 2 * 1.1);
	say_stretch(v, &b);
	gt_say_figure(v, "effective_gogc_percent", b.room_sum / b.rooms);
	gt_say_figure(v, "live_mib", b.live);
	gt_say_figure(v, "goal_mib", b.goal);
	gt_say_figure(v, "advised_memory_mib", b.live * 2 * 1.1);
	return true;
}

static bool rule_little_room(struct gt_judge *j, const struct gt_cycles *c)
{
	const struct gt_diagnose_known *k = &j->d->known;
	bool by_limit = k->has_gogc && !gogc_is_low(k) && k->gomemlimit > 0;
	struct gt_diag_verdict *v;
	struct gt_bin b;

	if (!gt_cycles_worst(c, weigh_mid, &b) || !enough(&b) || gt_bin_share(&b) <= 10)
		return false;
	v = gt_say(
		j, by_limit ? GT_V_LIMIT_TIGHT : GT_V_GOGC_TOO_LOW,
		"the collector takes %.0f %% of the CPU time; the heap goal is %.0f %% above the %.0f MB "
		"that are alive; %.0f cycles a second%s",
		gt_bin_share(&b), b.room_sum / b.rooms, b.live, b.cycles / (b.to - b.from),
		k->has_gogc ? "" : "; GOGC itself is not in the log");
	say_stretch(v, &b);
	gt_say_figure(v, "effective_gogc_percent", b.room_sum / b.rooms);
	gt_say_figure(v, "live_mib", b.live);
	return true;
}

/*
 * Assists are what delays the program itself. More than half of the marking; or, where the
 * collector takes more than the 25 % that its own workers are held at (gcBackgroundUtilization,
 * src/runtime/mgcpacer.go), so that the rest is assists, a third of it, and a tenth of the CPU
 * time.
 */
static bool find_assists(const struct gt_cycles *c, struct gt_bin *ret)
{
	if (gt_cycles_worst(c, weigh_assist, ret) && enough_for_share(ret) &&
	    gt_bin_share(ret) > 10 && gt_bin_assists(ret) > 50)
		return true;
	return gt_cycles_worst(c, weigh_assists_own, ret) && enough_for_share(ret) &&
	       gt_bin_share(ret) > 25 && gt_bin_assists(ret) > 100.0 / 3;
}

static void rule_cpu(struct gt_judge *j, const struct gt_cycles *c)
{
	struct gt_diag_verdict *v;
	struct gt_bin b;

	if (find_assists(c, &b)) {
		v = gt_say(
			j, GT_V_ASSIST_HEAVY,
			"assists are %.0f %% of the marking, and the collector takes %.0f %% of the CPU time",
			gt_bin_assists(&b), gt_bin_share(&b));
		say_stretch(v, &b);
		gt_say_figure(v, "assist_percent", gt_bin_assists(&b));
		return;
	}
	if (gt_cycles_worst(c, weigh_25, &b) && enough_for_share(&b)) {
		v = gt_say(j, GT_V_GC_CPU_HIGH, "the collector takes %.0f %% of the CPU time",
			   gt_bin_share(&b));
		say_stretch(v, &b);
		return;
	}
	if (gt_cycles_worst(c, weigh_10, &b) && enough_for_share(&b) &&
	    b.to - b.from >= 2 * ENOUGH_S) {
		v = gt_say(j, GT_V_GC_CPU_NOTABLE, "the collector takes %.0f %% of the CPU time",
			   gt_bin_share(&b));
		say_stretch(v, &b);
	}
}

/* Of stretches FROM to TO: the lowest and the highest live heap. */
static void live_of(const struct gt_cycles *c, uint32_t from, uint32_t to, double *ret_min,
		    double *ret_max)
{
	*ret_min = c->bin[from].live_min;
	*ret_max = c->bin[from].live_max;
	for (uint32_t i = from; i < to; i++) {
		*ret_min = c->bin[i].live_min < *ret_min ? c->bin[i].live_min : *ret_min;
		*ret_max = c->bin[i].live_max > *ret_max ? c->bin[i].live_max : *ret_max;
	}
}

static bool falls_back(const struct gt_cycles *c)
{
	double top = 0;

	for (uint32_t i = 0; i < c->n_bin; i++) {
		if (c->bin[i].live_min < 0.9 * top - 1)
			return true;
		top = c->bin[i].live_max > top ? c->bin[i].live_max : top;
	}
	return false;
}

static void rule_growth(struct gt_judge *j, const struct gt_cycles *c)
{
	double min, first, middle, last = c->n_bin ? c->bin[c->n_bin - 1].live : 0, s, still;
	struct gt_diag_verdict *v;

	if (c->n < 8 || c->n_bin < 6)
		return;
	live_of(c, 0, c->n_bin / 3, &min, &first);
	live_of(c, 0, c->n_bin * 2 / 3, &min, &middle);
	/*
	 * Twice the first third, never back, and still on its way: a cache that is full stands
	 * still. Of few cycles the first belong to the start: then it must have grown by half
	 * since.
	 */
	still = c->n_bin < 20 ? 1.5 : 1.15;
	if (last < 2 * first || last < 16 || last < still * middle || falls_back(c))
		return;
	s = c->last_at - c->first_at;
	v = gt_say(
		j, GT_V_HEAP_GROWTH,
		"%.0f MB were alive after the first third of the cycles, %.0f MB are at the end, and it "
		"never fell back: %.1f MB a %s",
		first, last, s > 0 ? (last - c->live_first) / s * (s > 600 ? 3600 : 1) : 0,
		s > 600 ? "hour" : "second");
	gt_say_time(v, c->first_at, c->last_at);
	gt_say_line(v, c->first_line);
	gt_say_line(v, c->last_line);
	gt_say_figure(v, "live_first_mib", c->live_first);
	gt_say_figure(v, "live_last_mib", last);
	gt_say_figure(v, "growth_mib_per_s", s > 0 ? (last - c->live_first) / s : 0);
}

static void rule_counts(struct gt_judge *j, const struct gt_cycles *c)
{
	struct gt_bin all = {0};
	struct gt_diag_verdict *v;

	for (uint32_t i = 0; i < c->n_bin; i++)
		gt_bin_join(&all, &c->bin[i]);
	if (c->forced > 2 && c->forced * 5 > c->n) {
		v = gt_say(j, GT_V_FORCED_BY_PROGRAM, "%llu of %llu cycles are marked (forced)",
			   (unsigned long long)c->forced, (unsigned long long)c->n);
		gt_say_time(v, c->first_at, c->last_at);
		gt_say_figure(v, "forced", (double)c->forced);
		gt_say_line(v, c->first_line);
		gt_say_line(v, c->last_line);
	}
	if (all.bursts + all.swings >= 2 || (all.surges == 1 && c->n < 50)) {
		v = gt_say(
			j, GT_V_ALLOC_BURST,
			"%u cycles ended above 1.3 x their goal, %u times the live heap changed by more "
			"than 3 x; the highest heap was %.0f MB",
			all.bursts, all.swings, all.peak);
		gt_say_line(v, all.burst_line);
		gt_say_figure(v, "peak_mib", all.peak);
	}
	if (c->n >= 3 && all.stacks_win * 2 > all.cycles) {
		v = gt_say(j, GT_V_STACKS_DOMINATE, "%.0f MB of stacks, %.0f MB of live heap",
			   all.stacks, all.live);
		gt_say_figure(v, "stacks_mib", all.stacks);
		gt_say_figure(v, "live_mib", all.live);
		gt_say_line(v, c->last_line);
	}
	if (c->periodic >= 2 && c->periodic * 2 > c->n)
		gt_say_line(gt_say(j, GT_V_IDLE,
				   "%llu of %llu cycles came after two minutes, by themselves",
				   (unsigned long long)c->periodic, (unsigned long long)c->n),
			    c->last_line);
}

/* Did SCHED lines come on time during the stop, without an idle P? Then the process had its CPUs.
 */
static bool ran_meanwhile(const struct gt_process *p, const struct gt_bin *all)
{
	const struct gt_run *r = &p->sched.same_look.best;
	double from = all->pause_at * 1000, to = from + all->pause_max;

	from = r->from_ms > from ? r->from_ms : from;
	to = r->to_ms < to ? r->to_ms : to;
	return r->n >= 2 && to - from >= all->pause_max / 2 &&
	       r->gap_max <= 1.5 * gt_hist_at(&p->sched.gap, 0.5) + 20;
}

static void say_stop(struct gt_diag_verdict *v, const struct gt_bin *all)
{
	gt_say_time(v, all->pause_at, all->pause_at + all->pause_max / 1000);
	gt_say_figure(v, "stop_ms", all->pause_max);
	gt_say_line(v, all->pause_line);
}

/*
 * A long stop is a goroutine that does not let itself be stopped, or a process that got no CPU: up
 * to a second a busy host does that, and the lines of the collector alone do not tell them apart.
 */
static void rule_stop(struct gt_judge *j, const struct gt_process *p)
{
	const struct gt_run *r = &p->sched.same_look.best;
	struct gt_bin all = {0};
	struct gt_diag_verdict *v;
	bool ran;

	for (uint32_t i = 0; i < p->gc.n_bin; i++)
		gt_bin_join(&all, &p->gc.bin[i]);
	if (all.pause_max <= LONG_STOP_MS)
		return;
	ran = ran_meanwhile(p, &all);
	if (!ran && all.pause_max < SURE_STOP_MS && j->d->known.asyncpreemptoff != GT_YES) {
		v = gt_say(j, GT_V_CANNOT_BE_TOLD,
			   "why the world stood for %.0f ms in one stop: a loop, or no CPU for the "
			   "process; SCHED lines during it would tell: schedtrace=50",
			   all.pause_max);
		v->area = GT_VA_GC;
		say_stop(v, &all);
		return;
	}
	v = gt_say(j, GT_V_STW_BLOCKED, "the world stood for %.0f ms in one stop", all.pause_max);
	say_stop(v, &all);
	if (!ran)
		return;
	v = gt_say(j, GT_V_NONPREEMPTIBLE_LOOP,
		   "%u SCHED lines came on time during the stop, none with an idle P: the process "
		   "ran, and one goroutine did not let itself be stopped",
		   r->n);
	gt_say_time(v, r->from_ms / 1000, r->to_ms / 1000);
	gt_say_line(v, r->first_line);
	gt_say_line(v, r->last_line);
}

void gt_rules_gc(struct gt_judge *j, const struct gt_process *p)
{
	const struct gt_cycles *c = &p->gc;
	uint32_t before = j->ret->n_verdict;
	struct gt_bin all = {0};
	struct gt_diag_verdict *v;

	if (c->n == 0)
		return;
	if (!rule_limit_thrash(j, c) && !rule_little_room(j, c))
		rule_cpu(j, c);
	rule_growth(j, c);
	rule_counts(j, c);
	rule_stop(j, p);
	for (uint32_t i = 0; i < c->n_bin; i++)
		gt_bin_join(&all, &c->bin[i]);
	if (enough(&all) && 2 * all.high > all.rooms && gt_bin_share(&all) < 5 &&
	    !(j->d->known.has_gogc && !j->d->known.gogc_off && j->d->known.gogc > 150) &&
	    j->ret->n_verdict == before)
		gt_say_line(
			gt_say(j, GT_V_LIMIT_DRIVEN,
			       "the heap goal is %.0f %% above what is alive; the collector takes %.1f %%",
			       all.room_sum / all.rooms, gt_bin_share(&all)),
			c->last_line);
	if (j->ret->n_verdict == before && c->n < ENOUGH_CYCLES) {
		v = gt_say(j, GT_V_NOT_ENOUGH, "%llu gc lines: the rules need %d",
			   (unsigned long long)c->n, ENOUGH_CYCLES);
		v->area = GT_VA_GC;
		gt_say_line(v, c->last_line);
	}
}
