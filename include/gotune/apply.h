/*
 * Carries out a plan in a live container: cgroup files, sysctls, RLIMIT_NOFILE, and the environment
 * at the exec barrier.
 */
#ifndef GOTUNE_APPLY_H
#define GOTUNE_APPLY_H

#include <linux/prctl.h>

#include "gotune/base.h"
#include "gotune/model.h"
#include "gotune/sysctl.h"

/* ---- at a program's exec ---- */

/* What is changed of a program before its first instruction. */
struct gt_barrier_job {
	uint32_t n_env;
	struct gt_barrier_env env[GT_VAR_COUNT];
	bool set_nofile;
	uint64_t nofile_soft, nofile_hard;
	bool may_prctl; /* the container's seccomp profile lets a prctl through */
};

/* What became of it. */
struct gt_barrier_result {
	int env_error[GT_VAR_COUNT]; /* per job entry: 0 or -errno (-EEXIST: another value was
					there) */
	int nofile_error;
	uint64_t nofile_soft, nofile_hard; /* what the program has now */
	bool stale_environ;
};

/* A copy of a program's first stack, from the stack pointer up, and what the kernel knows of it. */
struct gt_stack {
	const unsigned char *image; /* LEN bytes that were read at address SP; not ours */
	size_t len;
	uint64_t sp;
	uint64_t entry;		/* the program's first instruction */
	uint64_t limit;		/* RLIMIT_STACK, bytes; UINT64_MAX: none */
	struct prctl_mm_map mm; /* from /proc/PID/stat; exe_fd (uint32_t)-1, no auxv */
};
#define GT_STACK_MAX (8u << 20) /* the kernel's own bound on arguments and environment is 6 MiB */

struct gt_stack_new {
	unsigned char *image; /* in the caller's room; LEN bytes to be written at ADDR */
	size_t len;
	uint64_t addr;	   /* lowest address that is written */
	uint64_t sp;	   /* the program's new stack pointer, 16-byte aligned */
	uint64_t ret_slot; /* holds the entry address, just below sp: see apply/barrier.c */
	uint64_t map_addr; /* of a struct prctl_mm_map with the new env bounds; 0 when COMPACT */
	bool changed;	   /* false: there is nothing to write */
	int env_error[GT_VAR_COUNT]; /* a job entry each: 0, -EEXIST (has another value than
					expected) */
};

/*
 * Applies JOB's environment to STACK. It writes all environment strings again, so that they are one
 * range and /proc/PID/environ can show them. With COMPACT it writes only the changed strings: for
 * an environment that does not fit below the stack pointer. ROOM has CAP bytes for the image. No
 * system call is made, nothing is allocated. 0, -EINVAL (the stack is not what the ABI says),
 * -E2BIG, -ENOSPC: the program would be left with too little of its stack limit. Source: System V
 * AMD64 ABI 3.4.1 and AAPCS64: the same layout on both, 64-bit words.
 */
GT_MUST_CHECK int gt_stack_build(const struct gt_stack *stack, const struct gt_barrier_job *job,
				 bool compact, unsigned char *room, size_t cap,
				 struct gt_stack_new *ret);

/* The I-th argument of STACK's program, in its image; NULL: it has none, or the stack is not what
 * the ABI says. Pure. */
const char *gt_stack_arg(const struct gt_stack *stack, unsigned i);

/* The room that is enough for any environment of a stack of LEN bytes. */
size_t gt_stack_room(size_t len);

/* Could gt_stack_build have made N of STACK in CAP bytes? N comes from another process. */
bool gt_stack_new_valid(const struct gt_stack_new *n, const struct gt_stack *stack, size_t cap);

/* Which of our variables STACK's environment has; as in Go, the first of a name counts. -EINVAL:
 * the stack is not what the ABI says. Pure. */
GT_MUST_CHECK int gt_stack_vars(const struct gt_stack *stack, struct gt_env_var ret[GT_VAR_COUNT]);

/*
 * The first stack of PID, which is stopped at its exec, behind the HEAD first bytes of *RET_MEM,
 * which the caller frees. 0 or -errno: -ENOEXEC (a 32-bit program, or a machine that we do not
 * know), -E2BIG, -ESRCH.
 */
GT_MUST_CHECK int gt_barrier_stack(int64_t pid, size_t head, struct gt_stack *ret,
				   unsigned char **ret_mem);

/*
 * As gt_stack_build, in a process that may read hostile bytes. ret->image belongs to FN and is
 * valid until its next call. -EBADMSG: what came back is nonsense.
 */
typedef int gt_build_fn(void *ctx, const struct gt_stack *stack, const struct gt_barrier_job *job,
			bool compact, struct gt_stack_new *ret);

