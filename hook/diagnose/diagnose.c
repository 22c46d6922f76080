/*
 * A log from its first byte to its verdicts. Pure, but for memory: about 3 MiB, whatever the log.
 *
 * Theory of operation: lines (feed.c) lose their wrapper (form.c) and meet the parser of their
 * stream (lines.c), whose state is the item that is due (item.c). A whole line of the runtime finds
 * its process (process.c) and is added to sums and to series that are thinned out as they grow
 * (cycle.c, sched.c, h2.c). Rules (rules_*.c) look at these alone, so judging again is cheap.
 */
#include <stdio.h>

#include "state.h"

struct gt_diagnose *gt_diagnose_new(const struct gt_diagnose_known *k)
{
	struct gt_diagnose *d = calloc(1, sizeof(*d));

	if (!d)
		return NULL;
	d->carry = malloc(GT_LINE_MAX);
	d->scratch = malloc(GT_LINE_MAX);
	d->journal.message = malloc(GT_LINE_MAX);
	if (!d->carry || !d->scratch || !d->journal.message) {
		gt_diagnose_free(d);
		return NULL;
	}
	if (k)
		d->known = *k;
	return d;
}

void gt_diagnose_free(struct gt_diagnose *d)
{
	if (!d)
		return;
	for (uint32_t i = 0; i < d->n_stream; i++) {
		free(d->stream[i].part);
		gt_knot_free(d->stream[i].knot);
	}
	for (uint32_t i = 0; i < d->n_process; i++)
		free(d->process[i]);
	free(d->journal.message);
	free(d->carry);
	free(d->scratch);
	free(d->h2);
	free(d);
}

int gt_diagnose_dump(struct gt_diagnose *d, const char *text, size_t len, struct gt_err *e)
{
	if (!d->h2)
		d->h2 = calloc(1, sizeof(*d->h2));
	if (!d->h2)
		return gt_err_set(e, -ENOMEM, "out of memory");
	return gt_h2_dump(d->h2, text, len, e);
}

static void copy_gc(const struct gt_cycles *c, struct gt_diagnosed_process *r)
{
	struct gt_bin all = {0};

	r->cycles = c->n;
	r->first_gc = c->first;
	r->last_gc = c->last;
	r->forced = c->forced;
	r->periodic = c->periodic;
	r->pacer = c->pacer;
	for (unsigned i = 0; i < 2; i++) {
		r->pause_ms[i][0] = gt_hist_at(&c->pause[i], 0.5);
		r->pause_ms[i][1] = gt_hist_at(&c->pause[i], 0.99);
		r->pause_ms[i][2] = c->pause[i].max;
	}
	r->pause_total_ms = c->pause_total;
	r->room = c->room.n ? gt_hist_at(&c->room, 0.5) : -1;
	r->goal_error = gt_hist_at(&c->goal_error, 0.5);
	memcpy(r->cpu_ms, c->cpu_all, sizeof(r->cpu_ms));
	memcpy(r->path_us, c->path_us, sizeof(r->path_us));
	r->live_first = c->live_first;
	r->live_last = c->was.v[GT_GCV_LIVE];
	r->live_max = c->live_max;
	for (uint32_t i = 0; i < c->n_bin; i++) {
		const struct gt_bin *b = &c->bin[i];
		struct gt_gc_point *p = &r->gc[i];

		gt_bin_join(&all, b);
		*p = (struct gt_gc_point){.from_s = b->from,
					  .to_s = b->to,
					  .live = b->live,
					  .peak = b->peak,
					  .goal = b->goal,
					  .stacks = b->stacks,
					  .pause_max_ms = b->pause_max,
					  .have_ms = b->have,
					  .cycles = b->cycles};
		memcpy(p->cpu_ms, b->cpu, sizeof(p->cpu_ms));
	}
	r->n_gc = c->n_bin;
	r->gc_share = gt_bin_share(&all);
	r->from_s = c->first_at;
	r->to_s = c->last_at;
	r->procs = c->procs > 0 && c->procs < 1e6 ? (uint32_t)c->procs : 0;
}

