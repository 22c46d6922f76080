/*
 * The process that waits at the exec barrier after the hook has ended.
 */
#ifndef GOTUNE_APPLY_TRACER_H
#define GOTUNE_APPLY_TRACER_H

#include "gotune/apply.h"
#include "gotune/base.h"

/* What the tracer is given by its caller; it inherits all of it. */
struct gt_tracer {
	int keep_fd;		   /* the one descriptor that it keeps; -1: none */
	void (*shrink)(void *ctx); /* the wait lasts, for a second now: gives memory back. Once, or
				      never */
	void (*done)(void *ctx, const struct gt_barrier_result *res);
	void *ctx;
};

/*
 * Forks the tracer, which leaves the session, seizes job->pid and waits for its exec. Returns when
 * the seize has succeeded (0) or failed (-EPERM, -ESRCH, ...): only then may the hook exit.
 *
 * The tracer closes all descriptors but t->keep_fd, points 0, 1 and 2 at /dev/null, since runc
 * waits for EOF, and blocks SIGCHLD. It calls t->done last, when the program has exec'd or the init
 * has died; then it ends.
 */
GT_MUST_CHECK int gt_tracer_start(const struct gt_barrier_job *job, const struct gt_tracer *t,
				  struct gt_err *e);

#endif
