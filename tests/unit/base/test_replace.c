/*
 * base/replace.c: what a killed writer leaves, writers at the same time, and a system without
 * nameless files. That a write is whole or not at all is test_base_file.c's.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above */
#include <cmocka.h>

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "deny_call.h"
#include "gotune/base.h"

#define NEXT ".f.gotune-new"

static int make_dir(char path[64])
{
	int fd;

	(void)snprintf(path, 64, "/tmp/gotune-unit-XXXXXX");
	assert_non_null(mkdtemp(path));
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(fd >= 0);
	return fd;
}

static void leave(int dir, const char *name, const char *text)
{
	int fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(gt_write_all(fd, text, strlen(text)), 0);
	close(fd);
}

/* The names in DIR that are not NAME. */
static unsigned others(int dir, const char *name)
{
	DIR *d = fdopendir(openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	unsigned n = 0;

	assert_non_null(d);
	for (struct dirent *e; (e = readdir(d));)
		n += strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0 &&
		     strcmp(e->d_name, name) != 0;
	(void)closedir(d);
	return n;
}

static void expect(int dir, const char *want)
{
	char text[32];

	assert_int_equal(gt_root_read(dir, "f", text, sizeof(text)), 0);
	assert_string_equal(text, want);
	assert_int_equal(others(dir, "f"), 0);
}

static void remove_dir(int dir, const char *path)
{
	(void)unlinkat(dir, "f", 0);
	close(dir);
	assert_int_equal(rmdir(path), 0);
}

static void test_replace_takes_over_from_a_killed_writer(void **state)
{
	char path[64];
	int dir = make_dir(path);

	(void)state;
	leave(dir, "f", "old");
	leave(dir, NEXT, "half");
	assert_int_equal(gt_write_atomic(dir, "f", "new", 3, 0600), 0);
	expect(dir, "new");
	leave(dir, NEXT, "half");
	assert_int_equal(gt_rewrite_atomic(dir, "f", "newer", 5, 0600), 0);
	expect(dir, "newer");
	leave(dir, NEXT, "half");
	assert_int_equal(gt_unlink_next(dir, "f"), 0);
	assert_int_equal(gt_unlink_next(dir, "f"), 0);
	expect(dir, "newer");
	assert_int_equal(unlinkat(dir, "f", 0), 0);
	assert_int_equal(gt_rewrite_atomic(dir, "f", "back", 4, 0600), -ENOENT);
	assert_int_equal(others(dir, "f"), 0);
	remove_dir(dir, path);
}

static void test_replace_at_once(void **state)
{
	char path[64];
	int dir = make_dir(path), status;
	pid_t pid[4];

	(void)state;
	leave(dir, "f", "first");
	for (unsigned i = 0; i < GT_ARRAY_LEN(pid); i++) {
		pid[i] = fork();
		for (unsigned n = 0; pid[i] == 0 && n < 500; n++) {
			if ((i & 1 ? gt_write_atomic : gt_rewrite_atomic)(dir, "f", "whole", 5,
									  0600) < 0)
				_exit(1);
			if (n == 499)
				_exit(0);
		}
	}
	for (unsigned i = 0; i < GT_ARRAY_LEN(pid); i++) {
		assert_int_equal(waitpid(pid[i], &status, 0), pid[i]);
		assert_int_equal(status, 0);
	}
	expect(dir, "whole");
	remove_dir(dir, path);
}

/* WRITE's result in a child, where no file gets a name by its descriptor. */
static int without_linkat(int dir, int (*write)(int, const char *, const char *, size_t, mode_t),
			  const char *text)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		if (deny_call(SYS_linkat, ENOSYS) < 0)
			_exit(255);
		_exit(-write(dir, "f", text, strlen(text), 0600));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static void test_replace_without_nameless_files(void **state)
{
	char path[64];
	int dir = make_dir(path);

	(void)state;
	assert_int_equal(without_linkat(dir, gt_write_atomic, "one"), 0);
	expect(dir, "one");
	assert_int_equal(without_linkat(dir, gt_write_atomic, "two"), 0);
	expect(dir, "two");
	assert_int_equal(without_linkat(dir, gt_rewrite_atomic, "three"), 0);
	expect(dir, "three");
	remove_dir(dir, path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_replace_takes_over_from_a_killed_writer),
		cmocka_unit_test(test_replace_at_once),
		cmocka_unit_test(test_replace_without_nameless_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
