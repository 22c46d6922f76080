/*
 * Lines of two or three processes whose pieces lie mixed on one descriptor. Pure, but for memory of
 * a fixed size.
 */
#ifndef GOTUNE_DIAGNOSE_KNOT_H
#define GOTUNE_DIAGNOSE_KNOT_H

#include "item.h"

#define GT_KNOT_TEARS	   3
#define GT_KNOT_EXPECT_MAX 8

/* The cycles that may come next on this descriptor. */
struct gt_knot_next {
	double n, at, live, procs; /* its number; no earlier, no smaller heap than; its Ps */
};
struct gt_knot_expect {
	struct gt_knot_next next[GT_KNOT_EXPECT_MAX];
	unsigned count;
};

/* What a knot has come to. */
struct gt_knot_end {
	struct gt_rt_line line[GT_KNOT_TEARS]; /* whole ones, in the order in which they end */
	unsigned n_line;
	unsigned mixed;	     /* whole ones that cannot be told from each other */
	unsigned lost;	     /* ones that never became whole */
	struct gt_tear open; /* one that may still be gone on with; not open: none */
};

struct gt_knot;

/* NULL: no memory. It is empty. */
struct gt_knot *gt_knot_new(void);
void gt_knot_free(struct gt_knot *k);
bool gt_knot_is_open(const struct gt_knot *k);
/* T, which is torn, and the beginning of another line, which comes next. */
void gt_knot_begin(struct gt_knot *k, const struct gt_tear *t, const struct gt_knot_expect *expect);
/* A physical line, or what is left of it. False: nobody's piece is in it. */
bool gt_knot_add(struct gt_knot *k, const char *s, size_t n, uint64_t line);
/* Nothing that may come changes what it comes to, or it takes too long. */
bool gt_knot_is_settled(const struct gt_knot *k);
/* Ends it: what it has come to so far. */
void gt_knot_end(struct gt_knot *k, struct gt_knot_end *ret);

#endif
