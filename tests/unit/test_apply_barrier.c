/*
 * The exec barrier on real processes: a child that execs a real program is seized, changed and let
 * go; what the program then says of itself is compared. Linux, ptrace of one's own children.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "gotune/apart.h"
#include "gotune/apply.h"
#include "gotune/arch.h"
#include "gotune/file.h"

/* A child that waits for a byte and then execs ARGV with ENV; its output comes through OUT. */
struct child {
	pid_t pid;
	int go, out;
};

static void unblock_and_exec(int go, int out, const char *const *argv, const char *const *env)
{
	char c;

	if (read(go, &c, 1) != 1)
		_exit(120);
	(void)dup2(out, 1);
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
	if (pid == 0)
		unblock_and_exec(go[0], out[1], argv, env);
	close(go[0]);
	close(out[1]);
	return (struct child){pid, go[1], out[0]};
}

/* Seizes, lets go, waits; returns what the program printed (freed by the caller). */
static char *run(struct child *c, struct gt_barrier_job *job, struct gt_barrier_result *ret)
{
	char *text = NULL;
	size_t len = 0;

	job->pid = c->pid;
	assert_int_equal(gt_barrier_seize(c->pid), 0);
	assert_int_equal(write(c->go, "x", 1), 1);
	gt_barrier_wait(job, gt_apart, NULL, ret);
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

static void add(struct gt_barrier_job *j, const char *name, const char *value, const char *expect)
{
	struct gt_barrier_env *e = &j->env[j->n_env++];

	assert_true(gt_copy_str(e->name, sizeof(e->name), name));
	assert_true(gt_copy_str(e->value, sizeof(e->value), value));
	e->has_expect = expect != NULL;
	if (expect)
		assert_true(gt_copy_str(e->expect, sizeof(e->expect), expect));
}

static const char show_env[] = "tr '\\0' '\\n' </proc/$$/environ; echo --; exec /usr/bin/env";

static void test_barrier_adds_and_replaces(void **state)
{
	const char *const argv[] = {"/bin/sh", "-c", show_env, NULL};
	const char *const env[] = {"PATH=/usr/bin:/bin", "GODEBUG=a=1", "Z=9", NULL};
	struct child c = start(argv, env);
	struct gt_barrier_job job = {0};
	struct gt_barrier_result res;
	char *text;

	(void)state;
	add(&job, "GOMAXPROCS", "3", NULL);
	add(&job, "GODEBUG", "a=1,gctrace=1", "a=1");
	add(&job, "GOMEMLIMIT", "460MiB", NULL);
	text = run(&c, &job, &res);
	assert_true(res.exec_seen);
	assert_false(res.stale_environ);
	assert_int_equal(res.env_error[0], 0);
	/* /proc/PID/environ, in the kernel's own words, then what a child inherits. */
	assert_non_null(strstr(
		text,
		"PATH=/usr/bin:/bin\nGODEBUG=a=1,gctrace=1\nZ=9\nGOMAXPROCS=3\nGOMEMLIMIT=460MiB\n--\n"));
	assert_non_null(strstr(strstr(text, "--\n"), "GODEBUG=a=1,gctrace=1\n"));
	assert_non_null(strstr(strstr(text, "--\n"), "GOMAXPROCS=3\n"));
	assert_int_equal(reap(&c), 0);
	free(text);
}

static void test_barrier_keeps_what_others_set(void **state)
{
	const char *const argv[] = {"/usr/bin/env", NULL};
	const char *const env[] = {"GOMAXPROCS=7", NULL};
	struct child c = start(argv, env);
	struct gt_barrier_job job = {0};
	struct gt_barrier_result res;
	char *text;

	(void)state;
	add(&job, "GOMAXPROCS", "3", NULL);
	text = run(&c, &job, &res);
	assert_int_equal(res.env_error[0], -EEXIST);
	assert_string_equal(text, "GOMAXPROCS=7\n");
	assert_int_equal(reap(&c), 0);
	free(text);
}

/* With some 200 KB of environment the new stack does not fit below the old one. */
static void test_barrier_with_a_huge_environment(void **state)
{
	const char *const argv[] = {"/usr/bin/env", NULL};
	char *big = malloc(100001), *big2 = malloc(100001);
	const char *const env[] = {big, big2, "GOGC=50", NULL};
	struct gt_barrier_job job = {0};
	struct gt_barrier_result res;
	struct child c;
	char *text;

	(void)state;
	assert_non_null(big);
	assert_non_null(big2);
	memset(big, 'x', 100000);
	memset(big2, 'y', 100000);
	big[1] = big2[1] = '=';
	big[100000] = big2[100000] = '\0';
	c = start(argv, env);
	add(&job, "GOGC", "60", "50");
	add(&job, "GOMAXPROCS", "2", NULL);
	text = run(&c, &job, &res);
	assert_true(res.stale_environ);
	assert_int_equal(strlen(text), 200002 + strlen("GOGC=60\nGOMAXPROCS=2\n"));
	assert_non_null(strstr(text, "\nGOGC=60\nGOMAXPROCS=2\n"));
	assert_int_equal(reap(&c), 0);
	free(text);
	free(big);
	free(big2);
}

/* A signal that waits at the exec must arrive, and not be mistaken for one of our stops. */
static void test_barrier_passes_signals_on(void **state)
{
	const char *const argv[] = {"/bin/sh", "-c", "echo $GOGC; sleep 20", NULL};
	const char *const env[] = {"PATH=/usr/bin:/bin", NULL};

	(void)state;
	for (int i = 0; i < 20; i++) {
		struct child c = start(argv, env);
		struct gt_barrier_job job = {.pid = c.pid};
		struct gt_barrier_result res;
		int status;

		add(&job, "GOGC", "60", NULL);
		assert_int_equal(gt_barrier_seize(c.pid), 0);
		assert_int_equal(kill(c.pid, SIGURG), 0);
		assert_int_equal(write(c.go, "x", 1), 1);
		assert_int_equal(kill(c.pid, SIGURG), 0);
		if (i % 2)
			assert_int_equal(kill(c.pid, SIGTERM), 0);
		gt_barrier_wait(&job, gt_apart, NULL, &res);
		if (i % 2 == 0) {
			assert_true(res.exec_seen);
			assert_int_equal(res.env_error[0], 0);
			assert_int_equal(kill(c.pid, SIGTERM), 0);
		}
		if (res.exec_seen) { /* otherwise the tracer's wait has reaped it */
			status = reap(&c);
			assert_true(WIFSIGNALED(status));
			assert_int_equal(WTERMSIG(status), SIGTERM);
		}
		close(c.go);
		close(c.out); /* only now: a shell that is still to print would get SIGPIPE */
	}
}

static void test_barrier_ends_when_the_init_dies(void **state)
{
	const char *const argv[] = {"/bin/true", NULL};
	const char *const env[] = {NULL};
	struct child c = start(argv, env);
	struct gt_barrier_job job = {.pid = c.pid};
	struct gt_barrier_result res;

	(void)state;
	assert_int_equal(gt_barrier_seize(c.pid), 0);
	assert_int_equal(kill(c.pid, SIGKILL), 0);
	gt_barrier_wait(&job, gt_apart, NULL, &res);
	assert_false(res.exec_seen);
	close(c.go);
	close(c.out);
}

static void test_barrier_raises_the_soft_limit(void **state)
{
	const char *const argv[] = {"/bin/sh", "-c", "ulimit -Sn; ulimit -Hn", NULL};
	const char *const env[] = {NULL};
	struct rlimit old, low;
	struct gt_barrier_job job = {.set_nofile = true, .nofile_soft = 600, .nofile_hard = 700};
	struct gt_barrier_result res;
	struct child c;
	char *text, want[64];

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
	low = old;
	low.rlim_cur = 512;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
	c = start(argv, env);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
	text = run(&c, &job, &res);
	(void)snprintf(want, sizeof(want), "600\n%llu\n", (unsigned long long)old.rlim_max);
	assert_string_equal(text, want);
	assert_int_equal(res.nofile_error, 0);
	assert_int_equal(res.nofile_soft, 600);
	assert_int_equal(res.nofile_hard, old.rlim_max); /* never lowered */
	assert_int_equal(reap(&c), 0);
	free(text);
}

static void test_barrier_sees_another_program(void **state)
{
	const char *const argv[] = {"/bin/true", NULL};
	const char *const env[] = {NULL};
	struct child c = start(argv, env);
	struct gt_barrier_job job = {.dev = 1, .ino = 1};
	struct gt_barrier_result res;
	char *text = run(&c, &job, &res);

	(void)state;
	assert_true(res.exec_seen && res.other_program);
	assert_int_equal(reap(&c), 0);
	free(text);
}

/* What may stand behind a system call that is borrowed from the vDSO: should the tracer be killed
 * there, the program must find its way to its entry. */
static void test_arch_returns_only_where_nothing_is_lost(void **state)
{
	static const struct {
		const char *name;
		unsigned char code[16];
		size_t len;
		int want;
	} row[] = {
#if defined(__x86_64__)
		{"ret", {0xc3}, 1, 1},
		{"Linux 6.18: xor edx, ecx, esi, edi, r11d; ret",
		 {0x31, 0xd2, 0x31, 0xc9, 0x31, 0xf6, 0x31, 0xff, 0x45, 0x31, 0xdb, 0xc3},
		 12,
		 2},
		{"xor ecx; ret", {0x31, 0xc9, 0xc3}, 3, 1},
		{"leave; ret", {0xc9, 0xc3}, 2, 0},
		{"xor esp; ret", {0x31, 0xe4, 0xc3}, 3, 0},
		{"xor edx, ecx; ret", {0x31, 0xca, 0xc3}, 3, 0},
		{"cut", {0x31, 0xd2, 0x31}, 3, 0},
		{"cut behind a prefix", {0x45}, 1, 0},
		{"nothing", {0}, 0, 0},
#else
		{"ret", {0xc0, 0x03, 0x5f, 0xd6}, 4, 1},
		{"cut", {0xc0, 0x03}, 2, 0},
#endif
	};

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(row); i++) {
		if (gt_arch_returns(row[i].code, row[i].len) != row[i].want)
			fail_msg("row \"%s\"", row[i].name);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_barrier_adds_and_replaces),
		cmocka_unit_test(test_barrier_keeps_what_others_set),
		cmocka_unit_test(test_barrier_with_a_huge_environment),
		cmocka_unit_test(test_barrier_passes_signals_on),
		cmocka_unit_test(test_barrier_ends_when_the_init_dies),
		cmocka_unit_test(test_barrier_raises_the_soft_limit),
		cmocka_unit_test(test_barrier_sees_another_program),
		cmocka_unit_test(test_arch_returns_only_where_nothing_is_lost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