static void copy_sched(const struct gt_sched *s, struct gt_diagnosed_process *r)
{
	r->sched_lines = s->n;
	r->interval_ms = gt_hist_at(&s->gap, 0.5);
	r->interval_max_ms = s->gap_max;
	r->has_ticks = s->has_ticks;
	r->has_detail = s->has_detail;
	for (uint32_t i = 0; i < s->n_bin; i++) {
		const struct gt_sched_bin *b = &s->bin[i];

		r->sched[i] = (struct gt_sched_point){
			b->from, b->to, b->runnable, b->idle / b->lines, b->threads / b->lines,
			b->lines};
	}
	r->n_sched = s->n_bin;
	if (s->n == 0)
		return;
	r->from_s =
		r->cycles == 0 || s->first_ms / 1000 < r->from_s ? s->first_ms / 1000 : r->from_s;
	r->to_s = s->last_ms / 1000 > r->to_s ? s->last_ms / 1000 : r->to_s;
	r->procs = s->procs > 0 && s->procs < 1e6 ? (uint32_t)s->procs : r->procs;
}

static void copy_h2(const struct gt_h2 *h, struct gt_diagnosed_h2 *r)
{
	uint32_t best = 0;

	for (uint32_t i = 1; i < h->n_addr; i++)
		best = h->addr_opened[i] > h->addr_opened[best] ? i : best;
	*r = (struct gt_diagnosed_h2){.lines = h->lines,
				      .opened = h->opened,
				      .closed = h->closed,
				      .server_conns = h->server_conns,
				      .requests = h->requests,
				      .responses = h->responses,
				      .cancels = h->cancels,
				      .goaways = h->goaways,
				      .framer = h->framer,
				      .has_dump = h->has_dump,
				      .read_loops = h->read_loops,
				      .waiting = h->waiting,
				      .server_loops = h->server_loops,
				      .oldest_min = h->oldest_min,
				      .known_loops = h->known_loops,
				      .header_values = h->header_values,
				      .bodies = h->bodies};
	if (h->n_addr)
		gt_copy_cut(r->addr, h->addr[best]);
	gt_copy_cut(r->holder, h->holder);
}

/* Processes whose lines overlap in the log ran at the same time. */
static bool overlap(const struct gt_diagnose *d)
{
	for (uint32_t i = 0; i < d->n_process; i++)
		for (uint32_t k = i + 1; k < d->n_process; k++)
			if (d->process[k]->first_line < d->process[i]->last_line &&
			    d->process[i]->first_line < d->process[k]->last_line)
				return true;
	return false;
}

/* What two processes wrote at the same moment, and nothing tells apart; "" where there is none. */
static const char *how_many_mixed(const struct gt_diagnose *d, char *buf, size_t size)
{
	*buf = '\0';
	if (d->mixed > 0)
		(void)snprintf(
			buf, size, /* fits */
			"; %llu lines whose pieces lie mixed cannot be told apart, and are left out",
			(unsigned long long)d->mixed);
	return buf;
}

static void judge_log(struct gt_judge *j)
{
	const struct gt_diagnose *d = j->d;
	struct gt_diag_verdict *v;
	char mixed[120];

	j->process = -1;
	if (overlap(d)) {
		v = gt_say(j, GT_V_TWO_PROCESSES, "%u processes%s%s", d->n_process,
			   d->ambiguous * 5 > d->ours
				   ? ": they cannot be told apart; do not trust the figures"
				   : ": told apart by cycle number, time and Ps",
			   how_many_mixed(d, mixed, sizeof(mixed)));
		for (uint32_t i = 0; i < d->n_process; i++)
			gt_say_line(v, d->process[i]->first_line);
	}
	if (d->torn + d->lost + d->mixed > 0)
		(void)gt_say(j, GT_V_TORN_LINES, "%llu lines put together, %llu given up%s",
			     (unsigned long long)d->torn, (unsigned long long)d->lost,
			     overlap(d) ? "" : how_many_mixed(d, mixed, sizeof(mixed)));
	if (d->deadlock_line)
		gt_say_line(gt_say(j, GT_V_DEADLOCK, "the runtime says so"), d->deadlock_line);
}

/* Nothing is wrong with an area that had lines enough. */
static void judge_health(struct gt_judge *j)
{
	bool spoken = false;

	for (uint32_t i = 0; i < j->ret->n_verdict; i++)
		spoken |= gt_diag_texts[j->ret->verdict[i].id].level != GT_VL_NOTE;
	j->process = -1;
	if (!spoken)
		(void)gt_say(j, GT_V_HEALTHY, "%llu lines of the runtime",
			     (unsigned long long)j->d->ours);
}

