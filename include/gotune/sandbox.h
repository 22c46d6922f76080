/* Children that do what is dangerous: what each may still do, how they are asked, how they end. */
#ifndef GOTUNE_SANDBOX_H
#define GOTUNE_SANDBOX_H

#include <sys/types.h>

#include "gotune/base.h"

/* ---- waiting for children ---- */

/*
 * Waiting for children of our own. None may be left when the hook itself ends, if that can be
 * helped: it would become a child of crun's, and crun, which waits for a hook that has a timeout
 * by sigtimedwait, takes the end of two children at the same moment for the end of the first, and
 * waits for the hook until the time is up (1.8.1, and main of August 2026:
 * run_process_with_stdin_timeout_envp). It cannot be helped where a child is stuck in the kernel,
 * in a file system whose server does not answer: SIGKILL does not end it before the answer comes,
 * and a wait for it would be just as stuck.
 */

/* How long a child that was killed is waited for: it ends at once, or it is stuck. */
#define GT_END_WAIT_MS 250

/*
 * Waits until PID, a child of ours, has ended, at most TIMEOUT_MS, and reaps it. Its status, as
 * waitpid has it, in *RET_STATUS (may be NULL). 0, -ETIMEDOUT (it goes on), or -ECHILD. A pidfd
 * tells the moment; where the kernel has none (before Linux 5.3) it is looked for again and again.
 */
int gt_reap_within(pid_t pid, unsigned timeout_ms, int *ret_status);

/*
 * Kills PID, a child of ours that was not reaped, and waits GT_END_WAIT_MS for its end. 0;
 * -ETIMEDOUT when it is stuck and left behind, for init to reap; -ECHILD.
 */
int gt_end_child(pid_t pid);

/*
 * Waits TIMEOUT_MS for the end of PID, and ends it then. 0 when it has exited with status 0, -EPIPE
 * when it died in another way, -ETIMEDOUT, -ECHILD.
 */
GT_MUST_CHECK int gt_await_child(pid_t pid, unsigned timeout_ms);

/* Waits until PID has ended, however long that takes. As gt_reap_within. */
int gt_reap(pid_t pid, int *ret_status);

/* Takes what has ended, waits for nobody. */
void gt_reap_dead(void);

/* ---- phases ---- */

enum gt_phase {
	GT_PHASE_PARSE,	 /* the worker that parses hostile bytes */
	GT_PHASE_FIND,	 /* the child that opens a container's files */
	GT_PHASE_LAYERS, /* the same, in an image's layers that are not mounted yet */
	GT_PHASE_SYSCTL, /* the worker inside the container's net and IPC namespaces */
	GT_PHASE_TRACER, /* the process that waits at the exec barrier */
	GT_PHASE_DAEMON, /* gotuned: what it reads of containers, and who asks it over HTTP */
	GT_PHASE_LIVE,	 /* gotuned's helper, which has running programs' memory open */
	GT_PHASE_LOG,	 /* the worker that reads a log, however long that takes */
	GT_PHASE_COUNT,
};

/* A row of the table, for `gotune doctor` and the tests. */
struct gt_phase_cap {
	enum gt_phase phase;
	int cap; /* CAP_... */
	const char *name, *why;
};
extern const struct gt_phase_cap gt_phase_caps[];
extern const unsigned gt_n_phase_caps;

/* A system call that a phase may make; a call may have several rows. */
struct gt_phase_call {
	enum gt_phase phase;
	int nr; /* __NR_... */
	const char *name, *why;
	bool has_arg; /* only where argument ARG, of which the bits in MASK count, has VALUE */
	unsigned arg;
	uint64_t mask, value;
};
extern const struct gt_phase_call gt_phase_calls[];
extern const unsigned gt_n_phase_calls;

/*
 * Enters PHASE for good: capabilities that the table does not list are dropped from every set,
 * no_new_privs, not dumpable, resource limits (not the tracer's, not the daemon's), then the filter
 * of system calls: see gt_filter_load. Should: be called by a single-threaded child right after
 * fork. Mustn't: open, exec or fork afterwards, but for what the tables list. Returns 0 or -errno:
 * the caller must then not go on.
 */
GT_MUST_CHECK int gt_phase_enter(enum gt_phase phase, struct gt_err *e);

/* ---- work that may take for ever ---- */

/*
 * What is done: fills RET, which was zero. Runs in the child; KEPT is the descriptor that it has,
 * or -1.
 */
typedef void (*gt_aside_fn)(void *ctx, int kept, void *ret);

struct gt_aside {
	pid_t pid;	     /* 0: there is none */
	int64_t until_ms;    /* by gt_now_ms */
	struct gt_pages ret; /* shared with the child: to be read when it has ended well */
};

/*
 * Forks a child that enters PHASE, calls FN(CTX) and ends; it is given TIMEOUT_MS from now on. Of
 * our descriptors it keeps KEEP alone (-1: none). 0, or -errno: no memory, no fork.
 */
GT_MUST_CHECK int gt_aside_start(struct gt_aside *ret, enum gt_phase phase, gt_aside_fn fn,
				 void *ctx, int keep, size_t ret_len, unsigned timeout_ms);

