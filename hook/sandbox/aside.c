/*
 * Work that may take for ever, in a forked child with a deadline. Effectful: forks, waits a bounded
 * time.
 *
 * Theory of operation. A file system whose server does not answer holds whoever opens one of its
 * files, and SIGKILL does not end the wait: only another process has a bound. So the child holds
 * nothing that somebody waits for, answers through memory that is shared, and is left behind when
 * it does not end. Its answer counts only when it has ended, so nothing is read that it still
 * writes.
 */
#include <signal.h>
#include <sys/prctl.h>

#include "fds.h"
#include "gotune/base.h"
#include "gotune/sandbox.h"
#include "wire.h"

static _Noreturn void work(enum gt_phase phase, gt_aside_fn fn, void *ctx, int keep, void *ret)
{
	int kept;

	(void)prctl(PR_SET_PDEATHSIG,
		    SIGKILL); /* without it the deadline ends us, or its own end */
	kept = gt_keep_one(keep);
	if (kept < 0 || gt_phase_enter(phase, NULL) < 0)
		_exit(1);
	fn(ctx, keep < 0 ? -1 : kept, ret);
	_exit(0);
}

int gt_aside_start(struct gt_aside *ret, enum gt_phase phase, gt_aside_fn fn, void *ctx, int keep,
		   size_t ret_len, unsigned timeout_ms)
{
	struct gt_aside a = {.until_ms = gt_now_ms() + timeout_ms};
	int r = gt_pages_map(&a.ret, ret_len, GT_PAGES_SHARED);

	if (r < 0)
		return r;
	a.pid = fork();
	if (a.pid == 0)
		work(phase, fn, ctx, keep, a.ret.p);
	if (a.pid < 0) {
		r = -errno;
		gt_pages_done(&a.ret);
		return r;
	}
	*ret = a;
	return 0;
}

int gt_aside_await(struct gt_aside *a)
{
	int64_t left = a->until_ms - gt_now_ms();
	pid_t pid = a->pid;

	if (pid <= 0)
		return -ECHILD;
	a->pid = 0;
	return gt_await_child(pid, left > 0 ? (unsigned)left : 0);
}

void gt_aside_done(struct gt_aside *a)
{
	if (!a)
		return;
	if (a->pid > 0)
		(void)gt_end_child(a->pid);
	a->pid = 0;
	gt_pages_done(&a->ret);
}
