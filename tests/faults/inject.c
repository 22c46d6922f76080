/*
 * Runs a program of ours and makes one of its system calls fail, or sends it a signal there:
 *
 *	inject DIR PROGRAM [ARG...]
 *
 * DIR/spec says what, in one line: "count" (nothing; at the end DIR/log has a line "call P NAME
 * N" for each call made), "watch" (nothing), or "P NAME N WHAT": the N-th NAME of process P, WHAT
 * being an error's name, KILL, STOP (SIGSTOP, and SIGCONT 200 ms later) or HANG (SIGSTOP for
 * good). P numbers the processes that the program forks: 0 is the program itself, 1 its first
 * child. DIR/log gets "hit" when it happened, and "exit P STATUS" (as waitpid has it) for each.
 *
 * The program takes this process's place, as it was started by its parent; a process of our own,
 * which is nobody's child, traces it. When it becomes another program (gotune-runtime becomes
 * runc), that one is let go. Calls before the first openat or rt_sigaction are not counted: the C
 * library starts, and dies when it cannot.
 *
 * Not strace: it makes a call fail by changing its number to one that there is not, and our
 * workers' filters kill for that. Here the number becomes that of close(-1), which every filter
 * allows. Two calls must do as the kernel does: close gives the descriptor back whatever it says,
 * and a brk that fails returns the old break. x86-64 alone.
 */
#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef __x86_64__
#error "inject knows the registers of x86-64 alone"
#endif

#define OPTIONS                                                                                   \
	(PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE | \
	 PTRACE_O_TRACEEXEC)
#define SYSCALL_STOP (SIGTRAP | 0x80)
#define CALLS_MAX    512
#define PROCS_MAX    16
#define STOP_US	     200000

enum what { WHAT_NOTHING, WHAT_ERROR, WHAT_KILL, WHAT_STOP, WHAT_HANG };

static struct {
	bool count;
	int proc, nr, error;
	unsigned nth;
	enum what what;
} spec;

static struct proc {
	pid_t pid;  /* 0: free */
	int number; /* -1: its parent has not said yet that it forked */
	bool counts, override;
	unsigned long rdi; /* what an overridden call had there */
	unsigned calls[CALLS_MAX];
} procs[PROCS_MAX];

static int log_fd = -1, next_number = 1;
static struct stat program;
static bool hit;

static void say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

static void say(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vdprintf(log_fd, fmt, ap);
	va_end(ap);
}

static _Noreturn void die(const char *what)
{
	perror(what);
	_exit(125);
}

/* ---- what is asked for ---- */

static const struct {
	const char *name;
	enum what what;
	int error;
} words[] = {
	{"EPERM", WHAT_ERROR, EPERM},	{"ENOMEM", WHAT_ERROR, ENOMEM},
	{"EIO", WHAT_ERROR, EIO},	{"EINTR", WHAT_ERROR, EINTR},
	{"ENOSYS", WHAT_ERROR, ENOSYS}, {"ENOSPC", WHAT_ERROR, ENOSPC},
	{"EAGAIN", WHAT_ERROR, EAGAIN}, {"KILL", WHAT_KILL, 0},
	{"STOP", WHAT_STOP, 0},		{"HANG", WHAT_HANG, 0},
};

static void parse_spec(const char *dir)
{
	char path[4096], text[128] = "", name[32], word[16];

	(void)snprintf(path, sizeof(path), "%s/spec", dir);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || read(fd, text, sizeof(text) - 1) < 0)
		die(path);
	close(fd);
	(void)snprintf(path, sizeof(path), "%s/log", dir);
	log_fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (log_fd < 0)
		die(path);
	spec.count = strncmp(text, "count", 5) == 0;
	if (spec.count || strncmp(text, "watch", 5) == 0)
		return;
	if (sscanf(text, "%d %31s %u %15s", &spec.proc, name, &spec.nth, word) != 4)
		die("inject: no such spec");
	spec.nr = seccomp_syscall_resolve_name(name);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(word, words[i].name) == 0) {
			spec.what = words[i].what;
			spec.error = words[i].error;
		}
	}
	if (spec.what == WHAT_NOTHING || spec.nr < 0)
		die("inject: no such call, or error");
}

