/*
 * One trace, as a program: a question comes in, answers go out. Effects: see gotune/uprobe.h.
 *
 * Who asks keeps the way in open: when it ends, however that happens, the way in ends, and so does
 * the trace. The kernel detaches the probes of a process that dies, so none is ever left behind.
 */
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "internal.h"

static int64_t now_ns(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t); /* cannot fail: time(7) */
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

bool gt_uprobe_ask_is_valid(const struct gt_uprobe_ask *a)
{
	const uint64_t max = INT64_MAX;
	bool valid = a->n_birth > 0 && a->n_birth <= GT_UPROBE_RETS && a->tgid > 0 &&
		     a->gopc < 65536 && a->startpc < 65536 && a->end > 0 && a->end <= max &&
		     a->ms > 0 && a->ms <= GT_UPROBE_MS_MAX;

	for (uint32_t i = 0; valid && i < a->n_birth; i++)
		valid = a->birth[i] > 0 && a->birth[i] <= max;
	return valid && memchr(a->version, '\0', sizeof(a->version));
}

static int read_ask(int in, struct gt_uprobe_ask *ret, struct gt_err *e)
{
	int r = gt_read_exactly(in, ret, sizeof(*ret), 0);

	if (r < 0)
		return gt_err_sys(e, r, "there is no question on standard input");
	if (!gt_uprobe_ask_is_valid(ret))
		return gt_err_set(e, -EINVAL, "the question is none");
	if (strcmp(ret->version, GT_VERSION) != 0)
		return gt_err_set(e, -EINVAL, "gotune is %s, gotune-trace is " GT_VERSION,
				  ret->version);
	return 0;
}

/* Until the time is up, IN ends, or the program does: *RET_GONE. */
static void wait_for_end(int in, uint64_t ms, bool *ret_gone)
{
	struct pollfd p[] = {{.fd = in, .events = POLLIN},
			     {.fd = GT_UPROBE_PIDFD, .events = POLLIN}};
	int64_t until = gt_now_ms() + (int64_t)ms, left;

	*ret_gone = false;
	while ((left = until - gt_now_ms()) > 0) {
		int n = poll(p, GT_ARRAY_LEN(p), (int)left);

		if (n < 0 && errno != EINTR)
			return;
		if (n <= 0)
			continue;
		*ret_gone = p[1].revents & POLLIN;
		return;
	}
}

static int trace(int in, int out, const struct gt_uprobe_ask *a, struct gt_uprobes *u,
		 struct gt_err *e)
{
	_cleanup_free_ struct gt_uprobe_site *site = calloc(GT_UPROBE_SITES, sizeof(*site));
	struct gt_uprobe_done d = {0};
	bool gone = false;
	int64_t begin;
	int r = site ? gt_uprobes_count(u, a, true, e) : -ENOMEM;

	if (r < 0)
		return r;
	begin = now_ns();
	wait_for_end(in, a->ms, &gone);
	r = gt_uprobes_count(u, a, false, e);
	d.ran_ns = (uint64_t)(now_ns() - begin);
	d.gone = gone;
	if (r == 0)
		r = gt_uprobes_read(u, site, &d, e);
	if (r == 0)
		r = gt_write_all(out, (const char *)&d, sizeof(d));
	if (r == 0)
		r = gt_write_all(out, (const char *)site, d.n_site * sizeof(*site));
	return r;
}

static int prepare(int in, struct gt_uprobe_ask *a, struct gt_uprobes *u,
		   struct gt_uprobe_ready *ready, struct gt_err *e)
{
	char path[32];
	int r = read_ask(in, a, e);

	if (r == 0)
		r = gt_uprobe_try(&ready->cost_ns, e);
	if (r == 0)
		r = gt_uprobes_load(u, e);
	if (r < 0)
		return r;
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", GT_UPROBE_EXE); /* fits */
	return gt_uprobes_attach(u, path, a, e);
}

int gt_uprobe_serve(int in, int out)
{
	_cleanup_(gt_uprobes_done) struct gt_uprobes u = {0};
	struct gt_uprobe_ready ready = {.version = GT_VERSION};
	struct gt_uprobe_ask a;
	struct gt_err e = {0};
	int r;

	ready.code = prepare(in, &a, &u, &ready, &e);
	gt_copy_cut(ready.msg, e.msg);
	r = gt_write_all(out, (const char *)&ready, sizeof(ready));
	if (r < 0 || ready.code < 0)
		return r;
	return trace(in, out, &a, &u, &e);
}
