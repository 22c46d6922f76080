/* One gRPC call to a server of the test's own, which answers badly. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cmocka.h>

#include "gotune/sandbox.h"
#include "nri/grpc.h"

#define TIME_MS	 300
#define SLACK_MS 2000

/* Frames as a server sends them. Stream 1 is the call's. */
#define SETTINGS "\0\0\0\x04\0\0\0\0\0"
#define PING	 "\0\0\x08\x06\0\0\0\0\0abcdefgh"
#define HEADERS	 "\0\0\x01\x01\x04\0\0\0\x01\x88"
#define TRAILERS "\0\0\x01\x01\x05\0\0\0\x01\x88"
#define GOAWAY	 "\0\0\x08\x07\0\0\0\0\0\0\0\0\0\0\0\0\0"
#define RESET	 "\0\0\x04\x03\0\0\0\0\x01\0\0\0\x08"

static const struct {
	const char *name, *bytes;
	size_t len;
	bool stays; /* the server says nothing more, and does not close */
	int ret;
	const char *answer;
} rows[] = {
#define BYTES(s) (s), sizeof(s) - 1
	{"an answer",
	 BYTES(SETTINGS HEADERS "\0\0\x08\0\0\0\0\0\x01\0\0\0\0\x03"
				"abc" TRAILERS),
	 true, 0, "abc"},
	{"in two parts, with a ping between",
	 BYTES(SETTINGS HEADERS "\0\0\x06\0\0\0\0\0\x01\0\0\0\0\x03"
				"a" PING "\0\0\x02\0\0\0\0\0\x01"
				"bc" TRAILERS),
	 true, 0, "abc"},
	{"padded",
	 BYTES(SETTINGS "\0\0\x0b\0\x09\0\0\0\x01\x02\0\0\0\0\x03"
			"abc\0\0"),
	 true, 0, "abc"},
	{"a status alone", BYTES(SETTINGS TRAILERS), true, -ENODATA, NULL},
	{"nothing", BYTES(""), true, -ETIMEDOUT, NULL},
	{"half a frame", BYTES("\0\0\x08\0\0"), true, -ETIMEDOUT, NULL},
	{"it closes", BYTES(SETTINGS), false, -EPIPE, NULL},
	{"it goes away", BYTES(SETTINGS GOAWAY), true, -EPIPE, NULL},
	{"it resets the stream", BYTES(SETTINGS HEADERS RESET), true, -EPIPE, NULL},
	{"a frame of 16 MiB", BYTES("\xff\xff\xff\0\0\0\0\0\x01"), true, -EPROTO, NULL},
	{"a message that is compressed",
	 BYTES(SETTINGS "\0\0\x08\0\x01\0\0\0\x01\x01\0\0\0\x03"
			"abc"),
	 true, -EPROTO, NULL},
	{"a length that lies",
	 BYTES(SETTINGS "\0\0\x08\0\x01\0\0\0\x01\0\xff\0\0\x03"
			"abc"),
	 true, -EPROTO, NULL},
	{"more than was asked for",
	 BYTES(SETTINGS "\0\0\x40\0\0\0\0\0\x01"
			"0123456789012345678901234567890123456789012345"
			"678901234567890123"),
	 true, -EFBIG, NULL},
	{"more padding than frame", BYTES("\0\0\x02\0\x09\0\0\0\x01\xff\0"), true, -EPROTO, NULL},
	{"another stream's answer",
	 BYTES(SETTINGS "\0\0\x08\0\x01\0\0\0\x03\0\0\0\0\x03"
			"abc"),
	 true, -ETIMEDOUT, NULL},
	{"text", BYTES("HTTP/1.1 400 Bad Request\r\n\r\n"), false, -EPROTO, NULL},
};

static char path[64];

/* Takes one connection, sends what the row has, and waits for its end. */
static pid_t serve(size_t row)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	int s = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), fd;
	pid_t pid;
	char buf[4096];

	strcpy(a.sun_path, path);
	(void)unlink(path);
	assert_int_equal(bind(s, (struct sockaddr *)&a, sizeof(a)), 0);
	assert_int_equal(listen(s, 1), 0);
	pid = fork();
	if (pid == 0) {
		fd = accept(s, NULL, NULL);
		if (read(fd, buf, sizeof(buf)) < 24 || memcmp(buf, "PRI * HTTP/2.0", 14) != 0)
			_exit(1);
		if (write(fd, rows[row].bytes, rows[row].len) < 0)
			_exit(1);
		while (rows[row].stays && read(fd, buf, sizeof(buf)) > 0)
			;
		_exit(0);
	}
	close(s);
	return pid;
}

static void test_rows(void **state)
{
	struct gt_buf message = {.p = (char[]){"x"}, .len = 1};

	(void)state;
	(void)snprintf(path, sizeof(path), "/tmp/gotune-grpc.%d", (int)getpid());
	for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++) {
		_cleanup_(gt_buf_done) struct gt_buf answer = {0};
		pid_t pid = serve(i);
		int64_t begin = gt_now_ms();
		const struct gt_grpc_call c = {path, "/s/Method", "k8s.io", &message,
					       begin + TIME_MS};
		struct gt_err e = {0};
		int r = gt_grpc_call(&c, 16, &answer, &e);

		print_message("%s\n", rows[i].name);
		/* A write may meet the end before the read does. */
		if (rows[i].ret == -EPIPE)
			assert_true(r == -EPIPE || r == -ECONNRESET);
		else
			assert_int_equal(r, rows[i].ret);
		assert_true(r == 0 || e.msg[0]);
		assert_in_range(gt_now_ms() - begin, 0, TIME_MS + SLACK_MS);
		if (rows[i].answer) {
			assert_int_equal(answer.len, strlen(rows[i].answer));
			assert_memory_equal(answer.p, rows[i].answer, answer.len);
		}
		(void)gt_end_child(pid);
	}
	(void)unlink(path);
}

static void test_nobody_is_there(void **state)
{
	struct gt_buf message = {0}, answer = {0};
	const struct gt_grpc_call c = {"/tmp/gotune-no-such-socket", "/s/M", NULL, &message,
				       gt_now_ms() + TIME_MS};
	struct gt_err e = {0};

	(void)state;
	assert_int_equal(gt_grpc_call(&c, 16, &answer, &e), -ENOENT);
	assert_non_null(strstr(e.msg, "/tmp/gotune-no-such-socket"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_nobody_is_there),
	};

	(void)signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
