/*
 * The exec barrier: waits until a container's init execs its program, and changes the program's
 * environment and limits before its first instruction.
 *
 * Effectful. Runs in the tracer, a child of the hook; needs CAP_SYS_PTRACE only to seize, and
 * CAP_SYS_RESOURCE to raise a hard limit. It never kills and never interrupts: if anything here
 * fails, we let the tracee go as it is, and if the tracer dies, the kernel lets it go.
 *
 * Theory of operation. We seize the init and do not attach to it, so it does not stop. It stops
 * when it execs (PTRACE_EVENT_EXEC): the new image is mapped, and nothing of it has run. We write a
 * new stack below the old one (apply/stack.c). The system call's result is not in the registers
 * yet, so we set them only at its exit stop. First we set them to one prctl(PR_SET_MM_MAP), which
 * runs on a system call instruction in the vDSO; so the kernel, and with it /proc/PID/environ,
 * learns of the new strings. Then we restore them, with the new stack pointer. If the tracer is
 * killed between the two, the code after the system call returns, to the word on top of the stack:
 * the program's entry. We do not use a vDSO without such a place.
 *
 * We do nothing in the program's name that it may not do by itself, since other processes of the
 * container may write to it at any moment. So its seccomp profile stays in force: if it forbids the
 * prctl, we do not make it, and /proc/PID/environ stays as it was. If somebody makes the program
 * start another call at that moment, we cancel that call.
 */
#include <elf.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include "gotune/apply.h"
#include "gotune/base.h"
#include "gotune/model.h"
#include "stack.h"

#define OPTIONS	     (PTRACE_O_TRACEEXEC | PTRACE_O_TRACESYSGOOD)
#define SYSCALL_STOP (SIGTRAP | 0x80) /* PTRACE_O_TRACESYSGOOD marks these */
#define STACK_MAX    (8u << 20) /* the kernel's own bound on arguments and environment is 6 MiB */
#define VDSO_MAX     8192
#define TRIES	     3

static long call_ptrace(int request, pid_t pid, uintptr_t addr, uintptr_t data)
{
	return ptrace((enum __ptrace_request)request, pid, (void *)addr, (void *)data) < 0 ? -errno
											   : 0;
}

int gt_barrier_seize(int64_t pid)
{
	return (int)call_ptrace(PTRACE_SEIZE, (pid_t)pid, 0, OPTIONS);
}

/* What waitpid reported, as one word. */
enum stop { STOP_GONE, STOP_EXEC, STOP_SYSCALL, STOP_GROUP, STOP_SIGNAL, STOP_OTHER };

static enum stop classify_stop(int status)
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
 * Lets the tracee run by RESUME (PTRACE_CONT or PTRACE_SYSCALL) until a stop of kind WANT, and
 * passes signals on: runc's Go runtime sends SIGURG to its threads. REST: see gt_barrier_wait. 0,
 * -ESRCH (it is gone) or -errno.
 */
