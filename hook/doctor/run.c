/*
 * Running a program for its answer: bounded in time and bytes, and gone afterwards. Effectful:
 * forks; the child may have its parent's privilege.
 */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>

#include "gotune/base.h"
#include "gotune/doctor.h"
#include "tools.h"

#define VERSION_MAX	(64u << 10)
#define VERSION_WAIT_MS 3000
#define PIECE		4096
#define NO_EXEC		127

/* ---- the child ---- */

static int set_stdio(int out, bool with_stderr)
{
	_cleanup_close_ int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(out, STDOUT_FILENO) < 0 ||
	    dup2(with_stderr ? out : null, STDERR_FILENO) < 0)
		return -errno;
	return 0;
}

static _Noreturn void child(const struct gt_run *run, int out)
{
	const char *const env[] = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C", run->env_extra,
				   NULL};
	struct gt_err e = {0};
	sigset_t none;
	int r;

	(void)setsid(); /* a group of its own, to be killed as one; fails only for a leader */
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)signal(SIGPIPE, SIG_DFL); /* gotune ignores it, a program expects to be told */
	r = set_stdio(out, run->with_stderr);
	if (r == 0 && run->prepare)
		r = run->prepare(run->ctx);
	if (r == 0)
		(void)execve(run->argv[0], (char *const *)(uintptr_t)run->argv,
			     (char *const *)(uintptr_t)env); /* execve changes neither */
	else
		errno = -r;
	(void)gt_err_sys(&e, -errno, "cannot run %s", run->argv[0]);
	(void)dprintf(STDERR_FILENO, "%s\n", e.msg);
	_exit(NO_EXEC);
}

/* ---- the parent ---- */

/* One look at the pipe. 1: more may come, 0: the end, or -errno. */
static int take_piece(int fd, size_t max, struct gt_buf *out)
{
	char piece[PIECE];
	ssize_t n = read(fd, piece, sizeof(piece));

	if (n < 0)
		return errno == EINTR || errno == EAGAIN ? 1 : -errno;
	if (n == 0)
		return 0;
	if (out->len + (size_t)n > max)
		return -EFBIG;
	gt_buf_add(out, piece, (size_t)n);
	return out->error ? out->error : 1;
}

/* Collects until everybody has closed the pipe. */
static int collect(const struct gt_run *run, int fd, int64_t deadline, struct gt_buf *out)
{
	for (;;) {
		struct pollfd p[2] = {{.fd = fd, .events = POLLIN},
				      {.fd = run->interrupt, .events = POLLIN}};
		int64_t left = deadline - gt_now_ms();
		int r;

		if (left <= 0)
			return -ETIMEDOUT;
		r = poll(p, 2, (int)left); /* a negative descriptor is passed over */
		if (r < 0 && errno != EINTR)
			return -errno;
		if (r <= 0)
			continue;
		if (p[1].revents)
			return -EINTR;
		r = take_piece(fd, run->output_max, out);
		if (r <= 0)
			return r;
	}
}

/* Waits for the end of PID itself, which may have closed its output before. */
static int await_end(pid_t pid, int64_t deadline, int *ret_status)
{
	int status = 0;

	for (;;) {
		const struct timespec nap = {.tv_nsec = 2000000};
		pid_t got = waitpid(pid, &status, WNOHANG);

		if (got == pid)
			break;
		if (got < 0 && errno != EINTR)
			return -errno;
		if (gt_now_ms() >= deadline)
			return -ETIMEDOUT;
		(void)nanosleep(&nap, NULL); /* woken early, it looks early */
	}
	*ret_status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
	return 0;
}

/* Its whole session, while its own pid is still held by the zombie that it becomes. */
static void end_all(pid_t pid)
{
	(void)kill(-pid, SIGKILL);
	(void)kill(pid, SIGKILL);
	(void)waitpid(pid, NULL, 0);
}

int gt_run(const struct gt_run *run, struct gt_buf *out, int *ret_status)
{
	int64_t deadline = gt_now_ms() + run->timeout_ms;
	int fds[2], r;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return -errno;
	pid = fork();
	if (pid == 0)
		child(run, fds[1]);
	r = pid < 0 ? -errno : 0;
	close(fds[1]);
	if (r == 0) {
		r = collect(run, fds[0], deadline, out);
		if (r == 0)
			r = await_end(pid, deadline, ret_status);
		if (r < 0)
			end_all(pid);
	}
	close(fds[0]);
	return r;
}

/* ---- signals ---- */

int gt_doctor_hold(sigset_t *ret_before)
{
	static const int all[] = {SIGINT, SIGTERM, SIGHUP};
	struct sigaction is;
	sigset_t set;

	(void)sigemptyset(&set);
	for (size_t i = 0; i < GT_ARRAY_LEN(all); i++) {
		/* Under nohup(1), say, SIGHUP does not end us. */
		if (sigaction(all[i], NULL, &is) == 0 && is.sa_handler != SIG_IGN)
			(void)sigaddset(&set, all[i]);
	}
	(void)sigprocmask(SIG_BLOCK, &set, ret_before); /* cannot fail with these arguments */
	return signalfd(-1, &set, SFD_CLOEXEC);
}

void gt_doctor_release(int *fd, const sigset_t *before)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
	(void)sigprocmask(SIG_SETMASK, before, NULL);
}

bool gt_is_interrupted(const struct gt_doctor *d)
{
	struct pollfd p = {.fd = d->interrupt, .events = POLLIN};

	return poll(&p, 1, 0) == 1; /* a negative descriptor is passed over */
}

/* ---- versions ---- */

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

bool gt_version_in(const char *text, size_t len, char *ret, size_t cap)
{
	size_t i = 0;

	while (i < len) {
		size_t begin = i, end;

		while (i < len && !is_space(text[i]))
			i++;
		end = i;
		while (i < len && is_space(text[i]))
			i++;
		if (end > begin && text[begin] == 'v')
			begin++;
		if (end > begin && text[end - 1] == ',')
			end--;
		if (end > begin && is_digit(text[begin]) && memchr(text + begin, '.', end - begin))
			return gt_copy(ret, cap, text + begin, end - begin);
	}
	return false;
}

int gt_version_of(const struct gt_doctor *d, const char *program, char *ret, size_t cap)
{
	const char *const argv[] = {program, "--version", NULL};
	const struct gt_run run = {.argv = argv,
				   .timeout_ms = VERSION_WAIT_MS,
				   .output_max = VERSION_MAX,
				   .interrupt = d->interrupt};
	struct gt_buf out = {0};
	int status = 0, r;

	if (gt_trust_program(d->root, program) != GT_TRUST_OK)
		return -EPERM;
	r = gt_run(&run, &out, &status);
	if (r == 0 && (status != 0 || !gt_version_in(out.p ? out.p : "", out.len, ret, cap)))
		r = -EBADMSG;
	gt_buf_done(&out);
	return r;
}
