/*
 * The runtime's own lines as sequences of items. `print` writes each item by a write(2) of its own,
 * so another writer's whole line may come between any two: the state of a parser is the item that
 * is due.
 */
#ifndef GOTUNE_DIAGNOSE_ITEM_H
#define GOTUNE_DIAGNOSE_ITEM_H

#include "gotune/base.h"

enum gt_rt_type {
	GT_RT_GC,
	GT_RT_RATIO,	 /* pacer: assist ratio=... */
	GT_RT_PACER,	 /* pacer: N% CPU ... */
	GT_RT_PACER_OLD, /* pacer: H_m_prev=...: up to 1.17 */
	GT_RT_SWEEP,	 /* pacer: sweep done ... */
	GT_RT_SCHED,
	GT_RT_COUNT,
};

/* Where the values of a gc line are in gt_rt_line.v. */
enum gt_rt_gc_value {
	GT_GCV_N,
	GT_GCV_AT,
	GT_GCV_PERCENT,
	GT_GCV_CLOCK,		       /* 3: STW 1, mark, STW 2, ms */
	GT_GCV_CPU = GT_GCV_CLOCK + 3, /* 5: STW 1, assist, background, idle, STW 2, ms */
	GT_GCV_START = GT_GCV_CPU + 5, /* MiB */
	GT_GCV_END,
	GT_GCV_LIVE,
	GT_GCV_GOAL,
	GT_GCV_STACKS,
	GT_GCV_GLOBALS,
	GT_GCV_PROCS,
};
/* pacer: N% CPU. */
enum gt_rt_pacer_value {
	GT_PCV_PERCENT,
	GT_PCV_EXPECTED,
	GT_PCV_TRIGGER = 6, /* bytes */
	GT_PCV_PEAK,
	GT_PCV_DELTA, /* peak - goal, bytes */
};
enum gt_rt_sched_value {
	GT_SCV_MS,
	GT_SCV_PROCS,
	GT_SCV_IDLE,
	GT_SCV_THREADS,
	GT_SCV_SPINNING,
	GT_SCV_NEED,
	GT_SCV_IDLE_THREADS,
	GT_SCV_QUEUE,
	GT_SCV_GCWAITING,
	GT_SCV_LOCKED,
	GT_SCV_STOPWAIT,
	GT_SCV_SYSMON,
};
#define GT_RT_VALUES 24

/* The numbers in brackets: run queues, then schedticks. */
struct gt_rt_list {
	uint64_t sum, hash;
	uint32_t n;
};
struct gt_rt_line {
	enum gt_rt_type type;
	double v[GT_RT_VALUES];
	uint32_t has; /* bit i: v[i] was there */
	bool forced;
	struct gt_rt_list list[2];
	uint64_t first, last; /* lines of the log */
};

/* A line that is not complete. {0}: there is none. */
struct gt_tear {
	bool open;
	uint8_t item, taken; /* the item that is due; how many were taken */
	uint32_t missed;     /* lines since the last item */
	uint8_t group;	     /* of the list */
	struct gt_rt_line l;
};

/* What became of a piece. */
enum gt_tear_end { GT_TEAR_NONE, GT_TEAR_MORE, GT_TEAR_DONE };

/*
 * S is a whole physical line. Begins a runtime's line at its start: how many bytes belong to it,
 * and in *T what is due. GT_TEAR_NONE: it is none of ours.
 */
enum gt_tear_end gt_tear_begin(struct gt_tear *t, const char *s, size_t n, uint64_t line,
			       size_t *ret_used);
/* Goes on with the line in *T. GT_TEAR_NONE: S has not the item that is due. */
enum gt_tear_end gt_tear_go_on(struct gt_tear *t, const char *s, size_t n, uint64_t line,
			       size_t *ret_used);
/* Has it all its values, and only the newline is missing? */
bool gt_tear_is_full(const struct gt_tear *t);

/* Item by item, for lines that lie mixed (knot.c). Row K of the beginnings, from 0: is it at S? */
bool gt_tear_open(struct gt_tear *t, unsigned k, const char *s, size_t n, uint64_t line,
		  size_t *ret_used);
#define GT_TEAR_BEGINNINGS 6
/* Takes the item that is due and no more; how many bytes it has, 0: S has it not. *T is then
 * spoilt. */
size_t gt_tear_step(struct gt_tear *t, const char *s, size_t n, uint64_t line);
/* Is a number due? */
bool gt_tear_wants_number(const struct gt_tear *t);
/* Could the newline be next? */
bool gt_tear_may_end(const struct gt_tear *t);
/* Its newline has come. */
void gt_tear_end(struct gt_tear *t);

#endif
