/*
 * The collections of one process: sums, quantiles, and a series of stretches that is thinned out as
 * the log grows, so that any length of log fits.
 */
#ifndef GOTUNE_DIAGNOSE_CYCLE_H
#define GOTUNE_DIAGNOSE_CYCLE_H

#include "gotune/diagnose.h"
#include "hist.h"
#include "item.h"

/* Effective GOGC below this is the limit's doing: GOGC=10 shows 9 to 12. */
#define GT_ROOM_LOW 7.5

/* A stretch of cycles. CPU times belong to the cycles whose end is known: the next one's start. */
struct gt_bin {
	double from, to;   /* seconds since the program's start */
	double wall, have; /* ms; have: P x wall */
	double cpu[GT_GC_WHO];
	double live, live_min, live_max, peak, goal, stacks;
	double pause_max;
	uint64_t pause_line, first_line, last_line;
	double pause_at, pause_ms; /* the longest STW 1: when, how long */
	uint32_t cycles, forced, periodic;
	uint32_t rooms;			 /* cycles with an effective GOGC: live before >= 4 MB */
	uint32_t low, mid, high;	 /* of them: < GT_ROOM_LOW, up to 40, > 150 % */
	uint32_t bursts, surges, swings; /* end > 1.3, 2.5 x goal; live changed by > 3 x */
	uint32_t stacks_win;		 /* stacks > live */
	uint64_t burst_line;
	double room_sum;
};

struct gt_cycles {
	uint64_t n, first, last, forced, periodic, pacer;
	uint64_t first_line, last_line;
	double first_at, last_at;
	double procs;
	struct gt_hist pause[2], room, goal_error, gap, goal;
	double pause_total;
	double cpu_all[GT_GC_WHO];
	double path_us[GT_GC_CAUSES][GT_GC_WHO];
	double live_first, live_max;
	/* the cycle before: its end is known when the next one comes */
	bool open;
	struct gt_rt_line was;
	double was_live; /* exact bytes in MiB, if the pacer said them */
	struct gt_bin bin[GT_POINTS_MAX];
	uint32_t n_bin, per_bin; /* per_bin: cycles of a stretch */
};

/* Another cycle; PACER (may be NULL) is its `% CPU` line. */
void gt_cycles_add(struct gt_cycles *c, const struct gt_rt_line *l, const struct gt_rt_line *pacer);
/* B takes in O, which follows it. */
void gt_bin_join(struct gt_bin *b, const struct gt_bin *o);
/* The collector's part of B's P x wall, without idle workers, in percent; -1: unknown. */
double gt_bin_share(const struct gt_bin *b);
/* Assists as a part of assists and background, in percent. */
double gt_bin_assists(const struct gt_bin *b);

/*
 * The run of stretches where WEIGHT sums up highest; *RET is their sum. False: there is none above
 * 0.
 */
bool gt_cycles_worst(const struct gt_cycles *c, double (*weight)(const struct gt_bin *),
		     struct gt_bin *ret);

#endif
