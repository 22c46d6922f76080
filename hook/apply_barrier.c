/*
 * The exec barrier: being there when a container's init execs its program, and putting the last
 * touches on it before its first instruction.
 *
 * Effectful. Runs in the tracer, a child of the hook; needs CAP_SYS_PTRACE for the seize alone, and
 * CAP_SYS_RESOURCE to raise a hard limit. Never kills, never interrupts: if anything here fails the
 * tracee is let go as it is, and if the tracer dies the kernel lets it go.
 *
 * Theory of operation. The init is seized, not attached: it is not stopped. It stops when it execs
 * (PTRACE_EVENT_EXEC): the new image is mapped, nothing of it has run. A new stack is written below
 * the old one (apply_stack.c). The system call's result is not in the registers yet, so they are
 * set only at its exit stop: first to one prctl(PR_SET_MM_MAP), run on a system call instruction
 * that the vDSO has, so that the kernel, and with it /proc/PID/environ, learns of the new strings;
 * then to what they were, with the new stack pointer. Should the tracer be killed between the two,
 * the code after the system call returns, and the word on top of the stack is the program's entry.
 * A vDSO without such a place is not used.
 */
#include <elf.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include "gotune/apply.h"
#include "gotune/arch.h"
#include "gotune/stack.h"

#ifndef PTRACE_O_SUSPEND_SECCOMP
#define PTRACE_O_SUSPEND_SECCOMP (1 << 21)
#endif
#define OPTIONS	     (PTRACE_O_TRACEEXEC | PTRACE_O_TRACESYSGOOD)
#define SYSCALL_STOP (SIGTRAP | 0x80) /* PTRACE_O_TRACESYSGOOD marks these */
#define STACK_MAX    (8u << 20) /* the kernel's own bound on arguments and environment is 6 MiB */
#define VDSO_MAX     8192
#define TRIES	     3

static long trace(int request, pid_t pid, uintptr_t addr, uintptr_t data)
{
	return ptrace((enum __ptrace_request)request, pid, (void *)addr, (void *)data) < 0 ? -errno
											   : 0;
}

int gt_barrier_seize(int64_t pid)
{
	return (int)trace(PTRACE_SEIZE, (pid_t)pid, 0, OPTIONS);
}

/* What waitpid reported, as one word. */
enum stop { STOP_GONE, STOP_EXEC, STOP_SYSCALL, STOP_GROUP, STOP_SIGNAL, STOP_OTHER };

static enum stop classify(int status)
{
	int sig = WSTOPSIG(status), event = status >> 16;

	if (!WIFSTOPPED(status))
		return STOP_GONE;
	if (event == PTRACE_EVENT_EXEC)
		return STOP_EXEC;
	if (event == PTRACE_EVENT_STOP) {
		bool group = sig == SIGSTOP || sig == SIGTSTP || sig == SIGTTIN || sig == SIGTTOU;

		return group ? STOP_GROUP : STOP_OTHER;
	}
	return sig == SYSCALL_STOP ? STOP_SYSCALL : STOP_SIGNAL;
}

/*
 * Lets the tracee run by RESUME (PTRACE_CONT or PTRACE_SYSCALL) until a stop of kind WANT. Signals
 * on the way are passed on: runc's own Go runtime sends SIGURG to its threads. REST: see
 * gt_barrier_wait. 0, -ESRCH (it has gone) or -errno.
 */
static int run_resting(pid_t pid, int resume, enum stop want, bool resume_first,
		       const struct gt_barrier_rest *rest)
{
	long r = resume_first ? trace(resume, pid, 0, 0) : 0;
	int status = 0, tries = 0;

	while (r == 0) {
		enum stop s;

		if (rest)
			rest->fn(rest->ctx);
		if (waitpid(pid, &status, __WALL) < 0) {
			/* Only that there is no such process says where the tracee is. */
			if (errno == EINTR || (errno != ECHILD && tries++ < TRIES))
				continue;
			return -ESRCH;
		}
		s = classify(status);
		if (s == want)
			return 0;
		if (s == STOP_GONE)
			return -ESRCH;
		if (s == STOP_GROUP)
			r = trace(PTRACE_LISTEN, pid, 0, 0);
		else
			r = trace(resume, pid, 0,
				  s == STOP_SIGNAL ? (uintptr_t)WSTOPSIG(status) : 0);
	}
	return (int)r;
}

#if GT_ARCH_BARRIER

static int run_until(pid_t pid, int resume, enum stop want, bool resume_first)
{
	return run_resting(pid, resume, want, resume_first, NULL);
}

