/*
 * doctor/http.c, doctor/docker.c: answers of a daemon that may be none, over a real socket.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above */
#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>

#include "doctor/tools.h"
#include "skip.h"

#define HEAD "HTTP/1.0 200 OK\r\nServer: Docker\r\n"
#define INFO                                                                                \
	"{\"ServerVersion\":\"26.1.5\",\"DefaultRuntime\":\"runc\",\"Runtimes\":{\"runc\":" \
	"{\"path\":\"runc\"},\"gotune\":{\"path\":\"/usr/bin/gotune-runtime\"}}}"

static void test_http_body_rows(void **state)
{
	static const struct {
		const char *name, *text;
		int r;
		const char *body;
	} rows[] = {
		{"no length: up to the end", HEAD "\r\n{}", 0, "{}"},
		{"a length", HEAD "Content-Length: 2\r\n\r\n{}", 0, "{}"},
		{"bytes after it", HEAD "content-length:  2 \r\n\r\n{}xxx", 0, "{}"},
		{"bare line feeds", "HTTP/1.1 200 OK\n\n{}", 0, "{}"},
		{"no reason", "HTTP/1.1 200\r\n\r\n{}", 0, "{}"},
		{"an empty body", HEAD "\r\n", 0, ""},
		{"cut short", HEAD "Content-Length: 3\r\n\r\n{}", -EBADMSG, NULL},
		{"a length that is none", HEAD "Content-Length: -1\r\n\r\n{}", -EBADMSG, NULL},
		{"a length beyond 64 bits",
		 HEAD "Content-Length: 99999999999999999999999999\r\n\r\n{}", -EBADMSG, NULL},
		{"chunks", HEAD "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n", -EBADMSG,
		 NULL},
		{"another status", "HTTP/1.0 404 Not Found\r\n\r\n{}", -EREMOTEIO, NULL},
		{"2000 is not 200", "HTTP/1.0 2000 OK\r\n\r\n{}", -EBADMSG, NULL},
		{"no head's end", HEAD "Content-Length: 2\r\n", -EAGAIN, NULL},
		{"no line", "HTTP/1.0 200 OK", -EAGAIN, NULL},
		{"not HTTP", "SSH-2.0-OpenSSH_9.2\r\n\r\n", -EBADMSG, NULL},
		{"nothing", "", -EAGAIN, NULL},
	};

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++) {
		const char *body = NULL;
		size_t len = 0;
		int r = gt_http_body(rows[i].text, strlen(rows[i].text), &body, &len);

		if (r != rows[i].r)
			fail_msg("%s: %d, not %d", rows[i].name, r, rows[i].r);
		if (r == 0 && (len != strlen(rows[i].body) || memcmp(body, rows[i].body, len) != 0))
			fail_msg("%s: body '%.*s'", rows[i].name, (int)len, body);
	}
}

static void test_docker_info(void **state)
{
	struct gt_docker_info i = {0};

	(void)state;
	assert_int_equal(gt_docker_info_parse(INFO, strlen(INFO), &i, NULL), 0);
	assert_true(i.has_runtime);
	assert_string_equal(i.runtime_path, "/usr/bin/gotune-runtime");
	assert_string_equal(i.default_runtime, "runc");
	assert_string_equal(i.version, "26.1.5");
	assert_int_equal(gt_docker_info_parse("{\"Runtimes\":{}}", 15, &i, NULL), 0);
	assert_false(i.has_runtime);
	assert_int_equal(gt_docker_info_parse("[]", 2, &i, NULL), -EINVAL);
	assert_int_equal(gt_docker_info_parse("{", 1, &i, NULL), -EINVAL);
}

/* ---- over a socket ---- */

static char socket_path[64];

