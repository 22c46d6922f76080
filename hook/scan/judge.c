/*
 * What hurts, what comes first, and the summary. Pure.
 */
#include <stdio.h>
#include <time.h>

#include "internal.h"

static const char *const harm_words[] = {
#define X(id, word, weight, phrase) [GT_HARM_##id] = (word),
#include "gotune/scan/harms.def"
#undef X
};
const struct gt_words gt_harm_words = {harm_words, GT_ARRAY_LEN(harm_words)};

static const char *const phrases[] = {
#define X(id, word, weight, phrase) [GT_HARM_##id] = (phrase),
#include "gotune/scan/harms.def"
#undef X
};

static const unsigned weights[] = {
#define X(id, word, weight, phrase) [GT_HARM_##id] = (weight),
#include "gotune/scan/harms.def"
#undef X
};

static const char *const from_words[] = {
	[GT_SCAN_NOT_READABLE] = "not-readable",
	[GT_SCAN_ENVIRONMENT] = "environment",
	[GT_SCAN_GO] = "go",
};
const struct gt_words gt_scan_from_words = {from_words, GT_ARRAY_LEN(from_words)};

#define PERIODS_MIN	  100 /* fewer tell nothing: ten seconds of the kernel's usual period */
#define THROTTLED_PERCENT 5
#define MEMORY_PERCENT	  90

static bool is_share(const struct gt_scan_number *part, const struct gt_scan_number *whole,
		     uint64_t percent)
{
	return part->known && whole->known && whole->v > 0 &&
	       (unsigned __int128)part->v * 100 >= (unsigned __int128)whole->v * percent;
}

unsigned gt_scan_harms(const struct gt_scan_program *p, const struct gt_scan_unit *u)
{
	const struct gt_scan_usage *g = &u->usage;
	const bool holds[GT_HARM_COUNT] = {
		[GT_HARM_OOM_KILLED] = g->oom_kills.known && g->oom_kills.v > 0,
		[GT_HARM_THROTTLED] = g->periods.known && g->periods.v >= PERIODS_MIN &&
				      is_share(&g->throttled, &g->periods, THROTTLED_PERCENT),
		[GT_HARM_TOO_MANY_PS] =
			p->ps_from != GT_SCAN_NOT_READABLE && p->ps_fit > 0 && p->ps > p->ps_fit,
		[GT_HARM_NEAR_LIMIT] = is_share(&g->memory, &g->memory_max, MEMORY_PERCENT),
		[GT_HARM_LISTEN_OVERFLOWS] = g->listen_overflows.known && g->listen_overflows.v > 0,
	};
	unsigned harms = 0;

	for (unsigned i = 0; i < GT_HARM_COUNT; i++)
		harms |= holds[i] ? 1u << i : 0;
	return harms;
}

/* ---- the order ---- */

static unsigned weight_of(unsigned harms)
{
	unsigned sum = 0;

	for (unsigned i = 0; i < GT_HARM_COUNT; i++)
		sum += harms >> i & 1 ? weights[i] : 0;
	return sum;
}

/* Of two with the same harms: how bad they are, in thousandths. */
static uint64_t degree_of(const struct gt_scan_program *p, const struct gt_scan_unit *u)
{
	const struct gt_scan_usage *g = &u->usage;
	uint64_t d = 0;

	if (g->oom_kills.known)
		d += (g->oom_kills.v < 1000 ? g->oom_kills.v : 1000) * 1000;
	if (g->periods.known && g->throttled.known && g->periods.v > 0)
		d += (uint64_t)((unsigned __int128)g->throttled.v * 1000 / g->periods.v);
	if (p->harms & 1u << GT_HARM_TOO_MANY_PS)
		d += p->ps * 10 / p->ps_fit;
	return d;
}

static int compare(const void *a, const void *b, void *scan)
{
	const struct gt_scan *s = scan;
	const struct gt_scan_program *x = a, *y = b;
	const struct gt_scan_unit *ux = &s->unit[x->unit], *uy = &s->unit[y->unit];
	unsigned wx = weight_of(x->harms), wy = weight_of(y->harms);
	uint64_t dx = degree_of(x, ux), dy = degree_of(y, uy);
	int r;

	if (wx != wy)
		return wx > wy ? -1 : 1;
	if (dx != dy)
		return dx > dy ? -1 : 1;
	if (ux->name.kind != uy->name.kind)
		return ux->name.kind < uy->name.kind ? -1 : 1; /* containers first */
	r = strcmp(ux->name.id, uy->name.id);
	return r ? r : (x->pid > y->pid) - (x->pid < y->pid);
}

void gt_scan_sort(struct gt_scan *s)
{
	if (s->n_program > 0)
		qsort_r(s->program, s->n_program, sizeof(s->program[0]), compare, s);
}

/* ---- the summary ---- */

/* How many containers have a program with harm I. The programs of one are not next to each other.
 */
