/*
 * The phases: what each holds is read from /proc/PID/status and held against the tables, and every
 * system call that a table does not list is made, and kills.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cap-ng.h>
#include <cmocka.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "gotune/base.h"
#include "gotune/sandbox.h"
#include "skip.h"

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#else
#define SANITIZED 0
#endif

#define CALLS_MAX 480 /* beyond Linux 6.18's last */
#define SURVIVED  7
#define DENIED	  8
#define ALL_SETS  (CAPNG_EFFECTIVE | CAPNG_PERMITTED | CAPNG_INHERITABLE)

static void needs_filters(void)
{
	if (SANITIZED)
		SKIP("the sanitizer's run time cannot live under the filter");
}

/* A process in which ENTER(CTX) has succeeded, and that does nothing more. */
static pid_t process_after(int (*enter)(const void *ctx), const void *ctx)
{
	volatile int *ready = mmap(NULL, sizeof(*ready), PROT_READ | PROT_WRITE,
				   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t pid = fork();

	assert_true(ready != MAP_FAILED && pid >= 0);
	if (pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		*ready = enter(ctx) == 0 ? 1 : -1;
		for (;;)
			;
	}
	for (int i = 0; i < 5000 && *ready == 0; i++)
		usleep(1000);
	assert_int_equal(*ready, 1);
	munmap((void *)(uintptr_t)ready, sizeof(*ready));
	return pid;
}

static int enter_phase(const void *phase)
{
	return gt_phase_enter(*(const enum gt_phase *)phase, NULL);
}

static pid_t process_in(enum gt_phase phase)
{
	return process_after(enter_phase, &phase);
}

static void end(pid_t pid)
{
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

/* The text of /proc/PID/NAME. */
static const char *proc_text(pid_t pid, const char *name)
{
	static char text[8192];
	char path[64];
	_cleanup_close_ int fd = -1;
	ssize_t n;

	(void)snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = read(fd, text, sizeof(text) - 1);
	assert_true(n > 0);
	text[n] = '\0';
	return text;
}

/* The number after KEY in /proc/PID/status, read in BASE. */
static uint64_t status_of(pid_t pid, const char *key, int base)
{
	const char *p = strstr(proc_text(pid, "status"), key);

	assert_non_null(p);
	return strtoull(p + strlen(key), NULL, base);
}

static uint64_t caps_in_table(enum gt_phase phase)
{
	uint64_t mask = 0;

	for (unsigned i = 0; i < gt_n_phase_caps; i++)
		mask |= gt_phase_caps[i].phase == phase ? 1ULL << gt_phase_caps[i].cap : 0;
	return mask;
}

static bool in_table(enum gt_phase phase, int nr)
{
	for (unsigned i = 0; i < gt_n_phase_calls; i++) {
		if (gt_phase_calls[i].phase == phase && gt_phase_calls[i].nr == nr)
			return true;
	}
	return false;
}

/* What /proc/PID/status says of seccomp in each phase: 2 is a filter. */
static const uint64_t seccomp_mode[GT_PHASE_COUNT] = {
	[GT_PHASE_PARSE] = 2,  [GT_PHASE_FIND] = 2, [GT_PHASE_SYSCTL] = 2, [GT_PHASE_TRACER] = 2,
	[GT_PHASE_DAEMON] = 2, [GT_PHASE_LIVE] = 2, [GT_PHASE_LOG] = 2,	   [GT_PHASE_LAYERS] = 2,
};

static void test_phases_hold_what_their_table_says(void **state)
{
	uint64_t ours = status_of(getpid(), "CapPrm:\t", 16);

	(void)state;
	for (enum gt_phase p = 0; p < GT_PHASE_COUNT; p++) {
		pid_t pid = process_in(p);

		assert_int_equal(status_of(pid, "CapPrm:\t", 16), caps_in_table(p) & ours);
		assert_int_equal(status_of(pid, "CapEff:\t", 16), caps_in_table(p) & ours);
		assert_int_equal(status_of(pid, "CapInh:\t", 16), 0);
		assert_int_equal(status_of(pid, "CapAmb:\t", 16), 0);
		assert_int_equal(status_of(pid, "NoNewPrivs:\t", 10), 1);
		if (!SANITIZED)
			assert_int_equal(status_of(pid, "Seccomp:\t", 10), seccomp_mode[p]);
		end(pid);
	}
	assert_int_equal(caps_in_table(GT_PHASE_PARSE), 0);
	assert_int_equal(caps_in_table(GT_PHASE_DAEMON), 0);
}

/* Puts PHASE's capabilities in place by libcap-ng: what is not on the table goes, of all sets. */
static int enter_by_libcap_ng(enum gt_phase phase)
{
	capng_get_caps_process();
	for (int cap = 0; cap <= CAP_LAST_CAP; cap++) {
		bool stays = caps_in_table(phase) & (1ULL << cap);

		(void)capng_update(CAPNG_DROP, stays ? CAPNG_INHERITABLE : ALL_SETS, (unsigned)cap);
	}
	return capng_apply(CAPNG_SELECT_CAPS);
}

static int enter_by_us(enum gt_phase phase)
{
	return gt_phase_enter(phase, NULL);
}

/* Only MASK, also inheritable and, with that, ambient: as the hook of a rootless engine may be. */
static int begin_with(uint64_t mask)
{
	capng_clear(CAPNG_SELECT_CAPS);
	for (int cap = 0; cap <= CAP_LAST_CAP; cap++) {
		if (mask & (1ULL << cap))
			(void)capng_update(CAPNG_ADD, ALL_SETS, (unsigned)cap);
	}
	if (capng_apply(CAPNG_SELECT_CAPS) < 0)
		return -1;
	for (int cap = 0; cap <= CAP_LAST_CAP; cap++) {
		if ((mask & (1ULL << cap)) &&
		    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, cap, 0, 0) < 0)
			return -1;
	}
	return 0;
}

/* A way into PHASE for a process that has MASK. */
struct way_in {
	uint64_t mask;
	enum gt_phase phase;
	int (*enter)(enum gt_phase);
};

static int go_in(const void *ctx)
{
	const struct way_in *w = ctx;

	return begin_with(w->mask) < 0 ? -1 : w->enter(w->phase);
}

/* The five sets of a process that had MASK and then entered PHASE by ENTER. */
static void sets_after(uint64_t mask, enum gt_phase phase, int (*enter)(enum gt_phase),
		       uint64_t ret[5])
{
	static const char *const key[] = {"CapInh:\t", "CapPrm:\t", "CapEff:\t", "CapBnd:\t",
					  "CapAmb:\t"};
	pid_t pid = process_after(go_in, &(struct way_in){mask, phase, enter});

	for (size_t i = 0; i < GT_ARRAY_LEN(key); i++)
		ret[i] = status_of(pid, key[i], 16);
	end(pid);
}

/* We set capabilities by the bare system call, since libcap-ng costs every start of a container. */
static void test_capabilities_are_those_that_libcap_ng_sets(void **state)
{
	const uint64_t some[] = {
		~0ULL,
		0,
		1ULL << CAP_SYS_PTRACE | 1ULL << CAP_CHOWN,
		1ULL << CAP_DAC_OVERRIDE | 1ULL << CAP_NET_ADMIN | 1ULL << CAP_CHECKPOINT_RESTORE,
	};
	uint64_t ours = status_of(getpid(), "CapPrm:\t", 16), a[5], b[5];

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(some); i++) {
		for (enum gt_phase p = 0; p < GT_PHASE_COUNT; p++) {
			sets_after(some[i] & ours, p, enter_by_us, a);
			sets_after(some[i] & ours, p, enter_by_libcap_ng, b);
			if (memcmp(a, b, sizeof(a)) != 0)
				fail_msg("phase %d, row %zu: permitted %llx, by libcap-ng %llx",
					 (int)p, i, (unsigned long long)a[1],
					 (unsigned long long)b[1]);
		}
	}
}

