/*
 * A child that may go on when its parent, which somebody waits for, has ended. Effectful: forks.
 *
 * Theory of operation. A runtime waits until its hook has ended, and until nobody holds the hook's
 * output open. So the parent does nothing but wait for the child's word. Until that word the child
 * dies with its parent: a runtime that loses its patience kills the hook it knows, and nothing may
 * go on behind its back. With the word the child gives the output up.
 */
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <time.h>

#include "fds.h"
#include "gotune/base.h"
#include "gotune/sandbox.h"

struct gt_background {
	int pipe;	     /* to the parent; -1: it was told */
	int64_t released_ms; /* 0: it was not released */
};

/* By then a runtime, also on a busy machine, has seen its hook's end. */
#define LINGER_MS 500

/* What the parent is told. */
struct word {
	int32_t result;
	int32_t goes_on; /* else the child ends now, and the parent waits for that */
};

static int tell(struct gt_background *b, int result, bool goes_on)
{
	const struct word w = {result, goes_on};
	int r = gt_write_all(b->pipe, (const char *)&w, sizeof(w));

	close(b->pipe);
	b->pipe = -1;
	return r;
}

/* Is the log a file on standard error? Nobody waits for the end of a file. */
static bool logs_to_file(void)
{
	struct stat st;

	return gt_log_is_on_stderr() && fstat(STDERR_FILENO, &st) == 0 && S_ISREG(st.st_mode);
}

/* Points 0, 1 and 2 at /dev/null: runc waits for EOF on the hook's output. */
static int leave_stdio(void)
{
	bool keep = logs_to_file();
	int last = keep ? STDOUT_FILENO : STDERR_FILENO;
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	int r = fd < 0 ? -errno : 0;

	for (int i = 0; r == 0 && i <= last; i++)
		r = dup2(fd, i) < 0 ? -errno : 0;
	if (fd > STDERR_FILENO)
		close(fd);
	if (!keep)
		gt_log_leave_stderr();
	return r;
}

int gt_background_release(struct gt_background *b, int result)
{
	int r = leave_stdio();

	if (r < 0)
		return r;
	if (prctl(PR_SET_PDEATHSIG, 0) < 0)
		return -errno;
	b->released_ms = gt_now_ms();
	return tell(b, result, true);
}

void gt_background_linger(const struct gt_background *b)
{
	int64_t left = b->released_ms + LINGER_MS - gt_now_ms();
	const struct timespec nap = {.tv_nsec = left * 1000000};

	if (left > 0 && left <= LINGER_MS)
		(void)nanosleep(&nap, NULL); /* woken early, it ends early */
}

bool gt_background_is_released(const struct gt_background *b)
{
	return b->pipe < 0;
}

static _Noreturn void live(int fd, int keep, pid_t parent, gt_background_fn *fn, void *ctx)
{
	struct gt_background b = {.pipe = fd};
	const int kept[] = {keep, fd};
	int r = 0;

	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent)
		_exit(1); /* the parent has gone already */
	(void)setsid();	  /* fails only for a group leader, which a fresh child is not */
	gt_close_all_but(kept, GT_ARRAY_LEN(kept));
	if (chdir("/") == 0) /* a working directory keeps a mount busy */
		r = fn(&b, ctx);
	if (b.pipe >= 0)
		(void)tell(&b, r, false); /* it sees the end of the pipe, if not this */
	_exit(0);
}

/* The child's word. Without one it died: -ECHILD. One that says nothing for so long: -ETIMEDOUT. */
static struct word hear(int fd, unsigned wait_ms)
{
	struct word w = {-ECHILD, 0};
	int r = gt_wait_readable(fd, gt_now_ms() + wait_ms);
	ssize_t n;

	if (r < 0)
		return (struct word){r, 0};
	do
		n = read(fd, &w, sizeof(w));
	while (n < 0 && errno == EINTR);
	return n == (ssize_t)sizeof(w) ? w : (struct word){-ECHILD, 0};
}

int gt_background_run(gt_background_fn *fn, void *ctx, int keep, unsigned wait_ms)
{
	pid_t parent = getpid(), pid;
	struct word w;
	int fds[2];

	if (pipe2(fds, O_CLOEXEC) < 0)
		return -errno;
	pid = fork();
	if (pid == 0) {
		close(fds[0]);
		live(fds[1], keep, parent, fn, ctx);
	}
	w.result = pid < 0 ? -errno : 0;
	close(fds[1]);
	if (pid > 0)
		w = hear(fds[0], wait_ms);
	close(fds[0]);
	if (w.result == -ETIMEDOUT)
		(void)gt_end_child(pid);
	else if (pid > 0 && !w.goes_on)
		(void)gt_reap_within(pid, GT_END_WAIT_MS, NULL);
	return w.result;
}
