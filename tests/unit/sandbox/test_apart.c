/*
 * A function in a child of its own: it answers through shared memory, and what it may not do costs
 * its answer and nothing else.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "gotune/sandbox.h"
#include "skip.h"

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#else
#define SANITIZED 0
#endif

static volatile int *shared;

static int begin(void **state)
{
	(void)state;
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		      0);
	return shared == MAP_FAILED ? -1 : 0;
}

static void answers(void *arg)
{
	*shared = *(int *)arg + 1;
}

static void calls(void *arg)
{
	(void)arg;
	*shared = 5;
	(void)syscall(SYS_getpid);
	*shared = 6;
}

static void crashes(void *arg)
{
	*(volatile int *)arg = 1;
}

static void hangs(void *arg)
{
	(void)arg;
	for (volatile int on = 1; on;)
		;
}

/* Nothing is left of it, whatever became of it. */
static void no_child_is_left(void)
{
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

static void test_apart_answers(void **state)
{
	int n = 41;

	(void)state;
	assert_int_equal(gt_apart(answers, &n), 0);
	assert_int_equal(*shared, 42);
	no_child_is_left();
}

static void test_apart_forbidden_call_kills(void **state)
{
	(void)state;
	if (SANITIZED)
		SKIP("the sanitizer's run time cannot live under the filter");
	assert_int_equal(gt_apart(calls, NULL), -EPIPE);
	assert_int_equal(*shared, 5);
	no_child_is_left();
}

static void test_apart_survives_a_crash(void **state)
{
	(void)state;
	assert_int_equal(gt_apart(crashes, NULL), -EPIPE);
	no_child_is_left();
}

static void test_apart_bounds_time(void **state)
{
	(void)state;
	assert_int_equal(gt_apart(hangs, NULL), -ETIMEDOUT);
	no_child_is_left();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_apart_answers),
		cmocka_unit_test(test_apart_forbidden_call_kills),
		cmocka_unit_test(test_apart_survives_a_crash),
		cmocka_unit_test(test_apart_bounds_time),
	};

	return cmocka_run_group_tests(tests, begin, NULL);
}
