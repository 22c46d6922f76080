/*
 * Following real processes from exec to exec: shells, forks of all kinds, threads, signals, bounds,
 * and followers that die. What is followed does not notice, but for what ptrace keeps for itself.
 * Linux; ptrace of a sibling, which Yama lets a process allow.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "apply/traced.h"
#include "gotune/apply.h"
#include "gotune/base.h"
#include "gotune/model.h"
#include "skip.h"

/* This program is also what is followed: with an argument it does what that says. */
#define SELF	  "test_follow"
#define LEFT	  "end 0\n"
#define TIME	  "end 1\n"
#define PROCESSES "end 2\n"
#define EXECS	  "end 3\n"

static char self[4096]; /* the path of this program */
static const char *const plain_env[] = {"PATH=/usr/bin:/bin", "LC_ALL=C", NULL};

/* The letter of /proc/PID/stat. */
static char state_of(pid_t pid)
{
	char path[32], text[512] = "";
	_cleanup_close_ int fd = -1;
	const char *p;

	(void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (read(fd, text, sizeof(text) - 1) <= 0)
		return '?';
	p = strrchr(text, ')');
	return p && p[1] == ' ' ? p[2] : '?';
}

static bool becomes(pid_t pid, const char *states)
{
	for (int i = 0; i < 5000; i++) {
		if (strchr(states, state_of(pid)))
			return true;
		usleep(1000);
	}
	return false;
}

/* ---- programs that are followed ---- */

static int exec_true(void)
{
	execl("/bin/true", "true", (char *)NULL);
	return 99;
}

static int wait_status(pid_t pid)
{
	int status = -1;

	return waitpid(pid, &status, __WALL) == pid ? status : -1;
}

/* A child that is stopped, continued and ended, as a shell with job control sees it. */
static int do_jobs(void)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0)
		for (;;)
			pause();
	(void)kill(pid, SIGSTOP);
	if (waitpid(pid, &status, WUNTRACED) == pid && WIFSTOPPED(status))
		printf("stopped %d, ", WSTOPSIG(status));
	(void)kill(pid, SIGCONT);
	if (waitpid(pid, &status, WCONTINUED) == pid && WIFCONTINUED(status))
		printf("continued, ");
	(void)kill(pid, SIGTSTP);
	if (waitpid(pid, &status, WUNTRACED) == pid && WIFSTOPPED(status))
		printf("stopped %d, ", WSTOPSIG(status));
	(void)kill(pid, SIGCONT);
	(void)kill(pid, SIGTERM);
	printf("ended by %d\n", WTERMSIG(wait_status(pid)));
	return 0;
}

static int do_spawn(void)
{
	char *const argv[] = {(char[]){"true"}, NULL};
	pid_t pid = 0;
	int r = posix_spawn(&pid, "/bin/true", NULL, NULL, argv, argv + 1);

	printf("%d %d\n", r, wait_status(pid));
	return 0;
}

/* A child that sends no signal when it ends. */
static int do_clone(void)
{
	pid_t pid = (pid_t)syscall(SYS_clone, 0, 0, 0, 0, 0);

	if (pid == 0)
		_exit(exec_true());
	printf("%d\n", wait_status(pid));
	return 0;
}

static int do_fork(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(exec_true());
	return wait_status(pid);
}

static void *idle_thread(void *arg)
{
	for (;;)
		pause();
	return arg;
}

static void *exec_thread(void *arg)
{
	usleep(20000);
	exec_true();
	return arg;
}

static pthread_t thread(void *(*fn)(void *))
{
	pthread_t t;

	if (pthread_create(&t, NULL, fn, NULL) != 0)
		_exit(98);
	return t;
}

/* Not its first thread calls exec. */
static int do_threads(void)
{
	for (int i = 0; i < 8; i++)
		(void)thread(i == 4 ? exec_thread : idle_thread);
	(void)idle_thread(NULL);
	return 0;
}

/* Its first thread has ended by then. */
static int do_headless(void)
{
	(void)thread(exec_thread);
	(void)thread(idle_thread);
	pthread_exit(NULL);
}

/* More processes than there is room for. */
static int do_many(void)
{
	pid_t pid[5];
	int all = 0;

	for (int i = 0; i < 5; i++) {
		pid[i] = fork();
		if (pid[i] == 0) {
			usleep(200000);
			_exit(7);
		}
	}
	for (int i = 0; i < 5; i++)
		all += wait_status(pid[i]) == 7 << 8;
	printf("%d\n", all);
	return 0;
}