static int get_regs(pid_t pid, gt_regs *ret)
{
	struct iovec v = {ret, sizeof(*ret)};
	long r = trace(PTRACE_GETREGSET, pid, NT_PRSTATUS, (uintptr_t)&v);

	if (r == 0 && v.iov_len != sizeof(*ret))
		return -ENOEXEC; /* a 32-bit program: another stack layout, not written for */
	return (int)r;
}

static int set_regs(pid_t pid, gt_regs *regs)
{
	struct iovec v = {regs, sizeof(*regs)};

	return (int)trace(PTRACE_SETREGSET, pid, NT_PRSTATUS, (uintptr_t)&v);
}

/* Copies LEN bytes between here and the tracee. All or an error. */
static int copy(pid_t pid, uint64_t addr, void *buf, size_t len, bool to_tracee)
{
	struct iovec here = {buf, len};
	/* NOLINTNEXTLINE(performance-no-int-to-ptr): an address of another process */
	struct iovec there = {(void *)(uintptr_t)addr, len};
	ssize_t n = to_tracee ? process_vm_writev(pid, &here, 1, &there, 1, 0)
			      : process_vm_readv(pid, &here, 1, &there, 1, 0);

	if (n < 0)
		return -errno;
	return (size_t)n == len ? 0 : -EFAULT;
}

/* A copy of everything from the stack pointer to the end of the environment. */
static int read_stack(pid_t pid, const gt_regs *regs, struct gt_stack *ret,
		      unsigned char **ret_image)
{
	unsigned char *image;
	int r = gt_stack_read_mm(pid, &ret->mm);

	if (r < 0)
		return r;
	ret->sp = gt_regs_sp(regs);
	ret->entry = gt_regs_pc(regs);
	if (ret->mm.env_end <= ret->sp || ret->mm.env_end - ret->sp > STACK_MAX)
		return -E2BIG;
	ret->len = (size_t)(ret->mm.env_end - ret->sp);
	image = malloc(ret->len);
	if (!image)
		return -ENOMEM;
	*ret_image = image;
	ret->image = image;
	return copy(pid, ret->sp, image, ret->len, false);
}

/* Finds a system call in the vDSO that returns; by preference one that leaves no register behind.
 */
static bool find_syscall(pid_t pid, uint64_t base, uint64_t *ret)
{
	static const unsigned char code[] = GT_ARCH_SYSCALL;
	unsigned char vdso[VDSO_MAX];
	size_t len = sizeof(vdso);
	int best = 0, quality;

	if (base == 0)
		return false;
	/* Two pages on most kernels, one on some. */
	if (copy(pid, base, vdso, len, false) < 0)
		len /= 2;
	if (len < sizeof(vdso) && copy(pid, base, vdso, len, false) < 0)
		return false;
	for (size_t i = 0; i + sizeof(code) <= len; i += GT_ARCH_SYSCALL_ALIGN) {
		if (memcmp(vdso + i, code, sizeof(code)) != 0)
			continue;
		quality = gt_arch_returns(vdso + i + sizeof(code), len - i - sizeof(code));
		if (quality > best)
			*ret = base + i;
		best = quality > best ? quality : best;
	}
	return best > 0;
}

/* Has the tracee, which stands at a system call's exit, run one more. Its registers are the
 * caller's to restore. */
static int inject(pid_t pid, const gt_regs *regs, uint64_t pc, uint64_t ret_slot, long nr,
		  const uint64_t arg[5], int64_t *ret)
{
	gt_regs call = *regs;
	int r;

	gt_regs_call(&call, pc, ret_slot, nr, arg);
	r = set_regs(pid, &call);
	if (r == 0)
		r = run_until(pid, PTRACE_SYSCALL, STOP_SYSCALL, true); /* entry */
	if (r == 0)
		r = run_until(pid, PTRACE_SYSCALL, STOP_SYSCALL, true); /* exit */
	if (r == 0)
		r = get_regs(pid, &call);
	if (r == 0)
		*ret = gt_regs_result(&call);
	return r;
}

/* Tells the kernel where the environment is now. False: it was not told, and the registers may be
 * those of the call. */
static bool tell_kernel(pid_t pid, const struct gt_barrier_job *job, const struct gt_stack_new *n,
			const gt_regs *regs)
{
	uint64_t arg[5] = {PR_SET_MM, PR_SET_MM_MAP, n->map_addr, sizeof(struct prctl_mm_map), 0};
	uint64_t pc;
	int64_t result = -EPERM;

	if (n->map_addr == 0 || !find_syscall(pid, n->vdso, &pc))
		return false;
	/* A profile may kill on prctl; if it cannot be suspended, an old environ is the lesser
	 * evil. */
	if (job->suspend_seccomp &&
	    trace(PTRACE_SETOPTIONS, pid, 0, OPTIONS | PTRACE_O_SUSPEND_SECCOMP) < 0)
		return false;
	return inject(pid, regs, pc, n->ret_slot, __NR_prctl, arg, &result) == 0 && result == 0;
}

