/*
 * A process that is looked at: what of /proc/PID is needed, opened once. Effects: opens and reads
 * /proc. Needs the permission to ptrace it (PTRACE_MODE_ATTACH for its memory): proc(5), ptrace(2).
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "internal.h"

static int fail_memory(int r, pid_t pid, struct gt_err *e)
{
	if (r == -EACCES || r == -EPERM)
		return gt_err_set(e, -EACCES,
				  "may not read the memory of process %d: run it as root, with "
				  "CAP_SYS_PTRACE; Yama or a security module may still forbid it",
				  (int)pid);
	if (r == -ENOENT || r == -ESRCH)
		return gt_err_set(e, -ESRCH, "there is no process %d", (int)pid);
	return gt_err_sys(e, r, "cannot look at process %d", (int)pid);
}

static int open_program(int dir, pid_t pid, struct gt_err *e)
{
	int fd = openat(dir, "exe", O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd < 0 && errno == ENOENT)
		return gt_err_set(e, -ENOEXEC,
				  "process %d has no program: a thread of the kernel, or a zombie",
				  (int)pid);
	return fd < 0 ? fail_memory(-errno, pid, e) : fd;
}

static int read_auxv(int dir, struct gt_gor_target *t)
{
	_cleanup_close_ int fd = openat(dir, "auxv", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, t->auxv, sizeof(t->auxv));

	if (n < 0)
		return -errno;
	t->auxv_len = (uint32_t)n;
	return 0;
}

/* Ticks since boot, which also passes in sleep; the monotonic clock stands still meanwhile. */
static int64_t began_of(pid_t pid)
{
	_cleanup_close_ int root = gt_root_open("/", NULL);
	struct timespec mono, boot;
	long hz = sysconf(_SC_CLK_TCK);
	uint64_t ticks;
	int64_t slept;

	if (root < 0 || hz <= 0 || gt_start_time(root, pid, &ticks) < 0 ||
	    ticks > INT64_MAX / 1000000000 || clock_gettime(CLOCK_MONOTONIC, &mono) < 0 ||
	    clock_gettime(CLOCK_BOOTTIME, &boot) < 0)
		return 0;
	slept = (boot.tv_sec - mono.tv_sec) * 1000000000 + (boot.tv_nsec - mono.tv_nsec);
	return (int64_t)ticks * (1000000000 / hz) - slept;
}

int gt_gor_target_open(pid_t pid, struct gt_gor_target *ret, struct gt_err *e)
{
	struct gt_gor_target t = {.pid = pid, .exe = -1, .mem = -1};
	_cleanup_close_ int dir = -1;
	char path[32];
	int r;

	(void)snprintf(path, sizeof(path), "/proc/%d", (int)pid); /* fits */
	dir = open(path, O_DIRECTORY | O_RDONLY | O_CLOEXEC);
	if (dir < 0)
		return fail_memory(-errno, pid, e);
	t.exe = open_program(dir, pid, e);
	if (t.exe < 0)
		return t.exe;
	t.mem = openat(dir, "mem", O_RDONLY | O_CLOEXEC);
	r = t.mem < 0 ? -errno : read_auxv(dir, &t);
	if (r < 0) {
		gt_gor_target_done(&t);
		return fail_memory(r, pid, e);
	}
	t.began_ns = began_of(pid);
	*ret = t;
	return 0;
}

void gt_gor_target_done(struct gt_gor_target *t)
{
	gt_cleanup_close(&t->exe);
	gt_cleanup_close(&t->mem);
	t->exe = t->mem = -1;
}

unsigned gt_gor_children(pid_t pid, pid_t *ret, unsigned max)
{
	char path[64], text[4096], *save = NULL;
	_cleanup_close_ int root = gt_root_open("/", NULL);
	unsigned n = 0;

	(void)snprintf(path, sizeof(path), "proc/%d/task/%d/children", (int)pid,
		       (int)pid); /* fits */
	if (root < 0 || gt_root_read(root, path, text, sizeof(text)) < 0)
		return 0;
	for (char *s = strtok_r(text, " ", &save); s && n < max; s = strtok_r(NULL, " ", &save)) {
		uint64_t v;

		if (gt_parse_u64(s, &v) == 0 && v > 0 && v <= INT32_MAX)
			ret[n++] = (pid_t)v;
	}
	return n;
}