static int do_ids(void)
{
	printf("%d %d\n", (int)getuid(), (int)geteuid());
	return 0;
}

/* Is itself a tracer. */
static int do_trace(void)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0)
			_exit(errno);
		(void)raise(SIGUSR1);
		_exit(0);
	}
	if (waitpid(pid, &status, 0) == pid && WIFSTOPPED(status)) {
		printf("traced %d, ", WSTOPSIG(status) == SIGUSR1);
		(void)ptrace(PTRACE_CONT, pid, NULL, NULL);
		status = wait_status(pid);
	}
	printf("%d\n", WEXITSTATUS(status));
	return 0;
}

/*
 * While the follower is busy with the exec of another process, processes that have just forked are
 * killed before it hears of their children.
 */
#define STRAYS 4
static int do_strays(void)
{
	int go[2], out[2], told = 0;
	pid_t busy, parent[STRAYS];
	char c;

	if (pipe2(go, O_CLOEXEC) < 0 || pipe2(out, O_CLOEXEC) < 0)
		return 1;
	for (int i = 0; i < STRAYS; i++) {
		parent[i] = fork();
		if (parent[i] == 0) {
			(void)!write(out[1], "r", 1);
			(void)!read(go[0], &c, 1);
			if (fork() == 0)
				_exit(write(out[1], "x", 1) == 1 ? 0 : 1);
			for (;;)
				pause();
		}
	}
	for (int i = 0; i < STRAYS; i++)
		(void)!read(out[0], &c, 1); /* they run */
	busy = fork();
	if (busy == 0)
		_exit(exec_true());
	usleep(100000);
	(void)!write(go[1], "....", STRAYS);
	for (int i = 0; i < STRAYS; i++)
		(void)becomes(parent[i], "t"); /* it has forked, and nobody knows */
	for (int i = 0; i < STRAYS; i++)
		(void)kill(parent[i], SIGKILL);
	close(out[1]);
	for (int i = 0; i < STRAYS; i++)
		(void)wait_status(parent[i]);
	(void)wait_status(busy);
	while (read(out[0], &c, 1) == 1)
		told++;
	printf("%d\n", told);
	return 0;
}

/* Waits for a child, while another one lives. */
static int do_await(void)
{
	pid_t other = fork(), pid;
	int64_t begin = gt_now_ms();
	int status;

	if (other == 0)
		for (;;)
			pause();
	pid = fork();
	if (pid == 0)
		_exit(exec_true());
	status = wait_status(pid);
	printf("%d %s\n", WTERMSIG(status), gt_now_ms() - begin < 1500 ? "soon" : "late");
	(void)kill(other, SIGKILL);
	(void)wait_status(other);
	return 0;
}

static const struct {
	const char *name;
	int (*fn)(void);
} programs[] = {
	{"jobs", do_jobs},     {"spawn", do_spawn},	{"clone", do_clone},
	{"fork", do_fork},     {"threads", do_threads}, {"headless", do_headless},
	{"many", do_many},     {"ids", do_ids},		{"trace", do_trace},
	{"strays", do_strays}, {"await", do_await},	{"true", exec_true},
};

static int be_program(const char *name)
{
	int r = 95;

	for (size_t i = 0; i < GT_ARRAY_LEN(programs); i++) {
		if (strcmp(programs[i].name, name) == 0)
			r = programs[i].fn();
	}
	(void)fflush(stdout);
	return r;
}

/* ---- a follower, a process of its own ---- */

/* What it makes of a program, by its name; all others are let go. */
struct plan {
	enum gt_follow_next self, sh;
	uint32_t seconds, processes, execs; /* 0: more than there are */
	unsigned die_at;		    /* the exec at which it dies; 0: none */
	const char *slow;		    /* the program whose exec takes it a second */
	const char *kills;		    /* ... and the one that it kills there */
	unsigned idle_ms;		    /* it is called again then; 0: never */
};
#define PLAN(...)           \
	(struct plan)       \
	{                   \
		__VA_ARGS__ \
	}

struct follower {
	const struct plan *plan;
	int log;
	unsigned execs;
};