static uint32_t count_units(const struct gt_scan *s, unsigned harm)
{
	uint32_t n = 0;

	for (uint32_t u = 0; u < s->n_unit; u++) {
		bool found = s->unit[u].harms >> harm & 1;

		n += found && s->unit[u].name.kind == GT_UNIT_CONTAINER;
	}
	return n;
}

/* The program with the most Ps for its CPUs, of a container. */
static const struct gt_scan_program *worst_ps(const struct gt_scan *s)
{
	const struct gt_scan_program *worst = NULL;

	for (uint32_t i = 0; i < s->n_program; i++) {
		const struct gt_scan_program *p = &s->program[i];

		if (!(p->harms & 1u << GT_HARM_TOO_MANY_PS) ||
		    s->unit[p->unit].name.kind != GT_UNIT_CONTAINER)
			continue;
		if (!worst || p->ps * worst->ps_fit > worst->ps * p->ps_fit)
			worst = p;
	}
	return worst;
}

static void add_since(const struct gt_scan *s, struct gt_buf *out)
{
	time_t at = (time_t)s->since_s;
	struct tm tm;

	if (s->since_s > 0 && gmtime_r(&at, &tm))
		gt_buf_fmt(out, " since %04d-%02d-%02d", tm.tm_year + 1900, tm.tm_mon + 1,
			   tm.tm_mday);
}

static void add_harm(const struct gt_scan *s, unsigned harm, uint32_t n, bool first,
		     struct gt_buf *out)
{
	const struct gt_scan_program *worst = harm == GT_HARM_TOO_MANY_PS ? worst_ps(s) : NULL;

	if (first)
		gt_buf_fmt(out, "%u of %u Go containers ", n, s->go_containers);
	else
		gt_buf_fmt(out, "; %u ", n);
	gt_buf_str(out, phrases[harm]);
	if (harm == GT_HARM_OOM_KILLED)
		add_since(s, out);
	if (worst)
		gt_buf_fmt(out, " (the worst: %llu Ps where %u fit)", (unsigned long long)worst->ps,
			   worst->ps_fit);
}

static void add_left_out(const struct gt_scan *s, struct gt_buf *out)
{
	if (s->unreadable > 0)
		gt_buf_fmt(out, " %u processes belong to other users: run it as root to see them.",
			   s->unreadable);
	if (s->stuck > 0)
		gt_buf_fmt(out, " %u processes kept us waiting and are left out.", s->stuck);
	if (s->broken > 0)
		gt_buf_fmt(out, " %u program files were too much for the parser.", s->broken);
}

bool gt_scan_sets_anything(const struct gt_scan_program *p)
{
	for (uint32_t i = 0; i < p->n_setting; i++) {
		if (p->setting[i].verdict == GT_VERDICT_SET)
			return true;
	}
	return false;
}

static void add_bundles_left_out(const struct gt_scan *s, struct gt_buf *out)
{
	if (s->broken > 0)
		gt_buf_fmt(out, " %u config.json or program files cannot be used.", s->broken);
	if (s->stuck > 0)
		gt_buf_fmt(out, " The programs of %u kept us waiting.", s->stuck);
	if (s->left_out > 0)
		gt_buf_fmt(out,
			   " %u bundles are left out: without a config.json, with a name that no "
			   "engine gives, or too many.",
			   s->left_out);
}

static void sum_up_bundles(const struct gt_scan *s, struct gt_buf *out)
{
	uint32_t set = 0;

	for (uint32_t i = 0; i < s->n_program; i++)
		set += gt_scan_sets_anything(&s->program[i]);
	if (s->containers == 0)
		gt_buf_str(out, "No bundle was found");
	else
		gt_buf_fmt(out,
			   "By their bundles alone, %u of %u containers run Go; something would "
			   "be set for %u",
			   s->go_containers, s->containers, set);
	if (s->unknown > 0)
		gt_buf_fmt(out, "; the programs of %u are not known", s->unknown);
	gt_buf_str(out, ".");
	add_bundles_left_out(s, out);
}

void gt_scan_summary(const struct gt_scan *s, struct gt_buf *out)
{
	bool first = true;

	if (s->bundles_only) {
		sum_up_bundles(s, out);
		return;
	}

	if (s->go_containers == 0 && s->go_services == 0)
		gt_buf_fmt(out, "No Go program runs in the %u containers and %u services here",
			   s->containers, s->services);
	for (unsigned i = 0; i < GT_HARM_COUNT; i++) {
		uint32_t n = count_units(s, i);

		if (n == 0)
			continue;
		add_harm(s, i, n, first, out);
		first = false;
	}
	if (first && (s->go_containers > 0 || s->go_services > 0))
		gt_buf_fmt(out, "Nothing harmful in the %u Go containers of %u", s->go_containers,
			   s->containers);
	gt_buf_str(out, ".");
	add_left_out(s, out);
}
