/*
 * The goroutines of a running Go program, from outside: read through /proc/PID/mem, while it runs.
 * Nothing is stopped and nothing is written. amd64, Go 1.19 to 1.27.
 *
 * Each goroutine is read at another moment: a state can be a moment old, and one that ends while it
 * is read is left out (`changed`).
 */
#ifndef GOTUNE_GOROUTINES_H
#define GOTUNE_GOROUTINES_H

#include <sys/types.h>

#include "gotune/base.h"

#define GT_GOR_MAX	 1000000u   /* goroutines that are read; a program with more is refused */
#define GT_GOR_KINDS_MAX 4096u	    /* kinds of them; the rest is counted as one kind */
#define GT_GOR_TEXT_MAX	 (4u << 20) /* bytes of names */
#define GT_GOR_STACKS	 32u	    /* stacks that are read of each kind */

/* ---- the process ---- */

/* A process that is looked at. Its descriptors stay its own when the pid is given again. */
struct gt_gor_target {
	pid_t pid;
	int exe, mem;
	unsigned char auxv[1024]; /* as the kernel gave it to the program */
	uint32_t auxv_len;
	int64_t began_ns; /* of the monotonic clock; 0: not known */
};

/*
 * Opens PID's program and memory: -ESRCH (no such process), -ENOEXEC (a kernel thread), -EACCES (we
 * may not read its memory; the message says which permission that is), -errno. The caller calls
 * gt_gor_target_done. Effects: reads /proc.
 */
GT_MUST_CHECK int gt_gor_target_open(pid_t pid, struct gt_gor_target *ret, struct gt_err *e);
void gt_gor_target_done(struct gt_gor_target *t);

/* The children of PID, at most MAX of them: how many. Reads /proc. */
unsigned gt_gor_children(pid_t pid, pid_t *ret, unsigned max);

/* ---- one snapshot ---- */

/* Goroutines with one creation site, one first function and one state. Texts are offsets in text.
 */
struct gt_gor_kind {
	uint64_t gopc, startpc;
	uint32_t by, place; /* "main.spawn", "leak.go:25"; "" for the main goroutine */
	uint32_t starts;    /* the function that it runs */
	uint32_t state;	    /* "chan receive", "running", ... */
	uint32_t waiting;   /* it is blocked, and has a stack */
	uint32_t n;	    /* goroutines */
	uint32_t n_read;    /* of which stacks were read */
	uint32_t pad;
};

/* One stack of a kind, root first: "main.spawn;main.worker;runtime.chanrecv1". */
struct gt_gor_stack {
	uint32_t kind, n; /* of the kind's n_read */
	uint32_t frames;  /* text */
	uint32_t
		at; /* text: the innermost frame outside of the runtime, "main.worker leak.go:12" */
};

struct gt_gor {
	uint64_t id;
	int64_t since_ns; /* it has waited since then, by the monotonic clock; 0: not known */
	uint32_t kind, pad;
};

struct gt_gor_snapshot {
	char go[64];
	int64_t at_ns;	   /* when, by the monotonic clock */
	uint64_t took_us;  /* reading the goroutines alone */
	uint32_t in_allgs; /* also the dead ones, which are kept for reuse */
	uint32_t changed;  /* that ended or began while they were read, and are left out */
	uint32_t n_gor, n_kind, n_stack, n_text;
	const struct gt_gor *gor; /* sorted by id */
	const struct gt_gor_kind *kind;
	const struct gt_gor_stack *stack;
	const char *text; /* each offset above leads to a C string of printable UTF-8 */
	struct gt_pages pages;
};

/*
 * Reads T's goroutines once. -ENOEXEC: not a Go program, or not of amd64; -EPROTONOSUPPORT: a
 * version that we do not know; -EBADMSG: the memory is not as that version has it, nothing is
 * shown; -ESRCH: the program has ended or executed another one; -EPIPE, -ETIMEDOUT: the worker.
 * Effects: forks a sandboxed worker, which reads T's memory; gt_gor_snapshot_done frees.
 */
GT_MUST_CHECK int gt_gor_snapshot_take(const struct gt_gor_target *t, struct gt_gor_snapshot *ret,
				       struct gt_err *e);
void gt_gor_snapshot_done(struct gt_gor_snapshot *s);

/* ---- over time ---- */

/* Ages as people read them. The last one is open. */
#define GT_GOR_AGES 6
extern const char *const gt_gor_age_words[GT_GOR_AGES];
unsigned gt_gor_age_bucket(int64_t age_ns);

/* A creation site: all goroutines that one go statement made. */
struct gt_gor_site {
	uint64_t gopc, startpc;
	char *by, *place, *starts; /* one allocation, by's */
	uint32_t n, before, first,
		most;		   /* now, in the snapshot before, in the first; the maximum */
	uint32_t stayed;	   /* of those of the snapshot before, those still there */
	uint32_t rises, falls;	   /* steps between snapshots that went up, down */
	uint32_t age[GT_GOR_AGES]; /* lower bounds */
	int64_t oldest_ns;	   /* the longest lower bound */
};

/* One column of the heat map. */
struct gt_gor_column {
	int64_t at_ns;
	uint32_t n, age[GT_GOR_AGES];
};

