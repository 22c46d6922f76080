/*
 * The garbage collector's settings of a running Go program, from outside: found, read, changed by
 * one write of 8 bytes while it runs. Nothing is stopped. amd64, Go 1.19 to 1.27.
 *
 * What is not exactly as known is left alone, and a word says why. See docs/live.md.
 */
#ifndef GOTUNE_LIVE_H
#define GOTUNE_LIVE_H

#include <sys/types.h>

#include "gotune/base.h"
#include "gotune/model.h"

#define GT_LIVE_NO_LIMIT INT64_MAX /* what Go has without GOMEMLIMIT */

/* One look at runtime.gcController. Bytes. */
struct gt_live_snapshot {
	int32_t gogc; /* -1: off */
	int64_t limit;
	uint64_t heap_min, goal, live, marked, mapped;
	/* CPU time that the collector took in its last cycle, or takes in this one (assists,
	 * dedicated and fractional workers; not what idle CPUs did), and when that began, by
	 * CLOCK_MONOTONIC.
	 */
	uint64_t gc_ns, mark_begin_ns;
	bool in_mark; /* a mark phase runs */
	bool is_calm; /* the figures agree with each other */
};

/* A program whose settings were found. {.pidfd = -1, .mem = -1} is none. */
struct gt_live {
	pid_t pid;
	int pidfd, mem; /* mem is bound to the memory, not to the pid: it survives neither an exec
			 * nor the end */
	unsigned minor; /* of Go */
	char go[64];
	uint64_t addr;	    /* of gcController */
	int64_t limit;	    /* what we take for ours: another value is the program's own */
	int32_t gogc;	    /* likewise */
	int32_t gogc_start; /* what it had when it was opened */
};

/* What the caller knows of a program. */
struct gt_live_ask {
	pid_t pid;
	uint64_t start; /* of gt_start_time; pid and start are one process */
	/* The limits that are ours: what it was started with (GT_LIVE_NO_LIMIT: nothing), what was
	 * written since. */
	const int64_t *limits;
	unsigned n_limits;
};

/*
 * Opens ASK's process and finds its settings. GT_LEFT_NONE, or why it is left alone, with a message
 * in *E. Effects: a child in GT_PHASE_LIVE opens /proc/PID/mem, a sandboxed worker parses; some
 * 20 to 300 ms, once a process. The caller needs what that phase may have; calls gt_live_done.
 */
GT_MUST_CHECK enum gt_left gt_live_open(const struct gt_live_ask *ask, struct gt_live *ret,
					struct gt_err *e);
void gt_live_done(struct gt_live *l);

/* Reads once. GT_LEFT_NONE, GONE, ODD_VALUE, APP_OWNS: the limit is no longer L's. */
GT_MUST_CHECK enum gt_left gt_live_read(const struct gt_live *l, struct gt_live_snapshot *ret);

/*
 * Makes the limit BYTES (1 MiB to 64 TiB), if it is L's now, and reads it again. It acts when the
 * program allocates next. GT_LEFT_NONE, or as gt_live_read; NOT_KEPT, FAILED. One pwrite.
 */
GT_MUST_CHECK enum gt_left gt_live_set_limit(struct gt_live *l, int64_t bytes);

/*
 * Makes GOGC PERCENT (1 to 10000), and the minimum of the heap that goes with it: the minimum first
 * when it rises, last when it falls. It acts at the end of the next collection. GOGC_OFF: it is
 * off, and stays so; APP_OWNS: it is no longer L's. Two writes: whoever is killed between them
 * leaves a minimum (at most 4 MiB x GOGC) that is not GOGC's, which we call ODD_VALUE then.
 */
GT_MUST_CHECK enum gt_left gt_live_set_gogc(struct gt_live *l, int32_t percent);

/* ---- the same, from a process without privilege (keeper.c) ---- */

/* A child in GT_PHASE_LIVE that keeps programs' memory open, and does what it is asked. */
struct gt_live_keeper;

#define GT_LIVE_KEPT_MAX 1024u

/* Starts it: before the caller gives up what that phase may have. NULL and *E when it cannot. */
struct gt_live_keeper *gt_live_keeper_start(struct gt_err *e);
void gt_live_keeper_free(struct gt_live_keeper *k);

/*
 * As gt_live_open; *RET_HANDLE stands for the program from then on, *RET_GO (of 64 bytes) is its
 * Go, *RET_LIMIT which of the limits it has. May take three seconds if somebody wants it to.
 */
GT_MUST_CHECK enum gt_left gt_live_keep(struct gt_live_keeper *k, const struct gt_live_ask *ask,
					uint32_t *ret_handle, char ret_go[64], int64_t *ret_limit,
					struct gt_err *e);
void gt_live_drop(struct gt_live_keeper *k, uint32_t handle);

/* As gt_live_read, gt_live_set_limit and gt_live_set_gogc. FAILED also when the keeper is gone. */
GT_MUST_CHECK enum gt_left gt_live_kept_read(struct gt_live_keeper *k, uint32_t handle,
					     struct gt_live_snapshot *ret);
GT_MUST_CHECK enum gt_left gt_live_kept_limit(struct gt_live_keeper *k, uint32_t handle,
					      int64_t bytes);
GT_MUST_CHECK enum gt_left gt_live_kept_gogc(struct gt_live_keeper *k, uint32_t handle,
					     int32_t percent);

#endif
