/*
 * Follows a container's init, and what it starts, from exec to exec. Effectful: ptrace. Runs in the
 * tracer; needs CAP_SYS_PTRACE to seize, and so that set-uid programs stay that.
 *
 * Theory of operation. The init is seized, not attached to, so it does not stop; and without
 * PTRACE_O_EXITKILL, so that it runs on if we die. It stops at its exec. If a shell or a launcher
 * runs now, what it starts is traced from its first instruction on (PTRACE_O_TRACEFORK and the
 * like): the parent stops, we learn of the child and wait for each by its own number, since the
 * tracer has other children, too. Everything that is not an exec is passed on at once. Whoever runs
 * a program that leads nowhere is let go, and costs nothing any more.
 *
 * A parent that is killed while it tells of its child tells nothing. So when one has died, we look
 * for a stopped process that we do not know.
 */
#include <fcntl.h>
#include <link.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "gotune/apply.h"
#include "gotune/base.h"
#include "gotune/model.h"
#include "guard.h"
#include "trace.h"

#define OPTIONS_CHILDREN (PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK)
#define OPTIONS_THREADS	 PTRACE_O_TRACECLONE

struct tracee {
	struct gt_followed who;
	enum gt_follow_next as; /* LEADS_ON or WATCH; LEAVE: the init before its first exec */
	bool leaves;		/* it could not be let go: it runs, or it was killed */
};

struct following {
	const struct gt_follow *bounds;
	const struct gt_follow_ops *ops;
	struct tracee *tracee; /* [bounds->processes] */
	uint32_t n, execs;
	bool full;
	bool any_dead; /* DEAD was followed, and has ended */
	struct tracee dead;
	int64_t end_ms;	 /* by gt_now_ms; 0: no exec has come yet */
	int64_t idle_ms; /* when to call ops->idle; 0: never */
	int64_t begin_ms;
};

int gt_follow_seize(int64_t pid)
{
	return gt_trace(PTRACE_SEIZE, (pid_t)pid, 0, GT_TRACE_OPTIONS);
}

/* ---- the table ---- */

static struct tracee *find_tracee(struct following *f, int64_t pid)
{
	for (uint32_t i = 0; i < f->n; i++) {
		if (f->tracee[i].who.pid == pid)
			return &f->tracee[i];
	}
	return NULL;
}

static void drop_tracee(struct following *f, int64_t pid)
{
	struct tracee *t = find_tracee(f, pid);

	if (t)
		*t = f->tracee[--f->n];
}

/* A process that we learn of; it is about to stop. Without room for it, it is let go. */
static void add_tracee(struct following *f, int64_t pid, const struct tracee *parent)
{
	if (pid <= 0 || find_tracee(f, pid))
		return;
	if (f->n < f->bounds->processes) {
		struct tracee *t = &f->tracee[f->n++];

		*t = *parent;
		t->who.pid = pid;
		t->who.init = false;
		return;
	}
	/* Threads of a Go program are many, and one of them is not missed. */
	f->full = f->full || parent->as == GT_FOLLOW_LEADS_ON;
	if (gt_trace_until((pid_t)pid, PTRACE_CONT, GT_STOP_OTHER, false) == 0)
		(void)gt_trace_surely(PTRACE_DETACH, (pid_t)pid, 0);
}

/* ---- stops ---- */

static int64_t event_message(pid_t pid)
{
	unsigned long msg = 0;

	return gt_trace_surely(PTRACE_GETEVENTMSG, pid, (uintptr_t)&msg) < 0 ? 0 : (int64_t)msg;
}

/* runc 1.2 with runc-dmz execs a small helper first, which is not the program yet. */
static bool is_runtime_helper(int64_t pid)
{
	static const char helper[] = "/memfd:runc_cloned:runc-dmz";
	char path[32], target[128] = "";
	struct statx st;

	(void)snprintf(path, sizeof(path), "/proc/%lld/exe", (long long)pid);
	if (readlink(path, target, sizeof(target) - 1) < 0 || !gt_has_prefix(target, helper))
		return false;
	/* A memfd has no link; a file of an image with that name has one. We do not ask the file
	 * system's server, which may not answer. */
	return statx(AT_FDCWD, path, AT_STATX_DONT_SYNC, STATX_NLINK, &st) == 0 &&
	       st.stx_nlink == 0;
}

/* Lets T go, which is stopped, with signal SIG (0: none). If it is not stopped any more, its next
 * stop or its end is still to come, and its parent does not learn of an end that we do not take. */