#define GT_GOR_COLUMNS 480u

struct gt_gor_seen {
	uint64_t id;
	int64_t first_ns; /* when it was seen first, or has waited since, whichever is earlier */
	uint32_t site, pad;
};

/* What is remembered from one snapshot to the next. {0} is the beginning. */
struct gt_gor_history {
	uint32_t n_snapshot;
	int64_t began_ns, before_ns, now_ns;
	struct gt_gor_site *site;
	uint32_t n_site, cap_site;
	uint32_t n_gor, n_before;
	struct gt_gor_seen *seen; /* of the last snapshot, sorted by id */
	uint32_t n_seen;
	struct gt_gor_column column[GT_GOR_COLUMNS]; /* two neighbours become one when it is full */
	uint32_t n_column, per_column;
};

/*
 * Adds S. Ages are lower bounds: a goroutine is as old as the first snapshot that has it, or as
 * its wait, if the collector saw that earlier; nothing is older than the process (BEGAN_NS, 0: not
 * known). 0 or -ENOMEM. gt_gor_history_done frees.
 */
GT_MUST_CHECK int gt_gor_history_add(struct gt_gor_history *h, const struct gt_gor_snapshot *s,
				     int64_t began_ns);
void gt_gor_history_done(struct gt_gor_history *h);

/*
 * The sites that look like a leak: in three snapshots at least it grew with each but a tenth, never
 * fell by more than a tenth, by 16 goroutines at least, and 95 of 100 stayed. RET has room for MAX
 * indices; returns how many. Pure.
 */
uint32_t gt_gor_leaks(const struct gt_gor_history *h, uint32_t *ret, uint32_t max);

/* ---- births and ends (trace.c) ---- */

#define GT_GOR_LIFE_BUCKETS 32u /* below 1 us; each further one is twice as long, the last open */

/* A creation site in a trace. */
struct gt_gor_traced {
	uint64_t gopc, startpc;
	uint64_t born;
	uint64_t ended;	    /* of those that were born in the trace */
	uint64_t ended_old; /* ended in it, born before; or too many at once to be followed */
	uint64_t total_us;  /* life-times of `ended`, all together */
	uint64_t life[GT_GOR_LIFE_BUCKETS];
	uint32_t by, place, starts, pad; /* offsets of texts, as in gt_gor_kind */
};

struct gt_gor_trace {
	char go[64];
	uint64_t ran_ns;
	uint64_t cost_ns; /* what a birth with its end takes of the program's time; 0: not known */
	uint64_t not_followed, no_site,
		not_read; /* births whose life-time, births and ends whose site
			     is not known; those that could not be read */
	bool gone;	  /* the program ended in the trace */
	uint32_t n_site, n_text;
	struct gt_gor_traced *site; /* the most births first */
	const char *text;
	struct gt_pages pages, names;
};

/*
 * Counts T's births and ends for MS milliseconds, at most an hour, with the program HELPER (""
 * is an error), a gotune-trace of this build. Ends earlier when STOP (-1: none) can be read, or T
 * ends. -ENOENT: there is no helper; others as gt_gor_snapshot_take, or with the helper's message.
 * Effects: forks a sandboxed worker, runs the helper: breakpoints in each process that runs T's
 * file, until this returns or this process dies. gt_gor_trace_done frees.
 */
GT_MUST_CHECK int gt_gor_trace_run(const struct gt_gor_target *t, uint64_t ms, const char *helper,
				   int stop, struct gt_gor_trace *ret, struct gt_err *e);
void gt_gor_trace_done(struct gt_gor_trace *t);

/* The life-time below which PERCENT of S's ended goroutines lie, in microseconds: the end of a
 * bucket, a power of two; 0 when none has ended, UINT64_MAX when it is in the last one. Pure. */
uint64_t gt_gor_life_us(const struct gt_gor_traced *s, unsigned percent);

/* All of it, as one JSON object without a newline at its end. */
void gt_gor_write_trace_json(const struct gt_gor_target *t, const struct gt_gor_trace *r,
			     struct gt_buf *out);

/* ---- what is written ---- */

/* "root;...;leaf N" a line, blocked goroutines alone: for flamegraph.pl, inferno, speedscope. */
void gt_gor_write_folded(const struct gt_gor_snapshot *s, struct gt_buf *out);
/* The same as a flame graph, an SVG. -ENOMEM. */
GT_MUST_CHECK int gt_gor_write_flame(const struct gt_gor_snapshot *s, struct gt_buf *out);
/* Ages over time: as SVG; as lines of WIDTH characters at most. */
void gt_gor_write_heat(const struct gt_gor_history *h, struct gt_buf *out);
void gt_gor_write_heat_text(const struct gt_gor_history *h, unsigned width, struct gt_buf *out);
/* How many goroutines stack I of S stands for: its share of those of its kind. Pure. */
uint32_t gt_gor_stack_weight(const struct gt_gor_snapshot *s, uint32_t i);
/* Everything, as one JSON object without a newline at its end. */
void gt_gor_write_json(const struct gt_gor_target *t, const struct gt_gor_snapshot *s,
		       const struct gt_gor_history *h, struct gt_buf *out);

#endif