/*
 * Waits until its time is up at most. 0: A->ret.p is what FN has filled, from a process that may
 * have been taken over: the caller checks its ranges. -EPIPE: it died. -ETIMEDOUT: it was killed;
 * where it is stuck in the kernel, reading from a dead server's file system, it is left to init
 * GT_END_WAIT_MS later. -ECHILD.
 */
GT_MUST_CHECK int gt_aside_await(struct gt_aside *a);

/* Ends it when it was not awaited, and frees what it answered. NULL-safe, {0} is none. */
void gt_aside_done(struct gt_aside *a);

/* ---- work that goes on ---- */

struct gt_background;

/* What the child does. What it returns is the result that the parent gets, unless it was released.
 */
typedef int gt_background_fn(struct gt_background *b, void *ctx);

/*
 * Forks a child that leaves the session and runs FN(CTX), and waits until that has returned, or has
 * called gt_background_release: then the child goes on alone. Of our descriptors it has 0, 1, 2 and
 * KEEP (-1: none). It dies with this process as long as it was not released. The result, -ECHILD
 * when the child died without one, -ETIMEDOUT when it gave none for WAIT_MS and was killed, or
 * -errno: no pipe, no fork. Then nothing is left of it.
 */
GT_MUST_CHECK int gt_background_run(gt_background_fn *fn, void *ctx, int keep, unsigned wait_ms);

/* In the child: lets the parent return RESULT, and points 0, 1 and 2 at /dev/null, so that nobody
 * waits for us any longer; not 2 where the log goes to it and it is a file. 0, or -errno: it still
 * waits. */
GT_MUST_CHECK int gt_background_release(struct gt_background *b, int result);
bool gt_background_is_released(const struct gt_background *b);

/* For a child that was released and ends before its time: waits until half a second after the
 * release, so that it does not end at the same moment as its parent: see above, crun. */
void gt_background_linger(const struct gt_background *b);

/* ---- the worker ---- */

/*
 * A job: reads FD (-1: none) and IN, fills RET (zeroed, RET_LEN bytes). Returns 0 or -errno; E
 * crosses back to the parent. Runs in the child.
 */
typedef int (*gt_job_fn)(int fd, const void *in, size_t in_len, void *ret, size_t ret_len,
			 struct gt_err *e);
struct gt_job {
	gt_job_fn fn;
	size_t in_max, ret_len; /* the reply has ret_len bytes, or ... */
	/* ... where RET ends with an arena: ends with the last byte of it that is in use. */
	size_t ret_arena; /* offset of it in RET; 0: there is none */
};

#define GT_JOB_TIMEOUT_MS 2000 /* of one call; the first one waits for the worker's start, too */

/* All calls of one worker together, in milliseconds: a worker that answers each of them at the last
 * moment must not make a container wait for as many times that. */
#define GT_WORKER_TOTAL_MS 4000

struct gt_worker {
	pid_t pid;     /* 0: not started, or dead */
	bool ended;    /* not asked any longer: see gt_worker_end */
	bool borrowed; /* another process's child: see gt_worker_borrow */
	int sock;
	int64_t left_ms; /* of what its calls may take in all */
	const struct gt_job *jobs;
	unsigned n_jobs;
};

/*
 * Forks the worker in PHASE (its capabilities, filter and limits: caps.h). SETUP (may be NULL) runs
 * in the child before privileges are dropped. Does not wait for the child: what keeps it from its
 * phase is the error of every job, and no job is done before it. 0, or -errno: no socket, no fork.
 */
GT_MUST_CHECK int gt_worker_start(struct gt_worker *ret, enum gt_phase phase,
				  const struct gt_job *jobs, unsigned n_jobs, int (*setup)(void *),
				  void *setup_ctx, struct gt_err *e);

/*
 * Has the worker do job I. FD is passed along and stays the caller's. RET has room for
 * jobs[I].ret_len bytes and is filled; of an arena at its end, only as far as it is in use. -EPIPE
 * when the worker died (of its filter, a crash) or talks nonsense, -ETIMEDOUT when it took longer
 * than TIMEOUT_MS, or its calls longer than GT_WORKER_TOTAL_MS in all (it is then killed): every
 * later call returns -EPIPE at once. Otherwise the job's own 0 or -errno. The reply comes from a
 * process that parsed hostile bytes: the caller range-checks it.
 */
GT_MUST_CHECK int gt_worker_call(struct gt_worker *w, unsigned i, int fd, const void *in,
				 size_t in_len, void *ret, unsigned timeout_ms, struct gt_err *e);

/*
 * *RET is W in a forked child of ours, where W's socket is the descriptor SOCK. Calls of it work,
 * and one that fails ends it for the child alone: the parent, which must call nothing meanwhile,
 * has to be told, since request and reply may be out of step.
 */
void gt_worker_borrow(const struct gt_worker *w, int sock, struct gt_worker *ret);

/* Nothing is left to be asked, and every later call returns -EPIPE: it may go while its parent
 * goes on. Waits for nobody, and takes nothing back: gt_worker_done does. */
void gt_worker_end(struct gt_worker *w);

/* Ends and reaps the worker. NULL-safe, half-started-safe. */
void gt_worker_done(struct gt_worker *w);

#endif