static void let_go(struct following *f, struct tracee *t, int sig)
{
	int r = gt_trace_surely(PTRACE_DETACH, (pid_t)t->who.pid, (uintptr_t)sig);

	t->leaves = true;
	if (r != -ESRCH)
		drop_tracee(f, t->who.pid);
}

static void go_on_as(struct following *f, struct tracee *t, enum gt_follow_next next)
{
	unsigned long options = GT_TRACE_OPTIONS | OPTIONS_THREADS;
	pid_t pid = (pid_t)t->who.pid;

	if (next == GT_FOLLOW_LEADS_ON)
		options |= OPTIONS_CHILDREN;
	if (next != GT_FOLLOW_LEAVE && gt_trace(PTRACE_SETOPTIONS, pid, 0, options) == 0 &&
	    gt_trace_surely(PTRACE_CONT, pid, 0) == 0) {
		t->as = next;
		t->who.again = t->who.again || next == GT_FOLLOW_WATCH;
		return;
	}
	let_go(f, t, 0);
}

static void take_exec(struct following *f, struct tracee *t)
{
	int64_t former = event_message((pid_t)t->who.pid);

	/* The thread that called exec has the number of its process now. */
	if (former != t->who.pid)
		drop_tracee(f, former);
	t = find_tracee(f, t->who.pid); /* the table may have moved */
	if (!t)
		return;
	if (t->as == GT_FOLLOW_LEAVE && is_runtime_helper(t->who.pid)) {
		(void)gt_trace_surely(PTRACE_CONT, (pid_t)t->who.pid, 0);
		return;
	}
	if (f->end_ms == 0)
		f->end_ms = gt_now_ms() + (int64_t)f->bounds->seconds * 1000;
	f->idle_ms = 0;
	f->execs++;
	go_on_as(f, t, f->ops->exec(f->ops->ctx, &t->who));
}

static void take_stop(struct following *f, struct tracee *t, int status)
{
	pid_t pid = (pid_t)t->who.pid;
	const struct tracee parent = *t;
	enum gt_stop stop = gt_stop_of(status);

	if (t->leaves && stop != GT_STOP_GONE) {
		let_go(f, t, stop == GT_STOP_SIGNAL ? WSTOPSIG(status) : 0);
		return;
	}
	switch (stop) {
	case GT_STOP_GONE:
		drop_tracee(f, pid);
		break;
	case GT_STOP_EXEC:
		take_exec(f, t);
		break;
	case GT_STOP_CHILD:
		add_tracee(f, event_message(pid), &parent);
		(void)gt_trace_surely(PTRACE_CONT, pid, 0);
		break;
	default:
		(void)gt_trace_resume(pid, PTRACE_CONT, status);
	}
}

/* ---- waiting ---- */

static sigset_t sigchld_alone(void)
{
	sigset_t set;

	(void)sigemptyset(&set); /* neither fails: SIGCHLD is a signal */
	(void)sigaddset(&set, SIGCHLD);
	return set;
}

static int64_t sooner(int64_t a, int64_t b)
{
	return a == 0 || (b != 0 && b < a) ? b : a;
}

/* Sleeps until SIGCHLD says that something stopped or ended, or it is time for something else. */
static void sleep_a_while(const struct following *f)
{
	int64_t until = sooner(f->end_ms, f->idle_ms), left = until - gt_now_ms();
	const struct timespec t = {left / 1000, left % 1000 * 1000000};
	const sigset_t set = sigchld_alone();

	if (until == 0)
		(void)sigwaitinfo(&set, NULL);
	else if (left > 0)
		(void)sigtimedwait(&set, NULL, &t);
}

/* Is PID the child of a process that is followed? Then that one has yet to tell of it. */
static bool has_parent(struct following *f, pid_t pid)
{
	char path[32], text[512] = "", word[24];
	_cleanup_close_ int fd = -1;
	const char *p;
	uint64_t parent;

	(void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || read(fd, text, sizeof(text) - 1) <= 0)
		return false;
	p = strrchr(text, ')'); /* field 2, the name; 3 is a letter, 4 the parent */
	return p && strlen(p) > 4 && gt_copy(word, sizeof(word), p + 4, strcspn(p + 4, " ")) &&
	       gt_parse_u64(word, &parent) == 0 && find_tracee(f, (int64_t)parent);
}

/* Takes one that we were not told of: see above. Other children of ours may be stopped, too, but
 * are not traced. False: there is none. */
