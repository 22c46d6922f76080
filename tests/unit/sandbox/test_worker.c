/*
 * The sandboxed worker: jobs come back whole, and a worker that crashes, hangs, allocates or breaks
 * out costs its answer and nothing else. What each phase may do is read from /proc/PID/status.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>

#include "gotune/base.h"
#include "gotune/sandbox.h"
#include "silent_fs.h"
#include "skip.h"

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#else
#define SANITIZED 0
#endif

static int job_reverse(int fd, const void *in, size_t len, void *ret, size_t cap, struct gt_err *e)
{
	(void)fd, (void)e;
	for (size_t i = 0; i < len && i < cap; i++)
		((char *)ret)[i] = ((const char *)in)[len - 1 - i];
	return 0;
}

static int job_read_file(int fd, const void *in, size_t len, void *ret, size_t cap,
			 struct gt_err *e)
{
	(void)in, (void)len;
	return pread(fd, ret, cap, 0) < 0 ? gt_err_sys(e, -errno, "pread") : 0;
}

static int job_fails(int fd, const void *in, size_t len, void *ret, size_t cap, struct gt_err *e)
{
	(void)fd, (void)in, (void)len, (void)ret, (void)cap;
	return gt_err_set(e, -EBADMSG, "line 3 is \x1b[31mred");
}

static int job_crashes(int fd, const void *in, size_t len, void *ret, size_t cap, struct gt_err *e)
{
	(void)fd, (void)in, (void)len, (void)ret, (void)cap, (void)e;
	(void)signal(SIGABRT, SIG_DFL); /* not allowed either: dies here or below */
	abort();
}

static int job_hangs(int fd, const void *in, size_t len, void *ret, size_t cap, struct gt_err *e)
{
	(void)fd, (void)in, (void)len, (void)ret, (void)cap, (void)e;
	for (volatile bool on = true; on;)
		;
	return 0;
}

static int job_opens(int fd, const void *in, size_t len, void *ret, size_t cap, struct gt_err *e)
{
	(void)fd, (void)in, (void)len, (void)ret, (void)cap, (void)e;
	return open("/etc/hostname", O_RDONLY | O_CLOEXEC) < 0 ? -errno : 0;
}

static int job_allocates(int fd, const void *in, size_t len, void *ret, size_t cap,
			 struct gt_err *e)
{
	char *p = malloc((size_t)1 << 30);

	(void)fd, (void)in, (void)len, (void)ret, (void)cap, (void)e;
	if (!p)
		return -ENOMEM;
	free(p);
	return 0;
}

#define DRAG_MS 300

static int64_t now_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int job_drags(int fd, const void *in, size_t len, void *ret, size_t cap, struct gt_err *e)
{
	(void)fd, (void)in, (void)len, (void)ret, (void)cap, (void)e;
	for (int64_t end = now_ms() + DRAG_MS; now_ms() < end;)
		;
	return 0;
}

enum { REVERSE, READ_FILE, FAILS, CRASHES, HANGS, OPENS, ALLOCATES, DRAGS };
static const struct gt_job jobs[] = {
	[REVERSE] = {job_reverse, 400000, 400000},
	[READ_FILE] = {job_read_file, 0, 64},
	[FAILS] = {job_fails, 0, 8},
	[CRASHES] = {job_crashes, 0, 8},
	[HANGS] = {job_hangs, 0, 8},
	[OPENS] = {job_opens, 0, 8},
	[ALLOCATES] = {job_allocates, 0, 8},
	[DRAGS] = {job_drags, 0, 8},
};

static struct gt_worker start(enum gt_phase phase)
{
	struct gt_worker w;
	struct gt_err e = {0};

	if (gt_worker_start(&w, phase, jobs, GT_ARRAY_LEN(jobs), NULL, NULL, &e) < 0)
		fail_msg("%s", e.msg);
	return w;
}

static void assert_reaped(pid_t pid)
{
	assert_int_equal(kill(pid, 0), -1);
	assert_int_equal(errno, ESRCH);
}

