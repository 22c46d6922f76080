/* The rules about the scheduler. Pure. What was measured behind them is in docs/diagnose.md. */
#include "state.h"

#define ENOUGH_LINES 4
#define STILL_MS     500 /* a preempted goroutine gives up its P after 10 ms */

#define LONG_RUN 8u /* lines: one of so many may come late */

/*
 * Lines that came as they should: a process that did not run itself writes none. In a long run a
 * line or two may be late, on a busy host, if the others are not.
 */
static bool is_on_time(const struct gt_sched *s, const struct gt_run *r)
{
	double usual = gt_hist_at(&s->gap, 0.5);

	return r->gap_max <= 1.5 * usual + 20 ||
	       (r->n >= LONG_RUN && (r->to_ms - r->from_ms) / (r->n - 1) <= 1.2 * usual + 10);
}

static void say_run(struct gt_diag_verdict *v, const struct gt_run *r)
{
	gt_say_time(v, r->from_ms / 1000, r->to_ms / 1000);
	gt_say_line(v, r->first_line);
	gt_say_line(v, r->last_line);
	gt_say_figure(v, "lines", r->n);
}

static void say_loop(struct gt_judge *j, const struct gt_sched *s, const struct gt_run *r)
{
	struct gt_diag_verdict *v;

	if (gt_said(j, GT_V_NONPREEMPTIBLE_LOOP))
		return;
	if (s->n_stuck > 0)
		v = gt_say(j, GT_V_NONPREEMPTIBLE_LOOP, "goroutine %llu runs, and does not stop",
			   (unsigned long long)s->stuck[0]);
	else
		v = gt_say(j, GT_V_NONPREEMPTIBLE_LOOP, "the lines do not name the goroutines");
	if (s->n_stuck > 0)
		gt_say_figure(v, "goroutine", (double)s->stuck[0]);
	say_run(v, r);
}

static bool rule_starvation(struct gt_judge *j, const struct gt_sched *s)
{
	const struct gt_run *r = &s->same_ticks.best;
	struct gt_diag_verdict *v;

	if (r->n < 3 || r->to_ms - r->from_ms < STILL_MS || !is_on_time(s, r) ||
	    s->stopping.best.n >= 2)
		return false;
	v = gt_say(j, GT_V_STARVATION,
		   "all %.0f Ps busy, and not one switch of goroutines in %u lines", s->procs,
		   r->n);
	say_run(v, r);
	say_loop(j, s, r);
	return true;
}

static void rule_stopping(struct gt_judge *j, const struct gt_sched *s)
{
	const struct gt_run *r = &s->stopping.best;
	struct gt_diag_verdict *v;

	if (r->n < 2)
		return;
	if (!gt_said(j, GT_V_STW_BLOCKED)) {
		v = gt_say(
			j, GT_V_STW_BLOCKED,
			"gcwaiting with stopwait in %u lines in a row: a stop of the world that waits",
			r->n);
		say_run(v, r);
	}
	if (is_on_time(s, r))
		say_loop(j, s, r);
}

/* A queue that stands high: so many that who makes the work waits in it, too. */
static bool rule_queue(struct gt_judge *j, const struct gt_sched *s)
{
	double median = gt_hist_at(&s->runnable, 0.5);
	struct gt_diag_verdict *v;

	if (s->n < 5 || s->idle_0 * 10 < s->counted * 9 || median <= 100 * s->procs)
		return false;
	v = gt_say(j, GT_V_OVERLOAD, "%.0f goroutines wait for one of %.0f Ps (median)", median,
		   s->procs);
	gt_say_figure(v, "runnable", median);
	gt_say_line(v, s->first_line);
	gt_say_line(v, s->last_line);
	return true;
}

/*
 * A run queue that rises: four of five steps up, and more at the end than twenty a P. The longest
 * stretch in which ups outweigh downs four to one.
 */
static bool rule_overload(struct gt_judge *j, const struct gt_sched *s)
{
	double sum = 0, best = 0, last;
	uint32_t start = 0, from = 0, to = 0;
	struct gt_diag_verdict *v;

	for (uint32_t i = 1; i < s->n_bin; i++) {
		if (sum <= 0) {
			sum = 0;
			start = i - 1;
		}
		sum += s->bin[i].runnable > s->bin[i - 1].runnable ? 1 : -4;
		if (sum > best) {
			best = sum;
			from = start;
			to = i;
		}
	}
	last = s->bin[to].runnable;
	if (to - from < 4 || last <= 20 * s->procs || last < 50 || last < 2 * s->bin[from].runnable)
		return rule_queue(j, s);
	v = gt_say(j, GT_V_OVERLOAD, "%.0f goroutines wait for one of %.0f Ps, %.0f did at first",
		   last, s->procs, s->bin[from].runnable);
	gt_say_time(v, s->bin[from].from, s->bin[to].to);
	gt_say_figure(v, "runnable", last);
	gt_say_line(v, s->first_line);
	gt_say_line(v, s->last_line);
	return true;
}