static void fill(const struct gt_diagnose *d, struct gt_diagnosis *r)
{
	r->known = d->known;
	r->bytes = d->bytes;
	r->lines = d->lines;
	r->ours = d->ours;
	r->torn = d->torn;
	r->lost = d->lost;
	r->mixed = d->mixed;
	r->cut = d->cut;
	r->ambiguous = d->ambiguous;
	r->left_out = d->left_out;
	gt_copy_cut(r->from, d->from);
	gt_copy_cut(r->to, d->to);
	for (unsigned i = 0; i < GT_LF_COUNT; i++)
		if (d->form_lines[i] > d->form_lines[r->form])
			r->form = (enum gt_log_form)i;
	for (uint32_t i = 0; i < d->n_process; i++) {
		const struct gt_process *p = d->process[i];
		struct gt_diagnosed_process *to = &r->process[i];

		gt_copy_cut(to->stream, d->stream[p->stream].name);
		to->pid = d->stream[p->stream].pid;
		to->first_line = p->first_line;
		to->last_line = p->last_line;
		copy_gc(&p->gc, to);
		copy_sched(&p->sched, to);
	}
	r->n_process = d->n_process;
	r->restarts = d->n_process > 1 && !overlap(d) ? d->n_process - 1 + d->left_out : 0;
	r->clock_fell = r->restarts > 0;
	r->backward = d->backward;
	if (d->h2)
		copy_h2(d->h2, &r->h2);
}

enum gt_log_order gt_diagnose_order(const struct gt_diagnose *d, bool *ret_sure)
{
	*ret_sure = gt_order_is_surely_backward(&d->order);
	if (gt_order_of(&d->order) >= 0)
		return GT_LO_FORWARD;
	return d->journal.on ? GT_LO_ENTRIES : GT_LO_BACKWARD;
}

/* Each line of such a log looks like a restart: no verdict would be right. */
static int refuse_order(const struct gt_diagnose *d, struct gt_err *e)
{
	bool sure;

	if (gt_diagnose_order(d, &sure) == GT_LO_FORWARD)
		return 0;
	if (d->journal.on)
		return gt_err_set(e, -EILSEQ,
				  "its newest entry comes first: call journalctl without -r");
	if (d->backward)
		return gt_err_set(
			e, -EILSEQ,
			"its lines come in no order of time: sort them, the oldest first");
	return gt_err_set(e, -EILSEQ,
			  "its newest line comes first: turn it over (tac), or ask for the oldest "
			  "first (journalctl without -r, logcli --forward)");
}

/* The number of a line that was counted from the end. */
static uint64_t turned(const struct gt_diagnosis *r, uint64_t line)
{
	return line >= 1 && line <= r->lines ? r->lines + 1 - line : line;
}

/* Line numbers are those of the file, whichever end it was read from. */
static void turn_lines(struct gt_diagnosis *r)
{
	for (uint32_t i = 0; i < r->n_verdict; i++)
		for (uint32_t k = 0; k < r->verdict[i].n_line; k++)
			r->verdict[i].line[k] = turned(r, r->verdict[i].line[k]);
	for (uint32_t i = 0; i < r->n_process; i++) {
		r->process[i].first_line = turned(r, r->process[i].first_line);
		r->process[i].last_line = turned(r, r->process[i].last_line);
	}
}

int gt_diagnose_judge(const struct gt_diagnose *d, struct gt_diagnosis *ret, struct gt_err *e)
{
	struct gt_judge j = {d, ret, -1};
	int r;

	memset(ret, 0, sizeof(*ret));
	if (d->no_memory)
		return gt_err_set(e, -ENOMEM, "out of memory");
	r = refuse_order(d, e);
	if (r < 0)
		return r;
	if (d->n_process == 0 && !d->h2 && !d->deadlock_line && !d->known.has_cpu_stat)
		return gt_err_set(
			e, -ENODATA,
			"no line of Go's runtime among %llu: start the program with GODEBUG=gctrace=1, "
			"schedtrace=1000 or http2debug=1, and give its standard error",
			(unsigned long long)d->lines);
	fill(d, ret);
	judge_log(&j);
	for (uint32_t i = 0; i < d->n_process; i++) {
		j.process = (int32_t)i;
		gt_rules_gc(&j, d->process[i]);
		gt_rules_sched(&j, d->process[i]);
	}
	j.process = -1;
	gt_rules_cgroup(&j);
	if (d->h2)
		gt_rules_h2(&j, d->h2);
	judge_health(&j);
	if (d->backward)
		turn_lines(ret);
	return 0;
}

enum gt_diag_level gt_diagnosis_level(const struct gt_diagnosis *r)
{
	enum gt_diag_level level = GT_VL_NOTE;

	for (uint32_t i = 0; i < r->n_verdict; i++)
		if (gt_diag_texts[r->verdict[i].id].level > level)
			level = gt_diag_texts[r->verdict[i].id].level;
	return level;
}
