/*
 * What each phase may still do: the tables, and the one function that makes them true.
 * Effectful; gives privilege away and never takes any.
 */
#include <cap-ng.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include "gotune/caps.h"

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1 /* its run time makes calls and maps memory that no phase allows */
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

#define CAP(phase, name, why)                        \
	{                                            \
		phase, CAP_##name, "CAP_" #name, why \
	}
const struct gt_phase_cap gt_phase_caps[] = {
	CAP(GT_PHASE_SYSCTL, NET_ADMIN,
	    "net.* in a network namespace that another user namespace owns"),
	CAP(GT_PHASE_SYSCTL, DAC_OVERRIDE,
	    "/proc/sys files that another user namespace's root owns"),
	CAP(GT_PHASE_TRACER, SYS_PTRACE,
	    "registers and memory of a program that runs as another user"),
	CAP(GT_PHASE_TRACER, SYS_RESOURCE, "raising RLIMIT_NOFILE beyond its hard limit"),
	CAP(GT_PHASE_TRACER, DAC_OVERRIDE,
	    "the record directory, where it belongs to another user"),
	CAP(GT_PHASE_TRACER_SECCOMP, SYS_PTRACE, "as the tracer"),
	CAP(GT_PHASE_TRACER_SECCOMP, SYS_RESOURCE, "as the tracer"),
	CAP(GT_PHASE_TRACER_SECCOMP, DAC_OVERRIDE, "as the tracer"),
	CAP(GT_PHASE_TRACER_SECCOMP, SYS_ADMIN, "PTRACE_O_SUSPEND_SECCOMP for one prctl"),
};
const unsigned gt_n_phase_caps = GT_ARRAY_LEN(gt_phase_caps);

#define CALL(phase, name, why)                 \
	{                                      \
		phase, __NR_##name, #name, why \
	}
const struct gt_phase_call gt_phase_calls[] = {
	CALL(GT_PHASE_PARSE, recvmsg, "a job and its descriptor"),
	CALL(GT_PHASE_PARSE, read, "the job's input"),
	CALL(GT_PHASE_PARSE, pread64, "the file that is looked at"),
	CALL(GT_PHASE_PARSE, lseek, "its size"),
	CALL(GT_PHASE_PARSE, fstat, "its size"),
#ifdef __NR_newfstatat
	CALL(GT_PHASE_PARSE, newfstatat,
	     "fstat, as the C library spells it; no path can be opened"),
#endif
	CALL(GT_PHASE_PARSE, sendmsg, "the reply"),
	CALL(GT_PHASE_PARSE, close, "the job's descriptor"),
	CALL(GT_PHASE_PARSE, brk, "memory"),
	CALL(GT_PHASE_PARSE, mmap, "memory, never to be executed"),
	CALL(GT_PHASE_PARSE, mremap, "memory"),
	CALL(GT_PHASE_PARSE, munmap, "memory"),
	CALL(GT_PHASE_PARSE, exit_group, "the end"),

	CALL(GT_PHASE_SYSCTL, recvmsg, "a job"),
	CALL(GT_PHASE_SYSCTL, read, "a value"),
	CALL(GT_PHASE_SYSCTL, sendmsg, "the reply"),
	CALL(GT_PHASE_SYSCTL, write, "a value"),
	CALL(GT_PHASE_SYSCTL, openat, "reopening a file that was pinned"),
	CALL(GT_PHASE_SYSCTL, openat2, "a file below /proc/sys"),
	CALL(GT_PHASE_SYSCTL, readlinkat, "openat2's stand-in"),
	CALL(GT_PHASE_SYSCTL, fstat, "is it a regular file?"),
#ifdef __NR_newfstatat
	CALL(GT_PHASE_SYSCTL, newfstatat, "as fstat"),
#endif
	CALL(GT_PHASE_SYSCTL, fstatfs, "is it procfs?"),
	CALL(GT_PHASE_SYSCTL, close, "a file"),
	CALL(GT_PHASE_SYSCTL, fcntl, "a duplicate of the root descriptor"),
	CALL(GT_PHASE_SYSCTL, brk, "memory"),
	CALL(GT_PHASE_SYSCTL, mmap, "memory, never to be executed"),
	CALL(GT_PHASE_SYSCTL, munmap, "memory"),
	CALL(GT_PHASE_SYSCTL, exit_group, "the end"),

	/* The kernel's own list of the strict mode: seccomp(2). */
	CALL(GT_PHASE_STACK, exit, "the end"),
	CALL(GT_PHASE_STACK, read, "not made: the strict mode has it"),
	CALL(GT_PHASE_STACK, write, "not made: the strict mode has it"),
	CALL(GT_PHASE_STACK, rt_sigreturn, "not made: the strict mode has it"),
};
const unsigned gt_n_phase_calls = GT_ARRAY_LEN(gt_phase_calls);

