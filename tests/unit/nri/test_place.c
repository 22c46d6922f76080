/* Whose process ids and cgroups are the runtime's? With real namespaces, so as root. */
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "../skip.h"
#include "nri/place.h"

/* Runs FN in a child; its exit status. */
static int in_child(int (*fn)(int sock), int sock)
{
	int status = -1;
	pid_t pid = fork();

	if (pid == 0)
		_exit(fn(sock));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static int ask(int sock)
{
	return gt_nri_shares_pids(sock);
}

/* Asks from the first process of a namespace of its own, which sees the procfs of the one above. */
static int ask_from_below(int sock)
{
	return unshare(CLONE_NEWPID) < 0 ? 99 : in_child(ask, sock);
}

/* Connects to LISTENER, and stays until the other end is closed. */
static int connect_to(int listener)
{
	struct sockaddr_un a;
	socklen_t len = sizeof(a);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char c;

	if (fd < 0 || getsockname(listener, (struct sockaddr *)&a, &len) < 0 ||
	    connect(fd, (const struct sockaddr *)&a, len) < 0)
		return 99;
	return read(fd, &c, 1) == 0 ? 0 : 99;
}

static int connect_from_below(int listener)
{
	return unshare(CLONE_NEWPID) < 0 ? 99 : in_child(connect_to, listener);
}

/* A connection whose other end is the first process of a namespace of its own. */
static void ask_of_one_below(void)
{
	const struct sockaddr_un any = {.sun_family = AF_UNIX};
	int fd, status = -1, listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	pid_t pid;

	/* Without a name it gets one that no file has: unix(7), autobind. */
	assert_int_equal(bind(listener, (const struct sockaddr *)&any, sizeof(sa_family_t)), 0);
	assert_int_equal(listen(listener, 1), 0);
	pid = fork();
	if (pid == 0)
		_exit(connect_from_below(listener));
	fd = accept(listener, NULL, NULL);
	assert_true(fd >= 0);
	assert_false(gt_nri_shares_pids(fd));
	close(fd);
	close(listener);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void test_shares_pids(void **state)
{
	int pair[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	assert_true(gt_nri_shares_pids(pair[0]));
	assert_false(gt_nri_shares_pids(STDIN_FILENO)); /* no socket, or not one of ours */
	if (geteuid() != 0)
		SKIP("needs root: it makes namespaces of process ids");
	assert_int_equal(in_child(ask_from_below, pair[0]), false);
	ask_of_one_below();
	close(pair[0]);
	close(pair[1]);
}

static ino_t cgroups_of(const char *path)
{
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	return st.st_ino;
}

/* 0: it was elsewhere, and is where SOCK's maker is. */
static int join(int sock)
{
	ino_t there = cgroups_of("/proc/self/ns/cgroup");

	if (unshare(CLONE_NEWCGROUP) < 0)
		return 99;
	if (cgroups_of("/proc/self/ns/cgroup") == there)
		return 98;
	if (gt_nri_join_cgroups(sock) < 0)
		return 97;
	return cgroups_of("/proc/self/ns/cgroup") == there ? 0 : 1;
}

static void test_join_cgroups(void **state)
{
	int pair[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	assert_int_equal(gt_nri_join_cgroups(pair[0]), 0); /* we are there */
	assert_true(gt_nri_join_cgroups(-1) < 0);
	if (geteuid() != 0)
		SKIP("needs root: it makes a cgroup namespace");
	assert_int_equal(in_child(join, pair[0]), 0);
	close(pair[0]);
	close(pair[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shares_pids),
		cmocka_unit_test(test_join_cgroups),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
