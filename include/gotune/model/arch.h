/*
 * What the exec barrier must know of a machine: names of registers and the bytes of
 * a system call. x86-64: System V ABI, arch/x86/include/uapi/asm/ptrace.h. aarch64: AAPCS64,
 * arch/arm64/include/uapi/asm/ptrace.h.
 */
#ifndef GOTUNE_MODEL_ARCH_H
#define GOTUNE_MODEL_ARCH_H

#include <elf.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>

#include "gotune/base.h"

#if defined(__x86_64__)
#define GT_ARCH_BARRIER 1
typedef struct user_regs_struct gt_regs;
#define GT_ARCH_SYSCALL    \
	{                  \
		0x0f, 0x05 \
	}
#define GT_ARCH_SYSCALL_ALIGN 1

/*
 * Does the code at P, of N bytes, return, and touch no more than argument registers before? A
 * kernel built with CONFIG_ZERO_CALL_USED_REGS clears them: `xor %edx,%edx` ... `ret`. 0: no; 2: it
 * clears rdx, too, where a C library's start looks for a function to be called at the end; else 1.
 */
static inline int gt_arch_returns(const unsigned char *p, size_t n)
{
	int quality = 1;

	for (size_t i = 0, wide; i < n; i += 2 + wide) {
		if (p[i] == 0xc3)
			return quality;
		wide = p[i] == 0x45; /* r8 to r15 */
		if (n - i < 2 + wide || p[i + wide] != 0x31 || p[i + wide + 1] < 0xc0 ||
		    (p[i + wide + 1] >> 3 & 7) != (p[i + wide + 1] & 7) || p[i + wide + 1] == 0xe4)
			return 0; /* no xor of a register with itself, or one of the stack's */
		if (p[i] == 0x31 && p[i + 1] == 0xd2)
			quality = 2;
	}
	return 0;
}

static inline uint64_t gt_regs_sp(const gt_regs *r)
{
	return r->rsp;
}

static inline uint64_t gt_regs_pc(const gt_regs *r)
{
	return r->rip;
}

static inline void gt_regs_set_sp(gt_regs *r, uint64_t sp)
{
	r->rsp = sp;
}

static inline int64_t gt_regs_result(const gt_regs *r)
{
	return (int64_t)r->rax;
}

/* A call of NR from the instruction at PC; should nobody restore the registers, `ret` pops
 * RET_SLOT. */
static inline void gt_regs_call(gt_regs *r, uint64_t pc, uint64_t ret_slot, long nr,
				const uint64_t arg[5])
{
	r->rip = pc;
	r->rsp = ret_slot;
	r->rax = (uint64_t)nr;
	r->orig_rax = (uint64_t)-1; /* no system call to be restarted */
	r->rdi = arg[0];
	r->rsi = arg[1];
	r->rdx = arg[2];
	r->r10 = arg[3];
	r->r8 = arg[4];
}

/* At the entry of a system call: is it the one that CALL, filled by gt_regs_call, asks for? */
static inline bool gt_regs_is_call(const gt_regs *r, const gt_regs *call)
{
	return r->orig_rax == call->rax && r->rip == call->rip + 2 && r->rsp == call->rsp &&
	       r->rdi == call->rdi && r->rsi == call->rsi && r->rdx == call->rdx &&
	       r->r10 == call->r10 && r->r8 == call->r8 && r->cs == call->cs;
}

/* At the entry of a system call: none is made. */
static inline int gt_regs_cancel(pid_t pid, gt_regs *r)
{
	struct iovec v = {r, sizeof(*r)};

	r->orig_rax = (uint64_t)-1;
	return ptrace(PTRACE_SETREGSET, pid, (void *)NT_PRSTATUS, &v) < 0 ? -errno : 0;
}

#elif defined(__aarch64__)
#define GT_ARCH_BARRIER 1
typedef struct user_regs_struct gt_regs;
#define GT_ARCH_SYSCALL                \
	{                              \
		0x01, 0x00, 0x00, 0xd4 \
	}
#define GT_ARCH_SYSCALL_ALIGN 4

/* Is the code at P, of N bytes, `ret`? */
static inline int gt_arch_returns(const unsigned char *p, size_t n)
{
	return n >= 4 && p[0] == 0xc0 && p[1] == 0x03 && p[2] == 0x5f && p[3] == 0xd6;
}

static inline uint64_t gt_regs_sp(const gt_regs *r)
{
	return r->sp;
}

static inline uint64_t gt_regs_pc(const gt_regs *r)
{
	return r->pc;
}

static inline void gt_regs_set_sp(gt_regs *r, uint64_t sp)
{
	r->sp = sp;
}

static inline int64_t gt_regs_result(const gt_regs *r)
{
	return (int64_t)r->regs[0];
}

/* `ret` goes to x30: the entry address, which is also the word in RET_SLOT. */
static inline void gt_regs_call(gt_regs *r, uint64_t pc, uint64_t ret_slot, long nr,
				const uint64_t arg[5])
{
	r->regs[30] = r->pc;
	r->sp = ret_slot + 8;
	r->pc = pc;
	r->regs[8] = (uint64_t)nr;
	for (unsigned i = 0; i < 5; i++)
		r->regs[i] = arg[i];
}

/* At the entry of a system call: is it the one that CALL, filled by gt_regs_call, asks for? */
static inline bool gt_regs_is_call(const gt_regs *r, const gt_regs *call)
{
	return r->regs[8] == call->regs[8] && r->pc == call->pc + 4 && r->sp == call->sp &&
	       memcmp(r->regs, call->regs, 5 * sizeof(r->regs[0])) == 0;
}

/* At the entry of a system call: none is made. */
static inline int gt_regs_cancel(pid_t pid, gt_regs *r)
{
	int none = -1;
	struct iovec v = {&none, sizeof(none)};

	(void)r;
	return ptrace(PTRACE_SETREGSET, pid, (void *)NT_ARM_SYSTEM_CALL, &v) < 0 ? -errno : 0;
}

#else
#define GT_ARCH_BARRIER 0
#endif

#endif
