/* Quantiles in bounded memory: counts in steps of 1/32 of a power of two, so within 3 %. */
#ifndef GOTUNE_DIAGNOSE_HIST_H
#define GOTUNE_DIAGNOSE_HIST_H

#include "gotune/base.h"

#define GT_HIST_OCTAVES 44
#define GT_HIST_STEPS	32
struct gt_hist {
	uint64_t n, zero;
	double min, max;
	uint32_t count[GT_HIST_OCTAVES * GT_HIST_STEPS];
};

/* V below 0 counts as 0. */
void gt_hist_add(struct gt_hist *h, double v);
/* The value below which the share Q of all lies; 0 when there is none. */
double gt_hist_at(const struct gt_hist *h, double q);

#endif
