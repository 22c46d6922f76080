/*
 * Carries out a plan in a live container: cgroup files, sysctls, RLIMIT_NOFILE, and the environment
 * at the exec barrier.
 */
#ifndef GOTUNE_APPLY_H
#define GOTUNE_APPLY_H

#include "gotune/base.h"
#include "gotune/model.h"
#include "gotune/sandbox.h"
#include "gotune/sysctl.h"

/* What the exec barrier has to do. Its size is fixed, so that the waiting tracer needs no heap. */
struct gt_barrier_job {
	int64_t pid;
	uint32_t n_env;
	struct gt_barrier_env env[GT_VAR_COUNT];
	bool set_nofile;
	uint64_t nofile_soft, nofile_hard;
	bool may_prctl;	    /* the container's seccomp profile lets a prctl through */
	uint64_t dev, ino;  /* of the program that was inspected; 0: do not compare */
	uint64_t pid_start; /* of PID, in clock ticks; 0: do not compare */
};

/* What the barrier did. */
struct gt_barrier_result {
	bool exec_seen;		     /* false: the init died, or never was ours */
	int env_error[GT_VAR_COUNT]; /* per job entry: 0 or -errno (-EEXIST: another value was
					there) */
	int nofile_error;
	uint64_t nofile_soft, nofile_hard; /* what the program has now */
	bool stale_environ;
	bool other_program; /* dev/ino differ from what was inspected */
};

/* Runs FN(ARG) in another process, with which the caller shares memory below ARG. 0 or -errno. */
typedef int gt_apart_fn(void (*fn)(void *arg), void *arg);

/* FN(CTX) is called before each wait for the exec. It returns when there is something to wait for,
 * or when it has nothing more to do. */
struct gt_barrier_rest {
	void (*fn)(void *ctx);
	void *ctx;
};

/*
 * Waits in the foreground until the seized process (see gt_barrier_seize) execs, applies JOB and
 * detaches; or until it dies. Runs in the tracer. *ret says what went wrong. The program's stack
 * contains what an image and a user wrote: APART reads it; with NULL the caller does. REST may be
 * NULL.
 */
void gt_barrier_wait(const struct gt_barrier_job *job, gt_apart_fn *apart,
		     const struct gt_barrier_rest *rest, struct gt_barrier_result *ret);

/* Begins to trace PID without stopping it. 0 or -errno (-EPERM, -ESRCH). */
GT_MUST_CHECK int gt_barrier_seize(int64_t pid);

/*
 * The functions through which a plan reaches the world; a dry run and unit tests use others.
 * Each returns 0 or -errno.
 */
struct gt_apply_ops {
	int (*sysctl)(void *ctx, const char *name, const char *value, struct gt_err *e);
	int (*cgroup)(void *ctx, enum gt_setting_id id, const char *value, struct gt_err *e);
	int (*barrier)(void *ctx, const struct gt_barrier_job *job, struct gt_err *e);
	/* Without a barrier: prlimit at once; the runtime may still undo it. */
	int (*nofile)(void *ctx, const struct gt_barrier_job *job, struct gt_err *e);
	void *ctx;
};

/*
 * Applies PLAN: cgroup first, then sysctls, then the barrier. Fills OUTCOME[i] for each setting.
 * Settings that wait at the barrier stay GT_UNKNOWN when it was set up. In audit or off mode
 * nothing is called. Returns 0, or the first -errno (the others are still tried).
 */
GT_MUST_CHECK int gt_apply_run(const struct gt_facts *f, const struct gt_plan *plan,
			       const struct gt_apply_ops *ops, struct gt_outcome *ret,
			       struct gt_err *e);

/* The barrier's job for a plan; false when the plan needs none. Pure. */
bool gt_apply_barrier_job(const struct gt_facts *f, const struct gt_plan *plan,
			  struct gt_barrier_job *ret);

/* Turns the barrier's result into outcomes. Pure. */
void gt_apply_barrier_outcome(const struct gt_plan *plan, const struct gt_barrier_job *job,
			      const struct gt_barrier_result *res, struct gt_outcome *ret);

/* The file of setting ID in a cgroup of that version; NULL: it has no such file. Pure. */
const char *gt_apply_cgroup_file(enum gt_setting_id id, enum gt_cgroup_version v);

/* Writes VALUE into FILE of the cgroup directory DIRFD. 0 or -errno (-EXDEV: not a cgroup file, or
 * something is mounted on it). */
GT_MUST_CHECK int gt_apply_cgroup_write(int dirfd, const char *file, const char *value);

/* Raises RLIMIT_NOFILE, as far as we may; never lowers it. Fills the result's nofile fields. */
void gt_apply_nofile(int64_t pid, const struct gt_barrier_job *job, struct gt_barrier_result *ret);

/* A live container, and what to do with it. */
struct gt_live {
	struct gt_sysctl_place at;
	const struct gt_plan *plan;
	struct gt_outcome *outcome; /* [GT_SETTINGS_MAX] */
	struct gt_worker *sysctl;   /* from gt_sysctl_enter; is ended here */
	const int *cgroup;	    /* [GT_CTL_COUNT]: its cgroup's directories; -1: none */
	/* For the process that waits for the program's exec after the hook has ended, and inherits
	 * all that the hook has: */
	int keep_fd;		   /* the one descriptor that it keeps; -1: none */
	void (*shrink)(void *ctx); /* the wait lasts: gives memory back. Once, or never */
	/* The program runs, and outcome is complete. Not called when it never came to run. */
	void (*ran)(void *ctx, const struct gt_barrier_result *res);
	void *ctx;
};

/* Carries out the plan: as gt_apply_run, with all effects. */
GT_MUST_CHECK int gt_apply_live(const struct gt_live *l, struct gt_err *e);

#endif
