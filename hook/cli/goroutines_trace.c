/*
 * gotune goroutines --trace: births and ends, counted for some seconds. Effects: runs gotune-trace,
 * which has the kernel put breakpoints into the program; all of them are gone when this ends,
 * however it ends. Needs root of the host.
 */
#include <signal.h>
#include <stdio.h>
#include <sys/signalfd.h>

#include "cli.h"
#include "gotune/base.h"
#include "gotune/goroutines.h"
#include "gotune/model.h"

/* Beside us (a build tree), in ../libexec (any PREFIX), or where it was built for. */
static void find_helper(char *ret, size_t cap)
{
	char dir[GT_PATH_CAP], up[GT_PATH_CAP];

	gt_own_dirs(dir, up, sizeof(dir));
	(void)snprintf(ret, cap, "%s/" GT_TRACE_NAME, dir); /* cut: it is not there */
	if (*dir && access(ret, X_OK) == 0)
		return;
	(void)snprintf(ret, cap, "%s/libexec/" GT_TRACE_NAME, up);
	if (*up && access(ret, X_OK) == 0)
		return;
	(void)snprintf(ret, cap, "%s", GT_LIBEXECDIR "/" GT_TRACE_NAME);
}

/* A descriptor that can be read once somebody wants this process to end: what was counted until
 * then is shown. */
static int catch_signals(void)
{
	sigset_t set;
	int fd;

	(void)sigemptyset(&set); /* none of these can fail */
	(void)sigaddset(&set, SIGINT);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGHUP);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	fd = signalfd(-1, &set, SFD_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static void print(const struct gt_cli_args *a, struct gt_cli_out *out,
		  const struct gt_gor_target *t, const struct gt_gor_trace *trace)
{
	struct gt_buf doc = {0};
	char title[32];

	if (!a->json) {
		(void)snprintf(title, sizeof(title), "process %d", (int)t->pid); /* fits */
		gt_cli_goroutines_traced(out, title, trace);
		return;
	}
	gt_gor_write_trace_json(t, trace, &doc);
	gt_cli_json_doc(out, &doc);
}

int gt_cli_goroutines_trace(const struct gt_cli_args *a, struct gt_cli_out *out,
			    const struct gt_gor_target *t)
{
	_cleanup_(gt_gor_trace_done) struct gt_gor_trace trace = {0};
	_cleanup_close_ int stop = catch_signals();
	char helper[GT_PATH_CAP + 64]; /* a directory, and our name */
	struct gt_err e = {0};
	int r;

	find_helper(helper, sizeof(helper));
	if (stop < 0)
		return gt_cli_fail(out, GT_EXIT_SYSTEM, "cannot wait for signals");
	r = gt_gor_trace_run(t, a->trace_ms, helper, stop, &trace, &e);
	if (r < 0) {
		gt_err_wrap(&e, "process %d", (int)t->pid);
		return gt_cli_fail(out, GT_EXIT_BROKEN, "%s", e.msg);
	}
	print(a, out, t, &trace);
	return GT_EXIT_OK;
}
