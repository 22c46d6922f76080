/*
 * Whether the process of a record has ended: its own pid, or the one in its pid file.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "gotune/base.h"
#include "gotune/record.h"

static char dir[64], pid_file[80];
static struct gt_record_view view; /* too large for a stack */
static int root = -1;
static pid_t child;

/* A child that sleeps, and a pid file that names it. */
static int make(void **state)
{
	(void)state;
	(void)gt_copy_str(dir, sizeof(dir), "/tmp/gotune-gone-XXXXXX");
	if (!mkdtemp(dir))
		return -1;
	(void)snprintf(pid_file, sizeof(pid_file), "%s/pid", dir);
	memset(&view, 0, sizeof(view));
	(void)gt_copy_str(view.started_at, sizeof(view.started_at), "2026-01-02T03:04:05Z");
	root = gt_root_open(NULL, NULL);
	child = fork();
	if (child == 0) {
		(void)pause();
		_exit(0);
	}
	return root < 0 || child < 0 ? -1 : 0;
}

static void end_child(void)
{
	(void)kill(child, SIGKILL);
	(void)waitpid(child, NULL, 0);
	child = 0;
}

static int unmake(void **state)
{
	(void)state;
	if (child > 0)
		end_child();
	(void)unlink(pid_file);
	close(root);
	return rmdir(dir);
}

static void write_pid(const char *text)
{
	FILE *f = fopen(pid_file, "w");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
	(void)gt_copy_str(view.pid_file, sizeof(view.pid_file), pid_file);
}

static void write_child(void)
{
	char text[32];

	(void)snprintf(text, sizeof(text), "%d\n", child);
	write_pid(text);
}

static bool is_gone(int64_t *ret_pid)
{
	return gt_record_is_gone(root, &view, time(NULL), ret_pid);
}

static void test_gone_by_pid(void **state)
{
	int64_t pid;

	(void)state;
	view.pid = child;
	assert_int_equal(gt_start_time(root, child, &view.pid_start), 0);
	assert_false(is_gone(&pid));
	assert_int_equal(pid, child);
	view.pid_start++; /* the pid is another process's by now */
	assert_true(is_gone(&pid));
	view.pid_start--;
	(void)kill(child, SIGKILL);
	(void)waitid(P_PID, (id_t)child, NULL, WEXITED | WNOWAIT);
	assert_true(is_gone(&pid)); /* a zombie */
	end_child();
	assert_true(is_gone(&pid));
}

static void test_gone_without_anything(void **state)
{
	int64_t pid;

	(void)state;
	assert_false(is_gone(&pid)); /* cannot be told */
	assert_int_equal(pid, 0);
}

static void test_gone_by_bundle(void **state)
{
	int64_t pid, start;

	(void)state;
	(void)gt_copy_str(view.bundle, sizeof(view.bundle), dir);
	assert_false(is_gone(&pid));
	(void)gt_append(view.bundle, sizeof(view.bundle), "/none");
	assert_true(is_gone(&pid));
	/* It is made after the creation. */
	(void)gt_copy_str(view.stage, sizeof(view.stage), "create");
	assert_true(is_gone(&pid));
	assert_int_equal(gt_record_time(view.started_at, &start), 0);
	assert_false(gt_record_is_gone(root, &view, start + 5, &pid));
	assert_true(gt_record_is_gone(root, &view, start + 3600, &pid));
	/* One that was not known, and one that cannot be looked at, say nothing. */
	(void)gt_copy_str(view.bundle, sizeof(view.bundle), "none");
	assert_false(is_gone(&pid));
	(void)gt_copy_str(view.bundle, sizeof(view.bundle), "/dev/null/none");
	assert_false(is_gone(&pid));
}

static void test_gone_by_pid_file(void **state)
{
	int64_t pid = 0;

	(void)state;
	write_child();
	assert_false(is_gone(&pid));
	assert_int_equal(pid, child);
	end_child();
	assert_true(is_gone(&pid));
}

static void test_gone_pid_file_of_an_earlier_process(void **state)
{
	const struct timespec times[2] = {{.tv_sec = time(NULL) - 3600},
					  {.tv_sec = time(NULL) - 3600}};
	int64_t pid;

	(void)state;
	write_child();
	assert_int_equal(utimensat(AT_FDCWD, pid_file, times, 0), 0);
	assert_true(is_gone(&pid)); /* the child began long after it was written */
}

static void test_gone_pid_file_that_is_not_there(void **state)
{
	int64_t pid, start;

	(void)state;
	(void)gt_copy_str(view.pid_file, sizeof(view.pid_file), pid_file);
	assert_int_equal(gt_record_time(view.started_at, &start), 0);
	assert_true(is_gone(&pid));
	assert_false(gt_record_is_gone(root, &view, start + 5, &pid)); /* still being created */
}

static void test_gone_pid_file_with_nonsense(void **state)
{
	static const char *const text[] = {"", "x\n", "0\n", "-1\n", "99999999999\n", "1 2\n"};
	int64_t pid;

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(text); i++) {
		write_pid(text[i]);
		assert_false(is_gone(&pid)); /* cannot be told */
		assert_int_equal(pid, 0);
	}
	assert_int_equal(unlink(pid_file), 0);
	assert_int_equal(mkfifo(pid_file, 0600), 0);
	assert_false(is_gone(&pid)); /* and never waited for */
}

int main(void)
{
#define WITH_CHILD(t) cmocka_unit_test_setup_teardown(t, make, unmake)
	const struct CMUnitTest tests[] = {
		WITH_CHILD(test_gone_by_pid),
		WITH_CHILD(test_gone_without_anything),
		WITH_CHILD(test_gone_by_bundle),
		WITH_CHILD(test_gone_by_pid_file),
		WITH_CHILD(test_gone_pid_file_of_an_earlier_process),
		WITH_CHILD(test_gone_pid_file_that_is_not_there),
		WITH_CHILD(test_gone_pid_file_with_nonsense),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
