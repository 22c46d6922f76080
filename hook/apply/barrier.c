/*
 * The exec barrier: changes a program's environment and limits before its first instruction.
 *
 * Effectful. Runs in the tracer; needs CAP_SYS_RESOURCE to raise a hard limit. It never kills and
 * never interrupts: if anything here fails, the program runs as it is, and if the tracer dies, the
 * kernel lets it go.
 *
 * Theory of operation. At PTRACE_EVENT_EXEC (apply/follow.c) the new image is mapped, and nothing
 * of it has run. We write a new stack below the old one (apply/stack.c). The system call's result
 * is not in the registers yet, so we set them only at its exit stop. First we set them to one
 * prctl(PR_SET_MM_MAP), which runs on a system call instruction in the vDSO; so the kernel, and
 * with it /proc/PID/environ, learns of the new strings. Then we restore them, with the new stack
 * pointer. If the tracer is killed between the two, the code after the system call returns, to the
 * word on top of the stack: the program's entry. We do not use a vDSO without such a place.
 *
 * We do nothing in the program's name that it may not do by itself, since other processes of the
 * container may write to it at any moment. So its seccomp profile stays in force: if it forbids the
 * prctl, we do not make it, and /proc/PID/environ stays as it was. If somebody makes the program
 * start another call at that moment, we cancel that call.
 */
#include <elf.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#include "gotune/apply.h"
#include "gotune/base.h"
#include "gotune/model.h"
#include "stack.h"
#include "trace.h"

#define VDSO_MAX 8192
#define TRIES	 3

#if GT_ARCH_BARRIER

static int get_regs(pid_t pid, gt_regs *ret)
{
	struct iovec v = {ret, sizeof(*ret)};
	int r = gt_trace(PTRACE_GETREGSET, pid, NT_PRSTATUS, (uintptr_t)&v);

	if (r == 0 && v.iov_len != sizeof(*ret))
		return -ENOEXEC; /* a 32-bit program: its stack has another layout */
	return r;
}

static int set_regs(pid_t pid, gt_regs *regs)
{
	struct iovec v = {regs, sizeof(*regs)};

	return gt_trace(PTRACE_SETREGSET, pid, NT_PRSTATUS, (uintptr_t)&v);
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

int gt_barrier_stack(int64_t pid, size_t head, struct gt_stack *ret, unsigned char **ret_mem)
{
	_cleanup_free_ unsigned char *mem = NULL;
	gt_regs regs;
	int r = get_regs((pid_t)pid, &regs);

	*ret = (struct gt_stack){0};
	if (r < 0)
		return r;
	r = gt_stack_read_mm((pid_t)pid, &ret->mm);
	if (r < 0)
		return r;
	r = gt_stack_read_limit((pid_t)pid, &ret->limit);
	if (r < 0)
		return r;
	ret->sp = gt_regs_sp(&regs);
	ret->entry = gt_regs_pc(&regs);
	if (ret->mm.env_end <= ret->sp || ret->mm.env_end - ret->sp > GT_STACK_MAX)
		return -E2BIG;
	ret->len = (size_t)(ret->mm.env_end - ret->sp);
	mem = malloc(head + ret->len);
	if (!mem)
		return -ENOMEM;
	r = copy_memory((pid_t)pid, ret->sp, mem + head, ret->len, false);
	if (r < 0)
		return r;
	ret->image = mem + head;
	*ret_mem = GT_TAKE_PTR(mem);
	return 0;
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
	r = gt_trace_until(pid, PTRACE_SYSCALL, GT_STOP_SYSCALL, true); /* entry */
	if (r < 0)
		return r;
	ours = check_entry(pid, &call);
	r = gt_trace_until(pid, PTRACE_SYSCALL, GT_STOP_SYSCALL, true); /* exit */
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
		       gt_build_fn *build, void *ctx, struct gt_stack_new *ret)
{
	int r = -ENOSPC;

	for (int compact = 0; compact <= 1 && (r == -ENOSPC || r == -EFAULT); compact++) {
		r = build(ctx, s, job, compact != 0, ret);
		if (r == 0 && ret->changed)
			r = copy_memory(pid, ret->addr, ret->image, ret->len, true);
	}
	ret->image = NULL;
	return r;
}

/* The tracee is stopped at PTRACE_EVENT_EXEC. Leaves it at the exit stop of its execve. */
static int change_env(pid_t pid, const struct gt_barrier_job *job, const struct gt_stack *stack,
		      gt_build_fn *build, void *ctx, struct gt_barrier_result *ret)
{
	struct gt_stack_new n = {0};
	gt_regs regs;
	int r = write_stack(pid, stack, job, build, ctx, &n);

	memcpy(ret->env_error, n.env_error, sizeof(n.env_error));
	if (r < 0 || !n.changed)
		return r;
	r = gt_trace_until(pid, PTRACE_SYSCALL, GT_STOP_SYSCALL, true);
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

int gt_barrier_stack(int64_t pid, size_t head, struct gt_stack *ret, unsigned char **ret_mem)
{
	(void)pid, (void)head, (void)ret, (void)ret_mem;
	return -ENOEXEC;
}

static int change_env(pid_t pid, const struct gt_barrier_job *job, const struct gt_stack *stack,
		      gt_build_fn *build, void *ctx, struct gt_barrier_result *ret)
{
	(void)pid, (void)job, (void)stack, (void)build, (void)ctx, (void)ret;
	return -ENOEXEC;
}

#endif

void gt_barrier_change(int64_t pid, const struct gt_barrier_job *job, const struct gt_stack *stack,
		       int stack_error, gt_build_fn *build, void *ctx,
		       struct gt_barrier_result *ret)
{
	int r = stack ? 0 : stack_error;

	*ret = (struct gt_barrier_result){0};
	if (job->set_nofile)
		gt_apply_nofile(pid, job, ret);
	if (stack && job->n_env > 0)
		r = change_env((pid_t)pid, job, stack, build, ctx, ret);
	for (uint32_t i = 0; r < 0 && i < job->n_env; i++)
		ret->env_error[i] = r;
}
