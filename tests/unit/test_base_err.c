/*
 * base_err.c and base_log.c: what a person gets to read is one line, whatever an image put in it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above */
#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>

#include "gotune/err.h"
#include "gotune/log.h"
#include "gotune/str.h"

static void test_err_set(void **state)
{
	struct gt_err e = {0};

	(void)state;
	assert_int_equal(gt_err_set(&e, -EINVAL, "id %s: no", "a\nb\x1b[31m\x7f"), -EINVAL);
	assert_int_equal(e.code, -EINVAL);
	assert_string_equal(e.msg, "id a?b?[31m?: no");
	assert_int_equal(gt_err_set(NULL, -ENOMEM, "%s", "x"), -ENOMEM);
}

static void test_err_sys(void **state)
{
	struct gt_err e = {0};

	(void)state;
	assert_int_equal(gt_err_sys(&e, -ENOENT, "open %s", "f"), -ENOENT);
	assert_string_equal(e.msg, "open f: No such file or directory");
}

static void test_err_wrap(void **state)
{
	struct gt_err e = {0};

	(void)state;
	(void)gt_err_set(&e, -EIO, "inner");
	assert_int_equal(gt_err_wrap(&e, "outer %d", 1), -EIO);
	assert_string_equal(e.msg, "outer 1: inner");
	assert_int_equal(gt_err_wrap(NULL, "x"), 0);
}

static void test_err_too_long(void **state)
{
	struct gt_err e = {0};
	char big[2000];

	(void)state;
	memset(big, 'b', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	(void)gt_err_set(&e, -EIO, "%s", big);
	assert_int_equal(strlen(e.msg), sizeof(e.msg) - 1);
	(void)gt_err_wrap(&e, "%s", "w");
	assert_true(gt_has_prefix(e.msg, "w: b"));
	assert_int_equal(strlen(e.msg), sizeof(e.msg) - 1);
}

/* What gt_log wrote to stderr. */
static void logged(enum gt_log_to to, enum gt_log_level max, enum gt_log_level level,
		   const char *text, char *buf, size_t cap)
{
	int fd = memfd_create("log", MFD_CLOEXEC), saved = dup(STDERR_FILENO);
	ssize_t n;

	assert_true(fd >= 0 && saved >= 0);
	assert_int_equal(dup2(fd, STDERR_FILENO), STDERR_FILENO);
	gt_log_init("prog", to, max);
	gt_log(level, "%s", text);
	assert_int_equal(dup2(saved, STDERR_FILENO), STDERR_FILENO);
	n = pread(fd, buf, cap - 1, 0);
	assert_true(n >= 0);
	buf[n] = '\0';
	close(fd);
	close(saved);
}

static void test_log_stderr_table(void **state)
{
	static const struct {
		const char *name;
		enum gt_log_to to;
		enum gt_log_level max, level;
		const char *text, *want;
	} rows[] = {
		{"error", GT_LOG_STDERR, GT_LOG_INFO, GT_LOG_ERROR, "x", "prog: error: x\n"},
		{"warning", GT_LOG_STDERR, GT_LOG_INFO, GT_LOG_WARNING, "x", "prog: warning: x\n"},
		{"info", GT_LOG_STDERR, GT_LOG_INFO, GT_LOG_INFO, "x", "prog: x\n"},
		{"debug dropped", GT_LOG_STDERR, GT_LOG_INFO, GT_LOG_DEBUG, "x", ""},
		{"debug", GT_LOG_STDERR, GT_LOG_DEBUG, GT_LOG_DEBUG, "x", "prog: x\n"},
		{"none", GT_LOG_NONE, GT_LOG_DEBUG, GT_LOG_ERROR, "x", ""},
		{"control", GT_LOG_STDERR, GT_LOG_INFO, GT_LOG_INFO, "a\nb\x1b\x7f",
		 "prog: a?b??\n"},
	};

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++) {
		char got[256];

		logged(rows[i].to, rows[i].max, rows[i].level, rows[i].text, got, sizeof(got));
		if (strcmp(got, rows[i].want) != 0)
			fail_msg("%s: \"%s\"", rows[i].name, got);
	}
}

static void test_log_long_is_one_line(void **state)
{
	static char text[10000], got[10000];

	(void)state;
	memset(text, 'b', sizeof(text) - 1);
	logged(GT_LOG_STDERR, GT_LOG_INFO, GT_LOG_ERROR, text, got, sizeof(got));
	assert_true(gt_has_prefix(got, "prog: error: bbb"));
	assert_ptr_equal(strchr(got, '\n'), got + strlen(got) - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_err_set),
		cmocka_unit_test(test_err_sys),
		cmocka_unit_test(test_err_wrap),
		cmocka_unit_test(test_err_too_long),
		cmocka_unit_test(test_log_stderr_table),
		cmocka_unit_test(test_log_long_is_one_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
