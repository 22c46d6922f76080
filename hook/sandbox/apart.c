/*
 * A function run in a forked child that can do nothing but think: no capability, no descriptor, and
 * a filter that allows its end alone. Effectful: forks, waits a bounded time.
 */
#include <signal.h>
#include <sys/prctl.h>

#include "gotune/sandbox.h"

#define WAIT_MS 2000

static _Noreturn void think(void (*fn)(void *arg), void *arg)
{
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL); /* without it the limit of CPU time ends us */
	(void)close_range(0, ~0U, 0);		/* Linux 5.9; what stays open cannot be used */
	if (gt_phase_enter(GT_PHASE_STACK, NULL) < 0)
		_exit(1);
	fn(arg);
	_exit(0);
}

int gt_apart(void (*fn)(void *arg), void *arg)
{
	pid_t pid = fork();

	if (pid < 0)
		return -errno;
	if (pid == 0)
		think(fn, arg);
	return gt_await_child(pid, WAIT_MS);
}
