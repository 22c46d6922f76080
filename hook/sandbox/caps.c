/*
 * What each phase may still do: its capabilities and limits, and the one function that makes them
 * and its filter (sandbox/calls.c) true. Effectful; gives privilege away and never takes any.
 */
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

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
	CAP(GT_PHASE_TRACER, DAC_READ_SEARCH,
	    "/proc/PID/exe of a program that only its user may read, without the one above"),
	CAP(GT_PHASE_FIND, DAC_READ_SEARCH,
	    "programs that another user owns, in their directories"),
	CAP(GT_PHASE_FIND, SYS_PTRACE, "/proc/PID/root: the mounts that the container's init has"),
	CAP(GT_PHASE_LAYERS, DAC_READ_SEARCH,
	    "an image's files and directories, whoever owns them"),
	CAP(GT_PHASE_LAYERS, SYS_ADMIN,
	    "trusted.overlay.opaque: which directories hide those below them"),
	CAP(GT_PHASE_LIVE, SYS_PTRACE, "/proc/PID/mem of a program that runs as another user"),
	CAP(GT_PHASE_LIVE, DAC_OVERRIDE, "the same: the file belongs to that user"),
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

/* Two have none: the tracer waits for as long as a container is not started, and forks; the daemon
 * goes on for as long as the machine. */
static bool is_limited(enum gt_phase phase)
{
	return phase != GT_PHASE_TRACER && phase != GT_PHASE_DAEMON && phase != GT_PHASE_LIVE;
}

/* The two words of capset(2), for capabilities 0 to 31 and 32 to 63. */
#define WORDS _LINUX_CAPABILITY_U32S_3

/* Effective and permitted what the table lists, inheritable nothing. With that the kernel empties
 * the ambient set, too: capabilities(7). */
static void list_caps(enum gt_phase phase, struct __user_cap_data_struct ret[WORDS])
{
	for (unsigned i = 0; i < gt_n_phase_caps; i++) {
		const struct gt_phase_cap *c = &gt_phase_caps[i];

		if (c->phase == phase)
			ret[CAP_TO_INDEX(c->cap)].permitted |= CAP_TO_MASK(c->cap);
	}
	for (unsigned i = 0; i < WORDS; i++)
		ret[i].effective = ret[i].permitted;
}

/*
 * By the bare system call: libcap-ng first looks for the last capability in /proc, in every process
 * anew. A test compares the two. What we have is asked only when it is less than the table lists,
 * as a rootless hook's is: of that, what the table does not list goes.
 */
static int drop_caps(enum gt_phase phase, struct gt_err *e)
{
	struct __user_cap_header_struct self = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct want[WORDS] = {0}, have[WORDS] = {0};

	list_caps(phase, want);
	if (syscall(SYS_capset, &self, want) == 0)
		return 0;
	if (syscall(SYS_capget, &self, have) < 0)
		return gt_err_sys(e, -errno, "cannot read capabilities");
	for (unsigned i = 0; i < WORDS; i++) {
		want[i].permitted &= have[i].permitted;
		want[i].effective &= have[i].effective;
	}
	if (syscall(SYS_capset, &self, want) < 0)
		return gt_err_sys(e, -errno, "cannot drop capabilities");
	return 0;
}

/* A log may be of any length, and be followed for a day: whoever runs the command ends it. */
static bool is_kept(enum gt_phase phase, __rlimit_resource_t what)
{
	return (SANITIZED && what == RLIMIT_AS) || (phase == GT_PHASE_LOG && what == RLIMIT_CPU);
}

static int set_limits(enum gt_phase phase, struct gt_err *e)
{
	for (unsigned i = 0; i < GT_ARRAY_LEN(limits); i++) {
		struct rlimit now, l = {limits[i].limit, limits[i].limit};

		if (is_kept(phase, limits[i].what))
			continue;
		if (setrlimit(limits[i].what, &l) == 0)
			continue;
		/* A hard limit that is lower already: without CAP_SYS_RESOURCE we cannot raise it,
		 * and need not. */
		if (getrlimit(limits[i].what, &now) == 0 && now.rlim_max < l.rlim_max)
			l.rlim_cur = l.rlim_max = now.rlim_max;
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
	r = is_limited(phase) ? set_limits(phase, e) : 0;
	if (r < 0 || SANITIZED)
		return r;
	r = gt_filter_load(phase);
	return r < 0 ? gt_err_sys(e, r, "cannot load the system call filter") : 0;
}