/* Only with these does the program start right: what is no ESRCH is tried again. */
static int set_regs_surely(pid_t pid, gt_regs *regs)
{
	int r = -EIO;

	for (unsigned i = 0; r < 0 && r != -ESRCH && i < TRIES; i++)
		r = set_regs(pid, regs);
	return r;
}

/* The tracee stands at PTRACE_EVENT_EXEC. Leaves it at the exit stop of its execve. */
static int change_env(pid_t pid, const struct gt_barrier_job *job, gt_apart_fn *apart,
		      struct gt_barrier_result *ret)
{
	struct gt_stack s = {0};
	struct gt_stack_new n = {0};
	_cleanup_(gt_pages_done) struct gt_pages mem = {0};
	_cleanup_free_ unsigned char *image = NULL;
	gt_regs regs;
	int r = get_regs(pid, &regs);

	if (r == 0)
		r = read_stack(pid, &regs, &s, &image);
	if (r == 0)
		r = gt_stack_rebuild(apart, &s, job, false, &mem, &n);
	if (r == 0 && n.changed && copy(pid, n.addr, n.image, n.len, true) < 0) {
		/* The kernel has mapped some 128 KiB below the stack pointer: place only what is
		 * new. */
		r = gt_stack_rebuild(apart, &s, job, true, &mem, &n);
		if (r == 0)
			r = copy(pid, n.addr, n.image, n.len, true);
	}
	memcpy(ret->env_error, n.env_error, sizeof(n.env_error));
	if (r < 0 || !n.changed)
		return r;
	r = run_until(pid, PTRACE_SYSCALL, STOP_SYSCALL, true);
	if (r == 0)
		r = get_regs(pid, &regs); /* now with execve's result */
	if (r < 0)
		return r;
	gt_regs_set_sp(&regs, n.sp);
	ret->stale_environ = !tell_kernel(pid, job, &n, &regs);
	r = set_regs_surely(pid, &regs);
	ret->stale_environ = ret->stale_environ && r == 0;
	return r;
}

#else

static int change_env(pid_t pid, const struct gt_barrier_job *job, gt_apart_fn *apart,
		      struct gt_barrier_result *ret)
{
	(void)pid, (void)job, (void)apart, (void)ret;
	return -ENOEXEC;
}

#endif

/* Is the file that runs now another than the one that was looked at? */
static bool is_other_program(pid_t pid, const struct gt_barrier_job *job)
{
	char path[32];
	struct stat st;

	(void)snprintf(path, sizeof(path), "/proc/%d/exe", (int)pid);
	return job->ino != 0 && stat(path, &st) == 0 &&
	       (st.st_dev != job->dev || st.st_ino != job->ino);
}

/* runc 1.2's runc-dmz execs a small helper of its own first: not the program yet. */
static bool is_runtime_helper(pid_t pid)
{
	char path[32], target[128];
	struct stat st;
	ssize_t n;

	(void)snprintf(path, sizeof(path), "/proc/%d/exe", (int)pid);
	n = readlink(path, target, sizeof(target) - 1);
	/* A memfd has no link; a file that an image named like one has. */
	if (n < 0 || stat(path, &st) < 0 || st.st_nlink != 0)
		return false;
	target[n] = '\0';
	return strncmp(target, "/memfd:runc_cloned:runc-dmz", 27) == 0;
}

void gt_barrier_wait(const struct gt_barrier_job *job, gt_apart_fn *apart,
		     const struct gt_barrier_rest *rest, struct gt_barrier_result *ret)
{
	pid_t pid = (pid_t)job->pid;
	bool resume = false;
	int r;

	*ret = (struct gt_barrier_result){0};
	do {
		r = run_resting(pid, PTRACE_CONT, STOP_EXEC, resume, rest);
		resume = true;
	} while (r == 0 && is_runtime_helper(pid));
	if (r < 0)
		return;
	ret->exec_seen = true;
	ret->other_program = is_other_program(pid, job);
	if (job->set_nofile)
		gt_apply_nofile(pid, job, ret);
	if (job->n_env > 0)
		r = change_env(pid, job, apart, ret);
	for (uint32_t i = 0; r < 0 && i < job->n_env; i++)
		ret->env_error[i] = r;
	(void)trace(PTRACE_DETACH, pid, 0, 0); /* fails only when it has gone */
}
