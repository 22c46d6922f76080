/* The SCHED lines of one process, and what scheddetail=1 adds below each. */
#ifndef GOTUNE_DIAGNOSE_SCHED_H
#define GOTUNE_DIAGNOSE_SCHED_H

#include "gotune/diagnose.h"
#include "hist.h"
#include "item.h"

/* Lines in a row that are alike. */
struct gt_run {
	double from_ms, to_ms, gap_max; /* gap: the longest between two lines */
	uint64_t first_line, last_line;
	uint32_t n;
};
/* The run that goes on, and the longest one so far. */
struct gt_runs {
	struct gt_run now, best;
};

/* What stands below a SCHED line of scheddetail=1. */
struct gt_detail {
	bool open;
	uint32_t ps, gs, waiting, mutex, running, in_syscall;
	uint64_t ticks;	       /* a hash of the Ps' schedticks */
	uint64_t goroutine[4]; /* that run */
	uint32_t n_goroutine;
};

struct gt_sched_bin {
	double from, to, runnable, idle, threads;
	uint32_t lines;
};

struct gt_sched {
	uint64_t n, first_line, last_line;
	double first_ms, last_ms, procs;
	struct gt_hist gap, runnable;
	double gap_max;
	uint64_t counted, idle_0, all_idle, blocked; /* lines */
	uint64_t blocked_line, convoys, convoy_line, idle_line;
	uint64_t bare; /* lines whose detail should follow, and did not */
	double blocked_threads, convoy_mutex, convoy_waiting;
	bool has_ticks, has_detail;
	uint64_t was_ticks, was_sig, was_queues, was_line; /* of the line before; 0: unknown */
	bool was_busy, was_waiting;
	struct gt_runs same_ticks; /* busy, and not one switch of goroutines */
	struct gt_runs same_look;  /* busy, and nothing that is shown has changed */
	struct gt_runs stopping;   /* gcwaiting with stopwait */
	uint64_t stuck[4];	   /* goroutines that ran through such a run */
	uint32_t n_stuck;
	struct gt_detail detail;
	struct gt_rt_line was;
	struct gt_sched_bin bin[GT_POINTS_MAX];
	uint32_t n_bin, per_bin;
};

void gt_sched_add(struct gt_sched *s, const struct gt_rt_line *l);
/* A line that begins with two blanks, below the last SCHED line. False: it is none of ours. */
bool gt_sched_detail(struct gt_sched *s, const char *p, size_t n);
/* What the last detail said counts now: before a line that is not detail, and at the end. */
void gt_sched_settle(struct gt_sched *s);

#endif
