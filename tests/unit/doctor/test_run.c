/*
 * doctor/run.c, doctor/file.c, doctor/proc.c: programs that hang, shout or may not be trusted, and
 * daemons that are none.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above */
#include <cmocka.h>

#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>

#include "doctor/tools.h"
#include "gotune/base.h"
#include "skip.h"

static char dir[64];
static int root = -1;

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *where)
{
	(void)st, (void)type, (void)where;
	return remove(path);
}

static int make_root(void **state)
{
	(void)state;
	(void)snprintf(dir, sizeof(dir), "/tmp/gt-doctor-unit.XXXXXX");
	if (!mkdtemp(dir) || chmod(dir, 0755) < 0)
		return -1;
	root = gt_root_open(dir, NULL);
	return root < 0 ? root : 0;
}

static int drop_root(void **state)
{
	(void)state;
	close(root);
	return nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static void put(const char *path, const char *text, mode_t mode)
{
	char full[256];
	int fd;

	(void)snprintf(full, sizeof(full), "%s/%s", dir, path);
	for (char *p = strchr(full + strlen(dir) + 1, '/'); p; p = strchr(p + 1, '/')) {
		*p = '\0';
		(void)mkdir(full, 0755);
		*p = '/';
	}
	fd = open(full, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_true(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

/* ---- running ---- */

static int64_t now_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int shell(const char *script, unsigned timeout_ms, int interrupt, struct gt_buf *out,
		 int *ret_status)
{
	const char *const argv[] = {"/bin/sh", "-c", script, NULL};
	const struct gt_run run = {
		.argv = argv, .timeout_ms = timeout_ms, .output_max = 1000, .interrupt = interrupt};

	return gt_run(&run, out, ret_status);
}

static void test_run_output_and_status(void **state)
{
	struct gt_buf out = {0};
	int status = -1;

	(void)state;
	assert_int_equal(shell("echo out; echo err >&2; exit 7", 5000, -1, &out, &status), 0);
	assert_int_equal(status, 7);
	assert_string_equal(out.p, "out\n");
	gt_buf_done(&out);
	assert_int_equal(shell("kill -9 $$", 5000, -1, &out, &status), 0);
	assert_int_equal(status, 128 + SIGKILL);
	assert_int_equal(shell("cat", 5000, -1, &out, &status), 0); /* its input is empty */
	gt_buf_done(&out);
}

static void test_run_what_does_not_end(void **state)
{
	static const char *const scripts[] = {"sleep 60", "trap '' TERM; sleep 60 & wait",
					      "exec >&- 2>&-; sleep 60", "while :; do :; done"};

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(scripts); i++) {
		struct gt_buf out = {0};
		int64_t begin = now_ms();
		int status;

		assert_int_equal(shell(scripts[i], 200, -1, &out, &status), -ETIMEDOUT);
		assert_true(now_ms() - begin < 5000);
		gt_buf_done(&out);
	}
}

static void test_run_too_much_and_interrupted(void **state)
{
	struct gt_buf out = {0};
	int fds[2], status;

	(void)state;
	assert_int_equal(
		shell("while :; do echo yyyyyyyyyyyyyyyyyyyy; done", 5000, -1, &out, &status),
		-EFBIG);
	assert_true(out.len <= 1000);
	gt_buf_done(&out);
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	assert_int_equal(write(fds[1], "x", 1), 1);
	assert_int_equal(shell("sleep 60", 5000, fds[0], &out, &status), -EINTR);
	gt_buf_done(&out);
	close(fds[0]);
	close(fds[1]);
}

static void test_version_of_programs(void **state)
{
	char version[64];

	(void)state;
	put("v/good", "#!/bin/sh\necho good version 1.2.3\n", 0755);
	put("v/fails", "#!/bin/sh\necho fails version 1.2.3; exit 1\n", 0755);
	put("v/shouts", "#!/bin/sh\nhead -c 1048576 /dev/zero\n", 0755);
	put("v/anybodys", "#!/bin/sh\necho 1.2.3\n", 0757);
	/* They are run by their path on this machine: the test's root is a part of it. */
	{
		char path[128];
		struct gt_doctor *d = calloc(1, sizeof(*d));
		int top = gt_root_open(NULL, NULL);

		assert_non_null(d);
		d->root = top;
		d->interrupt = -1;
		if (getuid() != 0) {
			free(d);
			close(top);
			SKIP("only root's programs are run");
		}
		(void)snprintf(path, sizeof(path), "%s/v/good", dir);
		assert_int_equal(gt_version_of(d, path, version, sizeof(version)), 0);
		assert_string_equal(version, "1.2.3");
		(void)snprintf(path, sizeof(path), "%s/v/fails", dir);
		assert_int_equal(gt_version_of(d, path, version, sizeof(version)), -EBADMSG);
		(void)snprintf(path, sizeof(path), "%s/v/shouts", dir);
		assert_int_equal(gt_version_of(d, path, version, sizeof(version)), -EFBIG);
		(void)snprintf(path, sizeof(path), "%s/v/anybodys", dir);
		assert_int_equal(gt_version_of(d, path, version, sizeof(version)), -EPERM);
		free(d);
		close(top);
	}
}

/* ---- trust ---- */

static void test_trust_rows(void **state)
{
	char path[128];

	(void)state;
	put("t/good", "x", 0755);
	put("t/data", "x", 0644);
	put("t/world", "x", 0777);
	put("open/good", "x", 0755);
	put("sticky/good", "x", 0755);
	(void)snprintf(path, sizeof(path), "%s/open", dir);
	assert_int_equal(chmod(path, 0777), 0);
	(void)snprintf(path, sizeof(path), "%s/sticky", dir);
	assert_int_equal(chmod(path, 01777), 0);
	(void)snprintf(path, sizeof(path), "%s/t/fifo", dir);
	assert_int_equal(mkfifo(path, 0755), 0);
	assert_int_equal(gt_trust_program(root, "/t/good"), GT_TRUST_OK);
	assert_int_equal(gt_trust_program(root, "/t/none"), GT_TRUST_MISSING);
	assert_int_equal(gt_trust_program(root, "/t/good/x"), GT_TRUST_MISSING);
	assert_int_equal(gt_trust_program(root, "/t"), GT_TRUST_NOT_A_FILE);
	assert_int_equal(gt_trust_program(root, "/t/fifo"), GT_TRUST_NOT_A_FILE);
	assert_int_equal(gt_trust_program(root, "/t/data"), GT_TRUST_NOT_EXECUTABLE);
	assert_int_equal(gt_trust_program(root, "/t/world"), GT_TRUST_WRITABLE);
	assert_int_equal(gt_trust_program(root, "/open/good"), GT_TRUST_WRITABLE);
	assert_int_equal(gt_trust_program(root, "/sticky/good"), GT_TRUST_OK);
	if (getuid() == 0) {
		(void)snprintf(path, sizeof(path), "%s/t/good", dir);
		assert_int_equal(chown(path, 65534, 65534), 0);
		assert_int_equal(gt_trust_program(root, "/t/good"), GT_TRUST_OWNER);
	}
}

/* ---- daemons ---- */

static void test_daemon_find(void **state)
{
	struct gt_daemon d;

	(void)state;
	put("proc/stat", "cpu 1 2 3\nbtime 1700000000\nprocesses 5\n", 0644);
	put("proc/50/comm", "dockerd\n", 0644);
	put("proc/50/stat", "50 (a) b) S 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 12345 0\n", 0644);
	put("proc/50/limits",
	    "Limit  Soft Limit Hard Limit Units\nMax open files            1024         "
	    "      4096                 files     \n",
	    0644);
	put("proc/50/status", "Name:\tdockerd\nCapEff:\t000001fffeffffff\n", 0644);
	put("proc/60/comm", "dockerd\n", 0644);
	put("proc/70/comm", "dockerd-x\n", 0644);
	put("proc/75/comm", "containerd\n", 0644); /* dockerd's own */
	put("proc/75/stat", "75 (containerd) S 50 75 75 0\n", 0644);
	put("proc/80/comm", "containerd\n", 0644);
	put("proc/80/stat", "80 (containerd) S 1 80 80 0\n", 0644);
	put("proc/80/limits", "Max open files            1024  unlimited files\n", 0644);
	gt_daemon_find(root, "dockerd", &d);
	assert_int_equal(d.pid, 50);
	assert_int_equal(d.started_at, 1700000123);
	assert_true(d.nofile_known);
	assert_int_equal(d.nofile_hard, 4096);
	assert_int_equal(d.may_raise, GT_NO);
	gt_daemon_find(root, "containerd", &d);
	assert_int_equal(d.pid, 80);
	assert_int_equal(d.started_at, 0);
	assert_true(d.nofile_hard == UINT64_MAX);
	assert_int_equal(d.may_raise, GT_UNKNOWN);
	gt_daemon_find(root, "crio", &d);
	assert_int_equal(d.pid, 0);
	if (getuid() == 0) { /* anybody may call a process dockerd */
		char path[128];

		(void)snprintf(path, sizeof(path), "%s/proc/50", dir);
		assert_int_equal(chown(path, 65534, 65534), 0);
		gt_daemon_find(root, "dockerd", &d);
		assert_int_equal(d.pid, 60);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_run_output_and_status),
		cmocka_unit_test(test_run_what_does_not_end),
		cmocka_unit_test(test_run_too_much_and_interrupted),
		cmocka_unit_test(test_version_of_programs),
		cmocka_unit_test(test_trust_rows),
		cmocka_unit_test(test_daemon_find),
	};

	return cmocka_run_group_tests(tests, make_root, drop_root);
}
