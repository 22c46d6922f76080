/*
 * L2 stage apply. What the exec barrier must know of a machine: names of registers and the bytes of
 * a system call. x86-64: System V ABI, arch/x86/include/uapi/asm/ptrace.h. aarch64: AAPCS64,
 * arch/arm64/include/uapi/asm/ptrace.h.
 */
#ifndef GOTUNE_ARCH_H
#define GOTUNE_ARCH_H

#include <sys/user.h>

#include "gotune/base.h"

#if defined(__x86_64__)
#define GT_ARCH_BARRIER 1
typedef struct user_regs_struct gt_regs;
/* `syscall; ret`, then a bare `syscall`. */
#define GT_ARCH_SYSCALL_RET      \
	{                        \
		0x0f, 0x05, 0xc3 \
	}
#define GT_ARCH_SYSCALL_LEN   2
#define GT_ARCH_SYSCALL_ALIGN 1

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

#elif defined(__aarch64__)
#define GT_ARCH_BARRIER 1
typedef struct user_regs_struct gt_regs;
/* `svc #0; ret`, then a bare `svc #0`. */
#define GT_ARCH_SYSCALL_RET                                    \
	{                                                      \
		0x01, 0x00, 0x00, 0xd4, 0xc0, 0x03, 0x5f, 0xd6 \
	}
#define GT_ARCH_SYSCALL_LEN   4
#define GT_ARCH_SYSCALL_ALIGN 4

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

#else
#define GT_ARCH_BARRIER 0
#endif

#endif
