/* Histograms of what a log says: pauses, intervals, room. Pure. */
#include <math.h>

#include "hist.h"

#define LOWEST (1.0 / 65536) /* smaller values are 0: a pause of 15 ns, in ms */

/* Octave and step of V; without libm, which a static program would have to carry. */
static unsigned place(double v)
{
	unsigned octave = 0;
	double base = LOWEST;

	while (octave < GT_HIST_OCTAVES - 1 && v >= base * 2) {
		base *= 2;
		octave++;
	}
	if (v >= base * 2)
		return GT_HIST_OCTAVES * GT_HIST_STEPS - 1;
	return octave * GT_HIST_STEPS + (unsigned)((v / base - 1) * GT_HIST_STEPS);
}

void gt_hist_add(struct gt_hist *h, double v)
{
	if (!(v > 0))
		v = 0;
	if (h->n == 0 || v < h->min)
		h->min = v;
	if (h->n == 0 || v > h->max)
		h->max = v;
	h->n++;
	if (v < LOWEST)
		h->zero++;
	else
		h->count[place(v)]++;
}

double gt_hist_at(const struct gt_hist *h, double q)
{
	double want = (double)h->n * q, seen = (double)h->zero;

	if (h->n == 0 || seen > want)
		return 0;
	for (unsigned o = 0; o < GT_HIST_OCTAVES; o++) {
		for (unsigned i = 0; i < GT_HIST_STEPS; i++) {
			double v = ldexp(LOWEST, (int)o) * (1 + (i + 0.5) / GT_HIST_STEPS);

			seen += h->count[o * GT_HIST_STEPS + i];
			if (seen > want || seen >= (double)h->n)
				return v > h->max ? h->max : v < h->min ? h->min : v;
		}
	}
	return h->max;
}