/* ---- processes ---- */

static struct proc *find(pid_t pid)
{
	for (size_t i = 0; i < PROCS_MAX; i++) {
		if (procs[i].pid == pid)
			return &procs[i];
	}
	return NULL;
}

static struct proc *find_or_make(pid_t pid)
{
	struct proc *p = find(pid);

	if (p)
		return p;
	p = find(0);
	if (!p)
		_exit(125); /* more processes than ours ever are */
	*p = (struct proc){.pid = pid, .number = -1};
	return p;
}

static bool any_left(void)
{
	for (size_t i = 0; i < PROCS_MAX; i++) {
		if (procs[i].pid != 0)
			return true;
	}
	return false;
}

static void say_calls(const struct proc *p)
{
	for (int nr = 0; spec.count && nr < CALLS_MAX; nr++) {
		char *name = p->calls[nr] ? seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, nr)
					  : NULL;

		if (name)
			say("call %d %s %u\n", p->number, name, p->calls[nr]);
		free(name);
	}
}

static void forget(struct proc *p)
{
	say_calls(p);
	p->pid = 0;
}

/* A stop at each call costs time: only where there is something to be seen. */
static bool is_watched(const struct proc *p)
{
	return spec.count || p->override ||
	       (spec.what != WHAT_NOTHING && !hit && p->number == spec.proc);
}

static void resume(const struct proc *p, int sig)
{
	/* Fails only when it has gone, which the next waitpid tells. */
	(void)ptrace(is_watched(p) ? PTRACE_SYSCALL : PTRACE_CONT, p->pid, NULL, (long)sig);
}

/* ---- one call ---- */

/* Wakes a stopped process later; a process, since this one waits for others. */
static void continue_later(pid_t pid)
{
	if (fork() != 0)
		return;
	(void)usleep(STOP_US);
	(void)kill(pid, SIGCONT);
	_exit(0);
}

static void make_fail(struct proc *p, struct user_regs_struct *r)
{
	p->override = true;
	p->rdi = r->rdi;
	if (spec.nr == SYS_close || spec.nr == SYS_munmap)
		return; /* done, and then said to have failed */
	if (spec.nr == SYS_brk) {
		r->rdi = 0;
	} else {
		r->orig_rax = SYS_close;
		r->rdi = (unsigned long)-1;
	}
	(void)ptrace(PTRACE_SETREGS, p->pid, NULL, r);
}

static void at_entry(struct proc *p)
{
	struct user_regs_struct r;

	if (ptrace(PTRACE_GETREGS, p->pid, NULL, &r) < 0 || r.orig_rax >= CALLS_MAX)
		return;
	if (!p->counts && r.orig_rax != SYS_openat && r.orig_rax != SYS_rt_sigaction)
		return;
	p->counts = true;
	p->calls[r.orig_rax]++;
	if (spec.what == WHAT_NOTHING || hit || p->number != spec.proc ||
	    (int)r.orig_rax != spec.nr || p->calls[r.orig_rax] != spec.nth)
		return;
	say("hit\n");
	hit = true;
	switch (spec.what) {
	case WHAT_ERROR:
		make_fail(p, &r);
		break;
	case WHAT_KILL:
		(void)kill(p->pid, SIGKILL);
		break;
	case WHAT_STOP:
	case WHAT_HANG:
		(void)kill(p->pid, SIGSTOP);
		break;
	case WHAT_NOTHING:
		break;
	}
}

static void at_exit(struct proc *p)
{
	struct user_regs_struct r;

	if (!p->override || ptrace(PTRACE_GETREGS, p->pid, NULL, &r) < 0)
		return;
	p->override = false;
	r.rdi = p->rdi;
	if (spec.nr != SYS_brk)
		r.rax = (unsigned long long)-spec.error;
	(void)ptrace(PTRACE_SETREGS, p->pid, NULL, &r);
}

/* ---- events ---- */

