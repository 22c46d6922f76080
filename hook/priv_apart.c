/*
 * A function run in a forked child that can do nothing but think: no capability, no descriptor, and
 * a filter that allows its end alone. Effectful: forks, waits a bounded time.
 */
#include <poll.h>
#include <signal.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "gotune/apart.h"
#include "gotune/caps.h"
#include "gotune/reap.h"

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

/* In a bounded time. Without a pidfd the child's limit of CPU time is the bound. */
static int await(pid_t pid)
{
	_cleanup_close_ int fd = pidfd_open(pid, 0);
	struct pollfd p = {.fd = fd, .events = POLLIN};
	int n = 1, status = 0;

	if (fd >= 0) {
		do /* no handler of ours interrupts it again and again */
			n = poll(&p, 1, WAIT_MS);
		while (n < 0 && errno == EINTR);
	}
	if (n <= 0)
		(void)kill(pid, SIGKILL); /* our own unreaped child: the pid is still its */
	if (gt_reap(pid, &status) < 0)
		return -ECHILD;
	if (n <= 0)
		return -ETIMEDOUT;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -EPIPE;
}

int gt_apart(void (*fn)(void *arg), void *arg)
{
	pid_t pid = fork();

	if (pid < 0)
		return -errno;
	if (pid == 0)
		think(fn, arg);
	return await(pid);
}
