/*
 * Starts the process that waits at the exec barrier. Effectful: forks, and seizes the container's
 * init. Most programs start within milliseconds, so it gives memory back only if the wait is long.
 */
#include <fcntl.h>
#include <link.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "gotune/apply.h"
#include "gotune/base.h"
#include "gotune/sandbox.h"
#include "tracer.h"

#define SEIZE_WAIT_MS 2000
#define LONG_WAIT_MS  1000 /* after that much the wait may last for hours */

/* Closes all but KEEP and the pipe, so that no mount, namespace or pipe stays alive. */
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

/* Gives up stdio: runc waits for EOF on the hook's output, and every `create` would hang. */
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

/* Checks that the pid still belongs to the same process. Once we have seized it, that cannot
 * change. */
static int check_same(const struct gt_barrier_job *job)
{
	_cleanup_close_ int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	uint64_t start = 0;
	int r;

	if (root < 0)
		return -errno;
	if (job->pid_start == 0)
		return 0;
	r = gt_start_time(root, job->pid, &start);
	if (r < 0)
		return r;
	return start == job->pid_start ? 0 : -ESRCH;
}

/* Gives back the read-only pages of our file: the kernel loads them again when we need them. */
static int give_back_pages(struct dl_phdr_info *info, size_t size, void *ctx)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);

	(void)size, (void)ctx;
	for (unsigned i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *p = &info->dlpi_phdr[i];
		uintptr_t begin = (info->dlpi_addr + p->p_vaddr) & ~(page - 1);

		size_t len = info->dlpi_addr + p->p_vaddr + p->p_memsz - begin;

		if (p->p_type != PT_LOAD || p->p_flags & PF_W)
			continue;
		/* Only advice: if the kernel ignores it, we use more memory. */
		/* NOLINTNEXTLINE(performance-no-int-to-ptr): an address of our own image */
		(void)madvise((void *)begin, len, MADV_DONTNEED);
	}
	return 0;
}

/* A wait that may become a long one. */
struct waiting {
	const struct gt_tracer *t;
	int64_t until_ms; /* by gt_now_ms; 0: memory has been given back, or never will be */
};

static sigset_t sigchld_alone(void)
{
	sigset_t set;

	(void)sigemptyset(&set); /* neither fails: SIGCHLD is a signal */
	(void)sigaddset(&set, SIGCHLD);
	return set;
}

/* Blocks SIGCHLD, so that sigtimedwait gets it. A parent may have made us ignore it. */
static bool keep_sigchld(void)
{
	const sigset_t set = sigchld_alone();

	return signal(SIGCHLD, SIG_DFL) != SIG_ERR && sigprocmask(SIG_BLOCK, &set, NULL) == 0;
}

/* Sleeps until SIGCHLD says that the init stopped or ended. False: it did not, until UNTIL_MS. */
static bool sleep_until(int64_t until_ms)
{
	const sigset_t set = sigchld_alone();
	int64_t left;

	while ((left = until_ms - gt_now_ms()) > 0) {
		const struct timespec t = {left / 1000, left % 1000 * 1000000};

		if (sigtimedwait(&set, NULL, &t) >= 0)
			return true;
		if (errno != EINTR)
			break;
	}
	return false;
}

/* Gives memory back when the wait becomes a long one, once. */
static void shrink_when_long(void *ctx)
{
	struct waiting *w = ctx;

	if (w->until_ms == 0 || sleep_until(w->until_ms))
		return;
	w->until_ms = 0;
	w->t->shrink(w->t->ctx);
	(void)dl_iterate_phdr(give_back_pages, NULL);
}

/* What the tracer does before it tells its parent that it waits. 0 or -errno. */
static int settle_down(const struct gt_barrier_job *job)
{
	int r;

	r = leave_stdio();
	if (r < 0)
		return r;
	r = gt_barrier_seize(job->pid);
	if (r < 0)
		return r;
	r = check_same(job);
	if (r < 0)
		return r;
	return gt_phase_enter(GT_PHASE_TRACER, NULL);
}

static _Noreturn void run_tracer(const struct gt_barrier_job *job, int pipe_fd,
				 const struct gt_tracer *t)
{
	struct gt_barrier_result res;
	struct waiting w = {.t = t};
	const struct gt_barrier_rest resting = {shrink_when_long, &w};
	bool told = keep_sigchld(); /* before the init can stop */
	int32_t r;

	(void)setsid(); /* fails only for a group leader, which a fresh child is not */
	close_others(t->keep_fd, pipe_fd);
	r = settle_down(job);
	if (write(pipe_fd, &r, sizeof(r)) != (ssize_t)sizeof(r) || r < 0)
		_exit(1); /* the kernel lets the init go */
	close(pipe_fd);
	if (told)
		w.until_ms = gt_now_ms() + LONG_WAIT_MS;
	gt_barrier_wait(job, gt_apart, &resting, &res);
	t->done(t->ctx, &res);
	_exit(0);
}

/* Waits, for a bounded time, until the tracer says how its start went. -ECHILD: it died. */
static int32_t await_start(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	int32_t r = -ECHILD;
	int n;

	do /* no handler of ours interrupts it again and again */
		n = poll(&p, 1, SEIZE_WAIT_MS);
	while (n < 0 && errno == EINTR);
	if (n == 0)
		return -ETIMEDOUT;
	return read(fd, &r, sizeof(r)) == (ssize_t)sizeof(r) ? r : -ECHILD;
}

int gt_tracer_start(const struct gt_barrier_job *job, const struct gt_tracer *t, struct gt_err *e)
{
	int fds[2];
	int32_t r;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return gt_err_sys(e, -errno, "cannot make the tracer's pipe");
	pid = fork();
	r = pid < 0 ? -errno : 0;
	if (pid == 0) {
		close(fds[0]);
		run_tracer(job, fds[1], t);
	}
	close(fds[1]);
	if (pid > 0)
		r = await_start(fds[0]);
	close(fds[0]);
	if (pid > 0 && r < 0) {
		(void)kill(pid,
			   SIGKILL); /* our own unreaped child: the pid is still the same process */
		(void)gt_reap(pid, NULL);
	}
	return r < 0 ? gt_err_sys(e, r, "cannot wait at the container's exec") : 0;
}
