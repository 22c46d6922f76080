/*
 * Stops of traced processes: what waitpid says of one, and how it goes on.
 */
#ifndef GOTUNE_APPLY_TRACE_H
#define GOTUNE_APPLY_TRACE_H

#include <sys/ptrace.h>
#include <sys/types.h>

#include "gotune/base.h"

#define GT_TRACE_OPTIONS (PTRACE_O_TRACEEXEC | PTRACE_O_TRACESYSGOOD)

enum gt_stop {
	GT_STOP_GONE,
	GT_STOP_EXEC,
	GT_STOP_CHILD, /* it has made a process or a thread: PTRACE_GETEVENTMSG says which */
	GT_STOP_SYSCALL,
	GT_STOP_GROUP,
	GT_STOP_SIGNAL,
	GT_STOP_OTHER,
};
enum gt_stop gt_stop_of(int status);

/* A request whose ADDR and DATA are numbers. 0 or -errno. Signal-safe, as are the others. */
int gt_trace(int request, pid_t pid, uintptr_t addr, uintptr_t data);

/* The same with no ADDR, made again when it fails: for what keeps PID from being stopped for good.
 */
int gt_trace_surely(int request, pid_t pid, uintptr_t data);

/* Lets PID, which was stopped so, go on by REQUEST (PTRACE_CONT, PTRACE_SYSCALL): with its signal,
 * or still stopped if it was all of its group. */
int gt_trace_resume(pid_t pid, int request, int status);

/* Waits for a stop of PID of kind WANT; others are resumed by REQUEST. FIRST: resumes PID before
 * that. 0, -ESRCH (it is gone) or -errno. */
int gt_trace_until(pid_t pid, int request, enum gt_stop want, bool first);

#endif
