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
#include <sys/stat.h>
#include <sys/syscall.h>

#include "apply/stack.h"
#include "apply/traced.h"
#include "gotune/apply.h"
#include "gotune/base.h"
#include "gotune/model.h"
#include "skip.h"

/* A job for the program that a child execs, and what became of it. */
struct task {
	const struct gt_barrier_job *job;
	struct gt_barrier_result *ret;
	bool seen;
	void (*before_build)(void);
};

static unsigned char room[8 << 20];

static int build(void *ctx, const struct gt_stack *stack, const struct gt_barrier_job *job,
		 bool compact, struct gt_stack_new *ret)
{
	const struct task *t = ctx;

	if (t->before_build)
		t->before_build();
	return gt_stack_build(stack, job, compact, room, sizeof(room), ret);
}

static enum gt_follow_next at_exec(void *ctx, struct gt_followed *who)
{
	struct task *t = ctx;
	struct gt_stack stack;
	unsigned char *mem = NULL;
	int r = gt_barrier_stack(who->pid, 0, &stack, &mem);

	gt_barrier_change(who->pid, t->job, r < 0 ? NULL : &stack, r, build, t, t->ret);
	free(mem);
	t->seen = true;
	return GT_FOLLOW_LEAVE;
}

static unsigned never(void *ctx, unsigned waited_ms)
{
	(void)ctx, (void)waited_ms;
	return 0;
}

static const struct gt_follow bounds = {.seconds = 20, .processes = 8, .execs = 8};

/* Follows PID, which is seized, to its exec, where JOB is done. False: there was none. */
static bool change(pid_t pid, struct task *t)
{
	const struct gt_follow_ops ops = {at_exec, never, t};
	enum gt_follow_end end = GT_FOLLOW_TIME;

	assert_int_equal(gt_follow_run(pid, &bounds, &ops, &end), 0);
	assert_int_equal(end, GT_FOLLOW_ALL_LEFT);
	return t->seen;
}

