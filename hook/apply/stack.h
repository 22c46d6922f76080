/*
 * Rebuilds the first stack of a program that has just been exec'd: argc, argv, envp, auxv and their
 * strings, with other environment entries. The gt_stack_read_* functions read /proc, and
 * gt_stack_rebuild maps memory. The rest is pure, so that tests need no process.
 */
#ifndef GOTUNE_APPLY_STACK_H
#define GOTUNE_APPLY_STACK_H

#include <linux/prctl.h>
#include <sys/types.h>

#include "gotune/apply.h"
#include "gotune/base.h"
#include "gotune/model.h"

/* A copy of the stack, from the stack pointer up, and the bounds that the kernel keeps of it. */
struct gt_stack {
	const unsigned char *image; /* LEN bytes that were read at address SP */
	size_t len;
	uint64_t sp;
	uint64_t entry;		/* the program's first instruction */
	uint64_t limit;		/* RLIMIT_STACK, bytes; UINT64_MAX: none */
	struct prctl_mm_map mm; /* from /proc/PID/stat; exe_fd (uint32_t)-1, no auxv */
};

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
 * an environment that does not fit below the stack pointer. ROOM has CAP zero bytes for the image.
 * No system call is made, nothing is allocated. 0, -EINVAL (the stack is not what the ABI says),
 * -E2BIG, -ENOSPC: the program would be left with too little of its stack limit. Source: System V
 * AMD64 ABI 3.4.1 and AAPCS64: the same layout on both, 64-bit words.
 */
GT_MUST_CHECK int gt_stack_build(const struct gt_stack *stack, const struct gt_barrier_job *job,
				 bool compact, unsigned char *room, size_t cap,
				 struct gt_stack_new *ret);

/* The bounds of PID, which has not run yet since its exec: brk is where it starts. 0 or -errno
 * (-EINVAL: the file is not understood). */
GT_MUST_CHECK int gt_stack_read_mm(pid_t pid, struct prctl_mm_map *ret);

/* PID's soft RLIMIT_STACK in bytes, UINT64_MAX: none. prlimit(2) would need CAP_SYS_RESOURCE for
 * another user's process. 0 or -errno (-EINVAL: the file is not understood). */
GT_MUST_CHECK int gt_stack_read_limit(pid_t pid, uint64_t *ret);

/* Where the kernel has mapped its vDSO into PID: as the kernel recorded it at the exec, not as the
 * stack, which others may write to, says. 0 or -errno (-ENOENT: nowhere). */
GT_MUST_CHECK int gt_stack_read_vdso(pid_t pid, uint64_t *ret);

/* The room that is enough for any environment of a stack of LEN bytes. */
size_t gt_stack_room(size_t len);

/* Could gt_stack_build have made N of STACK in CAP bytes? N comes from another process. */
bool gt_stack_new_valid(const struct gt_stack_new *n, const struct gt_stack *stack, size_t cap);

/*
 * gt_stack_build by means of APART (see gt_barrier_wait; NULL: here and now). *MEM holds
 * ret->image, also for the next call; the caller frees it. Errors as gt_stack_build;
 * -ENOMEM; APART's; -EBADMSG: what came back is nonsense.
 */
GT_MUST_CHECK int gt_stack_rebuild(gt_apart_fn *apart, const struct gt_stack *stack,
				   const struct gt_barrier_job *job, bool compact,
				   struct gt_pages *mem, struct gt_stack_new *ret);

#endif
