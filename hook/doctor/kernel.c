/*
 * The kernel: its release for the reader, and what the tool needs of it, tried out rather than
 * compared. Effectful: forks one child, stops it, looks into it, kills it; no privilege.
 */
#include <elf.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/utsname.h>
#include <sys/wait.h>

#include "gotune/base.h"
#include "gotune/doctor.h"
#include "gotune/model.h"
#include "gotune/report.h"

/* ---- what is tried out: 0 or -errno ---- */

static int try_openat2(void)
{
	struct open_how how = {.flags = O_PATH | O_CLOEXEC,
			       .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS};
	_cleanup_close_ int fd = (int)syscall(SYS_openat2, AT_FDCWD, "/", &how, sizeof(how));

	return fd < 0 ? -errno : 0;
}

static int try_pidfd(void)
{
	_cleanup_close_ int fd = pidfd_open(getpid(), 0);

	return fd < 0 ? -errno : 0;
}

static int try_seccomp(void)
{
	uint32_t kill_process = SECCOMP_RET_KILL_PROCESS;

	return syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &kill_process) < 0 ? -errno : 0;
}

/* Does the kernel let a process's own tables be set, so that /proc/PID/environ tells the truth? */
static int try_mm_map(void)
{
	unsigned size = 0;

	return prctl(PR_SET_MM, PR_SET_MM_MAP_SIZE, (unsigned long)&size, 0, 0) < 0 ? -errno : 0;
}

#if GT_ARCH_BARRIER
/* The steps of the exec barrier on a child of our own: seize, stop, read registers, write memory.
 */
static int trace_child(pid_t pid, int *target)
{
	gt_regs regs;
	int value = 1, status;
	struct iovec r = {&regs, sizeof(regs)}, here = {&value, sizeof(value)};
	struct iovec there = {target, sizeof(*target)};

	if (ptrace(PTRACE_SEIZE, pid, NULL, NULL) < 0 ||
	    ptrace(PTRACE_INTERRUPT, pid, NULL, NULL) < 0)
		return -errno;
	if (waitpid(pid, &status, __WALL) != pid || !WIFSTOPPED(status))
		return -ECHILD;
	if (ptrace(PTRACE_GETREGSET, pid, (void *)(uintptr_t)NT_PRSTATUS, &r) < 0)
		return -errno;
	return process_vm_writev(pid, &here, 1, &there, 1, 0) == (ssize_t)sizeof(value) ? 0
											: -errno;
}

static int try_barrier(void)
{
	int target = 0, r;
	pid_t parent = getpid(), pid = fork();

	if (pid < 0)
		return -errno;
	if (pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		while (getppid() == parent)
			(void)pause();
		_exit(0);
	}
	r = trace_child(pid, &target);
	(void)kill(pid, SIGKILL); /* our own unreaped child: the pid is still its */
	(void)waitpid(pid, NULL, __WALL);
	return r;
}
#else
static int try_barrier(void)
{
	return -ENOTSUP;
}
#endif

/* ---- rows ---- */

static const struct feature {
	const char *name, *what;
	int (*try)(void);
	enum gt_check_state without;
	const char *follows;
} features[] = {
	{"seccomp", "a filter that kills the process", try_seccomp, GT_CHECK_BAD,
	 "the workers that parse an image's bytes cannot be confined, so nothing is parsed and "
	 "nothing is tuned (CONFIG_SECCOMP_FILTER)"},
	{"ptrace", "seize, registers, process_vm_writev", try_barrier, GT_CHECK_BAD,
	 "the hook cannot set the environment or RLIMIT_NOFILE; gotune-runtime still can"},
	{"openat2", "paths resolved inside a container's root", try_openat2, GT_CHECK_INFO,
	 "a walk component by component replaces it"},
	{"pidfd", "a process held by a descriptor", try_pidfd, GT_CHECK_INFO,
	 "start times are compared instead"},
	{"PR_SET_MM", "/proc/PID/environ shows what was set", try_mm_map, GT_CHECK_INFO,
	 "the program gets its environment; /proc/PID/environ goes on to show the old one "
	 "(CONFIG_CHECKPOINT_RESTORE)"},
};

static void say_feature(struct gt_doctor *d, const struct feature *f)
{
	int r = f->try();

	if (r == 0) {
		gt_report_say(&d->report, GT_AREA_KERNEL, GT_CHECK_OK, f->name, "works: %s",
			      f->what);
		return;
	}
	gt_report_say(&d->report, GT_AREA_KERNEL, f->without, f->name, "does not work: %s",
		      strerror(-r));
	gt_report_follows(&d->report, "%s", f->follows);
}

static void say_release(struct gt_doctor *d)
{
	char release[128];
	int r = gt_root_read(d->root, "proc/sys/kernel/osrelease", release, sizeof(release));

	if (r == 0)
		gt_report_say(&d->report, GT_AREA_KERNEL, GT_CHECK_OK, "release", "Linux %s",
			      release);
	else
		gt_report_say(&d->report, GT_AREA_KERNEL, GT_CHECK_INFO, "release", "not known: %s",
			      strerror(-r));
}

static void say_machine(struct gt_doctor *d)
{
	struct utsname u;

	if (uname(&u) < 0)
		(void)gt_copy_str(u.machine, sizeof(u.machine), "this machine"); /* fits */
	if (GT_ARCH_BARRIER) {
		gt_report_say(&d->report, GT_AREA_KERNEL, GT_CHECK_OK, "architecture",
			      "%s: the exec barrier is written for it", u.machine);
		return;
	}
	gt_report_say(&d->report, GT_AREA_KERNEL, GT_CHECK_WARN, "architecture",
		      "%s: the exec barrier is not written for it", u.machine);
	gt_report_fix(&d->report, "the hook cannot set the environment or RLIMIT_NOFILE",
		      "register gotune-runtime: gotune install docker");
}

void gt_doctor_kernel(struct gt_doctor *d)
{
	say_release(d);
	if (d->sysroot)
		return;
	say_machine(d);
	for (size_t i = 0; i < GT_ARRAY_LEN(features); i++)
		say_feature(d, &features[i]);
}