static void name_of(int64_t pid, char *name, size_t cap)
{
	char path[32], target[4096] = "";

	(void)snprintf(path, sizeof(path), "/proc/%lld/exe", (long long)pid);
	(void)!readlink(path, target, sizeof(target) - 1);
	(void)gt_copy_str(name, cap, gt_basename(target));
	if (strcmp(name, "dash") == 0 || strcmp(name, "bash") == 0)
		(void)gt_copy_str(name, cap, "sh");
}

static enum gt_follow_next at_exec(void *ctx, struct gt_followed *who)
{
	struct follower *f = ctx;
	const struct plan *p = f->plan;
	char name[256];

	name_of(who->pid, name, sizeof(name));
	if (++f->execs == p->die_at)
		(void)kill(getpid(), SIGKILL);
	(void)dprintf(f->log, "%s%s%s via %s\n", name, who->init ? ", init" : "",
		      who->again ? ", again" : "", who->via);
	(void)gt_append(who->via, sizeof(who->via), name);
	(void)gt_append(who->via, sizeof(who->via), ";");
	if (p->slow && strcmp(p->slow, name) == 0)
		usleep(1000000);
	if (p->kills && strcmp(p->kills, name) == 0)
		(void)kill((pid_t)who->pid, SIGKILL);
	if (strcmp(name, SELF) == 0)
		return p->self;
	return strcmp(name, "sh") == 0 || strcmp(name, "setpriv") == 0 ? p->sh : GT_FOLLOW_LEAVE;
}

static unsigned be_idle(void *ctx, unsigned waited_ms)
{
	struct follower *f = ctx;

	if (f->plan->idle_ms)
		(void)dprintf(f->log, "idle %u\n", waited_ms / 100);
	gt_follow_shrink();
	return waited_ms < 400 ? f->plan->idle_ms : 0;
}

struct followed {
	struct child c;
	pid_t follower;
	int log;
};

static _Noreturn void follow(const struct child *c, const struct plan *p, int log, int ready)
{
	struct follower f = {p, log, 0};
	const struct gt_follow_ops ops = {at_exec, be_idle, &f};
	const struct gt_follow bounds = {.seconds = p->seconds ? p->seconds : 20,
					 .processes = p->processes ? p->processes : 64,
					 .execs = p->execs ? p->execs : 256};
	enum gt_follow_end end = GT_FOLLOW_ALL_LEFT;
	int r = gt_follow_seize(c->pid);

	close(c->go);
	close(c->out);
	if (write(ready, &r, sizeof(r)) != sizeof(r) || r < 0)
		_exit(1);
	close(ready);
	r = gt_follow_run(c->pid, &bounds, &ops, &end);
	(void)dprintf(log, r < 0 ? "error %d\n" : "end %d\n", r < 0 ? r : (int)end);
	_exit(0);
}

/* Starts ARGV, which waits to be let go, and who follows it. */
static struct followed begin(const char *const *argv, const struct plan *p)
{
	struct followed f = {.c = start(argv, plain_env)};
	int log[2], ready[2], r = -1;

	assert_int_equal(pipe2(log, O_CLOEXEC), 0);
	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
	f.follower = fork();
	assert_true(f.follower >= 0);
	if (f.follower == 0) {
		close(log[0]);
		close(ready[0]);
		follow(&f.c, p, log[1], ready[1]);
	}
	close(log[1]);
	close(ready[1]);
	f.log = log[0];
	assert_int_equal(read(ready[0], &r, sizeof(r)), sizeof(r));
	close(ready[0]);
	if (r == -EPERM)
		SKIP("a sibling may not be traced here");
	assert_int_equal(r, 0);
	return f;
}

/* The follower has ended by itself, and this is what it saw (freed by the caller). */
static char *read_log(struct followed *f)
{
	char *text = NULL;

	assert_int_equal(gt_read_all(f->log, 1 << 20, 30000, &text, NULL), 0);
	close(f->log);
	assert_int_equal(wait_status(f->follower), 0);
	return text;
}

/* Runs ARGV to its end: its status, its output, what the follower saw. */
static void check(const char *const *argv, const struct plan *p, int status, const char *output,
		  const char *log)
{
	struct followed f = begin(argv, p);
	char *text;

	let_exec(&f.c);
	text = read_output(&f.c);
	assert_string_equal(text, output);
	free(text);
	assert_int_equal(reap(&f.c), status);
	text = read_log(&f);
	assert_string_equal(text, log);
	free(text);
}