/* Another program in the place of ours is none of our business. */
static bool is_program(pid_t pid)
{
	char path[32];
	struct stat st;

	(void)snprintf(path, sizeof(path), "/proc/%d/exe", (int)pid);
	return stat(path, &st) == 0 && st.st_dev == program.st_dev && st.st_ino == program.st_ino;
}

static void on_exec(struct proc *p)
{
	if (is_program(p->pid)) {
		resume(p, 0);
		return;
	}
	say("became another program: %d\n", p->number);
	if (hit && spec.what == WHAT_STOP)
		continue_later(p->pid); /* stopped at its execve: the stop is still to come */
	(void)ptrace(PTRACE_DETACH, p->pid, NULL, 0L);
	forget(p);
}

static void on_fork(const struct proc *p)
{
	unsigned long pid = 0;
	struct proc *child;

	if (ptrace(PTRACE_GETEVENTMSG, p->pid, NULL, &pid) == 0) {
		bool waits = find((pid_t)pid) != NULL;

		child = find_or_make((pid_t)pid);
		child->number = next_number++;
		child->counts = true;
		if (waits) /* it stopped before its parent said so */
			resume(child, 0);
	}
	resume(p, 0);
}

static void on_stop(pid_t pid, int status)
{
	struct proc *p = find_or_make(pid);
	int sig = WSTOPSIG(status), event = status >> 16;

	if (p->number < 0)
		return; /* held until its parent says that it forked */
	if (event == PTRACE_EVENT_EXEC) {
		on_exec(p);
	} else if (event == PTRACE_EVENT_FORK || event == PTRACE_EVENT_VFORK ||
		   event == PTRACE_EVENT_CLONE) {
		on_fork(p);
	} else if (event == PTRACE_EVENT_STOP && sig == SIGSTOP) {
		(void)ptrace(PTRACE_LISTEN, pid, NULL, 0L);
		if (spec.what == WHAT_STOP)
			continue_later(pid);
	} else if (event == 0 && sig == SYSCALL_STOP) {
		struct __ptrace_syscall_info info = {0};

		(void)ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info), &info);
		if (info.op == PTRACE_SYSCALL_INFO_ENTRY)
			at_entry(p);
		else if (info.op == PTRACE_SYSCALL_INFO_EXIT)
			at_exit(p);
		resume(p, 0);
	} else {
		resume(p, event == 0 ? sig : 0);
	}
}

static _Noreturn void trace(pid_t pid, int ready)
{
	int status, null = open("/dev/null", O_RDWR | O_CLOEXEC);
	struct proc *p = find_or_make(pid);

	(void)setsid();
	if (null < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0 || dup2(null, 2) < 0)
		_exit(125);
	p->number = 0;
	if (ptrace(PTRACE_SEIZE, pid, NULL, OPTIONS) < 0 || write(ready, "", 1) != 1) {
		say("cannot trace\n");
		_exit(125);
	}
	close(ready);
	while (any_left()) {
		pid = waitpid(-1, &status, __WALL);
		if (pid < 0 && errno != EINTR)
			break;
		if (pid < 0)
			continue;
		if (WIFSTOPPED(status)) {
			on_stop(pid, status);
		} else if ((p = find(pid)) != NULL) {
			say("exit %d %d\n", p->number, status);
			forget(p);
		}
	}
	_exit(0);
}

int main(int argc, char **argv)
{
	pid_t self = getpid(), pid;
	int ready[2];
	char byte;

	if (argc < 3) {
		fputs("usage: inject DIR PROGRAM [ARG...]\n", stderr);
		return 125;
	}
	parse_spec(argv[1]);
	if (stat(argv[2], &program) < 0 || pipe2(ready, O_CLOEXEC) < 0)
		die(argv[2]);
	pid = fork();
	if (pid < 0)
		die("fork");
	if (pid == 0) {
		if (fork() == 0) {
			close(ready[0]);
			trace(self, ready[1]);
		}
		_exit(0);
	}
	(void)waitpid(pid, NULL, 0);
	close(ready[1]);
	if (read(ready[0], &byte, 1) != 1)
		die("inject: the tracer");
	close(ready[0]);
	execv(argv[2], argv + 2);
	die(argv[2]);
}
