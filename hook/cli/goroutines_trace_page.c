/*
 * The page of gotune goroutines --trace: sites with their births, ends and life-times, and what it
 * cost. Pure but for the buffer's heap.
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "cli.h"
#include "gotune/base.h"
#include "gotune/goroutines.h"

#define SITES_SHOWN 20u

static const struct gt_cli_col columns[] = {
	{"BORN", 10}, {"ENDED", 10}, {"ALIVE", 10}, {"MEAN LIFE", 9}, {"CREATED BY", 0}};

/* "<16 us", "1.2 ms", "3.4 s" */
static void format_us(double us, char *buf, size_t cap)
{
	if (us < 1000)
		(void)snprintf(buf, cap, "%.*f us", us < 10 ? 1 : 0, us); /* these fit */
	else if (us < 1e6)
		(void)snprintf(buf, cap, "%.*f ms", us < 1e4 ? 1 : 0, us / 1000);
	else
		(void)snprintf(buf, cap, "%.*f s", us < 1e7 ? 1 : 0, us / 1e6);
}

/* "50 % <2 ms" */
static void add_percent(struct gt_buf *b, const struct gt_gor_traced *s, unsigned percent)
{
	uint64_t us = gt_gor_life_us(s, percent);
	char time[24];

	format_us(us == UINT64_MAX ? (double)(1ull << (GT_GOR_LIFE_BUCKETS - 2)) : (double)us, time,
		  sizeof(time));
	gt_buf_fmt(b, ", %u %% %c%s", percent, us == UINT64_MAX ? '>' : '<', time);
}

/* "lived 16 us [_.=#=] 8.2 ms, 50 % <2 ms, ...": a bar a power of two. */
static void add_lives(struct gt_cli_table *t, const struct gt_gor_traced *s)
{
	_cleanup_(gt_buf_done) struct gt_buf b = {0};
	static const char bars[] = "_.-=+*%#"; /* as the heat map of ages: a table is ASCII */
	unsigned lo = 0, hi = GT_GOR_LIFE_BUCKETS;
	uint64_t most = 0;
	char from[24], to[24];

	while (lo < hi && s->life[lo] == 0)
		lo++;
	while (hi > lo && s->life[hi - 1] == 0)
		hi--;
	if (lo == hi)
		return;
	for (unsigned i = lo; i < hi; i++)
		most = s->life[i] > most ? s->life[i] : most;
	format_us(lo == 0 ? 0 : (double)(1ull << (lo - 1)), from, sizeof(from));
	format_us((double)(1ull << (hi - 1)), to, sizeof(to));
	gt_buf_fmt(&b, "lived %s [", from);
	/* By the logarithm: a handful among a million is seen. */
	for (unsigned i = lo; i < hi; i++) {
		double level = log2((double)s->life[i] + 1) / log2((double)most + 1);

		gt_buf_add(&b, &bars[s->life[i] ? (unsigned)(1 + level * 6.49) : 0], 1);
	}
	gt_buf_fmt(&b, "] %s", hi == GT_GOR_LIFE_BUCKETS ? "and longer" : to);
	add_percent(&b, s, 50);
	add_percent(&b, s, 99);
	if (b.p)
		gt_cli_table_note(t, GT_STYLE_DIM, b.p);
}

static void add_site(struct gt_cli_table *t, const char *text, const struct gt_gor_traced *s)
{
	char born[24], ended[24], alive[24], mean[24] = "-";
	_cleanup_(gt_buf_done) struct gt_buf by = {0};

	(void)snprintf(born, sizeof(born), "%" PRIu64, s->born); /* these fit */
	(void)snprintf(ended, sizeof(ended), "%" PRIu64, s->ended);
	(void)snprintf(alive, sizeof(alive), "%" PRIu64,
		       s->born > s->ended ? s->born - s->ended : 0);
	if (s->ended > 0)
		format_us((double)s->total_us / (double)s->ended, mean, sizeof(mean));
	if (text[s->by])
		gt_buf_fmt(&by, "%s %s, runs %s", text + s->by, text + s->place, text + s->starts);
	else
		gt_buf_str(&by, text[s->starts] ? text + s->starts : "?");
	gt_cli_table_row(t, (struct gt_cli_cell[]){{born, GT_STYLE_BOLD},
						   {ended, GT_STYLE_PLAIN},
						   {alive, GT_STYLE_PLAIN},
						   {mean, GT_STYLE_PLAIN},
						   {by.p, GT_STYLE_PLAIN}});
	add_lives(t, s);
}