/* proc(5), /proc/PID/limits: name, soft, hard. */
static void test_all_but_those_that_go_on_have_limits(void **state)
{
	static const char *const want[] = {
		"Max core file size        0                    0 ",
		"Max processes             0                    0 ",
		"Max cpu time              5                    5 ",
		"Max file size             65536                65536 ",
		"Max address space         201326592            201326592 ",
	};

	(void)state;
	needs_filters(); /* no bound of the address space with the sanitizer */
	for (enum gt_phase p = 0; p < GT_PHASE_COUNT; p++) {
		pid_t pid = process_in(p);

		for (size_t i = 0; i < GT_ARRAY_LEN(want); i++) {
			bool has = strstr(proc_text(pid, "limits"), want[i]) != NULL;

			/* A log may be of any length. */
			bool wants = p != GT_PHASE_TRACER && p != GT_PHASE_DAEMON &&
				     p != GT_PHASE_LIVE &&
				     !(p == GT_PHASE_LOG && strstr(want[i], "cpu time"));

			if (has != wants)
				fail_msg("phase %d: %s: %s", (int)p, want[i], has ? "has" : "not");
		}
		end(pid);
	}
}

/* What a root without capabilities can see of PID: 0 or an errno. */
static int errno_of_exe(pid_t pid)
{
	int status = 0;
	pid_t observer = fork();

	if (observer == 0) {
		char path[64], target[64];

		capng_clear(CAPNG_SELECT_CAPS);
		(void)snprintf(path, sizeof(path), "/proc/%d/exe", (int)pid);
		if (capng_apply(CAPNG_SELECT_CAPS) < 0)
			_exit(1);
		_exit(readlink(path, target, sizeof(target)) < 0 ? errno : 0);
	}
	assert_int_equal(waitpid(observer, &status, 0), observer);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

/* Not by a container's root that sees the host's processes: runc's CVE-2019-5736. */
static void test_phases_cannot_be_looked_into(void **state)
{
	pid_t plain;

	(void)state;
	plain = fork();
	if (plain == 0) { /* to see that the observer would see one that is as helpless as it */
		capng_clear(CAPNG_SELECT_CAPS);
		(void)!capng_apply(CAPNG_SELECT_CAPS);
		for (;;)
			pause();
	}
	usleep(100000);
	assert_int_equal(errno_of_exe(plain), 0);
	end(plain);
	for (enum gt_phase p = 0; p < GT_PHASE_COUNT; p++) {
		pid_t pid = process_in(p);

		assert_int_equal(errno_of_exe(pid), EACCES);
		end(pid);
	}
}

/* Makes call NR in PHASE, with arguments that no call can do harm with; how it ended. */
static int status_after(enum gt_phase phase, long nr, long a1, long a2, long a3, long a4)
{
	int status = 0;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		if (gt_phase_enter(phase, NULL) < 0)
			_exit(1);
		errno = 0;
		(void)syscall(nr, a1, a2, a3, a4, -1L, 0L);
		_exit(errno == EPERM ? DENIED : SURVIVED);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

/* Linux 6.14's uretprobe and 6.18's uprobe: kernel/seccomp.c lets them pass, and they fail. */
static bool is_exempt(int nr)
{
#ifdef __x86_64__
	return nr == 335 || nr == 336;
#else
	(void)nr;
	return false;
#endif
}

/* A filter's KILL_PROCESS is SIGSYS. The tracer and the daemon go on, without what they asked for.
 */
static void is_denied(enum gt_phase phase, long nr, long a1, long a2, long a3, long a4)
{
	int status = status_after(phase, nr, a1, a2, a3, a4);
	bool killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS;
	bool told = WIFEXITED(status) && WEXITSTATUS(status) == DENIED;

	bool goes_on =
		phase == GT_PHASE_TRACER || phase == GT_PHASE_DAEMON || phase == GT_PHASE_LIVE;

	if (goes_on ? !told : !killed)
		fail_msg("phase %d: call %ld: status %#x", (int)phase, nr, (unsigned)status);
}

static void test_every_other_call_is_denied(void **state)
{
	unsigned n = 0;

	(void)state;
	needs_filters();
	for (enum gt_phase p = 0; p < GT_PHASE_COUNT; p++) {
		for (int nr = 0; seccomp_mode[p] && nr < CALLS_MAX; nr++) {
			if (in_table(p, nr) || is_exempt(nr))
				continue;
			is_denied(p, nr, -1, -1, -1, -1);
			n++;
		}
	}
	assert_true(n > 1000);
#ifdef __x86_64__
	is_denied(GT_PHASE_PARSE, 0x40000000 | SYS_read, -1, -1, -1,
		  -1); /* the x32 ABI's numbers */
#endif
}

/* The calls that a table lists do work; an address to be executed is not among what mmap gives. */
static void test_memory_cannot_be_executed(void **state)
{
	long flags = MAP_PRIVATE | MAP_ANONYMOUS;

	(void)state;
	needs_filters();
	for (enum gt_phase p = GT_PHASE_PARSE; p < GT_PHASE_COUNT; p++) {
		int ok = status_after(p, SYS_mmap, 0, 4096, PROT_READ | PROT_WRITE, flags);

		assert_true(WIFEXITED(ok) && WEXITSTATUS(ok) == SURVIVED);
		is_denied(p, SYS_mmap, 0, 4096, PROT_READ | PROT_EXEC, flags);
		is_denied(p, SYS_mmap, 0, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, flags);
	}
}

/* What the tracer may do to a process that it holds, and with what it may do nothing at all. */
static void test_tracer_arguments(void **state)
{
	static const struct {
		const char *name;
		long nr, a1, a2;
		bool denied;
	} row[] = {
		{"ptrace: CONT", SYS_ptrace, PTRACE_CONT, -1, false},
		{"ptrace: DETACH", SYS_ptrace, PTRACE_DETACH, -1, false},
		{"ptrace: SETOPTIONS", SYS_ptrace, PTRACE_SETOPTIONS, -1, false},
		{"ptrace: GETEVENTMSG", SYS_ptrace, PTRACE_GETEVENTMSG, -1, false},
		{"ptrace: LISTEN", SYS_ptrace, PTRACE_LISTEN, -1, false},
		{"ptrace: ATTACH", SYS_ptrace, PTRACE_ATTACH, -1, true},
		{"ptrace: KILL", SYS_ptrace, PTRACE_KILL, -1, true},
		{"ptrace: PEEKTEXT", SYS_ptrace, PTRACE_PEEKTEXT, -1, true},
		{"ptrace: SEIZE", SYS_ptrace, PTRACE_SEIZE, -1, true},
		{"ptrace: POKETEXT", SYS_ptrace, PTRACE_POKETEXT, -1, true},
		{"ptrace: TRACEME", SYS_ptrace, PTRACE_TRACEME, 0, true},
		{"prctl: PDEATHSIG", SYS_prctl, PR_SET_PDEATHSIG, 0, false},
		{"prctl: MM", SYS_prctl, PR_SET_MM, 0, true},
		{"prctl: SECCOMP", SYS_prctl, PR_SET_SECCOMP, 0, true},
		{"socket: UNIX", SYS_socket, AF_UNIX, SOCK_DGRAM, false},
		{"socket: INET", SYS_socket, AF_INET, SOCK_DGRAM, true},
		{"socket: NETLINK", SYS_socket, AF_NETLINK, SOCK_RAW, true},
		{"kill: TERM", SYS_kill, INT32_MAX, SIGTERM, true},
		{"kill: KILL", SYS_kill, INT32_MAX, SIGKILL, false},
		{"clone: NEWUSER", SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, true},
		{"clone: NEWNS", SYS_clone, CLONE_NEWNS | SIGCHLD, 0, true},
		{"execve", SYS_execve, 0, 0, true},
		{"setns", SYS_setns, -1, 0, true},
	};

	(void)state;
	needs_filters();
	for (size_t i = 0; i < GT_ARRAY_LEN(row); i++) {
		int status = status_after(GT_PHASE_TRACER, row[i].nr, row[i].a1, row[i].a2, 0, 0);

		if (!WIFEXITED(status) ||
		    WEXITSTATUS(status) != (row[i].denied ? DENIED : SURVIVED))
			fail_msg("%s: status %#x", row[i].name, (unsigned)status);
	}
}

/* An engine whose unit has a SystemCallFilter: ours comes on top of it. */
static void test_phases_below_a_filter(void **state)
{
	struct sock_filter all = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	struct sock_fprog prog = {1, &all};
	int status = 0;
	pid_t pid;

	(void)state;
	needs_filters();
	pid = fork();
	if (pid == 0) {
		if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
		    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog) < 0 ||
		    gt_phase_enter(GT_PHASE_PARSE, NULL) < 0)
			_exit(1);
		(void)syscall(SYS_getpid);
		_exit(SURVIVED);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS);
}

static void test_tables_give_a_reason_for_everything(void **state)
{
	(void)state;
	for (unsigned i = 0; i < gt_n_phase_caps; i++)
		assert_true(gt_phase_caps[i].why[0] != '\0');
	for (unsigned i = 0; i < gt_n_phase_calls; i++)
		assert_true(gt_phase_calls[i].why[0] != '\0' && gt_phase_calls[i].nr >= 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_phases_hold_what_their_table_says),
		cmocka_unit_test(test_capabilities_are_those_that_libcap_ng_sets),
		cmocka_unit_test(test_all_but_those_that_go_on_have_limits),
		cmocka_unit_test(test_phases_cannot_be_looked_into),
		cmocka_unit_test(test_every_other_call_is_denied),
		cmocka_unit_test(test_memory_cannot_be_executed),
		cmocka_unit_test(test_tracer_arguments),
		cmocka_unit_test(test_phases_below_a_filter),
		cmocka_unit_test(test_tables_give_a_reason_for_everything),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
