/* Frames from a runtime that takes its time, or cuts them as nobody else would. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "gotune/sandbox.h"
#include "nri/trunk.h"

#define WAIT_MS 10000

/* A child that writes the LEN bytes at P to FD, SOME at a time, with a pause of PAUSE_US. */
static pid_t write_slowly(int fd, const char *p, size_t len, size_t some, unsigned pause_us)
{
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	for (size_t at = 0; at < len; at += some) {
		size_t n = len - at < some ? len - at : some;

		if (write(fd, p + at, n) != (ssize_t)n)
			_exit(1);
		(void)usleep(pause_us);
	}
	_exit(0);
}

/* A ttrpc request of four bytes on conn 1, in frames of one byte each. */
static void make_shreds(struct gt_buf *b, const char *payload)
{
	static const char head[] = {0, 0, 0, 4, 0, 0, 0, 9, 1, 0};
	static const char frame[] = {0, 0, 0, 1, 0, 0, 0, 1};

	for (size_t i = 0; i < sizeof(head); i++) {
		gt_buf_add(b, frame, sizeof(frame));
		gt_buf_add(b, head + i, 1);
	}
	for (size_t i = 0; i < 4; i++) {
		gt_buf_add(b, frame, sizeof(frame));
		gt_buf_add(b, payload + i, 1);
		/* Empty ones, and those of nobody's, lie between. */
		gt_buf_add(b, "\0\0\0\1\0\0\0\0\0\0\0\7\0\0\0\1x", 17);
	}
}

static void test_late_and_in_shreds(void **state)
{
	_cleanup_(gt_buf_done) struct gt_buf b = {0};
	struct gt_nri_message m = {0};
	struct gt_nri_trunk t;
	struct gt_err e = {0};
	int fds[2], status = -1;
	pid_t pid;

	(void)state;
	make_shreds(&b, "abcd");
	make_shreds(&b, "efgh");
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	pid = write_slowly(fds[0], b.p, b.len, 1, 500);
	close(fds[0]);
	t = (struct gt_nri_trunk){.fd = fds[1]};
	assert_int_equal(gt_nri_trunk_next(&t, &m, &e), 1);
	assert_int_equal(m.stream, 9);
	assert_memory_equal(m.p, "abcd", 4);
	assert_int_equal(gt_nri_trunk_next(&t, &m, &e), 1);
	assert_memory_equal(m.p, "efgh", 4);
	assert_int_equal(gt_nri_trunk_next(&t, &m, &e), 0);
	assert_int_equal(gt_reap_within(pid, WAIT_MS, &status), 0);
	assert_int_equal(status, 0);
	gt_nri_trunk_done(&t);
	close(fds[1]);
}

/* Two messages of the two conns, whose frames alternate. */
static void test_two_conns_in_turn(void **state)
{
	static const char bytes[] = "\0\0\0\1\0\0\0\x0a\0\0\0\2\0\0\0\1\1\0"
				    "\0\0\0\2\0\0\0\x0a\0\0\0\2\0\0\0\3\2\0"
				    "\0\0\0\1\0\0\0\2xy"
				    "\0\0\0\2\0\0\0\2zw";
	struct gt_nri_message m = {0};
	struct gt_nri_trunk t;
	struct gt_err e = {0};
	int fds[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	assert_int_equal(write(fds[0], bytes, sizeof(bytes) - 1), (ssize_t)sizeof(bytes) - 1);
	close(fds[0]);
	t = (struct gt_nri_trunk){.fd = fds[1]};
	assert_int_equal(gt_nri_trunk_next(&t, &m, &e), 1);
	assert_int_equal(m.conn, GT_NRI_CONN_PLUGIN);
	assert_memory_equal(m.p, "xy", 2);
	assert_int_equal(gt_nri_trunk_next(&t, &m, &e), 1);
	assert_int_equal(m.conn, GT_NRI_CONN_RUNTIME);
	assert_memory_equal(m.p, "zw", 2);
	assert_int_equal(gt_nri_trunk_next(&t, &m, &e), 0);
	gt_nri_trunk_done(&t);
	close(fds[1]);
}

/* Random bytes: an end or an error, and never more than a message and a frame is kept. */
static void test_random_bytes(void **state)
{
	uint64_t seed = 7;

	(void)state;
	for (unsigned round = 0; round < 200; round++) {
		char bytes[4096];
		struct gt_nri_message m = {0};
		struct gt_nri_trunk t;
		struct gt_err e = {0};
		int fds[2], r = 1;

		for (size_t i = 0; i < sizeof(bytes); i++) {
			seed = seed * 6364136223846793005u + 1442695040888963407u;
			/* Mostly small numbers, so that headers are often good ones. */
			bytes[i] = (char)(seed >> 60 < 12 ? seed >> 40 & 3 : seed >> 56);
		}
		assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
		assert_int_equal(write(fds[0], bytes, sizeof(bytes)), sizeof(bytes));
		close(fds[0]);
		t = (struct gt_nri_trunk){.fd = fds[1]};
		while (r > 0) {
			r = gt_nri_trunk_next(&t, &m, &e);
			if (r > 0)
				assert_in_range(m.len, 0, sizeof(bytes));
		}
		gt_nri_trunk_done(&t);
		close(fds[1]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_late_and_in_shreds),
		cmocka_unit_test(test_two_conns_in_turn),
		cmocka_unit_test(test_random_bytes),
	};

	(void)signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