static bool is_runtime(const char *text, const struct gt_gor_traced *s)
{
	return gt_has_prefix(text + s->by, "runtime.") &&
	       gt_has_prefix(text + s->starts, "runtime.");
}

struct sums {
	uint64_t born, ended, old, own, rest;
	uint32_t rest_sites;
};

static struct sums sum(const struct gt_gor_trace *r)
{
	struct sums n = {0};

	for (uint32_t i = 0; i < r->n_site; i++) {
		n.born += r->site[i].born;
		n.ended += r->site[i].ended;
		n.old += r->site[i].ended_old;
	}
	return n;
}

static void add_sites(struct gt_cli_out *o, const struct gt_gor_trace *r, struct sums *n)
{
	struct gt_cli_table t = {.col = columns, .n_col = GT_ARRAY_LEN(columns)};
	unsigned shown = 0;

	for (uint32_t i = 0; i < r->n_site; i++) {
		const struct gt_gor_traced *s = &r->site[i];

		if (is_runtime(r->text, s)) {
			n->own += s->born;
		} else if (s->born > 0 && shown < SITES_SHOWN) {
			add_site(&t, r->text, s);
			shown++;
		} else if (s->born > 0) {
			n->rest += s->born;
			n->rest_sites++;
		}
	}
	if (shown > 0)
		gt_cli_table_end(&t, o);
	else
		gt_buf_str(&o->buf, "the program bore no goroutine\n");
}

static void add_rest(struct gt_cli_out *o, const struct gt_gor_trace *r, const struct sums *n)
{
	struct gt_buf *b = &o->buf;

	if (n->rest > 0)
		gt_buf_fmt(b, "and %" PRIu64 " births of %u more sites: --format json has all\n",
			   n->rest, n->rest_sites);
	if (n->own > 0)
		gt_buf_fmt(b, "and %" PRIu64 " births of the runtime itself\n", n->own);
	if (n->old > 0)
		gt_buf_fmt(b, "also ended: %" PRIu64 " that were born before the trace%s\n", n->old,
			   r->not_followed ? ", or not followed" : "");
	if (r->not_followed > 0)
		gt_buf_fmt(b,
			   "%" PRIu64 " births were not followed, too many were alive: their "
			   "life-times are missing\n",
			   r->not_followed);
	if (r->no_site > 0)
		gt_buf_fmt(b, "%" PRIu64 " births and ends at more sites than are counted\n",
			   r->no_site);
	if (r->not_read > 0)
		gt_buf_fmt(b, "%" PRIu64 " births and ends could not be read\n", r->not_read);
}

/* What the probes have cost the program. */
static void add_cost(struct gt_cli_out *o, const struct gt_gor_trace *r, const struct sums *n)
{
	/* One birth with its end is two probes; what ended alone, or was born alone, is one. */
	double all = (double)r->cost_ns / 2 * (double)(n->born + n->ended + n->old);
	_cleanup_(gt_buf_done) struct gt_buf b = {0};
	char each[24], whole[24];

	if (r->cost_ns == 0 || r->ran_ns == 0)
		return;
	format_us((double)r->cost_ns / 1000, each, sizeof(each));
	format_us(all / 1000, whole, sizeof(whole));
	gt_buf_fmt(&b,
		   "cost: a goroutine that was born and ended took %s longer (measured here, just "
		   "before): %s in all, %.2g %% of one CPU",
		   each, whole, all / (double)r->ran_ns * 100);
	gt_buf_str(&o->buf, "\n");
	if (b.p)
		gt_cli_para(o, 0, GT_STYLE_PLAIN, b.p);
}

void gt_cli_goroutines_traced(struct gt_cli_out *o, const char *title, const struct gt_gor_trace *r)
{
	_cleanup_(gt_buf_done) struct gt_buf head = {0};
	struct sums n = sum(r);

	gt_buf_fmt(&head, "%s: %s, traced for %.1f s%s: %" PRIu64 " births, %" PRIu64 " ends",
		   title, r->go, (double)r->ran_ns / 1e9, r->gone ? ", then it ended" : "", n.born,
		   n.ended + n.old);
	if (head.p)
		gt_cli_para(o, 0, GT_STYLE_BOLD, head.p);
	gt_buf_str(&o->buf, "\n");
	add_sites(o, r, &n);
	add_rest(o, r, &n);
	add_cost(o, r, &n);
}