static int run_resting(pid_t pid, int resume, enum stop want, bool resume_first,
		       const struct gt_barrier_rest *rest)
{
	long r = resume_first ? call_ptrace(resume, pid, 0, 0) : 0;
	int status = 0, tries = 0;

	while (r == 0) {
		enum stop s;

		if (rest)
			rest->fn(rest->ctx);
		if (waitpid(pid, &status, __WALL) < 0) {
			/* After other errors the tracee may still be there. */
			if (errno == EINTR || (errno != ECHILD && tries++ < TRIES))
				continue;
			return -ESRCH;
		}
		s = classify_stop(status);
		if (s == want)
			return 0;
		if (s == STOP_GONE)
			return -ESRCH;
		if (s == STOP_GROUP)
			r = call_ptrace(PTRACE_LISTEN, pid, 0, 0);
		else
			r = call_ptrace(resume, pid, 0,
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
	long r = call_ptrace(PTRACE_GETREGSET, pid, NT_PRSTATUS, (uintptr_t)&v);

	if (r == 0 && v.iov_len != sizeof(*ret))
		return -ENOEXEC; /* a 32-bit program: its stack has another layout */
	return (int)r;
}

static int set_regs(pid_t pid, gt_regs *regs)
{
	struct iovec v = {regs, sizeof(*regs)};

	return (int)call_ptrace(PTRACE_SETREGSET, pid, NT_PRSTATUS, (uintptr_t)&v);
}

/* Copies LEN bytes from or to the tracee: all of them, or it is an error. */
static int copy_memory(pid_t pid, uint64_t addr, void *buf, size_t len, bool to_tracee)
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

/* Copies everything from the stack pointer to the end of the environment. */
static int read_stack(pid_t pid, const gt_regs *regs, struct gt_stack *ret,
		      unsigned char **ret_image)
{
	unsigned char *image;
	int r;

	r = gt_stack_read_mm(pid, &ret->mm);
	if (r < 0)
		return r;
	r = gt_stack_read_limit(pid, &ret->limit);
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
	return copy_memory(pid, ret->sp, image, ret->len, false);
}

/* Finds a system call in the vDSO with a return after it, best one that changes no register. */
static bool find_syscall(pid_t pid, uint64_t base, uint64_t *ret)
{
	static const unsigned char code[] = GT_ARCH_SYSCALL;
	unsigned char vdso[VDSO_MAX];
	size_t len = sizeof(vdso);
	int best = 0, quality;

	if (base == 0)
		return false;
	/* Two pages on most kernels, one on some. */
	if (copy_memory(pid, base, vdso, len, false) < 0)
		len /= 2;
	if (len < sizeof(vdso) && copy_memory(pid, base, vdso, len, false) < 0)
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

/* At the entry stop only our own call may go on. -EPERM: it was another, which we cancelled. */
static int check_entry(pid_t pid, const gt_regs *call)
{
	gt_regs now;
	int r = get_regs(pid, &now);

	if (r < 0 || gt_regs_is_call(&now, call))
		return r;
	r = gt_regs_cancel(pid, &now);
	return r < 0 ? r : -EPERM;
}

/* A system call for the tracee to make. */
struct call {
	uint64_t pc;	   /* of a system call instruction */
	uint64_t ret_slot; /* where the return after it leads */
	long nr;
	uint64_t arg[5];
};

/* Makes the tracee, which is stopped at a system call's exit, run another. The caller must restore
 * its registers. */
static int inject_call(pid_t pid, const gt_regs *regs, const struct call *c, int64_t *ret)
{
	gt_regs call = *regs, after;
	int r, ours;

	gt_regs_call(&call, c->pc, c->ret_slot, c->nr, c->arg);
	r = set_regs(pid, &call);
	if (r < 0)
		return r;
	r = run_until(pid, PTRACE_SYSCALL, STOP_SYSCALL, true); /* entry */
	if (r < 0)
		return r;
	ours = check_entry(pid, &call);
	r = run_until(pid, PTRACE_SYSCALL, STOP_SYSCALL, true); /* exit */
	if (r < 0)
		return r;
	r = get_regs(pid, &after);
	if (r < 0)
		return r;
	*ret = gt_regs_result(&after);
	return ours;
}

/* Tells the kernel where the environment is now. False: we could not, and the registers may still
 * be those of the call. */
static bool tell_kernel(pid_t pid, const struct gt_barrier_job *job, const struct gt_stack_new *n,
			const gt_regs *regs)
{
	struct call c = {
		.ret_slot = n->ret_slot,
		.nr = __NR_prctl,
		.arg = {PR_SET_MM, PR_SET_MM_MAP, n->map_addr, sizeof(struct prctl_mm_map), 0},
	};
	uint64_t vdso;
	int64_t result = -EPERM;

	if (!job->may_prctl || n->map_addr == 0 || gt_stack_read_vdso(pid, &vdso) < 0 ||
	    !find_syscall(pid, vdso, &c.pc))
		return false;
	return inject_call(pid, regs, &c, &result) == 0 && result == 0;
}

/* Sets the registers, which the program needs to start right: only -ESRCH makes us give up. */
static int set_regs_surely(pid_t pid, gt_regs *regs)
{
	int r = -EIO;

	for (unsigned i = 0; r < 0 && r != -ESRCH && i < TRIES; i++)
		r = set_regs(pid, regs);
	return r;
}

/*
 * Makes the new stack and writes it below the old one: all of it, or only what is new if the kernel
 * has not mapped as much (it maps some 128 KiB) or if too little stack would be left.
 */
static int write_stack(pid_t pid, const struct gt_stack *s, const struct gt_barrier_job *job,
		       gt_apart_fn *apart, struct gt_stack_new *ret)
{
	_cleanup_(gt_pages_done) struct gt_pages mem = {0};
	int r = -ENOSPC;

	for (int compact = 0; compact <= 1 && (r == -ENOSPC || r == -EFAULT); compact++) {
		r = gt_stack_rebuild(apart, s, job, compact != 0, &mem, ret);
		if (r == 0 && ret->changed)
			r = copy_memory(pid, ret->addr, ret->image, ret->len, true);
	}
	ret->image = NULL;
	return r;
}

/* The tracee is stopped at PTRACE_EVENT_EXEC. Leaves it at the exit stop of its execve. */
static int change_env(pid_t pid, const struct gt_barrier_job *job, gt_apart_fn *apart,
		      struct gt_barrier_result *ret)
{
	struct gt_stack s = {0};
	struct gt_stack_new n = {0};
	_cleanup_free_ unsigned char *image = NULL;
	gt_regs regs;
	int r;

	r = get_regs(pid, &regs);
	if (r < 0)
		return r;
	r = read_stack(pid, &regs, &s, &image);
	if (r < 0)
		return r;
	r = write_stack(pid, &s, job, apart, &n);
	memcpy(ret->env_error, n.env_error, sizeof(n.env_error));
	if (r < 0 || !n.changed)
		return r;
	r = run_until(pid, PTRACE_SYSCALL, STOP_SYSCALL, true);
	if (r < 0)
		return r;
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

/* What the kernel knows of the file that runs. We do not ask the file system's server: a FUSE
 * server that does not answer would hold up the program, and us. */
static int stat_exe(pid_t pid, struct statx *ret)
{
	char path[32];

	(void)snprintf(path, sizeof(path), "/proc/%d/exe", (int)pid);
	return statx(AT_FDCWD, path, AT_STATX_DONT_SYNC, STATX_INO | STATX_NLINK, ret) < 0 ? -errno
											   : 0;
}

/* Does another file run now than the one that we looked at? */
static bool is_other_program(pid_t pid, const struct gt_barrier_job *job)
{
	struct statx st;

	return job->ino != 0 && stat_exe(pid, &st) == 0 &&
	       (makedev(st.stx_dev_major, st.stx_dev_minor) != job->dev || st.stx_ino != job->ino);
}

/* runc 1.2 with runc-dmz execs a small helper first, which is not the program yet. */
static bool is_runtime_helper(pid_t pid)
{
	static const char helper[] = "/memfd:runc_cloned:runc-dmz";
	char path[32], target[128] = "";
	struct statx st;

	(void)snprintf(path, sizeof(path), "/proc/%d/exe", (int)pid);
	if (readlink(path, target, sizeof(target) - 1) < 0 || !gt_has_prefix(target, helper))
		return false;
	/* A memfd has no link; a file of an image with that name has one. */
	return stat_exe(pid, &st) == 0 && st.stx_nlink == 0;
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
	(void)call_ptrace(PTRACE_DETACH, pid, 0, 0); /* fails only if it is gone */
}
