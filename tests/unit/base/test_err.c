/*
 * base/err.c and base/log.c: what a person gets to read is one line, whatever an image put in it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above */
#include <cmocka.h>

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>

#include "gotune/base.h"
#include "skip.h"

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
	/* A character of two bytes is cut in the middle: no half of it is left. */
	memcpy(big + sizeof(e.msg) - 4, "\xc3\xa9", 3);
	(void)gt_err_set(&e, -EIO, "%s", big);
	(void)gt_err_wrap(&e, "%s", "");
	assert_int_equal(strlen(e.msg), sizeof(e.msg) - 1);
	assert_int_equal(e.msg[sizeof(e.msg) - 2], '?');
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

/* A /dev with nothing in it but a log daemon's socket, for this process alone; -1: not allowed. */
static int own_dev_log(void)
{
	const struct sockaddr_un addr = {.sun_family = AF_UNIX, .sun_path = "/dev/log"};
	int fd;

	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("none", "/dev", "tmpfs", 0, NULL) < 0)
		return -1;
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	return fd >= 0 && bind(fd, (const struct sockaddr *)&addr, sizeof(addr)) == 0 ? fd : -1;
}

/* One message into the daemon's queue; an error when it is full. */
static int send_nowait(void)
{
	const struct sockaddr_un addr = {.sun_family = AF_UNIX, .sun_path = "/dev/log"};
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	ssize_t n = sendto(fd, "x", 1, MSG_DONTWAIT, (const struct sockaddr *)&addr, sizeof(addr));

	close(fd);
	return n == 1 ? 0 : -1;
}

/* What the daemon gets; then it stops reading, and nobody may wait for it. 0: all well. */
static int syslog_child(void)
{
	int fd = own_dev_log();
	char got[4096], want[64];
	struct timespec a, b;
	ssize_t n;

	if (fd < 0)
		return 77;
	gt_log_init("prog", GT_LOG_SYSLOG, GT_LOG_INFO);
	gt_log(GT_LOG_WARNING, "a\n%s", "b");
	n = recv(fd, got, sizeof(got) - 1, 0);
	if (n <= 0)
		return 1;
	got[n] = '\0';
	(void)snprintf(want, sizeof(want), " prog[%d]: a?b", (int)getpid());
	/* facility daemon is 3, warning is 4: 3 * 8 + 4 */
	if (!gt_has_prefix(got, "<28>") || !gt_has_suffix(got, want))
		return 2;
	while (send_nowait() == 0)
		;
	(void)clock_gettime(CLOCK_MONOTONIC, &a);
	gt_log(GT_LOG_ERROR, "nobody reads this");
	(void)clock_gettime(CLOCK_MONOTONIC, &b);
	close(fd);
	gt_log(GT_LOG_ERROR, "nor this");
	return b.tv_sec - a.tv_sec < 3 ? 0 : 3;
}

static void test_log_syslog(void **state)
{
	pid_t child = fork();
	int status;

	(void)state;
	assert_true(child >= 0);
	if (child == 0) {
		(void)alarm(10);
		_exit(syslog_child());
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
		SKIP("no mount namespace here (CAP_SYS_ADMIN is missing)");
	assert_int_equal(status, 0);
}

/* A terminal takes U+009B for ESC [: it must not come through, and letters must. */
static void test_set_makes_one_plain_line(void **state)
{
	static const struct {
		const char *text, *want;
	} rows[] = {
		{"a\nb\tc\x1b[31m", "a?b?c?[31m"},
		{"\xc2\x9b"
		 "31m",
		 "?31m"},
		{"\xc2\x80\xc2\x9f\xc2\xa0", "??\xc2\xa0"},
		{"gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f"},
		{"\x9b", "?"},
		{"\xc3", "?"},
		{"\xff\xfe.", "??."},
		{"\x7f", "?"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct gt_err e = {0};

		(void)gt_err_set(&e, -EINVAL, "%s", rows[i].text);
		assert_string_equal(e.msg, rows[i].want);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_set_makes_one_plain_line),
		cmocka_unit_test(test_err_set),
		cmocka_unit_test(test_err_sys),
		cmocka_unit_test(test_err_wrap),
		cmocka_unit_test(test_err_too_long),
		cmocka_unit_test(test_log_stderr_table),
		cmocka_unit_test(test_log_long_is_one_line),
		cmocka_unit_test(test_log_syslog),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
