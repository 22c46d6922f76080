/*
 * A tracer that is busy: what it traces gets its signals, and waits at its exec, but not for ever.
 * Real processes; the busy tracer is the test itself.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <poll.h>
#include <sys/time.h>

#include "apply/guard.h"
#include "apply/traced.h"
#include "gotune/apply.h"
#include "gotune/base.h"
#include "gotune/model.h"

static const char *const show[] = {"/bin/sh", "-c", "echo here", NULL};
static const char *const plain_env[] = {"PATH=/usr/bin:/bin", NULL};

/* A child that is traced, and guarded for TIMEOUT_MS. */
static struct child guarded(const char *const *argv, unsigned timeout_ms)
{
	struct child c = start(argv, plain_env);

	assert_int_equal(gt_follow_seize(c.pid), 0);
	gt_guard_begin(c.pid, timeout_ms);
	return c;
}

/* Is busy for MS: sleeps that the guard interrupts do not count. */
static void be_busy(unsigned ms)
{
	for (int64_t end = gt_now_ms() + ms; gt_now_ms() < end;)
		usleep(1000);
}

/* Has the program printed something? */
static bool has_run(const struct child *c)
{
	return poll(&(struct pollfd){.fd = c->out, .events = POLLIN}, 1, 0) == 1;
}

static bool is_traced(pid_t pid)
{
	char path[64], text[4096] = "";
	_cleanup_close_ int fd = -1;

	(void)snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(read(fd, text, sizeof(text) - 1) > 0);
	return !strstr(text, "TracerPid:\t0\n");
}

static enum gt_follow_next count_exec(void *ctx, struct gt_followed *who)
{
	(void)who;
	++*(int *)ctx;
	return GT_FOLLOW_LEAVE;
}

static unsigned never(void *ctx, unsigned waited_ms)
{
	(void)ctx, (void)waited_ms;
	return 0;
}

/* Follows from now on; how many execs there were. */
static int follow(const struct child *c)
{
	static const struct gt_follow bounds = {.seconds = 20, .processes = 4, .execs = 8};
	enum gt_follow_end end = GT_FOLLOW_TIME;
	int execs = 0;
	const struct gt_follow_ops ops = {count_exec, never, &execs};

	assert_int_equal(gt_follow_run(c->pid, &bounds, &ops, &end), 0);
	assert_int_equal(end, GT_FOLLOW_ALL_LEFT);
	return execs;
}

static void check_output(struct child *c, const char *want)
{
	char *text = read_output(c);

	assert_string_equal(text, want);
	free(text);
}

/* The exec waits for the decision, which comes in time. */
static void test_guard_holds_an_exec(void **state)
{
	struct child c = guarded(show, 5000);

	(void)state;
	let_exec(&c);
	be_busy(300);
	assert_false(has_run(&c));
	assert_true(is_traced(c.pid));
	assert_false(gt_guard_end());
	be_busy(50);
	assert_false(has_run(&c));
	assert_int_equal(follow(&c), 1);
	check_output(&c, "here\n");
	assert_int_equal(reap(&c), 0);
}

/* ... and which does not. */
static void test_guard_lets_go_after_its_time(void **state)
{
	struct child c = guarded(show, 300);
	int64_t begin = gt_now_ms();

	(void)state;
	let_exec(&c);
	be_busy(200);
	assert_false(has_run(&c));
	while (!has_run(&c) && gt_now_ms() - begin < 5000)
		be_busy(1);
	assert_in_range(gt_now_ms() - begin, 300, 1500);
	assert_true(gt_guard_end());
	check_output(&c, "here\n");
	assert_int_equal(reap(&c), 0);
	assert_int_equal(follow(&c), 0); /* nothing is traced any more */
}

/* The time is over before the exec has come: it is let go at once when it comes, or, when the
 * decision was made by then, followed as any other. */
static void test_guard_counts_no_time_without_an_exec(void **state)
{
	struct child c = guarded(show, 50);

	(void)state;
	be_busy(200);
	assert_true(is_traced(c.pid));
	assert_false(gt_guard_end());
	let_exec(&c);
	assert_int_equal(follow(&c), 1);
	check_output(&c, "here\n");
	assert_int_equal(reap(&c), 0);

	c = guarded(show, 50);
	be_busy(200);
	let_exec(&c);
	be_busy(200);
	assert_true(gt_guard_end());
	check_output(&c, "here\n");
	assert_int_equal(reap(&c), 0);
}

/* An init that is sent signals gets them meanwhile, as runc's Go runtime does. */
static void test_guard_passes_signals_on(void **state)
{
	struct child c = guarded(show, 5000);
	int status = -1;

	(void)state;
	for (int i = 0; i < 5; i++) {
		assert_int_equal(kill(c.pid, SIGURG), 0);
		be_busy(30);
	}
	assert_int_equal(kill(c.pid, SIGSTOP), 0);
	be_busy(100);
	assert_int_equal(kill(c.pid, SIGCONT), 0);
	let_exec(&c);
	be_busy(100);
	assert_false(gt_guard_end());
	assert_int_equal(follow(&c), 1);
	check_output(&c, "here\n");
	assert_int_equal(reap(&c), 0);

	c = guarded(show, 5000);
	assert_int_equal(kill(c.pid, SIGTERM), 0);
	be_busy(100);
	assert_int_equal(waitpid(c.pid, &status, WNOHANG), -1); /* we were told, as its tracer */
	assert_true(gt_guard_end());
	assert_int_equal(follow(&c), 0);
	check_output(&c, "");
}

/* Killed while it stands at its exec, before and after the time is over. */
static void test_guard_of_who_is_killed_at_its_exec(void **state)
{
	(void)state;
	for (unsigned timeout = 50; timeout <= 5000; timeout *= 100) {
		struct child c = guarded(show, timeout == 50 ? 200 : timeout);

		let_exec(&c);
		be_busy(100);
		assert_int_equal(kill(c.pid, SIGKILL), 0);
		be_busy(200);
		(void)gt_guard_end();
		assert_in_range(follow(&c), 0, 1); /* it may be told of an exec that came */
		check_output(&c, "");
		assert_int_equal(waitpid(c.pid, NULL, WNOHANG), -1);
	}
}

/* Afterwards no alarm comes any more, and an exec is told of once. */
static void test_guard_leaves_nothing(void **state)
{
	struct child c = guarded(show, 5000);
	struct itimerval t;
	int status;

	(void)state;
	let_exec(&c);
	be_busy(100);
	assert_false(gt_guard_end());
	assert_int_equal(getitimer(ITIMER_REAL, &t), 0);
	assert_int_equal(t.it_value.tv_sec + t.it_value.tv_usec, 0);
	status = gt_guard_take_exec(c.pid);
	assert_true(WIFSTOPPED(status));
	assert_int_equal(gt_guard_take_exec(c.pid), 0);
	assert_int_equal(kill(c.pid, SIGKILL), 0);
	assert_int_equal(follow(&c), 0);
	check_output(&c, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_guard_holds_an_exec),
		cmocka_unit_test(test_guard_lets_go_after_its_time),
		cmocka_unit_test(test_guard_counts_no_time_without_an_exec),
		cmocka_unit_test(test_guard_passes_signals_on),
		cmocka_unit_test(test_guard_of_who_is_killed_at_its_exec),
		cmocka_unit_test(test_guard_leaves_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