static void check_self(const char *what, const struct plan *p, int status, const char *output,
		       const char *log)
{
	const char *const argv[] = {self, what, NULL};

	check(argv, p, status, output, log);
}

static void check_shell(const char *script, const struct plan *p, int status, const char *output,
			const char *log)
{
	const char *const argv[] = {"/bin/sh", "-c", script, NULL};

	check(argv, p, status, output, log);
}

/* ---- who is followed ---- */

static void test_follow_lets_a_program_go(void **state)
{
	const char *const argv[] = {"/bin/grep", "-c", "^TracerPid:.0$", "/proc/self/status", NULL};

	(void)state;
	check(argv, &PLAN(.sh = GT_FOLLOW_LEADS_ON), 0, "1\n", "grep, init via \n" LEFT);
}

/* Exit codes are what they are, and what leads nowhere is not traced. */
static void test_follow_children_of_shells(void **state)
{
	(void)state;
	check_shell("/bin/grep -c '^TracerPid:.0$' /proc/self/status\n"
		    "/bin/sh -c '/bin/true; exit 3'; echo $?\n"
		    "/bin/sh -c 'kill -9 $$'; echo $?\n"
		    "/bin/false; echo $?\n"
		    "(exec /bin/true); echo $(/bin/echo x)\n"
		    "exec /bin/echo end",
		    &PLAN(.sh = GT_FOLLOW_LEADS_ON), 0, "1\n3\n137\n1\nx\nend\n",
		    "sh, init via \n"
		    "grep via sh;\n"
		    "sh via sh;\n"
		    "true via sh;sh;\n"
		    "sh via sh;\n"
		    "false via sh;\n"
		    "true via sh;\n"
		    "echo via sh;\n"
		    "echo, init via sh;\n" LEFT);
}

static void test_follow_forks_of_all_kinds(void **state)
{
	static const struct {
		const char *what, *output;
	} row[] = {{"fork", ""}, {"spawn", "0 0\n"}, {"clone", "0\n"}};

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(row); i++) {
		check_self(row[i].what, &PLAN(.self = GT_FOLLOW_LEADS_ON), 0, row[i].output,
			   SELF ", init via \ntrue via " SELF ";\n" LEFT);
		check_self(row[i].what, &PLAN(.self = GT_FOLLOW_LEAVE), 0, row[i].output,
			   SELF ", init via \n" LEFT);
	}
}

/* Whose next exec alone is looked at: not what it starts, but whichever of its threads. */
static void test_follow_watches_one_exec(void **state)
{
	const struct plan watch = PLAN(.self = GT_FOLLOW_WATCH);

	(void)state;
	check_self("fork", &watch, 0, "", SELF ", init via \n" LEFT);
	check_self("spawn", &watch, 0, "0 0\n", SELF ", init via \n" LEFT);
	check_self("true", &watch, 0, "",
		   SELF ", init via \ntrue, init, again via " SELF ";\n" LEFT);
}

static void test_follow_threads_that_exec(void **state)
{
	static const char *const what[] = {"threads", "headless"};

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(what); i++) {
		check_self(what[i], &PLAN(.self = GT_FOLLOW_WATCH), 0, "",
			   SELF ", init via \ntrue, init, again via " SELF ";\n" LEFT);
		check_self(what[i], &PLAN(.self = GT_FOLLOW_LEADS_ON), 0, "",
			   SELF ", init via \ntrue, init via " SELF ";\n" LEFT);
	}
}

/* This program as a file without a name, called NAME; the caller closes it. */
static int memfd_of_self(const char *name)
{
	_cleanup_close_ int from = open(self, O_RDONLY | O_CLOEXEC);
	_cleanup_free_ char *text = NULL;
	size_t len = 0;
	int fd = memfd_create(name, 0);

	assert_true(fd >= 0);
	assert_int_equal(gt_read_all(from, 64 << 20, 0, &text, &len), 0);
	assert_int_equal(gt_write_all(fd, text, len), 0);
	return fd;
}

