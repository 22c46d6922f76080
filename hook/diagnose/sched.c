/*
 * What SCHED lines sum up to. Pure.
 *
 * A loop without a safepoint does not fill the run queues: the timers of the sleepers that it
 * starves run on no P. It shows in schedticks that stand still while no P is idle: in the line
 * itself from 1.25 on, else in the detail alone.
 */
#include "sched.h"

static uint64_t mix(uint64_t h, uint64_t v)
{
	return (h ^ v) * 0x9e3779b97f4a7c15u + 1;
}

static void run_add(struct gt_runs *r, bool alike, double was_ms, uint64_t was_line,
		    const struct gt_rt_line *l)
{
	double ms = l->v[GT_SCV_MS];

	if (!alike) {
		r->now = (struct gt_run){0};
		return;
	}
	if (r->now.n == 0) {
		r->now.from_ms = was_ms;
		r->now.first_line = was_line;
		r->now.n = 1;
	}
	if (ms - was_ms > r->now.gap_max)
		r->now.gap_max = ms - was_ms;
	r->now.to_ms = ms;
	r->now.last_line = l->first;
	r->now.n++;
	if (r->now.to_ms - r->now.from_ms > r->best.to_ms - r->best.from_ms)
		r->best = r->now;
}

static void thin_out(struct gt_sched *s)
{
	uint32_t n = s->n_bin / 2;

	for (uint32_t i = 0; i < n; i++) {
		struct gt_sched_bin a = s->bin[(size_t)2 * i];
		const struct gt_sched_bin *b = &s->bin[(size_t)2 * i + 1];

		a.to = b->to;
		a.runnable = b->runnable > a.runnable ? b->runnable : a.runnable;
		a.idle += b->idle;
		a.threads += b->threads;
		a.lines += b->lines;
		s->bin[i] = a;
	}
	s->n_bin = n;
	s->per_bin *= 2;
}

static void bin_add(struct gt_sched *s, double at, double runnable, double idle, double threads)
{
	struct gt_sched_bin *b;

	if (s->per_bin == 0)
		s->per_bin = 1;
	if (s->n_bin == GT_POINTS_MAX && s->bin[s->n_bin - 1].lines >= s->per_bin)
		thin_out(s);
	if (s->n_bin == 0 || s->bin[s->n_bin - 1].lines >= s->per_bin) {
		s->bin[s->n_bin++] = (struct gt_sched_bin){.from = at};
	}
	b = &s->bin[s->n_bin - 1];
	b->to = at;
	b->runnable = runnable > b->runnable ? runnable : b->runnable;
	b->idle += idle;
	b->threads += threads;
	b->lines++;
}

/* The numbers that a reader can compare from line to line. */
static uint64_t look_of(const struct gt_rt_line *l)
{
	uint64_t h = mix(l->list[0].hash, l->list[0].n);

	for (unsigned i = GT_SCV_PROCS; i <= GT_SCV_QUEUE; i++)
		h = mix(h, (uint64_t)l->v[i]);
	return h | 1;
}

static void runs(struct gt_sched *s, const struct gt_rt_line *l, uint64_t ticks)
{
	bool busy = l->v[GT_SCV_IDLE] == 0;
	bool waiting = l->v[GT_SCV_GCWAITING] > 0 && l->v[GT_SCV_STOPWAIT] >= 1;
	uint64_t sig = look_of(l);

	run_add(&s->same_ticks,
		busy && s->was_busy && ticks && ticks == s->was_ticks &&
			l->list[0].hash == s->was_queues,
		s->last_ms, s->was_line, l);
	run_add(&s->same_look, busy && s->was_busy && sig == s->was_sig, s->last_ms, s->was_line,
		l);
	run_add(&s->stopping, waiting && s->was_waiting, s->last_ms, s->was_line, l);
	s->was_ticks = ticks;
	s->was_queues = l->list[0].hash;
	s->was_line = l->first;
	s->was_sig = sig;
	s->was_busy = busy;
	s->was_waiting = waiting;
}

static void counts(struct gt_sched *s, const struct gt_rt_line *l)
{
	const double *v = l->v;
	double runnable = v[GT_SCV_QUEUE] + (double)l->list[0].sum;
	double blocked = v[GT_SCV_THREADS] - v[GT_SCV_IDLE_THREADS];

	if (v[GT_SCV_MS] > 0) { /* the first line belongs to the start */
		s->counted++;
		s->idle_0 += v[GT_SCV_IDLE] == 0;
		s->all_idle += v[GT_SCV_IDLE] >= v[GT_SCV_PROCS];
	}
	if (blocked > 4 * v[GT_SCV_PROCS] + 16) {
		if (s->blocked++ == 0)
			s->blocked_line = l->first;
		s->blocked_threads = blocked;
	}
	gt_hist_add(&s->runnable, runnable);
	bin_add(s, v[GT_SCV_MS] / 1000, runnable, v[GT_SCV_IDLE], v[GT_SCV_THREADS]);
}

