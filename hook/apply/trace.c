/*
 * Stops of traced processes. Effectful: ptrace and waitpid on processes that are traced already.
 * Source: ptrace(2).
 */
#include <signal.h>
#include <sys/wait.h>

#include "gotune/base.h"
#include "trace.h"

#define SYSCALL_STOP (SIGTRAP | 0x80) /* PTRACE_O_TRACESYSGOOD marks these */
#define TRIES	     3

enum gt_stop gt_stop_of(int status)
{
	int sig = WSTOPSIG(status), event = status >> 16;

	if (!WIFSTOPPED(status))
		return GT_STOP_GONE;
	switch (event) {
	case 0:
		return sig == SYSCALL_STOP ? GT_STOP_SYSCALL : GT_STOP_SIGNAL;
	case PTRACE_EVENT_EXEC:
		return GT_STOP_EXEC;
	case PTRACE_EVENT_FORK:
	case PTRACE_EVENT_VFORK:
	case PTRACE_EVENT_CLONE:
		return GT_STOP_CHILD;
	case PTRACE_EVENT_STOP:
		return sig == SIGSTOP || sig == SIGTSTP || sig == SIGTTIN || sig == SIGTTOU
			       ? GT_STOP_GROUP
			       : GT_STOP_OTHER;
	default:
		return GT_STOP_OTHER;
	}
}

int gt_trace(int request, pid_t pid, uintptr_t addr, uintptr_t data)
{
	/* NOLINTNEXTLINE(performance-no-int-to-ptr): an address of another process, or a number */
	long r = ptrace((enum __ptrace_request)request, pid, (void *)addr, (void *)data);

	return r < 0 ? -errno : 0;
}

int gt_trace_surely(int request, pid_t pid, uintptr_t data)
{
	int r = -EIO;

	for (unsigned i = 0; i < TRIES && r < 0 && r != -ESRCH; i++)
		r = gt_trace(request, pid, 0, data);
	return r;
}

int gt_trace_resume(pid_t pid, int request, int status)
{
	enum gt_stop s = gt_stop_of(status);

	if (s == GT_STOP_GROUP)
		return gt_trace_surely(PTRACE_LISTEN, pid, 0);
	return gt_trace_surely(request, pid, s == GT_STOP_SIGNAL ? (uintptr_t)WSTOPSIG(status) : 0);
}

int gt_trace_until(pid_t pid, int request, enum gt_stop want, bool first)
{
	int r = first ? gt_trace_surely(request, pid, 0) : 0;
	int status = 0, tries = 0;

	while (r == 0) {
		enum gt_stop s;

		if (waitpid(pid, &status, __WALL) < 0) {
			/* After other errors the tracee may still be there. */
			if (errno == EINTR || (errno != ECHILD && tries++ < TRIES))
				continue;
			return -ESRCH;
		}
		s = gt_stop_of(status);
		if (s == want)
			return 0;
		if (s == GT_STOP_GONE)
			return -ESRCH;
		r = gt_trace_resume(pid, request, status);
	}
	return r;
}