/*
 * Carries JOB out for PID, which is stopped at its exec with that STACK (NULL: it could not be
 * read, for the error STACK_ERROR). Leaves it stopped. Never fails: *ret says what went wrong.
 */
void gt_barrier_change(int64_t pid, const struct gt_barrier_job *job, const struct gt_stack *stack,
		       int stack_error, gt_build_fn *build, void *ctx,
		       struct gt_barrier_result *ret);

/* ---- following processes from exec to exec ---- */

/* Begins to trace PID without stopping it. 0 or -errno (-EPERM, -ESRCH). */
GT_MUST_CHECK int gt_follow_seize(int64_t pid);

/*
 * As long as the caller is busy with its decision, stops of PID (which was seized) are answered in
 * its place, and an exec waits. From TIMEOUT_MS on it waits no longer: the program is let go as it
 * is. Effects: SIGALRM and its handler are ours until gt_guard_end.
 */
void gt_guard_begin(int64_t pid, unsigned timeout_ms);

/* True when PID was let go. */
bool gt_guard_end(void);

/* What becomes of a process after its exec. */
enum gt_follow_next {
	GT_FOLLOW_LEAVE,    /* let it go */
	GT_FOLLOW_LEADS_ON, /* look at its execs, and those of what it starts */
	GT_FOLLOW_WATCH,    /* look at its next exec, whichever of its threads makes it */
};

#define GT_FOLLOW_VIA 192
struct gt_followed {
	int64_t pid;
	bool init;		 /* the process that was seized */
	bool again;		 /* after GT_FOLLOW_WATCH */
	char via[GT_FOLLOW_VIA]; /* the caller's, "" at first; what PID starts gets a copy */
};

struct gt_follow_ops {
	/* WHO is stopped at its exec: none of its program's instructions has run. */
	enum gt_follow_next (*exec)(void *ctx, struct gt_followed *who);
	/* No exec yet, for WAITED_MS. Returns after how many it is to be called again; 0: never. */
	unsigned (*idle)(void *ctx, unsigned waited_ms);
	void *ctx;
};

enum gt_follow_end { GT_FOLLOW_ALL_LEFT, GT_FOLLOW_TIME, GT_FOLLOW_PROCESSES, GT_FOLLOW_EXECS };

/*
 * Follows PID, which was seized, until none that is traced is left, or a bound is reached; the time
 * counts from the first exec on. What is still traced then is let go when the caller ends, which it
 * should do at once. Blocks SIGCHLD. -ENOMEM.
 */
GT_MUST_CHECK int gt_follow_run(int64_t pid, const struct gt_follow *bounds,
				const struct gt_follow_ops *ops, enum gt_follow_end *ret);

/* Gives back what of our memory the kernel can load again. */
void gt_follow_shrink(void);

/* ---- a plan ---- */

/*
 * The functions through which a plan reaches the world; a dry run and unit tests use others.
 * Each returns 0 or -errno.
 */
struct gt_apply_ops {
	int (*sysctl)(void *ctx, const char *name, const char *value, struct gt_err *e);
	int (*cgroup)(void *ctx, enum gt_setting_id id, const char *value, struct gt_err *e);
	/* Where there will be no barrier: prlimit at once; the runtime may still undo it. */
	int (*nofile)(void *ctx, const struct gt_barrier_job *job, struct gt_err *e);
	void *ctx;
};

/*
 * Applies PLAN: cgroup first, then sysctls, as far as their OUTCOME is GT_UNKNOWN; fills that.
 * Settings that wait for the program's exec stay GT_UNKNOWN where facts.barrier says that there
 * will be one. In audit or off mode nothing is called. Returns 0, or the first -errno (the others
 * are still tried).
 */
GT_MUST_CHECK int gt_apply_run(const struct gt_facts *f, const struct gt_plan *plan,
			       const struct gt_apply_ops *ops, struct gt_outcome *outcome,
			       struct gt_err *e);

/* OUTCOME for NOW, a plan that replaces BEFORE, of whose rows WAS tells: what was applied already
 * is not applied again, and its row in NOW keeps the value that was there before us. What a cgroup
 * or a namespace was given stays there: where NOW would not set it, BEFORE's row stays in NOW.
 * Pure. */
void gt_apply_inherit(struct gt_plan *now, const struct gt_plan *before,
		      const struct gt_outcome *was, struct gt_outcome *outcome);

/* What PLAN changes at the exec; false when that is nothing. Pure. */
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
	struct gt_worker *sysctl;   /* from gt_sysctl_enter */
	const int *cgroup;	    /* [GT_CTL_COUNT]: its cgroup's directories; -1: none */
};

/* gt_apply_run, with all effects. */
GT_MUST_CHECK int gt_apply_live(const struct gt_live *l, struct gt_err *e);

#endif
