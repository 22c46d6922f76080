/*
 * No child that has ended is left; who still runs is not waited for.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "deny_call.h"
#include "gotune/base.h"
#include "gotune/sandbox.h"
#include "sandbox/wire.h"
#include "skip.h"

static pid_t child(bool ends, int status)
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL); /* a test that fails leaves none */
		while (!ends)
			pause();
		_exit(status);
	}
	return pid;
}

/* Until it is a zombie. */
static void await_end(pid_t pid)
{
	siginfo_t info;

	assert_int_equal(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
}

static void test_reap(void **state)
{
	int status = 0;
	pid_t pid = child(true, 7);

	(void)state;
	assert_int_equal(gt_reap(pid, &status), 0);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 7);
	assert_int_equal(gt_reap(pid, NULL), -ECHILD);
}

/* Who ends in time, and who does not: killed, it is gone. */
static void await_children(void)
{
	pid_t pid = child(false, 0);
	int64_t begin = gt_now_ms();
	int status = 0;

	assert_int_equal(gt_reap_within(pid, 100, &status), -ETIMEDOUT);
	assert_in_range(gt_now_ms() - begin, 100, 600);
	assert_int_equal(gt_end_child(pid), 0);
	assert_int_equal(gt_end_child(pid), -ECHILD);
	assert_in_range(gt_now_ms() - begin, 100, 600);
	assert_int_equal(gt_reap_within(child(true, 7), 5000, &status), 0);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 7);
	assert_int_equal(gt_await_child(child(true, 0), 5000), 0);
	assert_int_equal(gt_await_child(child(true, 7), 5000), -EPIPE);
	assert_int_equal(gt_await_child(child(false, 0), 50), -ETIMEDOUT);
	assert_in_range(gt_now_ms() - begin, 150, 1000);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

static void test_await_in_time(void **state)
{
	(void)state;
	await_children();
}

static void test_await_in_time_without_a_pidfd(void **state)
{
	int status = 0;
	pid_t pid = fork(); /* the filter is its own */

	(void)state;
	if (pid == 0) {
		if (deny_call(SYS_pidfd_open, ENOSYS) < 0)
			_exit(2);
		await_children();
		_exit(0); /* an assertion would have ended it by exit(), with what failed */
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 2)
		SKIP("no filter can be loaded");
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void on_alarm(int sig)
{
	(void)sig;
}

/* A handler interrupts the wait more often than it lasts: it has an end all the same. */
static void test_await_in_time_with_a_timer(void **state)
{
	const struct sigaction sa = {.sa_handler = on_alarm, .sa_flags = SA_RESTART};
	const struct itimerval often = {{0, 10000}, {0, 10000}}, none = {{0, 0}, {0, 0}};

	(void)state;
	assert_int_equal(sigaction(SIGALRM, &sa, NULL), 0);
	assert_int_equal(setitimer(ITIMER_REAL, &often, NULL), 0);
	await_children();
	assert_int_equal(setitimer(ITIMER_REAL, &none, NULL), 0);
	(void)signal(SIGALRM, SIG_DFL);
}

static void test_dead_alone(void **state)
{
	pid_t dead[] = {child(true, 0), child(true, 1)}, alive = child(false, 0);

	(void)state;
	await_end(dead[0]);
	await_end(dead[1]);
	gt_reap_dead();
	assert_int_equal(waitpid(dead[0], NULL, WNOHANG), -1);
	assert_int_equal(waitpid(dead[1], NULL, WNOHANG), -1);
	assert_int_equal(waitpid(alive, NULL, WNOHANG), 0);
	assert_int_equal(kill(alive, SIGKILL), 0);
	assert_int_equal(gt_reap(alive, NULL), 0);
	gt_reap_dead(); /* nobody is there */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reap),
		cmocka_unit_test(test_await_in_time),
		cmocka_unit_test(test_await_in_time_without_a_pidfd),
		cmocka_unit_test(test_await_in_time_with_a_timer),
		cmocka_unit_test(test_dead_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
