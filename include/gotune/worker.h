/*
 * L3 priv. A forked child that does jobs for its parent: parsing hostile bytes without any
 * privilege, or writing sysctls inside a container's namespaces with one capability.
 */
#ifndef GOTUNE_WORKER_H
#define GOTUNE_WORKER_H

#include <sys/types.h>

#include "gotune/base.h"
#include "gotune/caps.h"
#include "gotune/err.h"
#include "gotune/wire.h"

/*
 * A job: reads FD (-1: none) and IN, fills RET (zeroed, RET_LEN bytes). Returns 0 or -errno; E
 * crosses back to the parent. Runs in the child.
 */
typedef int (*gt_job_fn)(int fd, const void *in, size_t in_len, void *ret, size_t ret_len,
			 struct gt_err *e);
struct gt_job {
	gt_job_fn fn;
	size_t in_max, ret_len; /* the reply has exactly ret_len bytes */
	struct gt_wire_shape in_shape, ret_shape;
};

/* All calls of one worker together, in milliseconds: a worker that answers each of them at the last
 * moment must not make a container wait for as many times that. */
#define GT_WORKER_TOTAL_MS 4000

struct gt_worker {
	pid_t pid;     /* 0: not started, or dead */
	bool ended;    /* no more asked: see gt_worker_end */
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
 * Has the worker do job I. FD is passed along and stays the caller's. RET, which the caller has
 * zeroed, gets jobs[I].ret_len bytes, of whose arrays (jobs[I].ret_shape) those in use count; as of
 * IN's in the job. -EPIPE when the worker died (of its filter, a crash), -ETIMEDOUT when it took
 * longer than TIMEOUT_MS, or its calls longer than GT_WORKER_TOTAL_MS in all (it is then killed);
 * every later call returns -EPIPE at once. Otherwise
 * the job's own 0 or -errno. The reply comes from a process that parsed hostile bytes: the caller
 * range-checks it.
 */
GT_MUST_CHECK int gt_worker_call(struct gt_worker *w, unsigned i, int fd, const void *in,
				 size_t in_len, void *ret, unsigned timeout_ms, struct gt_err *e);

/*
 * *RET is W in a forked child of ours, where W's socket is the descriptor SOCK. Calls of it work,
 * and one that fails ends it for the child alone: the parent, which must call nothing meanwhile,
 * has to be told, since request and reply may be out of step.
 */
void gt_worker_borrow(const struct gt_worker *w, int sock, struct gt_worker *ret);

/* There is no more to be asked, and every later call returns -EPIPE: it may go while its parent
 * goes on. Waits for nobody, and takes nothing back: gt_worker_done does. */
void gt_worker_end(struct gt_worker *w);

/* Ends and reaps the worker. NULL-safe, half-started-safe. */
void gt_worker_done(struct gt_worker *w);

#endif