/* runc 1.2 with runc-dmz execs a small program first. Nothing else of that kind is passed over. */
static void test_follow_passes_over_the_runtimes_helper(void **state)
{
	static const struct {
		const char *name, *log;
	} row[] = {
		{"runc_cloned:runc-dmz", "true, init via \n" LEFT},
		{"runc_cloned:/proc/self/exe", "exe (deleted), init via \n" LEFT},
	};

	(void)state;
	for (size_t i = 0; i < GT_ARRAY_LEN(row); i++) {
		int fd = memfd_of_self(row[i].name);
		char path[32];
		const char *const argv[] = {path, "true", NULL};

		(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		check(argv, &PLAN(.self = GT_FOLLOW_LEADS_ON), 0, "", row[i].log);
		close(fd);
	}
}

/* ---- what is followed does not notice ---- */

static void test_follow_passes_signals_on(void **state)
{
	(void)state;
	check_shell("trap 'echo got' USR1; kill -USR1 $$; kill -USR1 $$; kill -TERM $$; sleep 9",
		    &PLAN(.sh = GT_FOLLOW_LEADS_ON), SIGTERM, "got\ngot\n", "sh, init via \n" LEFT);
}

static void test_follow_leaves_job_control(void **state)
{
	(void)state;
	check_self("jobs", &PLAN(.self = GT_FOLLOW_LEADS_ON), 0,
		   "stopped 19, continued, stopped 20, ended by 15\n", SELF ", init via \n" LEFT);
}

/* A container that is paused by a signal stays so, for its parent, too: before its exec, at it, in
 * a shell, and when its follower dies. */
static void test_follow_leaves_what_is_stopped(void **state)
{
	const char *const argv[] = {"/bin/sh", "-c", "echo begin; sleep 0.3; echo end", NULL};
	const struct plan p = PLAN(.sh = GT_FOLLOW_LEADS_ON);

	(void)state;
	for (int dies = 0; dies <= 1; dies++) {
		struct followed f = begin(argv, &p);
		int status = 0;
		char *text;

		assert_int_equal(kill(f.c.pid, SIGSTOP), 0);
		assert_int_equal(waitpid(f.c.pid, &status, WUNTRACED), f.c.pid);
		assert_true(WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP);
		let_exec(&f.c);
		usleep(50000);
		assert_true(becomes(f.c.pid, "tT"));
		if (dies) {
			assert_int_equal(kill(f.follower, SIGKILL), 0);
			assert_int_equal(wait_status(f.follower), SIGKILL);
			usleep(50000);
			assert_int_equal(state_of(f.c.pid), 'T');
		}
		assert_int_equal(kill(f.c.pid, SIGCONT), 0);
		assert_int_equal(waitpid(f.c.pid, &status, WCONTINUED), f.c.pid);
		assert_true(WIFCONTINUED(status));
		text = read_output(&f.c);
		assert_string_equal(text, "begin\nend\n");
		free(text);
		assert_int_equal(reap(&f.c), 0);
		if (!dies) {
			text = read_log(&f);
			assert_string_equal(text, "sh, init via \nsleep via sh;\n" LEFT);
			free(text);
		} else {
			close(f.log);
		}
	}
}

#define AS_NOBODY "exec /usr/bin/setpriv --reuid=65534 --clear-groups "

/* Does a set-uid program work at all? Not where the file system or no_new_privs forbids it. */
static bool says(const char *command, const char *want)
{
	FILE *pipe = popen(command, "re");
	char got[64] = "";
	bool ok = pipe && fgets(got, sizeof(got), pipe) && strcmp(got, want) == 0;

	if (pipe)
		(void)pclose(pipe);
	return ok;
}

/* A program that is set-uid is that, when its starter is followed. */
static void test_follow_leaves_set_uid(void **state)
{
	char dir[32] = "/tmp/gotune-suid-XXXXXX", path[64], script[256];
	_cleanup_close_ int in = open(self, O_RDONLY | O_CLOEXEC);
	_cleanup_free_ char *text = NULL;
	size_t len = 0;
	bool works;
	int out;

	(void)state;
	if (geteuid() != 0)
		SKIP("only root makes a program that is set-uid root");
	assert_non_null(mkdtemp(dir));
	assert_int_equal(chmod(dir, 0755), 0);
	(void)snprintf(path, sizeof(path), "%s/" SELF, dir);
	assert_int_equal(gt_read_all(in, 64 << 20, 0, &text, &len), 0);
	out = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0700);
	assert_int_equal(gt_write_all(out, text, len), 0);
	assert_int_equal(fchmod(out, 04755), 0);
	close(out);
	(void)snprintf(script, sizeof(script), AS_NOBODY "%s ids", path);
	works = says(script, "65534 0\n");
	if (works)
		check_shell(script, &PLAN(.sh = GT_FOLLOW_LEADS_ON), 0, "65534 0\n",
			    "sh, init via \n"
			    "setpriv, init via sh;\n" SELF ", init via sh;setpriv;\n" LEFT);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(dir), 0);
	if (!works)
		SKIP("no set-uid program works here");
}