static bool rule_syscalls(struct gt_judge *j, const struct gt_sched *s)
{
	struct gt_diag_verdict *v;

	if (s->blocked < 3 || s->blocked * 2 < s->n)
		return false;
	v = gt_say(j, GT_V_BLOCKED_IN_SYSCALLS,
		   "%.0f threads that are not idle, for %.0f Ps, in %llu lines", s->blocked_threads,
		   s->procs, (unsigned long long)s->blocked);
	gt_say_figure(v, "threads", s->blocked_threads);
	gt_say_line(v, s->blocked_line);
	gt_say_line(v, s->last_line);
	return true;
}

static bool rule_convoy(struct gt_judge *j, const struct gt_sched *s)
{
	struct gt_diag_verdict *v;

	if (s->convoys < 2)
		return false;
	v = gt_say(j, GT_V_LOCK_CONVOY,
		   "%.0f of %.0f waiting goroutines want a mutex, while Ps are idle",
		   s->convoy_mutex, s->convoy_waiting);
	gt_say_figure(v, "mutex_waiters", s->convoy_mutex);
	gt_say_line(v, s->convoy_line);
	gt_say_line(v, s->last_line);
	return true;
}

/* Busy, and all that is shown stands still; but this version does not show the ticks. */
static bool rule_untold(struct gt_judge *j, const struct gt_sched *s)
{
	const struct gt_run *r = &s->same_look.best;
	struct gt_diag_verdict *v;

	if (s->has_ticks || s->has_detail || r->n < 4 || r->to_ms - r->from_ms < 2 * STILL_MS)
		return false;
	v = gt_say(
		j, GT_V_CANNOT_BE_TOLD,
		"starvation or just full: all Ps busy and nothing changes in %u lines, but before Go 1.25 "
		"they lack schedticks; scheddetail=1 has them",
		r->n);
	v->area = GT_VA_SCHED;
	say_run(v, r);
	return true;
}

/* Without its detail such a line says next to nothing, "healthy" least of all. */
static bool rule_no_detail(struct gt_judge *j, const struct gt_sched *s)
{
	struct gt_diag_verdict *v;

	if (2 * s->bare <= s->n)
		return false;
	v = gt_say(j, GT_V_CANNOT_BE_TOLD,
		   "%llu of %llu SCHED lines lack the lines of detail that belong below them: take "
		   "the log as the program wrote it",
		   (unsigned long long)s->bare, (unsigned long long)s->n);
	v->area = GT_VA_SCHED;
	gt_say_line(v, s->first_line);
	gt_say_line(v, s->last_line);
	return true;
}

void gt_rules_sched(struct gt_judge *j, const struct gt_process *p)
{
	const struct gt_sched *s = &p->sched;
	uint32_t before = j->ret->n_verdict;
	struct gt_diag_verdict *v;

	if (s->n == 0)
		return;
	if (s->n < ENOUGH_LINES && !j->d->deadlock_line) {
		v = gt_say(j, GT_V_NOT_ENOUGH, "%llu SCHED lines: the rules need %d",
			   (unsigned long long)s->n, ENOUGH_LINES);
		v->area = GT_VA_SCHED;
		gt_say_line(v, s->last_line);
		return;
	}
	if (rule_no_detail(j, s))
		return;
	rule_stopping(j, s);
	(void)(rule_starvation(j, s) || rule_overload(j, s) || rule_syscalls(j, s) ||
	       rule_convoy(j, s));
	if (j->ret->n_verdict > before || gt_said(j, GT_V_STW_BLOCKED))
		return;
	if (rule_untold(j, s) || j->d->deadlock_line)
		return;
	if (s->idle_0 * 10 > s->counted * 9) {
		v = gt_say(j, GT_V_SATURATED,
			   "no P idle in %llu of %llu lines; %.0f goroutines wait (median)",
			   (unsigned long long)s->idle_0, (unsigned long long)s->counted,
			   gt_hist_at(&s->runnable, 0.5));
		gt_say_line(v, s->first_line);
		gt_say_line(v, s->last_line);
	} else if (s->all_idle * 10 >= s->counted * 8 && !gt_said(j, GT_V_IDLE)) {
		gt_say_line(gt_say(j, GT_V_IDLE, "all Ps idle in %llu of %llu SCHED lines",
				   (unsigned long long)s->all_idle, (unsigned long long)s->counted),
			    s->last_line);
	}
}
