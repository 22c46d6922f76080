/*
 * gotune-trace, run: a question goes in, answers come out, which are checked. Effects: starts a
 * program and waits for it.
 */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>

#include "gotune/sandbox.h"
#include "internal.h"

#define BEGIN_MS 20000u /* for loading, trying and attaching */
#define END_MS	 20000u /* for reading the counts */

struct helper {
	pid_t pid;
	int to, from;
};

static void done_helper(struct helper *h)
{
	gt_cleanup_close(&h->to); /* its trace ends */
	gt_cleanup_close(&h->from);
	if (h->pid > 0 && gt_reap_within(h->pid, END_MS, NULL) == -ETIMEDOUT)
		(void)gt_end_child(h->pid); /* the kernel detaches what it had */
}

/* A duplicate beyond those that the helper finds: one must not overwrite another. */
static int move_up(int fd)
{
	int r = fcntl(fd, F_DUPFD_CLOEXEC, GT_UPROBE_PIDFD + 6);

	return r < 0 ? -errno : r;
}

static int add_actions(posix_spawn_file_actions_t *fa, const int from[4])
{
	static const int to[4] = {STDIN_FILENO, STDOUT_FILENO, GT_UPROBE_EXE, GT_UPROBE_PIDFD};
	int r = 0;

	for (unsigned i = 0; r == 0 && i < 4; i++)
		r = posix_spawn_file_actions_adddup2(fa, from[i], to[i]);
	return -r;
}

/* Signals that we hold back are not held back in it. */
static int spawn(const char *path, const int fd[4], pid_t *ret)
{
	char *const argv[] = {(char *)(uintptr_t) "gotune-trace", NULL};
	posix_spawn_file_actions_t fa;
	posix_spawnattr_t attr;
	sigset_t none;
	int r;

	(void)sigemptyset(&none);
	if (posix_spawnattr_init(&attr) != 0)
		return -ENOMEM;
	if (posix_spawn_file_actions_init(&fa) != 0) {
		(void)posix_spawnattr_destroy(&attr);
		return -ENOMEM;
	}
	(void)posix_spawnattr_setsigmask(&attr, &none); /* these cannot fail */
	(void)posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK);
	r = add_actions(&fa, fd);
	if (r == 0)
		r = -posix_spawn(ret, path, &fa, &attr, argv, environ);
	(void)posix_spawn_file_actions_destroy(&fa);
	(void)posix_spawnattr_destroy(&attr);
	return r;
}

static int start(const char *path, const struct gt_gor_target *t, int pidfd, struct helper *ret)
{
	_cleanup_close_ int in = -1, out = -1, exe = move_up(t->exe), up = move_up(pidfd);
	int a[2], b[2], r;

	if (exe < 0 || up < 0)
		return exe < 0 ? exe : up;
	if (pipe2(a, O_CLOEXEC) < 0)
		return -errno;
	ret->to = a[1];
	in = move_up(a[0]);
	close(a[0]);
	if (in < 0)
		return in;
	if (pipe2(b, O_CLOEXEC) < 0)
		return -errno;
	ret->from = b[0];
	out = move_up(b[1]);
	close(b[1]);
	if (out < 0)
		return out;
	r = spawn(path, (const int[]){in, out, exe, up}, &ret->pid);
	return r;
}

static int fail_helper(int r, const char *path, struct gt_err *e)
{
	if (r == -EPIPE)
		return gt_err_set(e, r, "%s has ended without an answer", path);
	return gt_err_sys(e, r, "%s does not answer", path);
}

static int read_ready(const struct helper *h, const char *path, struct gt_uprobe_ready *ret,
		      struct gt_err *e)
{
	int r = gt_read_exactly(h->from, ret, sizeof(*ret), gt_now_ms() + BEGIN_MS);

	if (r < 0)
		return fail_helper(r, path, e);
	ret->version[sizeof(ret->version) - 1] = ret->msg[sizeof(ret->msg) - 1] = '\0';
	if (strcmp(ret->version, GT_VERSION) != 0)
		return gt_err_set(e, -EINVAL, "%s is not of the same version as this program",
				  path);
	if (ret->code < 0)
		return gt_err_set(e, ret->code, "%s", ret->msg);
	return 0;
}

/* Until it answers, or STOP can be read. */
static void wait_for_end(const struct helper *h, int stop, uint64_t ms)
{
	struct pollfd p[] = {{.fd = h->from, .events = POLLIN}, {.fd = stop, .events = POLLIN}};
	int64_t until = gt_now_ms() + (int64_t)ms + END_MS, left;

	while ((left = until - gt_now_ms()) > 0) {
		int n = poll(p, GT_ARRAY_LEN(p), (int)left);

		if (n > 0 || (n < 0 && errno != EINTR))
			return;
	}
}

static int read_done(const struct helper *h, const char *path, struct gt_uprobe_done *d,
		     struct gt_uprobe_site *site, struct gt_err *e)
{
	int64_t deadline = gt_now_ms() + END_MS;
	int r = gt_read_exactly(h->from, d, sizeof(*d), deadline);

	if (r == 0 && d->n_site > GT_UPROBE_SITES)
		return gt_err_set(e, -EBADMSG, "%s has counted more sites than there are", path);
	if (r == 0)
		r = gt_read_exactly(h->from, site, d->n_site * sizeof(*site), deadline);
	return r < 0 ? fail_helper(r, path, e) : 0;
}

int gt_gor_helper_run(const struct gt_gor_target *t, const struct gt_uprobe_ask *ask, int pidfd,
		      const char *helper, int stop, struct gt_uprobe_ready *ready,
		      struct gt_uprobe_done *d, struct gt_uprobe_site *site, struct gt_err *e)
{
	_cleanup_(done_helper) struct helper h = {.to = -1, .from = -1};
	int r = start(helper, t, pidfd, &h);

	if (r == -ENOENT)
		return gt_err_set(e, r,
				  "there is no %s: it is built where clang and libbpf are (contrib/"
				  "install-deps trace, then make)",
				  helper);
	if (r < 0)
		return gt_err_sys(e, r, "cannot run %s", helper);
	r = gt_write_all(h.to, (const char *)ask, sizeof(*ask));
	if (r < 0)
		return fail_helper(r, helper, e);
	r = read_ready(&h, helper, ready, e);
	if (r < 0)
		return r;
	wait_for_end(&h, stop, ask->ms);
	gt_cleanup_close(&h.to);
	h.to = -1;
	return read_done(&h, helper, d, site, e);
}
