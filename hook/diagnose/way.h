/* A way to deal items out to lines that lie mixed (knot.c). */
#ifndef GOTUNE_DIAGNOSE_WAY_H
#define GOTUNE_DIAGNOSE_WAY_H

#include "knot.h"

struct gt_way {
	struct gt_tear t[GT_KNOT_TEARS];
	uint8_t n, order[GT_KNOT_TEARS]; /* order: when each ended, from 1; 0: not yet */
	uint8_t ended, last;		 /* last: who wrote the last piece */
	uint8_t tied;			 /* bit i: line i has values that may be another's */
	uint32_t skipped, changes, at;	 /* at: in the physical line */
};

/* Below 0: A is better; by bytes that fit nobody, then by what speaks against its lines. */
int gt_way_compare(const struct gt_knot_expect *x, const struct gt_way *a, const struct gt_way *b);
/*
 * Is A, which has come to the same items, so much likelier than B for its fewer changes of writer?
 * With C changes in N pieces one more is about C/(N - C) as likely as none.
 */
bool gt_way_is_likelier(const struct gt_way *a, const struct gt_way *b);

#endif
