/*
 * Are the canaries of a roll-out worse than the others, by more than chance? Pure; no heap but for
 * a median.
 *
 * Theory of operation. Each measure is a yes or no of each container, so that Fisher's exact test
 * holds for any number of them, also for the few canaries among many others; of throttling it is
 * whether a container is in the quarter of all that was throttled most, which are the same whoever
 * is a canary. We look again and again, as containers come: so each look may be wrong by a part of
 * GT_CANARY_ALPHA alone, and the sum of 1 / (k (k + 1)) over all k is 1.
 *
 * Sources: Fisher, The Design of Experiments (1935), II; Mood's median test (Conover, Practical
 * Nonparametric Statistics, 4.3); Bonferroni's inequality, for looks and measures.
 */
#include <math.h>
#include <stdlib.h>

#include "gotune/base.h"
#include "gotune/history.h"

#define THROTTLED_MIN 0.01f /* less harms nobody, whatever the others do */

static const char *const words[GT_CANARY_MEASURES] = {"oom-killed", "ended early", "throttled"};
const struct gt_words gt_canary_words = {words, GT_CANARY_MEASURES};

static double log_choose(uint32_t n, uint32_t k)
{
	return lgamma(n + 1.0) - lgamma(k + 1.0) - lgamma((double)(n - k) + 1.0);
}

double gt_fisher_more(uint32_t a, uint32_t na, uint32_t b, uint32_t nb)
{
	uint32_t bad = a + b, most = bad < na ? bad : na;
	double sum = 0;

	if (a > na || b > nb || a == 0)
		return 1;
	for (uint32_t x = a; x <= most; x++) {
		if (bad - x <= nb)
			sum += exp(log_choose(na, x) + log_choose(nb, bad - x) -
				   log_choose(na + nb, bad));
	}
	return sum < 1 ? sum : 1;
}

static int by_float(const void *a, const void *b)
{
	float x = *(const float *)a, y = *(const float *)b;

	return (x > y) - (x < y);
}

/* What counts as throttled; false: there is no memory. */
static bool choose_threshold(const struct gt_canary_unit *u, uint32_t n, float *ret)
{
	_cleanup_free_ float *v = calloc((size_t)n + 1, sizeof(*v));
	size_t known = 0;

	if (!v)
		return false;
	for (uint32_t i = 0; i < n; i++) {
		if (u[i].throttled >= 0)
			v[known++] = u[i].throttled;
	}
	if (known > 0)
		qsort(v, known, sizeof(*v), by_float);
	*ret = known > 0 && v[known / 4 * 3] > THROTTLED_MIN ? v[known / 4 * 3] : THROTTLED_MIN;
	return true;
}

/* Is U bad? 1, 0, or -1: not known. */
static int is_bad(const struct gt_canary_unit *u, enum gt_canary_measure m, float throttled)
{
	switch (m) {
	case GT_CANARY_OOM:
		return u->oom;
	case GT_CANARY_EARLY:
		return u->early;
	case GT_CANARY_THROTTLED:
	case GT_CANARY_MEASURES:
		break;
	}
	return u->throttled < 0 ? -1 : u->throttled >= throttled;
}

static void count(const struct gt_canary_unit *u, uint32_t n, float throttled,
		  struct gt_canary_verdict *ret)
{
	for (uint32_t i = 0; i < n; i++) {
		uint32_t *arm = u[i].canary ? ret->canary : ret->control;
		int bad = is_bad(&u[i], ret->measure, throttled);

		if (bad < 0)
			continue;
		arm[0] += (uint32_t)bad;
		arm[1]++;
	}
	ret->p = gt_fisher_more(ret->canary[0], ret->canary[1], ret->control[0], ret->control[1]);
}

static bool has_grown(uint64_t now, uint64_t before)
{
	return now >= before + before / 2 && now > before;
}

/* Is it time for a look? Then *S says what there is now. */
static bool is_time(struct gt_canary *s, const struct gt_canary_unit *u, uint32_t n)
{
	uint32_t canaries = 0;
	uint64_t seconds = 0;

	for (uint32_t i = 0; i < n; i++) {
		canaries += u[i].canary;
		seconds += u[i].seconds;
	}
	if (canaries < GT_CANARY_MIN || n - canaries < GT_CANARY_MIN)
		return false;
	if (s->looks > 0 && !has_grown(n, s->containers) && !has_grown(seconds, s->seconds))
		return false;
	*s = (struct gt_canary){s->looks + 1, n, seconds};
	return true;
}

bool gt_canary_look(struct gt_canary *s, const struct gt_canary_unit *u, uint32_t n,
		    struct gt_canary_verdict *ret)
{
	struct gt_canary next = *s;
	float throttled;
	double alpha;

	if (!is_time(&next, u, n) || !choose_threshold(u, n, &throttled))
		return false;
	*s = next;
	alpha = GT_CANARY_ALPHA / GT_CANARY_MEASURES / next.looks / (next.looks + 1.0);
	*ret = (struct gt_canary_verdict){.p = 1};
	for (unsigned m = 0; m < GT_CANARY_MEASURES; m++) {
		struct gt_canary_verdict v = {.measure = m};

		count(u, n, throttled, &v);
		v.worse = v.p < alpha;
		if (v.p < ret->p)
			*ret = v;
	}
	return true;
}
