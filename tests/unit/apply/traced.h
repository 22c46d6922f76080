/*
 * A process that waits to be told to exec a program, and the text that it then prints: something to
 * be traced.
 */
#ifndef TESTS_TRACED_H
#define TESTS_TRACED_H

#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gotune/base.h"

/* A child that waits for a byte and then execs ARGV with ENV; its output comes through OUT. */
struct child {
	pid_t pid;
	int go, out;
};

/* A seccomp profile for the next child; NULL: none. */
static const struct sock_fprog *filter;

static void unblock_and_exec(int go, int out, const char *const *argv, const char *const *env)
{
	sigset_t none;
	char c;

	(void)prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0); /* Yama: also by a sibling */
	if (read(go, &c, 1) != 1)
		_exit(120);
	(void)sigemptyset(&none); /* the follower blocks SIGCHLD, which an exec would pass on */
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)dup2(out, 1);
	if (filter && (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
		       prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, filter) < 0))
		_exit(122);
	/* execve's prototype lacks a const that it keeps */
	execve(argv[0], (char *const *)(uintptr_t)argv, (char *const *)(uintptr_t)env);
	_exit(121);
}

static struct child start(const char *const *argv, const char *const *env)
{
	int go[2], out[2];
	pid_t pid;

	assert_int_equal(pipe2(go, O_CLOEXEC), 0);
	assert_int_equal(pipe2(out, O_CLOEXEC), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		close(go[1]);
		unblock_and_exec(go[0], out[1], argv, env);
	}
	close(go[0]);
	close(out[1]);
	return (struct child){pid, go[1], out[0]};
}

/* Lets it exec. */
static void let_exec(const struct child *c)
{
	assert_int_equal(write(c->go, "x", 1), 1);
}

/* What the program printed (freed by the caller), when nobody has its output any more. */
static char *read_output(struct child *c)
{
	char *text = NULL;
	size_t len = 0;

	assert_int_equal(gt_read_all(c->out, 8 << 20, 20000, &text, &len), 0);
	close(c->go);
	close(c->out);
	return text;
}

static int reap(const struct child *c)
{
	int status = -1;

	assert_int_equal(waitpid(c->pid, &status, 0), c->pid);
	return status;
}

#endif
