/*
 * base/proc.c: which process a pid stands for.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "gotune/base.h"

static char tmp[] = "/tmp/gotune-proc.XXXXXX";

static int make_tmp(void **state)
{
	char path[64];

	(void)state;
	if (!mkdtemp(tmp))
		return -1;
	(void)snprintf(path, sizeof(path), "%s/proc", tmp);
	if (mkdir(path, 0755) < 0)
		return -1;
	(void)snprintf(path, sizeof(path), "%s/proc/7", tmp);
	return mkdir(path, 0755);
}

static int drop_tmp(void **state)
{
	static const char *const name[] = {"/proc/7/stat", "/proc/7", "/proc", ""};
	char path[64];

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(name); i++) {
		(void)snprintf(path, sizeof(path), "%s%s", tmp, name[i]);
		if (remove(path) < 0)
			return -1;
	}
	return 0;
}

static void put(const char *text)
{
	char path[64];
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/proc/7/stat", tmp);
	f = fopen(path, "we");
	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

/* proc(5), /proc/PID/stat: field 2 is the name, field 22 the start. */
static void put_stat(const char *comm, const char *start)
{
	char text[256];

	(void)snprintf(text, sizeof(text),
		       "7 (%s) S 1 7 7 0 -1 4194560 1 0 0 0 1 2 0 0 20 0 6 0 %s 1 2 3\n", comm,
		       start);
	put(text);
}

static void test_start_time_table(void **state)
{
	static const struct {
		const char *comm, *start;
		int r;
		uint64_t want;
	} rows[] = {
		{"runc:[2:INIT]", "8675309", 0, 8675309},
		{"a) S 1 2 3 (b", "42", 0, 42},
		{") ) ) )", "42", 0, 42},
		{"x", "-1", -EINVAL, 0},
		{"x", "soon", -EINVAL, 0},
		{"x", "18446744073709551616", -ERANGE, 0},
	};
	_cleanup_close_ int root = gt_root_open(tmp, NULL);
	uint64_t v = 0;

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++) {
		int r;

		put_stat(rows[i].comm, rows[i].start);
		v = 0;
		r = gt_start_time(root, 7, &v);
		if (r != rows[i].r || v != rows[i].want)
			fail_msg("(%s) %s: %d, %llu", rows[i].comm, rows[i].start, r,
				 (unsigned long long)v);
	}
	put("7 (x) S 1 7 7 0 -1 4194560 1 0 0 0 1 2 0 0 20 0 6 0");
	assert_int_equal(gt_start_time(root, 7, &v), -EINVAL);
	put("");
	assert_int_equal(gt_start_time(root, 7, &v), -EINVAL);
	assert_int_equal(gt_start_time(root, 8, &v), -ENOENT);
	assert_int_equal(gt_start_time(root, 0, &v), -ESRCH);
	assert_int_equal(gt_start_time(root, -7, &v), -ESRCH);
}

static void test_start_time_of_this_process(void **state)
{
	_cleanup_close_ int root = gt_root_open(NULL, NULL);
	uint64_t a = 0, b = 0;

	(void)state;
	assert_int_equal(gt_start_time(root, getpid(), &a), 0);
	assert_int_equal(gt_start_time(root, getpid(), &b), 0);
	assert_true(a > 0 && a == b);
	assert_true(gt_is_same_process(root, -1, getpid(), a));
	assert_false(gt_is_same_process(root, -1, getpid(), a + 1));
}

/* A pidfd outlives its process: the pid may be another's by then. */
static void test_is_same_process_by_pidfd(void **state)
{
	_cleanup_close_ int root = gt_root_open(NULL, NULL);
	_cleanup_close_ int fd = -1;
	pid_t pid = fork();

	(void)state;
	if (pid == 0) {
		(void)pause();
		_exit(0);
	}
	assert_true(pid > 0);
	fd = pidfd_open(pid, 0);
	assert_true(fd >= 0);
	assert_true(gt_is_same_process(root, fd, pid, 0));
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_false(gt_is_same_process(root, fd, pid, 0));
}

/* It waits for nobody but its parent, and /proc still tells when it began. */
static void test_a_zombie_has_ended(void **state)
{
	_cleanup_close_ int root = gt_root_open(NULL, NULL);
	uint64_t start = 0, as_zombie = 0;
	pid_t pid = fork();

	(void)state;
	if (pid == 0) {
		(void)pause();
		_exit(0);
	}
	assert_true(pid > 0);
	assert_false(gt_has_ended(root, pid, &start));
	assert_true(start > 0);
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitid(P_PID, (id_t)pid, NULL, WEXITED | WNOWAIT), 0);
	assert_true(gt_has_ended(root, pid, &as_zombie));
	assert_true(as_zombie == start);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_true(gt_has_ended(root, pid, &start));
	assert_true(start == 0);
	assert_true(gt_has_ended(root, 0, &start));
	assert_true(gt_has_ended(root, -1, &start));
}

static void test_own_dirs(void **state)
{
	char dir[512], up[512], small[8], no[8], exe[512];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);

	(void)state;
	assert_true(n > 0);
	exe[n] = '\0';
	gt_own_dirs(dir, up, sizeof(dir));
	assert_int_equal(strncmp(exe, dir, strlen(dir)), 0);
	assert_string_equal(exe + strlen(dir), "/test_proc");
	assert_int_equal(strncmp(dir, up, strlen(up)), 0);
	assert_string_equal(dir + strlen(up), "/base");
	gt_own_dirs(small, no, sizeof(small)); /* half a path would be another */
	assert_string_equal(small, "");
	assert_string_equal(no, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_start_time_table),
		cmocka_unit_test(test_start_time_of_this_process),
		cmocka_unit_test(test_is_same_process_by_pidfd),
		cmocka_unit_test(test_a_zombie_has_ended),
		cmocka_unit_test(test_own_dirs),
	};

	return cmocka_run_group_tests(tests, make_tmp, drop_tmp);
}