static void test_call_carries_large_answers(void **state)
{
	struct gt_worker w = start(GT_PHASE_PARSE);
	char *in = malloc(400000), *out = malloc(400000);
	pid_t pid = w.pid;

	(void)state;
	assert_true(in && out);
	for (size_t i = 0; i < 400000; i++)
		in[i] = (char)(i * 7 % 251);
	for (int again = 0; again < 3; again++) {
		assert_int_equal(gt_worker_call(&w, REVERSE, -1, in, 400000, out, 5000, NULL), 0);
		for (size_t i = 0; i < 400000; i++)
			assert_int_equal(out[i], in[399999 - i]);
	}
	gt_worker_done(&w);
	assert_reaped(pid);
	free(in);
	free(out);
}

static void test_call_passes_a_descriptor(void **state)
{
	struct gt_worker w = start(GT_PHASE_PARSE);
	char out[64] = "";
	FILE *f = tmpfile();

	(void)state;
	assert_non_null(f);
	assert_true(fputs("hello", f) >= 0 && fflush(f) == 0);
	assert_int_equal(gt_worker_call(&w, READ_FILE, fileno(f), NULL, 0, out, 5000, NULL), 0);
	assert_string_equal(out, "hello");
	assert_true(fclose(f) == 0);
	gt_worker_done(&w);
}

static void test_call_carries_errors(void **state)
{
	struct gt_worker w = start(GT_PHASE_PARSE);
	struct gt_err e = {0};
	char out[8], in = 0;

	(void)state;
	assert_int_equal(gt_worker_call(&w, FAILS, -1, NULL, 0, out, 5000, &e), -EBADMSG);
	assert_string_equal(e.msg, "line 3 is ?[31mred");
	/* an error is no death, and too large an input is refused before it is sent */
	assert_int_equal(gt_worker_call(&w, FAILS, -1, &in, 1, out, 5000, &e), -EINVAL);
	assert_int_equal(gt_worker_call(&w, FAILS, -1, NULL, 0, out, 5000, &e), -EBADMSG);
	gt_worker_done(&w);
}

/* Each of these costs the worker its life: the answer is -EPIPE or -ETIMEDOUT, then -EPIPE. */
static void dies(unsigned job, int want)
{
	struct gt_worker w = start(GT_PHASE_PARSE);
	struct gt_err e = {0};
	pid_t pid = w.pid;
	char out[8];

	assert_int_equal(gt_worker_call(&w, job, -1, NULL, 0, out, 300, &e), want);
	assert_reaped(pid);
	assert_int_equal(gt_worker_call(&w, FAILS, -1, NULL, 0, out, 300, &e), -EPIPE);
	gt_worker_done(&w);
}

static void test_call_survives_a_crash(void **state)
{
	(void)state;
	dies(CRASHES, -EPIPE);
}

static void test_call_bounds_time(void **state)
{
	(void)state;
	dies(HANGS, -ETIMEDOUT);
}

static void test_call_bounds_time_of_all_calls(void **state)
{
	struct gt_worker w = start(GT_PHASE_PARSE);
	int64_t begin = now_ms();
	char out[8];
	int r = 0;

	(void)state;
	assert_int_equal(w.left_ms, GT_WORKER_TOTAL_MS);
	w.left_ms = 2 * DRAG_MS + DRAG_MS / 2;
	assert_int_equal(gt_worker_call(&w, DRAGS, -1, NULL, 0, out, 5000, NULL), 0);
	for (int i = 0; r == 0 && i < 9; i++)
		r = gt_worker_call(&w, DRAGS, -1, NULL, 0, out, 5000, NULL);
	assert_int_equal(r, -ETIMEDOUT);
	assert_true(now_ms() - begin < 5 * DRAG_MS);
	assert_int_equal(gt_worker_call(&w, DRAGS, -1, NULL, 0, out, 5000, NULL), -EPIPE);
	gt_worker_done(&w);
}

