/*
 * Which process a pid stands for, and where the program is that runs.
 */
#ifndef GOTUNE_BASE_PROC_H
#define GOTUNE_BASE_PROC_H

#include "gotune/base/defs.h"

/*
 * When PID began, in clock ticks since boot: field 22 of proc/PID/stat below ROOT, a root
 * descriptor. Pid and start together name a process: pids are given again. 0 or -errno (-ESRCH).
 */
GT_MUST_CHECK int gt_start_time(int root, int64_t pid, uint64_t *ret);

/*
 * Has PID ended, as a zombie too? *ret_start: when it began, as gt_start_time tells it (0: not
 * known). What cannot be read has not ended.
 */
bool gt_has_ended(int root, int64_t pid, uint64_t *ret_start);

/* Is it still that process? PIDFD: a pidfd of it, or -1: then its start is looked at. */
bool gt_is_same_process(int root, int pidfd, int64_t pid, uint64_t start);

/*
 * The directory of the program that runs, and the one above it; "" when they are not known, or do
 * not fit CAP bytes. Reads /proc/self/exe.
 */
void gt_own_dirs(char *dir, char *up, size_t cap);

#endif
