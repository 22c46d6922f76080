/*
 * What the kernel knows of the memory of a program that has just been exec'd.
 */
#ifndef GOTUNE_APPLY_STACK_H
#define GOTUNE_APPLY_STACK_H

#include <linux/prctl.h>
#include <sys/types.h>

#include "gotune/base.h"

/* The bounds of PID, which has not run yet since its exec: brk is where it starts. 0 or -errno
 * (-EINVAL: the file is not understood). */
GT_MUST_CHECK int gt_stack_read_mm(pid_t pid, struct prctl_mm_map *ret);

/* PID's soft RLIMIT_STACK in bytes, UINT64_MAX: none. prlimit(2) would need CAP_SYS_RESOURCE for
 * another user's process. 0 or -errno (-EINVAL: the file is not understood). */
GT_MUST_CHECK int gt_stack_read_limit(pid_t pid, uint64_t *ret);

/* Where the kernel has mapped its vDSO into PID: as the kernel recorded it at the exec, not as the
 * stack, which others may write to, says. 0 or -errno (-ENOENT: nowhere). */
GT_MUST_CHECK int gt_stack_read_vdso(pid_t pid, uint64_t *ret);

#endif
