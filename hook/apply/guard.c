/*
 * Answers for a tracer that is busy: what it traces must not wait for ever. Effectful: a signal
 * handler and a timer.
 *
 * Theory of operation. While the tracer decides, nobody waits for the tracee's stops: a signal that
 * it gets, or its exec, holds it up for the millisecond that a decision takes. A decision may take
 * longer, by a host that is slow or a file system that does not answer. So a timer interrupts the
 * tracer now and then. From its deadline on, its handler lets a program that has been executed go
 * as it is; before that, it only passes on signals. Everything that the handler calls is
 * async-signal-safe.
 */
#include <signal.h>
#include <sys/time.h>
#include <sys/wait.h>

#include "gotune/apply.h"
#include "gotune/base.h"
#include "guard.h"
#include "trace.h"

#define LOOK_EVERY_MS 20

static struct {
	pid_t pid;
	int64_t until_ms; /* by gt_now_ms */
	int stopped;	  /* the status of its exec, which waits; 0: none */
	volatile sig_atomic_t left;
} guard;

static void look_at_tracee(void)
{
	int status = 0;

	if (guard.stopped == 0 && waitpid(guard.pid, &status, WNOHANG | __WALL) == guard.pid) {
		if (gt_stop_of(status) == GT_STOP_EXEC)
			guard.stopped = status;
		else if (WIFSTOPPED(status))
			(void)gt_trace_resume(guard.pid, PTRACE_CONT, status);
		else
			guard.left = 1; /* it has died */
	}
	if (guard.stopped != 0 && gt_now_ms() >= guard.until_ms) {
		(void)gt_trace_surely(PTRACE_DETACH, guard.pid, 0);
		guard.stopped = 0; /* nobody must take it for one that waits */
		guard.left = 1;
	}
}

static void on_alarm(int sig)
{
	int saved = errno;

	(void)sig;
	if (!guard.left)
		look_at_tracee();
	errno = saved;
}

static void set_timer(unsigned ms)
{
	const struct timeval tv = {ms / 1000, (suseconds_t)(ms % 1000) * 1000};
	const struct itimerval t = {tv, tv};

	(void)setitimer(ITIMER_REAL, &t, NULL); /* fails for no valid time */
}

void gt_guard_begin(int64_t pid, unsigned timeout_ms)
{
	const struct sigaction sa = {.sa_handler = on_alarm, .sa_flags = SA_RESTART};

	guard.pid = (pid_t)pid;
	guard.until_ms = gt_now_ms() + timeout_ms;
	guard.stopped = 0;
	guard.left = 0;
	if (sigaction(SIGALRM, &sa, NULL) == 0)
		set_timer(LOOK_EVERY_MS);
}

bool gt_guard_end(void)
{
	set_timer(0);
	(void)signal(SIGALRM, SIG_IGN);
	return guard.left;
}

int gt_guard_take_exec(pid_t pid)
{
	int status = guard.pid == pid ? guard.stopped : 0;

	guard.stopped = 0;
	return status;
}
