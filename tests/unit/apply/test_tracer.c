/*
 * The tracer as a process: whom it takes hold of, what it keeps, how its end is learnt of. Linux,
 * ptrace of a sibling: needs CAP_SYS_PTRACE where Yama restricts it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "apply/tracer.h"
#include "gotune/apply.h"
#include "gotune/base.h"
#include "skip.h"

/* A process that execs env when it is told to, and the pipe that the tracer is to keep. */
struct scene {
	pid_t pid;
	int go, out, kept[2];
	uint64_t start;
};

static void wait_and_exec(int go, int out)
{
	char *const argv[] = {(char[]){"/usr/bin/env"}, NULL};
	char *const env[] = {(char[]){"A=1"}, NULL};
	char c;

	if (read(go, &c, 1) == 1 && dup2(out, 1) == 1)
		(void)execve(argv[0], argv, env);
	_exit(120);
}

static int begin(void **state)
{
	static struct scene s;
	int go[2], out[2], root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (root < 0 || pipe2(go, O_CLOEXEC) < 0 || pipe2(out, O_CLOEXEC) < 0 ||
	    pipe2(s.kept, O_CLOEXEC) < 0)
		return -1;
	s.pid = fork();
	if (s.pid == 0) {
		close(go[1]);
		wait_and_exec(go[0], out[1]);
	}
	close(go[0]);
	close(out[1]);
	s.go = go[1];
	s.out = out[0];
	*state = &s;
	if (gt_start_time(root, s.pid, &s.start) < 0)
		return -1;
	close(root);
	return 0;
}

static int end(void **state)
{
	struct scene *s = *state;

	close(s->go); /* ends a process that still waits */
	close(s->out);
	close(s->kept[0]);
	close(s->kept[1]);
	return waitpid(s->pid, NULL, 0) == s->pid ? 0 : -1;
}

/* In the tracer: the wait has become a long one. */
static void shrink(void *ctx)
{
	(void)!write(((struct scene *)ctx)->kept[1], "shrunk, ", 8);
}

/* In the tracer: everything but three descriptors and the kept one is closed. */
static void done(void *ctx, const struct gt_barrier_result *res)
{
	struct scene *s = ctx;
	char path[64], target[64] = "", text[128];
	int extra = 0, n;

	for (int fd = 3; fd < 64; fd++)
		extra += fd != s->kept[1] && fcntl(fd, F_GETFD) >= 0;
	(void)snprintf(path, sizeof(path), "/proc/self/fd/1");
	(void)!readlink(path, target, sizeof(target) - 1);
	n = snprintf(text, sizeof(text), "exec %d, extra %d, stdout %s", res->exec_seen, extra,
		     target);
	(void)!write(s->kept[1], text, (size_t)n);
}

static struct gt_tracer tracer_of(struct scene *s)
{
	return (struct gt_tracer){s->kept[1], shrink, done, s};
}

static struct gt_barrier_job job_for(int64_t pid, uint64_t start)
{
	struct gt_barrier_job job = {.pid = pid, .pid_start = start, .n_env = 1};

	(void)gt_copy_str(job.env[0].name, sizeof(job.env[0].name), "GOMAXPROCS");
	(void)gt_copy_str(job.env[0].value, sizeof(job.env[0].value), "3");
	return job;
}

static bool is_traced(pid_t pid)
{
	char path[64], text[4096] = "";
	FILE *f;

	(void)snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	f = fopen(path, "re");
	assert_non_null(f);
	(void)!fread(text, 1, sizeof(text) - 1, f);
	(void)fclose(f);
	return !strstr(text, "TracerPid:\t0\n");
}

static int start(struct scene *s, const struct gt_barrier_job *job)
{
	struct gt_tracer t = tracer_of(s);
	struct gt_err e = {0};
	int r = gt_tracer_start(job, &t, &e);

	if (r == -EPERM)
		SKIP("a sibling may not be traced here");
	return r;
}

/* The init is sent SIGNALS times SIGURG, as runc's Go runtime does, and told to start after
 * WAIT_MS.
 */
static void check_start(struct scene *s, int signals, unsigned wait_ms, const char *report)
{
	struct gt_barrier_job job = job_for(s->pid, s->start);
	char *text = NULL;

	assert_int_equal(start(s, &job), 0);
	assert_true(is_traced(s->pid));
	close(s->kept[1]);
	s->kept[1] = -1;
	for (int i = 0; i < signals; i++) {
		usleep(100000);
		assert_int_equal(kill(s->pid, SIGURG), 0);
	}
	usleep(wait_ms * 1000);
	assert_int_equal(write(s->go, "x", 1), 1);
	assert_int_equal(gt_read_all(s->out, 1 << 16, 10000, &text, NULL), 0);
	assert_string_equal(text, "A=1\nGOMAXPROCS=3\n");
	free(text);
	assert_int_equal(gt_read_all(s->kept[0], 1 << 16, 10000, &text, NULL), 0);
	assert_string_equal(text, report);
	free(text);
	while (waitpid(-1, NULL, 0) > 0) /* the tracer's, and the program's: both end */
		;
	close(s->go);
	close(s->out);
	close(s->kept[0]);
}