static bool adopt_stray(struct following *f)
{
	siginfo_t si = {0};
	unsigned long msg;

	if (!f->any_dead || waitid(P_ALL, 0, &si, WSTOPPED | WNOHANG | WNOWAIT | __WALL) < 0 ||
	    si.si_pid <= 0)
		return false;
	if (find_tracee(f, si.si_pid))
		return true;
	if (has_parent(f, si.si_pid) ||
	    gt_trace(PTRACE_GETEVENTMSG, si.si_pid, 0, (uintptr_t)&msg) < 0)
		return false;
	add_tracee(f, si.si_pid, &f->dead);
	return true;
}

/* Takes what has happened. False: nothing has. */
static bool take_stops(struct following *f)
{
	bool any = false;

	for (uint32_t i = 0; i < f->n; i++) {
		const struct tracee now = f->tracee[i];
		int status = 0;
		pid_t r = waitpid((pid_t)now.who.pid, &status, WNOHANG | __WALL);

		if (r == 0)
			continue;
		any = true;
		if (r < 0)
			drop_tracee(f, now.who.pid); /* another thread's exec took its place */
		else
			take_stop(f, &f->tracee[i], status);
		if (r < 0 || !WIFSTOPPED(status)) {
			f->any_dead = true;
			f->dead = now;
		}
	}
	return any;
}

static void be_idle(struct following *f)
{
	int64_t now = gt_now_ms();
	unsigned next;

	if (f->idle_ms == 0 || now < f->idle_ms)
		return;
	next = f->ops->idle(f->ops->ctx, (unsigned)(now - f->begin_ms));
	f->idle_ms = next ? now + next : 0;
}

static bool is_over(const struct following *f, enum gt_follow_end *ret)
{
	if (f->n == 0)
		*ret = GT_FOLLOW_ALL_LEFT;
	else if (f->full)
		*ret = GT_FOLLOW_PROCESSES;
	else if (f->execs >= f->bounds->execs)
		*ret = GT_FOLLOW_EXECS;
	else if (f->end_ms != 0 && gt_now_ms() >= f->end_ms)
		*ret = GT_FOLLOW_TIME;
	else
		return false;
	return true;
}

/* Blocks SIGCHLD, so that sigtimedwait gets it. A parent may have made us ignore it. */
static void keep_sigchld(void)
{
	const sigset_t set = sigchld_alone();

	(void)signal(SIGCHLD, SIG_DFL); /* neither fails for these */
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
}

int gt_follow_run(int64_t pid, const struct gt_follow *bounds, const struct gt_follow_ops *ops,
		  enum gt_follow_end *ret)
{
	struct following f = {.bounds = bounds, .ops = ops, .n = 1, .begin_ms = gt_now_ms()};
	_cleanup_free_ struct tracee *table = calloc(bounds->processes, sizeof(*table));
	int status;

	if (!table)
		return -ENOMEM;
	f.tracee = table;
	f.tracee[0].who = (struct gt_followed){.pid = pid, .init = true};
	f.idle_ms = f.begin_ms; /* says when it wants to be called first */
	keep_sigchld();
	status = gt_guard_take_exec((pid_t)pid);
	if (status != 0)
		take_stop(&f, &f.tracee[0], status);
	while (!is_over(&f, ret)) {
		bool any = take_stops(&f);

		if (adopt_stray(&f) || any)
			continue;
		be_idle(&f);
		sleep_a_while(&f);
	}
	return 0;
}

/* ---- memory ---- */

/* Gives back the read-only pages of our file: the kernel loads them again when we need them. */
static int give_back_pages(struct dl_phdr_info *info, size_t size, void *ctx)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);

	(void)size, (void)ctx;
	for (unsigned i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *p = &info->dlpi_phdr[i];
		uintptr_t begin = (info->dlpi_addr + p->p_vaddr) & ~(page - 1);
		size_t len = info->dlpi_addr + p->p_vaddr + p->p_memsz - begin;

		if (p->p_type != PT_LOAD || p->p_flags & PF_W)
			continue;
		/* Only advice: if the kernel ignores it, we use more memory. */
		/* NOLINTNEXTLINE(performance-no-int-to-ptr): an address of our own image */
		(void)madvise((void *)begin, len, MADV_DONTNEED);
	}
	return 0;
}

void gt_follow_shrink(void)
{
	(void)dl_iterate_phdr(give_back_pages, NULL);
}