/* Who traces processes itself can, once it was let go. */
static void test_follow_leaves_ptrace_to_the_program(void **state)
{
	(void)state;
	check_self("trace", &PLAN(.self = GT_FOLLOW_LEAVE), 0, "traced 1, 0\n",
		   SELF ", init via \n" LEFT);
	check_self("trace", &PLAN(.self = GT_FOLLOW_WATCH), 0, "traced 1, 0\n",
		   SELF ", init via \n" LEFT);
}

/* A child whose parent dies before it has told of it. */
static void test_follow_takes_strays(void **state)
{
	(void)state;
	check_self("strays", &PLAN(.self = GT_FOLLOW_LEADS_ON, .slow = "true"), 0, "4\n",
		   SELF ", init via \ntrue via " SELF ";\n" LEFT);
}

/* Killed at its exec, while others are followed: its parent learns of that. */
static void test_follow_tells_of_who_is_killed_at_its_exec(void **state)
{
	(void)state;
	check_self("await", &PLAN(.self = GT_FOLLOW_LEADS_ON, .kills = "true"), 0, "9 soon\n",
		   SELF ", init via \ntrue via " SELF ";\n" LEFT);
}

/* ---- bounds ---- */

/* When the time is over, what is still traced goes on alone. */
static void test_follow_for_a_time(void **state)
{
	(void)state;
	check_shell("sleep 2; /bin/grep -c '^TracerPid:.0$' /proc/$$/status",
		    &PLAN(.sh = GT_FOLLOW_LEADS_ON, .seconds = 1), 0, "1\n",
		    "sh, init via \nsleep via sh;\n" TIME);
}

static void test_follow_so_many_processes(void **state)
{
	(void)state;
	check_self("many", &PLAN(.self = GT_FOLLOW_LEADS_ON, .processes = 3), 0, "5\n",
		   SELF ", init via \n" PROCESSES);
	/* Of a program that is watched a thread or two may be missed, and nothing else. */
	check_self("true", &PLAN(.self = GT_FOLLOW_WATCH, .processes = 1), 0, "",
		   SELF ", init via \ntrue, init, again via " SELF ";\n" LEFT);
	check_self("threads", &PLAN(.self = GT_FOLLOW_WATCH, .processes = 9), 0, "",
		   SELF ", init via \ntrue, init, again via " SELF ";\n" LEFT);
}

static void test_follow_so_many_execs(void **state)
{
	(void)state;
	check_shell("/bin/true; /bin/true; /bin/true; /bin/true; echo end",
		    &PLAN(.sh = GT_FOLLOW_LEADS_ON, .execs = 3), 0, "end\n",
		    "sh, init via \ntrue via sh;\ntrue via sh;\n" EXECS);
}

/* A container that was created is not started for long: no bound counts, and there is time to save
 * memory. */
static void test_follow_waits_for_the_first_exec(void **state)
{
	const char *const argv[] = {"/bin/true", NULL};
	const struct plan p = PLAN(.idle_ms = 200, .seconds = 1);
	struct followed f = begin(argv, &p);
	char *text;

	(void)state;
	for (int i = 0; i < 3; i++) {
		usleep(500000);
		assert_int_equal(kill(f.c.pid, SIGURG), 0);
	}
	let_exec(&f.c);
	free(read_output(&f.c));
	assert_int_equal(reap(&f.c), 0);
	text = read_log(&f);
	assert_string_equal(text, "idle 0\nidle 2\nidle 4\ntrue, init via \n" LEFT);
	free(text);
}

/* ---- a follower that dies ---- */

static const char busy[] =
	"i=0; while [ $i -lt 8 ]; do /bin/sh -c '/bin/true; (/bin/echo $0; exit 3)' $i; "
	"[ $? = 3 ] || echo wrong; i=$((i + 1)); done; exec /bin/echo end";