/* Seizes, lets go, waits; returns what the program printed (freed by the caller). */
static char *run(struct child *c, const struct gt_barrier_job *job, struct gt_barrier_result *ret)
{
	struct task t = {.job = job, .ret = ret};

	assert_int_equal(gt_follow_seize(c->pid), 0);
	let_exec(c);
	assert_true(change(c->pid, &t));
	return read_output(c);
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
	struct gt_barrier_job job = {.may_prctl = true};
	struct gt_barrier_result res;
	char *text;

	(void)state;
	add(&job, "GOMAXPROCS", "3", NULL);
	add(&job, "GODEBUG", "a=1,gctrace=1", "a=1");
	add(&job, "GOMEMLIMIT", "460MiB", NULL);
	text = run(&c, &job, &res);
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
	struct gt_barrier_job job = {.may_prctl = true};
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
	struct gt_barrier_job job = {.may_prctl = true};
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
		struct gt_barrier_job job = {0};
		struct gt_barrier_result res;
		struct task t = {.job = &job, .ret = &res};
		int status;

		add(&job, "GOGC", "60", NULL);
		assert_int_equal(gt_follow_seize(c.pid), 0);
		assert_int_equal(kill(c.pid, SIGURG), 0);
		let_exec(&c);
		assert_int_equal(kill(c.pid, SIGURG), 0);
		if (i % 2)
			assert_int_equal(kill(c.pid, SIGTERM), 0);
		if (!change(c.pid, &t))
			assert_int_equal(i % 2, 1);
		if (i % 2 == 0) {
			assert_int_equal(res.env_error[0], 0);
			assert_int_equal(kill(c.pid, SIGTERM), 0);
		}
		if (t.seen) { /* otherwise the tracer's wait has reaped it */
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
	struct gt_barrier_job job = {0};
	struct gt_barrier_result res;
	struct task t = {.job = &job, .ret = &res};

	(void)state;
	assert_int_equal(gt_follow_seize(c.pid), 0);
	assert_int_equal(kill(c.pid, SIGKILL), 0);
	assert_false(change(c.pid, &t));
	close(c.go);
	close(c.out);
}

/* The program is killed while we change it: nothing hangs, and its parent learns of it. */
static pid_t doomed;

static void kill_doomed(void)
{
	assert_int_equal(kill(doomed, SIGKILL), 0);
}

static void test_barrier_ends_when_the_program_dies(void **state)
{
	const char *const argv[] = {"/usr/bin/env", NULL};
	const char *const env[] = {"A=1", NULL};
	struct child c = start(argv, env);
	struct gt_barrier_job job = {.may_prctl = true};
	struct gt_barrier_result res;
	struct task t = {.job = &job, .ret = &res, .before_build = kill_doomed};

	(void)state;
	doomed = c.pid;
	add(&job, "GOGC", "60", NULL);
	assert_int_equal(gt_follow_seize(c.pid), 0);
	let_exec(&c);
	assert_true(change(c.pid, &t));
	assert_int_equal(res.env_error[0], -ESRCH);
	assert_int_equal(waitpid(c.pid, NULL, 0), -1); /* we were its tracer: it is reaped */
	close(c.go);
	close(c.out);
}

/* Without its stack nothing is changed, and each row has the reason. */
static void test_barrier_without_a_stack(void **state)
{
	struct gt_barrier_job job = {0};
	struct gt_barrier_result res;

	(void)state;
	add(&job, "GOGC", "60", NULL);
	add(&job, "GODEBUG", "x=1", NULL);
	gt_barrier_change(getpid(), &job, NULL, -ENOEXEC, build, NULL, &res);
	assert_int_equal(res.env_error[0], -ENOEXEC);
	assert_int_equal(res.env_error[1], -ENOEXEC);
	assert_int_equal(res.env_error[2], 0);
	assert_int_equal(res.nofile_error, 0);
}

/* HEAD bytes are left free before the image, and what is not stopped cannot be read. */
static void test_barrier_stack_of_nobody(void **state)
{
	struct gt_stack stack;
	unsigned char *mem = NULL;

	(void)state;
	assert_int_equal(gt_barrier_stack(INT32_MAX, 64, &stack, &mem), -ESRCH);
	assert_null(mem);
	assert_int_equal(gt_barrier_stack(getppid(), 64, &stack, &mem), -ESRCH);
	assert_null(mem);
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

/* A profile that kills for a prctl: none is made, the program starts with its variables, and
 * /proc/PID/environ does not show them. */
static void test_barrier_makes_no_prctl_that_may_kill(void **state)
{
	static const struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_prctl, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PR_SET_MM, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const char *const argv[] = {"/usr/bin/env", NULL};
	const char *const env[] = {"A=1", NULL};
	struct barrier_row {
		bool may;
		int status;
		const char *want;
	} row[] = {{false, 0, "A=1\nGOGC=60\n"}, {true, SIGSYS, ""}};

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(row); i++) {
		struct gt_barrier_job job = {.may_prctl = row[i].may};
		struct gt_barrier_result res;
		struct child c;
		char *text;
		int status;

		filter = &(struct sock_fprog){GT_ARRAY_LEN(code),
					      (struct sock_filter *)(uintptr_t)code};
		c = start(argv, env);
		filter = NULL;
		add(&job, "GOGC", "60", NULL);
		text = run(&c, &job, &res);
		assert_string_equal(text, row[i].want); /* the second row: the filter does kill */
		if (!row[i].may) {
			status = reap(&c);
			assert_int_equal(WIFSIGNALED(status) ? WTERMSIG(status) : 0, row[i].status);
			assert_true(res.stale_environ);
		}
		free(text);
	}
}

#ifdef __x86_64__

/* Somebody who may write to the program's memory, at the worst moment. */
static struct {
	pid_t victim, self;
	char *made;
} attack;

static bool is_stopped(pid_t pid)
{
	char path[32], text[512] = "";
	_cleanup_close_ int fd = -1;

	(void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	return read(fd, text, sizeof(text) - 1) > 0 && strstr(text, ") t");
}

/* Exchanges the vDSO's code, all of which leads to mkdir, and lets the victim go on. */
static void exchange_vdso(pid_t victim, const char *dir)
{
	static unsigned char page[4096], old[4096];
	unsigned char code[64] = {0xb8, SYS_mkdir, 0,	 0,   0,       /* mov eax */
				  0x48, 0x8d,	   0x3d, 9,   0, 0, 0, /* lea rdi, the name */
				  0xbe, 0xff,	   1,	 0,   0,       /* mov esi, 0777 */
				  0x0f, 0x05,	   0xeb, 0xfe};	       /* syscall; jmp . */
	char path[32];
	uint64_t at = 0;
	int mem;

	(void)snprintf(path, sizeof(path), "/proc/%d/mem", (int)victim);
	mem = open(path, O_RDWR | O_CLOEXEC);
	for (int i = 0; i < 3000 && !is_stopped(victim); i++)
		usleep(1000);
	usleep(100000); /* the tracer has gone as far as it can */
	(void)strcpy((char *)code + 21, dir);
	if (gt_stack_read_vdso(victim, &at) < 0 ||
	    pread(mem, old, sizeof(old), (off_t)at) != sizeof(old))
		_exit(1);
	memcpy(page, old, 1024); /* its headers, which the program's loader reads */
	memset(page + 1024, 0x90, sizeof(page) - 1024);
	memcpy(page + sizeof(page) - sizeof(code), code, sizeof(code));
	if (pwrite(mem, page, sizeof(page), (off_t)at) != sizeof(page))
		_exit(1);
	(void)kill(victim, SIGCONT);
	usleep(100000);
	(void)!pwrite(mem, old, sizeof(old), (off_t)at);
	_exit(0);
}

/* Runs while the program stands at its exec. */
static void begin_attack(void)
{
	assert_int_equal(kill(attack.victim, SIGSTOP), 0);
	attack.self = fork();
	if (attack.self == 0)
		exchange_vdso(attack.victim, attack.made);
}

static void test_barrier_lets_no_other_call_through(void **state)
{
	const char *const argv[] = {"/usr/bin/env", NULL};
	const char *const env[] = {"A=1", NULL};
	char dir[32] = "/tmp/gotune-swap-XXXXXX", made[40];
	struct gt_barrier_job job = {.may_prctl = true};
	struct gt_barrier_result res;
	struct task t = {.job = &job, .ret = &res, .before_build = begin_attack};
	struct child c = start(argv, env);
	char *text;
	int status = -1;

	(void)state;
	assert_non_null(mkdtemp(dir));
	(void)snprintf(made, sizeof(made), "%s/made", dir);
	attack.victim = c.pid;
	attack.made = made;
	add(&job, "GOGC", "60", NULL);
	assert_int_equal(gt_follow_seize(c.pid), 0);
	let_exec(&c);
	assert_true(change(c.pid, &t));
	text = read_output(&c);
	assert_int_equal(waitpid(attack.self, &status, 0), attack.self);
	assert_int_equal(status, 0); /* the attack was made */
	assert_string_equal(text, "A=1\nGOGC=60\n");
	assert_int_equal(reap(&c), 0);
	assert_true(res.stale_environ);
	assert_int_equal(access(made, F_OK), -1);
	assert_int_equal(rmdir(dir), 0);
	free(text);
}

#else

static void test_barrier_lets_no_other_call_through(void **state)
{
	(void)state;
	SKIP("the attack is written for x86-64");
}

#endif

/* A limited stack, and an environment that takes up much of it: what starts without us starts. */
static void test_barrier_leaves_stack_enough(void **state)
{
	static const rlim_t limits[] = {160 << 10, 200 << 10, 256 << 10, 512 << 10, 8 << 20};
	static char big[100 << 10];
	/* A shell that reads its first stack; bash needs little more than it finds. */
	const char *const argv[] = {"/bin/sh", "-c", "exit 7", NULL};
	const char *const env[] = {big, NULL};
	struct rlimit old;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_STACK, &old), 0);
	for (size_t i = 0; i < GT_ARRAY_LEN(limits); i++) {
		for (size_t kb = 60; kb < 100; kb += 4) {
			struct rlimit low = {limits[i], old.rlim_max};
			struct gt_barrier_job job = {.may_prctl = true};
			struct gt_barrier_result res;
			struct child c;

			memset(big, 'x', sizeof(big));
			big[1] = '=';
			big[kb << 10] = '\0';
			assert_int_equal(setrlimit(RLIMIT_STACK, &low), 0);
			c = start(argv, env);
			assert_int_equal(setrlimit(RLIMIT_STACK, &old), 0);
			add(&job, "GOGC", "60", NULL);
			free(run(&c, &job, &res));
			if (reap(&c) != 7 << 8)
				fail_msg("stack %lu KiB, environment %zu KiB", limits[i] >> 10, kb);
		}
	}
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
		cmocka_unit_test(test_barrier_ends_when_the_program_dies),
		cmocka_unit_test(test_barrier_without_a_stack),
		cmocka_unit_test(test_barrier_stack_of_nobody),
		cmocka_unit_test(test_barrier_raises_the_soft_limit),
		cmocka_unit_test(test_barrier_makes_no_prctl_that_may_kill),
		cmocka_unit_test(test_barrier_lets_no_other_call_through),
		cmocka_unit_test(test_barrier_leaves_stack_enough),
		cmocka_unit_test(test_arch_returns_only_where_nothing_is_lost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