void gt_sched_add(struct gt_sched *s, const struct gt_rt_line *l)
{
	double ms = l->v[GT_SCV_MS];
	bool detailed = l->has & 1u << GT_SCV_GCWAITING;

	gt_sched_settle(s);
	if (s->n == 0) {
		s->first_line = l->first;
		s->first_ms = ms;
	} else {
		gt_hist_add(&s->gap, ms - s->last_ms);
		if (ms - s->last_ms > s->gap_max)
			s->gap_max = ms - s->last_ms;
	}
	s->has_ticks |= l->list[1].n > 0;
	s->has_detail |= detailed;
	s->procs = l->v[GT_SCV_PROCS];
	s->detail = (struct gt_detail){.open = detailed};
	if (!detailed) {
		runs(s, l, l->list[1].n > 0 ? l->list[1].hash | 1 : 0);
		counts(s, l);
		s->last_ms = ms;
	}
	s->was = *l;
	s->n++;
	s->last_line = l->last;
}

static uint64_t number_after(const char *p, size_t n, const char *key)
{
	const char *at = memmem(p, n, key, strlen(key));
	uint64_t v = 0;

	if (!at)
		return UINT64_MAX;
	at += strlen(key);
	if (at >= p + n || *at < '0' || *at > '9')
		return UINT64_MAX; /* nil, -1 */
	for (; at < p + n && *at >= '0' && *at <= '9' && v < UINT64_MAX / 20; at++)
		v = v * 10 + (uint64_t)(*at - '0');
	return v;
}

static void take_p(struct gt_sched *s, const char *p, size_t n)
{
	uint64_t queue = number_after(p, n, " runqsize=");

	s->detail.ps++;
	s->detail.ticks = mix(s->detail.ticks, number_after(p, n, " schedtick="));
	s->detail.in_syscall += number_after(p, n, "status=") == 2;
	if (queue != UINT64_MAX) {
		s->was.list[0].n++;
		s->was.list[0].sum += queue;
		s->was.list[0].hash = mix(s->was.list[0].hash, queue);
	}
}

/* The runtime's own goroutines wait, too. */
static bool is_own_wait(const char *p, size_t n)
{
	static const char *const own[] = {"GC ", "force gc", "finalizer wait", "cleanup wait",
					  "debug call"};

	for (unsigned i = 0; i < GT_ARRAY_LEN(own); i++)
		if (n >= strlen(own[i]) && memcmp(p, own[i], strlen(own[i])) == 0)
			return true;
	return false;
}

static bool is_mutex_wait(const char *p, size_t n)
{
	return (n >= 5 && memcmp(p, "sync.", 5) == 0 && memmem(p, n, "Lock", 4)) ||
	       (n >= 10 && memcmp(p, "semacquire", 10) == 0);
}

static void take_g(struct gt_sched *s, const char *p, size_t n)
{
	uint64_t status = number_after(p, n, "status=") & 0xfff;
	const char *open = memchr(p, '(', n),
		   *close = open ? memchr(open, ')', n - (size_t)(open - p)) : NULL;
	struct gt_detail *d = &s->detail;

	d->gs++;
	if (status == 2) {
		d->running++;
		if (number_after(p, n, " m=") != UINT64_MAX && close == open + 1 &&
		    d->n_goroutine < GT_ARRAY_LEN(d->goroutine))
			d->goroutine[d->n_goroutine++] = number_after(p, n, "G");
	} else if (status == 4 && open && close &&
		   !is_own_wait(open + 1, (size_t)(close - open - 1))) {
		d->waiting++;
		d->mutex += is_mutex_wait(open + 1, (size_t)(close - open - 1));
	}
}

bool gt_sched_detail(struct gt_sched *s, const char *p, size_t n)
{
	if (!s->detail.open || n < 5 || p[0] != ' ' || p[1] != ' ' || p[3] < '0' || p[3] > '9')
		return false;
	if (p[2] == 'P')
		take_p(s, p, n);
	else if (p[2] == 'G')
		take_g(s, p, n);
	else if (p[2] != 'M')
		return false;
	return true;
}

void gt_sched_settle(struct gt_sched *s)
{
	struct gt_detail *d = &s->detail;
	uint32_t before = s->same_ticks.best.n + s->stopping.best.n;

	if (!d->open)
		return;
	d->open = false;
	s->bare += d->ps == 0;
	runs(s, &s->was, d->ps > 0 ? d->ticks | 1 : 0);
	counts(s, &s->was);
	s->last_ms = s->was.v[GT_SCV_MS];
	if (s->same_ticks.best.n + s->stopping.best.n > before) {
		memcpy(s->stuck, d->goroutine, sizeof(s->stuck));
		s->n_stuck = d->n_goroutine;
	}
	if (d->mutex >= 50 && 2 * d->mutex >= d->waiting && s->was.v[GT_SCV_IDLE] > 0) {
		if (s->convoys++ == 0)
			s->convoy_line = s->was.first;
		s->convoy_mutex = d->mutex;
		s->convoy_waiting = d->waiting;
	}
}
