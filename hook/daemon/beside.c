/*
 * A daemon beside another program: a child that serves what that one does, so that no byte of HTTP
 * reaches a process with privileges. Effectful: forks.
 */
#include <poll.h>
#include <signal.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>

#include "gotune/daemon.h"

#define AGAIN_MS 10000

static bool has_ended(const struct gt_beside *b)
{
	struct pollfd w = {.fd = b->pidfd, .events = POLLIN};

	if (b->pidfd < 0) /* Linux < 5.3; whoever reaps it, it is gone then */
		return kill(b->pid, 0) < 0;
	return poll(&w, 1, 0) > 0;
}

static _Noreturn void serve(const struct gt_beside *b, pid_t parent)
{
	enum gt_daemon_end how;
	struct gt_err e = {0};

	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent)
		_exit(1);			      /* the parent has gone already */
	(void)close_range(STDERR_FILENO + 1, ~0U, 0); /* before Linux 5.9 they stay */
	(void)signal(SIGHUP, SIG_DFL);
	gt_log_init("gotune-nri", GT_LOG_STDERR, GT_LOG_INFO);
	if (gt_daemon_run(&b->in, &how, &e) < 0) {
		gt_log(GT_LOG_ERROR, "%s", e.msg);
		_exit(1);
	}
	_exit(0);
}

static void start(struct gt_beside *b)
{
	pid_t parent = getpid();
	pid_t pid = fork();

	if (pid == 0)
		serve(b, parent);
	if (pid < 0) {
		gt_log(GT_LOG_WARNING, "no metrics, no probes: %s", strerror(errno));
		return;
	}
	b->pid = pid;
	b->pidfd = pidfd_open(pid, 0);
}

void gt_beside_keep(struct gt_beside *b)
{
	int64_t now = gt_now_ms();

	if (b->pid > 0) {
		if (!has_ended(b))
			return;
		gt_log(GT_LOG_WARNING, "who serves metrics and probes has ended");
		if (b->pidfd >= 0)
			close(b->pidfd);
		b->pid = 0;
	}
	if (now < b->again_ms)
		return;
	b->again_ms = now + AGAIN_MS;
	start(b);
}