/* Resource limits of the filtered phases. Memory: config.json is at most 16 MiB and read whole. */
static const struct {
	__rlimit_resource_t what;
	rlim_t limit;
} limits[] = {
	{RLIMIT_CORE, 0},  {RLIMIT_FSIZE, 1 << 16},	   {RLIMIT_CPU, 5},
	{RLIMIT_NPROC, 0}, {RLIMIT_AS, (rlim_t)192 << 20},
};

static bool is_filtered(enum gt_phase phase)
{
	return phase == GT_PHASE_PARSE || phase == GT_PHASE_SYSCTL || phase == GT_PHASE_STACK;
}

static bool is_listed(enum gt_phase phase, int cap)
{
	for (unsigned i = 0; i < gt_n_phase_caps; i++) {
		if (gt_phase_caps[i].phase == phase && gt_phase_caps[i].cap == cap)
			return true;
	}
	return false;
}

/* The sets that the table lists, and nothing else. */
static void list_caps(enum gt_phase phase)
{
	capng_clear(CAPNG_SELECT_CAPS);
	for (unsigned i = 0; i < gt_n_phase_caps; i++) {
		if (gt_phase_caps[i].phase == phase)
			(void)capng_update(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED,
					   (unsigned)gt_phase_caps[i].cap);
	}
}

/* Of the sets that we have, what the table does not list goes: a rootless hook has less. */
static void drop_unlisted(enum gt_phase phase)
{
	capng_get_caps_process();
	for (int cap = 0; cap <= CAP_LAST_CAP; cap++) {
		if (!is_listed(phase, cap))
			(void)capng_update(CAPNG_DROP,
					   CAPNG_EFFECTIVE | CAPNG_PERMITTED | CAPNG_INHERITABLE,
					   (unsigned)cap);
	}
}

/* What we have is read from /proc, which is slow: only when we have less than the table lists. */
static int drop_caps(enum gt_phase phase, struct gt_err *e)
{
	list_caps(phase);
	if (capng_apply(CAPNG_SELECT_CAPS) == 0)
		return 0;
	drop_unlisted(phase);
	if (capng_apply(CAPNG_SELECT_CAPS) < 0)
		return gt_err_set(e, -EPERM, "cannot drop capabilities");
	return 0;
}

static int set_limits(struct gt_err *e)
{
	for (unsigned i = 0; i < GT_ARRAY_LEN(limits); i++) {
		struct rlimit now, l = {limits[i].limit, limits[i].limit};

		/* A hard limit that is lower already cannot be raised any more, and need not be. */
		if (getrlimit(limits[i].what, &now) == 0 && now.rlim_max < l.rlim_max)
			l.rlim_cur = l.rlim_max = now.rlim_max;
		if (SANITIZED && limits[i].what == RLIMIT_AS)
			continue;
		if (setrlimit(limits[i].what, &l) < 0)
			return gt_err_sys(e, -errno, "cannot limit the worker's resources");
	}
	return 0;
}

/* mmap is for memory alone: with PROT_EXEC it kills, too, and mprotect is not in the table. */
static int allow(scmp_filter_ctx ctx, int nr)
{
	const struct scmp_arg_cmp no_exec = SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0);

	if (nr == __NR_mmap)
		return seccomp_rule_add_array(ctx, SCMP_ACT_ALLOW, nr, 1, &no_exec);
	return seccomp_rule_add(ctx, SCMP_ACT_ALLOW, nr, 0);
}

static int load_filter(enum gt_phase phase, struct gt_err *e)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_KILL_PROCESS);
	int r = ctx ? 0 : -ENOMEM;

	for (unsigned i = 0; r == 0 && i < gt_n_phase_calls; i++) {
		if (gt_phase_calls[i].phase == phase)
			r = allow(ctx, gt_phase_calls[i].nr);
	}
	if (r == 0)
		r = seccomp_load(ctx);
	if (ctx)
		seccomp_release(ctx);
	return r == 0 ? 0 : gt_err_sys(e, r, "cannot load the worker's system call filter");
}

/*
 * The tracer's child makes a container wait: the strict mode is one call, where a filter is
 * compiled first. It cannot be entered below a filter, which an engine's unit may have given us.
 */
static int confine(enum gt_phase phase, struct gt_err *e)
{
	if (phase == GT_PHASE_STACK && prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT, 0, 0, 0) == 0)
		return 0;
	return load_filter(phase, e);
}

int gt_phase_enter(enum gt_phase phase, struct gt_err *e)
{
	int r = drop_caps(phase, e);

	if (r < 0)
		return r;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return gt_err_sys(e, -errno, "cannot set no_new_privs");
	/*
	 * Without capabilities we would be any root's to trace, also one's of a container that
	 * shares the host's process ids: through /proc/PID/exe it could come to our program's file
	 * (runc's CVE-2019-5736). ptrace(2), "Ptrace access mode checking".
	 */
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return gt_err_sys(e, -errno, "cannot become undumpable");
	if (!is_filtered(phase))
		return 0;
	r = set_limits(e);
	return r < 0 || SANITIZED ? r : confine(phase, e);
}