/* A daemon that answers ANSWER REPEAT times, then WAIT_MS later closes. */
static pid_t serve(const char *answer, unsigned repeat, unsigned wait_ms)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	int s = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	pid_t pid;

	(void)snprintf(socket_path, sizeof(socket_path), "/tmp/gt-doctor-%d.sock", getpid());
	(void)unlink(socket_path);
	(void)gt_copy_str(a.sun_path, sizeof(a.sun_path), socket_path);
	assert_true(s >= 0 && bind(s, (struct sockaddr *)&a, sizeof(a)) == 0 && listen(s, 1) == 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		const struct timespec t = {.tv_sec = wait_ms / 1000,
					   .tv_nsec = wait_ms % 1000 * 1000000L};
		char request[512];
		int c;

		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		c = accept(s, NULL, NULL);
		(void)!read(c, request, sizeof(request));
		for (unsigned n = 0; n < repeat; n++) {
			if (send(c, answer, strlen(answer), MSG_NOSIGNAL) < 0)
				break;
		}
		(void)nanosleep(&t, NULL);
		_exit(0);
	}
	close(s);
	return pid;
}

static int ask(pid_t pid, struct gt_docker_info *ret, struct gt_err *e)
{
	int r = gt_docker_ask(socket_path, 500, ret, e);

	(void)kill(pid, SIGKILL);
	(void)waitpid(pid, NULL, 0);
	(void)unlink(socket_path);
	return r;
}

static void test_docker_ask(void **state)
{
	struct gt_docker_info i = {0};
	struct gt_err e = {0};

	(void)state;
	if (getuid() != 0)
		SKIP("who answers must be root");
	assert_int_equal(ask(serve(HEAD "\r\n" INFO, 1, 0), &i, &e), 0);
	assert_true(i.has_runtime);
}

static void test_docker_ask_hostile(void **state)
{
	static char big[1 << 16];
	struct gt_docker_info i = {0};
	struct gt_err e = {0};

	(void)state;
	if (getuid() != 0)
		SKIP("who answers must be root");
	memset(big, 'x', sizeof(big) - 1);
	assert_int_equal(ask(serve("", 0, 60000), &i, &e), -ETIMEDOUT);
	assert_int_equal(ask(serve("garbage\n\n", 1, 0), &i, &e), -EBADMSG);
	assert_int_equal(ask(serve(HEAD "\r\n{\"Runtimes\":", 1, 0), &i, &e), -EINVAL);
	assert_int_equal(ask(serve(big, 1600, 0), &i, &e), -EFBIG); /* 100 MiB */
	assert_int_equal(gt_docker_ask("/nowhere/docker.sock", 500, &i, &e), -ENOENT);
	assert_true(e.msg[0] != '\0');
}

static void test_version_in_rows(void **state)
{
	static const struct {
		const char *text, *want; /* NULL: none */
	} rows[] = {
		{"runc version 1.1.5+ds1\ncommit: 1.1.5\n", "1.1.5+ds1"},
		{"crun version 1.8.1\ncommit: f8a096be060b22cc\n", "1.8.1"},
		{"Docker version 20.10.24+dfsg1, build 297e128\n", "20.10.24+dfsg1"},
		{"containerd github.com/containerd/containerd 1.6.20~ds1 1.6.20~ds1-1+b1\n",
		 "1.6.20~ds1"},
		{"containerd containerd.io v1.7.24 88bf19b2\n", "1.7.24"},
		{"podman version 4.3.1", "4.3.1"},
		{"crio version 1.33.0\nVersion:        1.33.0\n", "1.33.0"},
		{"oci-gotune-hook 0.1.0\n", "0.1.0"},
		{"build 42 of today", NULL},
		{"version unknown", NULL},
		{"v", NULL},
		{"", NULL},
	};

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(rows); i++) {
		char got[64] = "";
		bool found = gt_version_in(rows[i].text, strlen(rows[i].text), got, sizeof(got));

		if (found != (rows[i].want != NULL) || (found && strcmp(got, rows[i].want) != 0))
			fail_msg("%s: %s", rows[i].text, found ? got : "none");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_http_body_rows),	cmocka_unit_test(test_docker_info),
		cmocka_unit_test(test_docker_ask),	cmocka_unit_test(test_docker_ask_hostile),
		cmocka_unit_test(test_version_in_rows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
