/*
 * What each phase may still do: its capabilities and limits, and the one function that makes them
 * and its filter (sandbox/calls.c) true. Effectful; gives privilege away and never takes any.
 */
#include <cap-ng.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "filter.h"
#include "gotune/base.h"
#include "gotune/sandbox.h"

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
	CAP(GT_PHASE_FIND, DAC_READ_SEARCH,
	    "programs that another user owns, in their directories"),
	CAP(GT_PHASE_FIND, SYS_PTRACE, "/proc/PID/root: the mounts that the container's init has"),
};
const unsigned gt_n_phase_caps = GT_ARRAY_LEN(gt_phase_caps);

/* Resource limits of the phases that read hostile bytes. Memory: config.json is at most 16 MiB and
 * read whole. */
static const struct {
	__rlimit_resource_t what;
	rlim_t limit;
} limits[] = {
	{RLIMIT_CORE, 0},  {RLIMIT_FSIZE, 1 << 16},	   {RLIMIT_CPU, 5},
	{RLIMIT_NPROC, 0}, {RLIMIT_AS, (rlim_t)192 << 20},
};

/* The tracer has none: it waits for as long as a container is not started, and forks. */
static bool is_limited(enum gt_phase phase)
{
	return phase != GT_PHASE_TRACER;
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
	r = is_limited(phase) ? set_limits(e) : 0;
	if (r < 0 || SANITIZED)
		return r;
	r = gt_filter_load(phase);
	return r < 0 ? gt_err_sys(e, r, "cannot load the system call filter") : 0;
}
