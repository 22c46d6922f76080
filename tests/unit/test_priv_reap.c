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
#include <sys/wait.h>
#include <unistd.h>

#include "gotune/reap.h"

static pid_t child(bool ends, int status)
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
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
		cmocka_unit_test(test_dead_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