static void test_start_changes_and_reports(void **state)
{
	check_start(*state, 0, 0, "exec 1, extra 0, stdout /dev/null");
}

static void test_start_after_a_long_wait(void **state)
{
	check_start(*state, 0, 1500, "shrunk, exec 1, extra 0, stdout /dev/null");
}

static void test_start_after_a_long_wait_with_signals(void **state)
{
	check_start(*state, 3, 1500, "shrunk, exec 1, extra 0, stdout /dev/null");
}

/* ... which would not tell of the exec: the program would be held for as long as a long wait is. */
static void test_start_with_sigchld_ignored(void **state)
{
	struct scene *s = *state;

	assert_true(signal(SIGCHLD, SIG_IGN) != SIG_ERR);
	check_start(s, 0, 0, "exec 1, extra 0, stdout /dev/null");
	assert_true(signal(SIGCHLD, SIG_DFL) != SIG_ERR);
}

/* The pid is another process's by now: that one is let go at once. */
static void test_start_refuses_a_reused_pid(void **state)
{
	struct scene *s = *state;
	struct gt_barrier_job job = job_for(s->pid, s->start + 1);

	assert_int_equal(start(s, &job), -ESRCH);
	assert_false(is_traced(s->pid));
}

/* ---- a pid that is really reused ---- */

static pid_t waiting_child(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			pause();
	}
	return pid;
}

static void end_child(pid_t pid)
{
	(void)kill(pid, SIGKILL);
	(void)waitpid(pid, NULL, 0);
}

/* Has the kernel give the next process of this pid namespace the number PID. pid_namespaces(7). */
static bool next_is(pid_t pid)
{
	FILE *f = fopen("/proc/sys/kernel/ns_last_pid", "we");
	bool ok = f && fprintf(f, "%d", (int)pid - 1) > 0;

	return f && fclose(f) == 0 && ok;
}

/*
 * Runs as the first process of a pid namespace: exit 0 when all is as it should be, 77 when pids
 * cannot be chosen here, else the line that was wrong.
 */
static int reuse(void)
{
	int root;
	struct gt_barrier_job job;
	uint64_t start = 0;
	struct scene s = {.kept = {-1, -1}};
	struct gt_tracer t = tracer_of(&s);
	pid_t first, second;

	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("proc", "/proc", "proc", 0, NULL) < 0)
		return 77;
	root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	first = waiting_child();
	if (gt_start_time(root, first, &start) < 0)
		return 5;
	job = job_for(first, start);
	end_child(first);
	usleep(50000); /* start times are counted in ticks of 10 ms */
	if (!next_is(first))
		return 77;
	second = waiting_child();
	if (second != first)
		return 77;
	if (gt_tracer_start(&job, &t, NULL) != -ESRCH)
		return 1;
	if (is_traced(second))
		return 2;
	/* ... and with its own start time it is taken: the refusal was for this reason. */
	if (gt_start_time(root, second, &start) < 0 || start == job.pid_start)
		return 3;
	job.pid_start = start;
	if (gt_tracer_start(&job, &t, NULL) != 0 || !is_traced(second))
		return 4;
	end_child(second);
	return 0;
}

static void test_start_refuses_a_pid_that_was_reused(void **state)
{
	pid_t outer = fork();
	int status = 0;

	(void)state;
	if (outer == 0) {
		pid_t inner;

		if (unshare(CLONE_NEWPID | CLONE_NEWNS) < 0)
			_exit(77);
		inner = fork();
		if (inner == 0)
			_exit(reuse());
		_exit(waitpid(inner, &status, 0) == inner && WIFEXITED(status) ? WEXITSTATUS(status)
									       : 99);
	}
	assert_int_equal(waitpid(outer, &status, 0), outer);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
		SKIP("pids cannot be chosen here (no CAP_SYS_ADMIN?)");
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void test_start_of_a_process_that_has_gone(void **state)
{
	struct scene *s = *state;
	struct gt_barrier_job job = job_for((1 << 22) - 1, 5);

	assert_int_equal(start(s, &job), -ESRCH);
}

/* One tracer is there already: the second says so and leaves no process behind. */
static void test_start_twice(void **state)
{
	struct scene *s = *state;
	struct gt_barrier_job job = job_for(s->pid, s->start);
	struct gt_tracer t = tracer_of(s);
	struct gt_err e = {0};

	assert_int_equal(start(s, &job), 0);
	assert_int_equal(gt_tracer_start(&job, &t, &e), -EPERM);
	assert_true(is_traced(s->pid));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_start_refuses_a_reused_pid, begin, end),
		cmocka_unit_test(test_start_refuses_a_pid_that_was_reused),
		cmocka_unit_test_setup_teardown(test_start_of_a_process_that_has_gone, begin, end),
		cmocka_unit_test_setup_teardown(test_start_twice, begin, end),
		cmocka_unit_test_setup(test_start_changes_and_reports, begin),
		cmocka_unit_test_setup(test_start_after_a_long_wait, begin),
		cmocka_unit_test_setup(test_start_after_a_long_wait_with_signals, begin),
		cmocka_unit_test_setup(test_start_with_sigchld_ignored, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
