/*
 * L2 stage apply. The first stack of a program that has just been exec'd: argc, argv, envp, auxv
 * and their strings. Built anew with other environment entries. Pure: local buffers only, so that
 * it is tested without a process.
 */
#ifndef GOTUNE_STACK_H
#define GOTUNE_STACK_H

#include <linux/prctl.h>

#include "gotune/apply.h"

/* A copy of the stack, from the stack pointer up, and the bounds that the kernel keeps of it. */
struct gt_stack {
	const unsigned char *image; /* LEN bytes that were read at address SP */
	size_t len;
	uint64_t sp;
	uint64_t entry;		/* the program's first instruction */
	struct prctl_mm_map mm; /* from /proc/PID/stat; exe_fd (uint32_t)-1, no auxv */
};

struct gt_stack_new {
	unsigned char *image; /* fresh; LEN bytes to be written at ADDR; freed by the caller */
	size_t len;
	uint64_t addr;	   /* lowest address that is written */
	uint64_t sp;	   /* the program's new stack pointer, 16-byte aligned */
	uint64_t ret_slot; /* holds the entry address, just below sp: see apply_barrier.c */
	uint64_t map_addr; /* of a struct prctl_mm_map with the new env bounds; 0 when COMPACT */
	bool changed;	   /* false: nothing was to be changed, nothing to be written */
	int env_error[GT_VAR_COUNT]; /* a job entry each: 0, -EEXIST (has another value than
					expected) */
};

/*
 * Applies JOB's environment to STACK. All environment strings are written anew, so that they are
 * one range again and /proc/PID/environ can be made true. With COMPACT only the changed strings
 * are: for an environment that does not fit below the stack pointer. 0, -EINVAL (the stack is not
 * what the ABI says), -E2BIG, -ENOMEM. Source: System V AMD64 ABI 3.4.1 and AAPCS64: the same
 * layout on both, 64-bit words.
 */
GT_MUST_CHECK int gt_stack_build(const struct gt_stack *stack, const struct gt_barrier_job *job,
				 bool compact, struct gt_stack_new *ret);

/* The value of auxiliary vector entry TYPE; false when there is none or the stack is malformed. */
bool gt_stack_auxv(const struct gt_stack *stack, uint64_t type, uint64_t *ret);

#endif
