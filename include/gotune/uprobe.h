/*
 * Births and ends of goroutines, counted by uprobes: what gotune asks gotune-trace, on its standard
 * input, and what that answers, on its standard output. Both are of one build (GT_VERSION).
 *
 * Where the probes are is found elsewhere, in the sandboxed worker: here are only numbers.
 */
#ifndef GOTUNE_UPROBE_H
#define GOTUNE_UPROBE_H

#include "gotune/base.h"

#define GT_UPROBE_RETS	  8u	  /* return instructions of runtime.newproc1; Go makes one */
#define GT_UPROBE_SITES	  4096u	  /* creation sites; births of more are counted as one number */
#define GT_UPROBE_LIVES	  262144u /* goroutines whose life-time is measured at one moment */
#define GT_UPROBE_BUCKETS 32u /* the first is below 1 us, each is twice as wide, the last open */
#define GT_UPROBE_MS_MAX  3600000u

/* Descriptors that gotune-trace finds open, beside the standard ones. */
enum { GT_UPROBE_EXE = 3, GT_UPROBE_PIDFD = 4 };

struct gt_uprobe_ask {
	char version[32];
	/* The program: its number in its own PID namespace, and which that is. */
	uint64_t ns_dev, ns_ino;
	uint32_t tgid;
	uint32_t n_birth;
	uint64_t birth[GT_UPROBE_RETS]; /* offsets in the file: returns of runtime.newproc1, ... */
	uint64_t end;			/* ... the entry of runtime.gdestroy or goexit0 */
	uint32_t gopc, startpc;		/* where a struct g has them */
	uint64_t ms;			/* 1 to GT_UPROBE_MS_MAX; ended earlier when input ends */
};

/* Before the trace: 0, or why there is none. */
struct gt_uprobe_ready {
	char version[32];
	int32_t code; /* 0 or -errno */
	uint32_t pad;
	uint64_t cost_ns; /* what one birth with its end costs here, measured; 0: not known */
	char msg[504];
};

struct gt_uprobe_site {
	uint64_t gopc, startpc;
	uint64_t born, ended; /* ended: of those that were born in the trace */
	uint64_t ended_old;   /* ended, born before the trace, or not followed */
	uint64_t total_us;    /* life-times of ended, all together */
	uint64_t age[GT_UPROBE_BUCKETS];
};

/* After it; then N_SITE of the above. */
struct gt_uprobe_done {
	uint64_t ran_ns;
	uint64_t not_followed; /* births with GT_UPROBE_LIVES others alive: their life-times are not
				  known */
	uint64_t no_site;      /* births and ends of more than GT_UPROBE_SITES sites */
	uint64_t not_read;     /* births and ends whose struct g could not be read */
	uint32_t n_site, gone; /* gone: the program has ended */
};

/*
 * Answers the one question that IN has, on OUT, as gotune-trace does: attaches, waits until the
 * time is up, IN ends or the program does, detaches. 0, or -errno: nobody hears the answer.
 * Effects: bpf(2), perf_event_open(2); breakpoints in each process that runs the file. Needs
 * CAP_BPF and CAP_PERFMON, or CAP_SYS_ADMIN.
 */
GT_MUST_CHECK int gt_uprobe_serve(int in, int out);

/*
 * The same in a program of our own, twice: tries that births and ends are counted exactly, and
 * measures. Nanoseconds of one birth with its end in *RET. -errno with a message: probes do not
 * work here.
 */
GT_MUST_CHECK int gt_uprobe_try(uint64_t *ret_cost_ns, struct gt_err *e);

#endif