static void test_call_forbidden_system_call_kills(void **state)
{
	(void)state;
	if (SANITIZED)
		SKIP("the sanitizer's run time cannot live under the filter");
	dies(OPENS, -EPIPE);
}

static void test_call_bounds_memory(void **state)
{
	struct gt_worker w = start(GT_PHASE_PARSE);
	char out[8];

	(void)state;
	if (SANITIZED) {
		gt_worker_done(&w);
		SKIP("the sanitizer reserves terabytes of address space");
	}
	assert_int_equal(gt_worker_call(&w, ALLOCATES, -1, NULL, 0, out, 5000, NULL), -ENOMEM);
	gt_worker_done(&w);
}

/* It goes at once, without being waited for, and nothing more is asked of it. */
static void test_end_and_done(void **state)
{
	struct gt_worker w = start(GT_PHASE_PARSE);
	pid_t pid = w.pid;
	siginfo_t info = {0};
	char out[8];

	(void)state;
	gt_worker_end(&w);
	gt_worker_end(&w);
	assert_int_equal(gt_worker_call(&w, FAILS, -1, NULL, 0, out, 5000, NULL), -EPIPE);
	assert_int_equal(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0); /* not reaped */
	assert_int_equal(info.si_status, SIGKILL);
	gt_worker_done(&w);
	assert_reaped(pid);
	gt_worker_end(&w);
}

static int setup_fails(void *ctx)
{
	(void)ctx;
	return -EPERM;
}

static void test_call_reports_setup(void **state)
{
	char *out = calloc(1, 400000);
	struct gt_worker w;
	struct gt_err e = {0};

	(void)state;
	assert_int_equal(gt_worker_start(&w, GT_PHASE_SYSCTL, jobs, GT_ARRAY_LEN(jobs), setup_fails,
					 NULL, &e),
			 0);
	for (int i = 0; i < 2; i++) { /* not only the first */
		e.msg[0] = '\0';
		assert_int_equal(gt_worker_call(&w, REVERSE, -1, "x", 1, out, 5000, &e), -EPERM);
		assert_true(e.msg[0] != '\0');
	}
	gt_worker_done(&w);
	free(out);
}

static int64_t clock_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* A worker that does not read its input is waited for no longer than one that does not answer. */
static void test_call_bounds_sending(void **state)
{
	struct gt_worker w = start(GT_PHASE_PARSE);
	char *in = malloc(400000), *out = calloc(1, 400000);
	pid_t pid = w.pid;
	int64_t begin = clock_ms();

	(void)state;
	assert_true(in && out);
	memset(in, 7, 400000);
	assert_int_equal(kill(pid, SIGSTOP), 0);
	assert_int_equal(gt_worker_call(&w, REVERSE, -1, in, 400000, out, 200, NULL), -ETIMEDOUT);
	assert_in_range(clock_ms() - begin, 150, 900);
	assert_reaped(pid);
	gt_worker_done(&w);
	free(in);
	free(out);
}

/* A worker that SIGKILL does not end, at once or ever, is waited for no longer than GT_END_WAIT_MS.
 */
static void stuck(unsigned job, const char *file)
{
	struct gt_worker w = start(GT_PHASE_PARSE);
	int fd = open(file, O_RDONLY | O_CLOEXEC);
	char out[64];
	int64_t begin = clock_ms();

	assert_true(fd >= 0);
	assert_int_equal(gt_worker_call(&w, job, fd, NULL, 0, out, 300, NULL), -ETIMEDOUT);
	assert_in_range(clock_ms() - begin, 300, 300 + GT_END_WAIT_MS + 200);
	assert_int_equal(gt_worker_call(&w, FAILS, -1, NULL, 0, out, 300, NULL), -EPIPE);
	gt_worker_done(&w);
	assert_in_range(clock_ms() - begin, 300, 300 + GT_END_WAIT_MS + 200);
	/* FD stays open until the server is gone: closing it would wait, too. */
}