#define BUSY "0\n1\n2\n3\n4\n5\n6\n7\nend\n"

static void check_busy(struct followed *f)
{
	char *text = read_output(&f->c);

	assert_string_equal(text, BUSY);
	free(text);
	assert_int_equal(reap(&f->c), 0);
	close(f->log);
}

static void test_follower_dies_at_an_exec(void **state)
{
	const char *const argv[] = {"/bin/sh", "-c", busy, NULL};

	(void)state;
	for (unsigned n = 1; n < 30; n += n < 6 ? 1 : 5) {
		struct followed f = begin(argv, &PLAN(.sh = GT_FOLLOW_LEADS_ON, .die_at = n));

		let_exec(&f.c);
		check_busy(&f);
		assert_int_equal(wait_status(f.follower), SIGKILL);
	}
}

static void test_follower_dies_at_any_time(void **state)
{
	const char *const argv[] = {"/bin/sh", "-c", busy, NULL};
	const struct plan p = PLAN(.sh = GT_FOLLOW_LEADS_ON);

	(void)state;
	for (unsigned us = 0; us < 40000; us += 1000) {
		struct followed f = begin(argv, &p);

		let_exec(&f.c);
		usleep(us);
		(void)kill(f.follower, SIGKILL);
		(void)wait_status(f.follower);
		check_busy(&f);
	}
}

/* ---- seizing ---- */

static void test_seize_of_nobody(void **state)
{
	const char *const argv[] = {"/bin/true", NULL};
	const struct plan p = PLAN(.seconds = 1);
	struct followed f = begin(argv, &p);

	(void)state;
	assert_int_equal(gt_follow_seize(INT32_MAX), -ESRCH);
	assert_int_equal(gt_follow_seize(f.c.pid), -EPERM); /* it is traced */
	let_exec(&f.c);
	free(read_output(&f.c));
	assert_int_equal(reap(&f.c), 0);
	free(read_log(&f));
}

/* A parent may have made us ignore SIGCHLD, which would tell of no exec. */
static void test_follow_with_sigchld_ignored(void **state)
{
	const char *const argv[] = {"/bin/true", NULL};
	const struct plan p = PLAN(.seconds = 20);
	struct followed f;
	char *text;

	(void)state;
	assert_true(signal(SIGCHLD, SIG_IGN) != SIG_ERR);
	f = begin(argv, &p);
	assert_true(signal(SIGCHLD, SIG_DFL) != SIG_ERR);
	usleep(100000);
	let_exec(&f.c);
	free(read_output(&f.c));
	assert_int_equal(reap(&f.c), 0);
	text = read_log(&f);
	assert_string_equal(text, "true, init via \n" LEFT);
	free(text);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_follow_lets_a_program_go),
		cmocka_unit_test(test_follow_children_of_shells),
		cmocka_unit_test(test_follow_forks_of_all_kinds),
		cmocka_unit_test(test_follow_watches_one_exec),
		cmocka_unit_test(test_follow_threads_that_exec),
		cmocka_unit_test(test_follow_passes_over_the_runtimes_helper),
		cmocka_unit_test(test_follow_passes_signals_on),
		cmocka_unit_test(test_follow_leaves_job_control),
		cmocka_unit_test(test_follow_leaves_what_is_stopped),
		cmocka_unit_test(test_follow_leaves_set_uid),
		cmocka_unit_test(test_follow_leaves_ptrace_to_the_program),
		cmocka_unit_test(test_follow_takes_strays),
		cmocka_unit_test(test_follow_tells_of_who_is_killed_at_its_exec),
		cmocka_unit_test(test_follow_for_a_time),
		cmocka_unit_test(test_follow_so_many_processes),
		cmocka_unit_test(test_follow_so_many_execs),
		cmocka_unit_test(test_follow_waits_for_the_first_exec),
		cmocka_unit_test(test_follower_dies_at_an_exec),
		cmocka_unit_test(test_follower_dies_at_any_time),
		cmocka_unit_test(test_seize_of_nobody),
		cmocka_unit_test(test_follow_with_sigchld_ignored),
	};

	if (argc > 1)
		_exit(be_program(argv[1])); /* a leak checker would ptrace, too */
	if (readlink("/proc/self/exe", self, sizeof(self) - 1) < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
