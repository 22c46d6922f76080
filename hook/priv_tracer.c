/*
 * The process that waits at the exec barrier. Effectful: forks, seizes the container's init, and
 * then holds as little as it can, since it may wait for hours.
 */
#include <fcntl.h>
#include <string.h>
#include <sys/wait.h>

#include "gotune/caps.h"
#include "gotune/tracer.h"

/* Keeps KEEP and the pipe; everything else goes, so that no mount, namespace or pipe stays alive.
 */
static void close_others(int keep, int pipe_fd)
{
	int low = keep < pipe_fd ? keep : pipe_fd;
	int high = keep < pipe_fd ? pipe_fd : keep;
	unsigned from = 3;

	if (low >= 3) {
		if (low > 3)
			(void)close_range(3, (unsigned)low - 1, 0);
		from = (unsigned)low + 1;
	}
	if (high >= (int)from) {
		if (high > (int)from)
			(void)close_range(from, (unsigned)high - 1, 0);
		from = (unsigned)high + 1;
	}
	(void)close_range(from, ~0U, 0);
}

/* runc waits for EOF on the hook's output: a tracer that kept it would hang every `create`. */
static int leave_stdio(void)
{
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	for (int i = 0; i <= 2; i++) {
		if (dup2(fd, i) < 0)
			return -errno;
	}
	if (fd > 2)
		close(fd);
	return chdir("/") < 0 ? -errno : 0;
}

static _Noreturn void run_tracer(const struct gt_barrier_job *job, int pipe_fd,
				 int (*release)(void *),
				 void (*done)(void *, const struct gt_barrier_result *), void *ctx)
{
	struct gt_barrier_result res;
	int32_t r = 0;

	(void)setsid(); /* fails only for a group leader, which a fresh child is not */
	close_others(release(ctx), pipe_fd);
	r = leave_stdio();
	if (r == 0)
		r = gt_barrier_seize(job->pid);
	if (r == 0)
		r = gt_phase_enter(job->suspend_seccomp ? GT_PHASE_TRACER_SECCOMP : GT_PHASE_TRACER,
				   NULL);
	if (write(pipe_fd, &r, sizeof(r)) != (ssize_t)sizeof(r) || r < 0)
		_exit(1); /* the kernel lets the init go */
	close(pipe_fd);
	gt_barrier_wait(job, &res);
	done(ctx, &res);
	_exit(0);
}

int gt_tracer_start(const struct gt_barrier_job *job, int (*release)(void *ctx),
		    void (*done)(void *ctx, const struct gt_barrier_result *res), void *ctx,
		    struct gt_err *e)
{
	int fds[2];
	int32_t r = -ECHILD;
	pid_t pid;
	ssize_t n;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return gt_err_sys(e, -errno, "cannot make the tracer's pipe");
	pid = fork();
	if (pid < 0)
		r = -errno;
	if (pid == 0) {
		close(fds[0]);
		run_tracer(job, fds[1], release, done, ctx);
	}
	close(fds[1]);
	do {
		n = pid > 0 ? read(fds[0], &r, sizeof(r)) : 0;
	} while (n < 0 && errno == EINTR);
	close(fds[0]);
	if (pid > 0 && r < 0)
		(void)waitpid(pid, NULL, 0); /* it is about to exit */
	return r < 0 ? gt_err_sys(e, r, "cannot wait at the container's exec") : 0;
}