static void test_call_is_stuck_in_a_file(void **state)
{
	static const struct {
		unsigned job;
		uint32_t silent;
	} rows[] = {
		{READ_FILE, FUSE_READ},
		{READ_FILE, FUSE_FLUSH}, /* all is read, and closing waits */
		{HANGS, FUSE_FLUSH},	 /* ends, but for its files: its socket is closed before */
	};
	char file[64], dir[] = "/tmp/gotune-worker-XXXXXX";

	(void)state;
	assert_non_null(mkdtemp(dir));
	(void)snprintf(file, sizeof(file), "%s/prog", dir);
	for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++) {
		pid_t server = silent_fs_start(dir, rows[i].silent);

		if (server < 0) {
			rmdir(dir);
			SKIP("no file system of our own here: root and /dev/fuse");
		}
		print_message("job %u, opcode %u\n", rows[i].job, rows[i].silent);
		stuck(rows[i].job, file);
		assert_int_equal(silent_fs_stop(server, dir), 0);
		assert_true(waitpid(-1, NULL, 0) > 0); /* the worker that was left behind */
	}
	assert_int_equal(rmdir(dir), 0);
}

/* Borrowed, a worker is asked, and neither killed nor reaped. */
static void test_borrowed(void **state)
{
	struct gt_worker w = start(GT_PHASE_PARSE), lent;
	char out[8];

	(void)state;
	gt_worker_borrow(&w, fcntl(w.sock, F_DUPFD_CLOEXEC, 0), &lent);
	assert_int_equal(gt_worker_call(&lent, FAILS, -1, NULL, 0, out, 5000, NULL), -EBADMSG);
	assert_int_equal(gt_worker_call(&lent, HANGS, -1, NULL, 0, out, 100, NULL), -ETIMEDOUT);
	assert_int_equal(lent.pid, 0);
	assert_int_equal(waitpid(w.pid, NULL, WNOHANG), 0); /* it goes on */
	gt_worker_done(&lent);
	gt_worker_done(&w);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

/* Nothing that is open here is open there, standard descriptors included. */
static void test_start_leaves_descriptors_behind(void **state)
{
	int low = open("/etc/passwd", O_RDONLY), high = fcntl(low, F_DUPFD, 200);
	struct gt_worker w = start(GT_PHASE_PARSE);
	char path[64], target[64], out[8] = "";

	(void)state;
	/* It has closed them when it answers. */
	assert_int_equal(gt_worker_call(&w, FAILS, -1, NULL, 0, out, 5000, NULL), -EBADMSG);
	for (int fd = 0; fd <= 256; fd++) {
		ssize_t n;

		(void)snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)w.pid, fd);
		n = readlink(path, target, sizeof(target) - 1);
		if (n < 0)
			continue;
		target[n] = '\0';
		if (fd == 3)
			assert_memory_equal(target, "socket:", 7);
		else if (fd > 3)
			fail_msg("descriptor %d is %s", fd, target);
		else
			assert_string_equal(target, "/dev/null");
	}
	close(low);
	close(high);
	gt_worker_done(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_call_bounds_sending),
		cmocka_unit_test(test_call_is_stuck_in_a_file),
		cmocka_unit_test(test_borrowed),
		cmocka_unit_test(test_start_leaves_descriptors_behind),
		cmocka_unit_test(test_call_carries_large_answers),
		cmocka_unit_test(test_call_passes_a_descriptor),
		cmocka_unit_test(test_call_carries_errors),
		cmocka_unit_test(test_call_survives_a_crash),
		cmocka_unit_test(test_call_bounds_time),
		cmocka_unit_test(test_call_bounds_time_of_all_calls),
		cmocka_unit_test(test_call_forbidden_system_call_kills),
		cmocka_unit_test(test_call_bounds_memory),
		cmocka_unit_test(test_end_and_done),
		cmocka_unit_test(test_call_reports_setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
