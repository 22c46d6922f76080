/*
 * Medians and how far they can be trusted, and whether two groups differ. Pure; no heap but for
 * ranks.
 *
 * Sources: the interval of order statistics for a median (Conover, Practical Nonparametric
 * Statistics, 3.2); Mann and Whitney, Annals of Mathematical Statistics 18 (1947), 50-60, with the
 * variance for ties of Lehmann, Nonparametrics, 1.4.
 */
#include <math.h>
#include <stdlib.h>

#include "gotune/base.h"
#include "gotune/history.h"

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/*
 * The largest K with P(Binomial(N, 1/2) < K) <= 2.5 %: the median is at least the K-th of N sorted
 * numbers, from 1, and at most the K-th from the end, with 95 %. By sums of logarithms: 2^-N alone
 * is 0 for a large N.
 */
static uint32_t order_of(uint32_t n)
{
	double log_p = -(double)n * log(2), sum = 0;
	uint32_t k = 0;

	while (k < n) {
		sum += exp(log_p);
		if (sum > 0.025)
			break;
		k++;
		log_p += log((double)(n - k + 1)) - log((double)k);
	}
	return k;
}

void gt_median_of(double *v, uint32_t n, struct gt_median *ret)
{
	uint32_t k;

	*ret = (struct gt_median){.n = n};
	if (n < GT_STATS_MIN)
		return;
	qsort(v, n, sizeof(*v), by_value);
	k = order_of(n);
	ret->known = k > 0;
	ret->median = n % 2 ? v[n / 2] : (v[n / 2 - 1] + v[n / 2]) / 2;
	ret->low = k > 0 ? v[k - 1] : 0;
	ret->high = k > 0 ? v[n - k] : 0;
}

struct ranked {
	double v;
	bool is_a;
};

static int by_ranked(const void *a, const void *b)
{
	return by_value(&((const struct ranked *)a)->v, &((const struct ranked *)b)->v);
}

/* The sum of A's ranks in the N sorted numbers R; *RET_TIES: the sum of t^3 - t over ties. */
static double rank_sum(const struct ranked *r, uint32_t n, double *ret_ties)
{
	double sum = 0, ties = 0;

	for (uint32_t i = 0, end; i < n; i = end) {
		double t, rank;

		for (end = i + 1; end < n && by_value(&r[end].v, &r[i].v) == 0;)
			end++;
		t = (double)(end - i);
		rank = (double)(i + 1) + (t - 1) / 2; /* the mean of those that they share */
		ties += t * t * t - t;
		for (uint32_t k = i; k < end; k++)
			sum += r[k].is_a ? rank : 0;
	}
	*ret_ties = ties;
	return sum;
}

enum gt_contrast gt_contrast_of(const double *a, uint32_t na, const double *b, uint32_t nb,
				double alpha, double *ret_p)
{
	_cleanup_free_ struct ranked *r = NULL;
	double n = (double)na + (double)nb, mean, var, diff, z, p, ties = 0;

	if (ret_p)
		*ret_p = 1;
	if (na < GT_STATS_MIN || nb < GT_STATS_MIN)
		return GT_CONTRAST_UNKNOWN;
	r = calloc((size_t)na + nb, sizeof(*r));
	if (!r)
		return GT_CONTRAST_UNKNOWN;
	for (uint32_t i = 0; i < na + nb; i++)
		r[i] = i < na ? (struct ranked){a[i], true} : (struct ranked){b[i - na], false};
	qsort(r, (size_t)na + nb, sizeof(*r), by_ranked);
	mean = na * (n + 1) / 2;
	diff = rank_sum(r, na + nb, &ties) - mean;
	var = (double)na * nb / 12 * (n + 1 - ties / (n * (n - 1)));
	if (var <= 0) /* all are one number */
		return GT_CONTRAST_NONE;
	z = fabs(diff) > 0.5 ? (fabs(diff) - 0.5) / sqrt(var) : 0;
	p = erfc(z / sqrt(2));
	if (ret_p)
		*ret_p = p;
	if (p >= alpha)
		return GT_CONTRAST_NONE;
	return diff < 0 ? GT_CONTRAST_LESS : GT_CONTRAST_MORE;
}
