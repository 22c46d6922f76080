/*
 * Is a program in a death spiral: does it spend its CPU on collecting garbage near its limit? Pure.
 */
#ifndef GOTUNE_DAEMON_SPIRAL_H
#define GOTUNE_DAEMON_SPIRAL_H

#include "gotune/base.h"

#define GT_SPIRAL_PERCENT 25 /* of the CPU that the program took */

/* What one look sees. Times in nanoseconds; those of the program by CLOCK_MONOTONIC. */
struct gt_spiral_look {
	int64_t now_ns;
	bool is_near;		       /* what Go has mapped is 90 % of its limit, or more */
	bool in_mark;		       /* a mark phase runs */
	uint64_t gc_ns, mark_begin_ns; /* of gt_live_snapshot */
	bool has_cpu;
	uint64_t cpu_ns; /* what the program has taken since it began */
};

/* What is remembered of this minute. {0} is the beginning. */
struct gt_spiral {
	uint32_t n, n_near, n_mark, n_age;
	double gc_ns, age_ns; /* sums over looks outside of mark phases */
	int64_t begin_ns;
	bool has_cpu;
	uint64_t cpu_begin_ns, cpu_ns;
};

/*
 * Takes a look, of which there should be one a second. True at the end of a minute in which the
 * program was in a spiral; *RET_PERCENT: how much of the CPU its collector took, at least.
 */
bool gt_spiral_look(struct gt_spiral *s, const struct gt_spiral_look *l, uint32_t *ret_percent);

#endif
