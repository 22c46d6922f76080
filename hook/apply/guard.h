/*
 * What the guard has seen of a process while its tracer was busy.
 */
#ifndef GOTUNE_APPLY_GUARD_H
#define GOTUNE_APPLY_GUARD_H

#include <sys/types.h>

/* The status of PID's exec, at which it is still stopped, once; 0: it has not come yet. */
int gt_guard_take_exec(pid_t pid);

#endif
