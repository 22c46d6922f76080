/*
 * L2 stage apply: a plan becomes true, in a live container or in a config.json.
 */
#ifndef GOTUNE_APPLY_H
#define GOTUNE_APPLY_H

#include "gotune/err.h"
#include "gotune/plan.h"
#include "gotune/str.h"

/* What the exec barrier has to do; fixed size, so that the waiting tracer holds nothing else. */
struct gt_barrier_env {
	char name[16];
	char value[512];
	bool has_expect; /* replace only an entry that has this value; without: only add */
	char expect[512];
};
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

/* FN(CTX) is called before each wait for the exec. It returns when there is something to be waited
 * for, or when it no more wants to be called in between. */
struct gt_barrier_rest {
	void (*fn)(void *ctx);
	void *ctx;
};

/*
 * Waits in the foreground until the process that was seized (see gt_barrier_seize) execs, applies
 * JOB and detaches; or until it dies. Runs in the tracer. What went wrong is in *ret. By APART the
 * program's stack, which holds what an image and a user wrote, is read; NULL: by the caller. REST
 * may be NULL.
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
	/* Where no barrier can be had: prlimit at once; the runtime may still undo it. */
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

/* Takes the barrier's result over into OUTCOME. Pure. */
void gt_apply_barrier_outcome(const struct gt_plan *plan, const struct gt_barrier_job *job,
			      const struct gt_barrier_result *res, struct gt_outcome *ret);

/*
 * Where in a document a plan's wishes belong: offsets alone, and what is there now. Two readers
 * that share no code fill it, one in the sandboxed worker and one in the process that edits; a
 * document is edited only where they agree. No padding, so that it is compared as bytes.
 */
#define GT_PLACES_NODES_MAX    (16 + GT_SYSCTL_MAX)
#define GT_PLACES_ELEMENTS_MAX 64
struct gt_node_place { /* of an object, an array or a value that the plan names */
	uint32_t present, null, has_children; /* 0 or 1 */
	uint32_t begin, end;		      /* of the value */
	uint32_t inside, last_end;	      /* after the opening bracket; after the last child */
};
enum gt_element_is { GT_ELEMENT_OTHER, GT_ELEMENT_AS_BEFORE, GT_ELEMENT_AS_WANTED };
struct gt_element {    /* of an array */
	uint32_t what; /* which variable of the plan (0, 1, ...), or GT_ELEMENT_SOFT, _HARD */
	uint32_t is;   /* of a variable: enum gt_element_is */
	uint32_t begin, end;
	uint64_t number; /* of a limit */
};
#define GT_ELEMENT_SOFT 100
#define GT_ELEMENT_HARD 101
struct gt_places {
	uint32_t n_node, n_element;
	struct gt_node_place node[GT_PLACES_NODES_MAX];
	struct gt_element element[GT_PLACES_ELEMENTS_MAX]; /* in the document's order */
};

/*
 * Where PLAN's wishes belong in config.json (WHOLE) or in the process document of `exec --process`:
 * env, rlimits, linux.sysctl, linux.resources. Runs in the sandboxed worker. RET is zero before.
 * -EINVAL (not JSON), -EBADMSG (repeated or case-variant keys on a path that we edit), -E2BIG,
 * -ENOMEM.
 */
GT_MUST_CHECK int gt_apply_places(const char *doc, size_t len, bool whole,
				  const struct gt_plan *plan, struct gt_places *ret,
				  struct gt_err *e);

/*
 * PLAN spliced into DOC, in a fresh buffer; *RET stays empty when nothing is to be changed. Every
 * byte comes from DOC or from PLAN. TOLD is what gt_apply_places answered, in a process that may
 * have been taken over: DOC is scanned again, and both must agree on every offset (else -EBADMSG).
 * What is replaced is what the plan says was there (`before`, a lower limit, null or ""), else that
 * setting is left out. Fills OUTCOME for the rows that are to be set. Other errors as
 * gt_apply_places.
 */
GT_MUST_CHECK int gt_apply_splice(const char *doc, size_t len, bool whole,
				  const struct gt_plan *plan, const struct gt_places *told,
				  struct gt_buf *ret, struct gt_outcome outcome[GT_SETTINGS_MAX],
				  struct gt_err *e);

/* The variables that a container's program was given, for a process that is started beside it. */
struct gt_exec_wants {
	uint32_t n;
	struct gt_barrier_env env[GT_VAR_COUNT];
};
bool gt_exec_wants_valid(const struct gt_exec_wants *w);

/* WANTS as a plan for the process document: see gt_apply_places. Pure. */
void gt_apply_exec_plan(const struct gt_exec_wants *wants, struct gt_plan *ret);

/*
 * One sysctl through the caller's own namespaces and ROOT's proc/sys (a root descriptor). NAME is
 * dotted and has passed gt_plan_sysctl_ns. -ENOENT: no such sysctl in this namespace. Writing
 * refuses what is not procfs, and what a mount between /proc and the file leads to, be it procfs,
 * too (-EXDEV).
 */
GT_MUST_CHECK int gt_apply_sysctl_write(int root, const char *name, const char *value);
GT_MUST_CHECK int gt_apply_sysctl_read(int root, const char *name, char *buf, size_t cap);

/* The file that holds setting ID in a cgroup of that version; NULL: there is none. Pure. */
const char *gt_apply_cgroup_file(enum gt_setting_id id, enum gt_cgroup_version v);

/* Writes VALUE into FILE of the cgroup directory DIRFD. 0 or -errno (-EXDEV: not a cgroup file, or
 * something is mounted on it). */
GT_MUST_CHECK int gt_apply_cgroup_write(int dirfd, const char *file, const char *value);

/* prlimit as the barrier does it: only raises, as far as it may. Fills the result's nofile fields.
 */
void gt_apply_nofile(int64_t pid, const struct gt_barrier_job *job, struct gt_barrier_result *ret);

#endif
