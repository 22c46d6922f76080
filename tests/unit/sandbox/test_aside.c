/*
 * Work in a child that has a time: it answers, dies, sleeps, or is stuck in the kernel, and its
 * parent goes on in time.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <signal.h>
#include <sys/wait.h>

#include "gotune/base.h"
#include "gotune/sandbox.h"
#include "sandbox/wire.h"
#include "silent_fs.h"
#include "skip.h"

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#else
#define SANITIZED 0
#endif

#define TIME_MS 300

static void answers(void *ctx, int kept, void *ret)
{
	*(int *)ret = *(int *)ctx + 1;
	(void)kept;
}

/* What is left open, a bit each: 0, 1 and 2 are /dev/null. */
static void lists_descriptors(void *ctx, int kept, void *ret)
{
	unsigned bits = 0;

	(void)ctx;
	for (int fd = 0; fd < 32; fd++)
		bits |= fcntl(fd, F_GETFD) >= 0 ? 1u << fd : 0;
	*(unsigned *)ret = kept == 3 || kept == -1 ? bits : 0;
}

static void crashes(void *ctx, int kept, void *ret)
{
	(void)ctx, (void)kept, (void)ret;
	*(volatile int *)ctx = 1;
}

static void makes_a_forbidden_call(void *ctx, int kept, void *ret)
{
	(void)ctx, (void)kept;
	*(int *)ret = 5;
	(void)getppid();
}

static void hangs(void *ctx, int kept, void *ret)
{
	(void)ctx, (void)kept, (void)ret;
	for (volatile int on = 1; on;)
		;
}

/* As a search does; this file system does not answer. */
static void opens(void *ctx, int kept, void *ret)
{
	int fd = open(ctx, O_RDONLY | O_CLOEXEC);

	(void)kept;
	*(int *)ret = fd;
}

static struct gt_aside start(gt_aside_fn fn, void *ctx, int keep)
{
	struct gt_aside a = {0};

	assert_int_equal(gt_aside_start(&a, GT_PHASE_FIND, fn, ctx, keep, 64, TIME_MS), 0);
	assert_true(a.pid > 0);
	return a;
}

static void no_child_is_left(void)
{
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

static void test_aside_answers(void **state)
{
	int n = 41;
	struct gt_aside a = start(answers, &n, -1);

	(void)state;
	n = 0; /* it has a copy */
	assert_int_equal(gt_aside_await(&a), 0);
	assert_int_equal(*(int *)a.ret.p, 42);
	gt_aside_done(&a);
	no_child_is_left();
	assert_int_equal(gt_aside_await(&a), -ECHILD);
}

static void test_aside_keeps_one_descriptor(void **state)
{
	int fds[2], high;
	struct gt_aside a;

	(void)state;
	assert_int_equal(pipe(fds), 0);
	high = fcntl(fds[0], F_DUPFD, 20);
	assert_int_equal(high, 20);
	for (int i = 0; i < 2; i++) {
		a = start(lists_descriptors, NULL, i ? high : -1);
		assert_int_equal(gt_aside_await(&a), 0);
		assert_int_equal(*(unsigned *)a.ret.p, i ? 15 : 7);
		gt_aside_done(&a);
	}
	close(fds[0]);
	close(fds[1]);
	close(high);
}

static void test_aside_that_dies(void **state)
{
	struct gt_aside a = start(crashes, NULL, -1);

	(void)state;
	assert_int_equal(gt_aside_await(&a), -EPIPE);
	gt_aside_done(&a);
	no_child_is_left();
	if (SANITIZED)
		SKIP("the sanitizer's run time cannot live under the filter");
	a = start(makes_a_forbidden_call, NULL, -1);
	assert_int_equal(gt_aside_await(&a), -EPIPE);
	assert_int_equal(*(int *)a.ret.p, 5);
	gt_aside_done(&a);
	no_child_is_left();
}

static void test_aside_time_runs_from_its_start(void **state)
{
	int64_t begin = gt_now_ms();
	struct gt_aside a = start(hangs, NULL, -1);

	(void)state;
	usleep(TIME_MS * 1000); /* it is over when it is awaited */
	assert_int_equal(gt_aside_await(&a), -ETIMEDOUT);
	assert_in_range(gt_now_ms() - begin, TIME_MS, TIME_MS + GT_END_WAIT_MS);
	gt_aside_done(&a);
	no_child_is_left();
}

static void test_done_ends_what_nobody_awaits(void **state)
{
	struct gt_aside a = start(hangs, NULL, -1), none = {0};

	(void)state;
	gt_aside_done(&a);
	no_child_is_left();
	gt_aside_done(&none);
	gt_aside_done(NULL);
}

static char state_of(pid_t pid)
{
	char path[64], text[512] = "";
	const char *end;
	int fd;

	(void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	(void)!read(fd, text, sizeof(text) - 1);
	close(fd);
	end = strrchr(text, ')');
	return end && end[1] ? end[2] : 0;
}

/* SIGKILL does not end it: it waits for a server that has its request and says nothing. */
static void stuck(const char *dir)
{
	char file[64];
	int64_t begin = gt_now_ms();
	struct gt_aside a;
	pid_t pid;

	(void)snprintf(file, sizeof(file), "%s/prog", dir);
	a = start(opens, file, -1);
	pid = a.pid;
	assert_int_equal(gt_aside_await(&a), -ETIMEDOUT);
	assert_in_range(gt_now_ms() - begin, TIME_MS,
			TIME_MS + GT_END_WAIT_MS + 200); /* not waited for any longer */
	assert_int_equal(state_of(pid), 'D');
	gt_aside_done(&a);
}

static void test_aside_that_is_stuck(void **state)
{
	char dir[] = "/tmp/gotune-aside-XXXXXX";
	pid_t server;

	(void)state;
	assert_non_null(mkdtemp(dir));
	server = silent_fs_start(dir, FUSE_OPEN);
	if (server < 0) {
		rmdir(dir);
		SKIP("no file system of our own here: root and /dev/fuse");
	}
	stuck(dir);
	assert_int_equal(silent_fs_stop(server, dir), 0);
	assert_int_equal(rmdir(dir), 0);
	assert_true(waitpid(-1, NULL, 0) > 0);
	no_child_is_left();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_aside_answers),
		cmocka_unit_test(test_aside_keeps_one_descriptor),
		cmocka_unit_test(test_aside_that_dies),
		cmocka_unit_test(test_aside_time_runs_from_its_start),
		cmocka_unit_test(test_done_ends_what_nobody_awaits),
		cmocka_unit_test(test_aside_that_is_stuck),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
