/*
 * Which process wrote a line of the runtime. Cycles count from 1 and time from the program's start,
 * so two processes on one descriptor are two rising sequences; one that falls back is a restart, or
 * another process. Pure, but for memory of a fixed number of processes.
 */
#include "state.h"

/* A process that has room; the oldest makes room when there are too many. */
static struct gt_process *new_process(struct gt_diagnose *d, uint32_t stream, uint64_t line)
{
	struct gt_process *p;

	if (d->n_process == GT_PROCESSES_MAX) {
		uint32_t old = 0;

		for (uint32_t i = 1; i < d->n_process; i++)
			if (d->process[i]->last_line < d->process[old]->last_line)
				old = i;
		p = d->process[old];
		for (uint32_t i = 0; i < GT_STREAMS_MAX; i++)
			if (d->stream[i].sched >= (int)old)
				d->stream[i].sched -=
					d->stream[i].sched == (int)old ? d->stream[i].sched + 1 : 1;
		memmove(&d->process[old], &d->process[old + 1],
			(d->n_process - old - 1) * sizeof(void *));
		d->n_process--;
		d->left_out++;
		memset(p, 0, sizeof(*p));
	} else {
		p = calloc(1, sizeof(*p));
	}
	if (!p) {
		d->no_memory = true;
		return NULL;
	}
	p->stream = stream;
	p->first_line = line;
	d->process[d->n_process++] = p;
	return p;
}

/* How badly L would go on P: 0 is the next cycle; negative: it cannot. */
static double gc_misfit(const struct gt_process *p, const struct gt_rt_line *l)
{
	const struct gt_cycles *c = &p->gc;
	double was, goal = l->v[GT_GCV_GOAL], skip = l->v[GT_GCV_N] - (double)c->last - 1;

	if (c->n == 0) /* it has SCHED lines alone */
		return p->sched.n > 0 ? 0.5 : -1;
	if (skip < 0 || l->v[GT_GCV_AT] + 0.0005 < c->last_at)
		return -1;
	was = c->was.v[GT_GCV_GOAL] > 0 ? c->was.v[GT_GCV_GOAL] : 1;
	goal = goal > 0 ? goal : 1;
	return skip * 1000 + (l->v[GT_GCV_PROCS] != c->procs ? 100 : 0) +
	       (goal > was ? goal / was : was / goal) - 1;
}

void gt_process_gc(struct gt_diagnose *d, uint32_t s, const struct gt_rt_line *l)
{
	struct gt_process *best = NULL;
	double best_misfit = 0;
	uint32_t fits = 0;
	const struct gt_rt_line *pacer = NULL;
	struct gt_stream *st = &d->stream[s];

	gt_order_gc(&d->order, s, l->v[GT_GCV_N], l->v[GT_GCV_AT]);
	for (uint32_t i = 0; i < d->n_process; i++) {
		double m = d->process[i]->stream == s ? gc_misfit(d->process[i], l) : -1;

		fits += m >= 0 && m < 1000;
		if (m >= 0 && (!best || m < best_misfit)) {
			best = d->process[i];
			best_misfit = m;
		}
	}
	d->ambiguous += fits > 1;
	if (!best)
		best = new_process(d, s, l->first);
	if (!best)
		return;
	/* A pacer's line has no number: its trigger must be where this cycle's heap began. */
	if (st->has_pacer && (st->pacer.type == GT_RT_PACER_OLD ||
			      st->pacer.v[GT_PCV_TRIGGER] / (1 << 20) < l->v[GT_GCV_START] + 2))
		pacer = &st->pacer;
	gt_cycles_add(&best->gc, l, pacer);
	st->has_pacer = false;
	best->last_line = l->last;
}

void gt_process_sched(struct gt_diagnose *d, uint32_t s, const struct gt_rt_line *l)
{
	double ms = l->v[GT_SCV_MS], best_wait = 0;
	int best = -1;

	gt_order_sched(&d->order, s, ms, l->v[GT_SCV_PROCS]);
	for (uint32_t i = 0; i < d->n_process; i++) {
		const struct gt_process *p = d->process[i];
		double wait = ms - p->sched.was.v[GT_SCV_MS];

		/* At its death a program prints a line of its own, with the detail. */
		bool dying = wait == 0 && !p->sched.has_detail && l->has & 1u << GT_SCV_GCWAITING;

		if (p->stream != s || (p->sched.n > 0 && wait <= 0 && !dying) ||
		    (p->sched.n > 0 && p->sched.procs != l->v[GT_SCV_PROCS]))
			continue;
		if (p->sched.n == 0) {
			if (p->gc.n == 0 || p->gc.last_at > ms / 1000 + 1)
				continue;
			wait = 1e9;
		}
		/* Far sooner than it should come: another process' line. */
		if (p->sched.n > 3 && !dying && wait < gt_hist_at(&p->sched.gap, 0.5) / 4)
			continue;
		if (best < 0 || wait < best_wait) {
			best = (int)i;
			best_wait = wait;
		}
	}
	if (best < 0) {
		if (!new_process(d, s, l->first))
			return;
		best = (int)d->n_process - 1;
	}
	gt_sched_add(&d->process[best]->sched, l);
	d->process[best]->last_line = l->last;
	d->stream[s].sched = best;
}
