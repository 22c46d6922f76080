/*
 * Waiting for children of our own. Effectful: reaps, kills.
 *
 * That waitpid fails for another reason than that there is no such child is not known to happen
 * without a handler that interrupts it. If it does, it is asked again: see sandbox.h for why.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/pidfd.h>
#include <sys/wait.h>

#include "gotune/base.h"
#include "gotune/sandbox.h"

#define TRIES	   8
#define LOOK_EVERY 1000 /* us, where there is no pidfd */

static pid_t wait_for(pid_t pid, int *status, int flags)
{
	pid_t r = -1;

	for (unsigned i = 0; i < TRIES && r < 0; i++) {
		r = waitpid(pid, status, flags);
		if (r < 0 && errno == ECHILD)
			break;
	}
	return r;
}

/*
 * Sleeps TIMEOUT_MS, or until FD, a pidfd, tells of the end. False when nothing ended: the time is
 * up.
 */
static bool sleep_until_end(int fd, unsigned timeout_ms)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	int64_t until = gt_now_ms() + timeout_ms, left = timeout_ms;
	int n;

	if (fd < 0)
		return true; /* who knows */
	do {		     /* a handler may interrupt it again and again */
		n = poll(&p, 1, left > 0 ? (int)left : 0);
		left = until - gt_now_ms();
	} while (n < 0 && errno == EINTR);
	return n != 0;
}

/* Who is traced has ended for a pidfd before it has for its parent: it is looked for again. */
int gt_reap_within(pid_t pid, unsigned timeout_ms, int *ret_status)
{
	pid_t r = wait_for(pid, ret_status, WNOHANG);
	_cleanup_close_ int fd = r == 0 ? pidfd_open(pid, 0) : -1;

	if (r == 0 && !sleep_until_end(fd, timeout_ms))
		timeout_ms = 0;
	for (; r == 0; timeout_ms--) {
		r = wait_for(pid, ret_status, WNOHANG);
		if (r != 0 || timeout_ms == 0)
			break;
		(void)usleep(LOOK_EVERY);
	}
	if (r < 0)
		return -ECHILD;
	return r == 0 ? -ETIMEDOUT : 0;
}

int gt_end_child(pid_t pid)
{
	(void)kill(pid, SIGKILL); /* our own unreaped child: the pid is still its */
	return gt_reap_within(pid, GT_END_WAIT_MS, NULL);
}

int gt_await_child(pid_t pid, unsigned timeout_ms)
{
	int status = 0;
	int r = gt_reap_within(pid, timeout_ms, &status);

	if (r == -ETIMEDOUT)
		(void)gt_end_child(pid); /* left behind when it is stuck */
	if (r < 0)
		return r;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -EPIPE;
}

int gt_reap(pid_t pid, int *ret_status)
{
	return wait_for(pid, ret_status, 0) < 0 ? -ECHILD : 0;
}

void gt_reap_dead(void)
{
	while (wait_for(-1, NULL, WNOHANG) > 0)
		;
}
