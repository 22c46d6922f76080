/*
 * The process whose settings are wanted. Effects: forks a child that opens its memory. That child
 * alone may: it is in GT_PHASE_LIVE, opens four files of /proc/PID, hands them over and ends. Who
 * holds them needs no privilege: the kernel asked when they were opened, and they stay bound to
 * that memory, whatever the pid becomes. Source: Linux fs/proc/base.c (mem_open, mem_rw).
 */
#include <elf.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "gotune/sandbox.h"
#include "internal.h"

#define OPEN_MS	   500u /* a file system may keep it waiting: that of the program's file */
#define STATUS_CAP 4096u

enum { FD_EXE, FD_MEM, FD_LOOK, FD_COUNT };

struct opened {
	int32_t error; /* -errno */
	char what[16]; /* of which file */
	uint64_t ns_dev, ns_ino;
	uint32_t auxv_len, status_len;
	unsigned char auxv[1024];
	char status[STATUS_CAP];
};

/* ---- in the child ---- */

static int open_one(int dir, const char *name, int flags, struct opened *o)
{
	int fd = openat(dir, name, flags | O_CLOEXEC | O_NOCTTY);

	(void)snprintf(o->what, sizeof(o->what), "%s", name); /* fits */
	return fd < 0 ? -errno : fd;
}

static int read_file(int dir, const char *name, void *buf, size_t cap, uint32_t *ret,
		     struct opened *o)
{
	int fd = open_one(dir, name, O_RDONLY, o);
	ssize_t n = fd < 0 ? fd : read(fd, buf, cap);

	if (fd >= 0)
		(void)close(fd);
	*ret = n > 0 ? (uint32_t)n : 0;
	return fd < 0 ? fd : n < 0 ? -EIO : 0;
}

static int send_all(int sock, const int fd[FD_COUNT])
{
	char byte = 0, room[CMSG_SPACE(FD_COUNT * sizeof(int))] = {0};
	struct iovec v = {&byte, 1};
	struct msghdr m = {.msg_iov = &v,
			   .msg_iovlen = 1,
			   .msg_control = room,
			   .msg_controllen = sizeof(room)};
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(FD_COUNT * sizeof(int));
	memcpy(CMSG_DATA(c), fd, FD_COUNT * sizeof(int));
	return sendmsg(sock, &m, MSG_NOSIGNAL) == 1 ? 0 : -errno;
}

/* The memory first: if the program executes another one meanwhile, it is no longer readable. */
static int open_files(int dir, int sock, struct opened *o)
{
	int fd[FD_COUNT], r;
	struct stat st;

	fd[FD_MEM] = open_one(dir, "mem", O_RDWR, o);
	if (fd[FD_MEM] < 0)
		return fd[FD_MEM];
	fd[FD_LOOK] = open_one(dir, "mem", O_RDONLY, o);
	if (fd[FD_LOOK] < 0)
		return fd[FD_LOOK];
	fd[FD_EXE] = open_one(dir, "exe", O_RDONLY | O_NONBLOCK, o);
	if (fd[FD_EXE] < 0)
		return fd[FD_EXE];
	r = read_file(dir, "auxv", o->auxv, sizeof(o->auxv), &o->auxv_len, o);
	if (r == 0)
		r = read_file(dir, "status", o->status, sizeof(o->status) - 1, &o->status_len, o);
	if (r < 0)
		return r;
	if (fstatat(dir, "ns/user", &st, 0) < 0)
		return -errno;
	o->ns_dev = st.st_dev;
	o->ns_ino = st.st_ino;
	return send_all(sock, fd);
}

static void open_process(void *ctx, int sock, void *ret)
{
	struct opened *o = ret;
	char path[32];
	int dir;

	(void)snprintf(path, sizeof(path), "/proc/%d", *(const pid_t *)ctx); /* fits */
	dir = open(path, O_DIRECTORY | O_RDONLY | O_CLOEXEC);
	o->error = dir < 0 ? -errno : open_files(dir, sock, o);
}

/* ---- what it says ---- */

bool gt_live_auxv_secure(const unsigned char *auxv, size_t len)
{
	for (; len >= 16; auxv += 16, len -= 16) {
		if (gt_sym_le(auxv, 8) == AT_SECURE)
			return gt_sym_le(auxv + 8, 8) != 0;
	}
	return true; /* the kernel always says */
}

/* "Uid:\t0\t0\t0\t0": all the same? */
static bool is_plain(const char *status, const char *key)
{
	const char *at = strstr(status, key), *first;
	size_t n;

	if (!at)
		return false;
	first = at += strlen(key);
	first += strspn(first, "\t");
	n = strspn(first, "0123456789");
	for (unsigned i = 0; i < 4; i++) {
		at += strspn(at, "\t");
		if (n == 0 || strspn(at, "0123456789") != n || memcmp(at, first, n) != 0)
			return false;
		at += n;
	}
	return true;
}

/* The name on the first line has its newlines escaped: Linux fs/proc/array.c. */
bool gt_live_ids_plain(const char *status)
{
	return is_plain(status, "\nUid:") && is_plain(status, "\nGid:");
}

static enum gt_left why_of(int r, const char *what, struct gt_err *e)
{
	char detail[96];

	if (r == -ENOENT || r == -ESRCH)
		return gt_live_refuse(e, GT_LEFT_GONE, "");
	(void)snprintf(detail, sizeof(detail), "%s: %s", what, strerror(-r)); /* cut: for people */
	return gt_live_refuse(e, GT_LEFT_NO_ACCESS, detail);
}

static enum gt_left check(struct opened *o, struct gt_err *e)
{
	struct stat own;

	o->what[sizeof(o->what) - 1] = '\0';
	o->status[sizeof(o->status) - 1] = '\0';
	if (o->error < 0)
		return why_of(o->error, o->what, e);
	if (stat("/proc/self/ns/user", &own) < 0)
		return gt_live_refuse(e, GT_LEFT_FAILED, "/proc/self/ns/user");
	if (o->ns_dev != own.st_dev || o->ns_ino != own.st_ino)
		return gt_live_refuse(e, GT_LEFT_USER_NAMESPACE, "");
	if (o->auxv_len > sizeof(o->auxv))
		return gt_live_refuse(e, GT_LEFT_FAILED, "auxv");
	if (gt_live_auxv_secure(o->auxv, o->auxv_len) || !gt_live_ids_plain(o->status))
		return gt_live_refuse(e, GT_LEFT_SET_UID, "");
	return GT_LEFT_NONE;
}

/* ---- in the parent ---- */

static int receive(int sock, int ret[FD_COUNT])
{
	char byte, room[CMSG_SPACE(FD_COUNT * sizeof(int))] = {0};
	struct iovec v = {&byte, 1};
	struct msghdr m = {.msg_iov = &v,
			   .msg_iovlen = 1,
			   .msg_control = room,
			   .msg_controllen = sizeof(room)};
	const struct cmsghdr *c;

	if (recvmsg(sock, &m, MSG_CMSG_CLOEXEC | MSG_DONTWAIT) != 1)
		return -EPIPE;
	c = CMSG_FIRSTHDR(&m);
	if (!c || c->cmsg_len != CMSG_LEN(FD_COUNT * sizeof(int)))
		return -EPIPE;
	memcpy(ret, CMSG_DATA(c), FD_COUNT * sizeof(int));
	return 0;
}

static enum gt_left ask_child(pid_t pid, struct gt_live_target *t, struct gt_err *e)
{
	_cleanup_(gt_aside_done) struct gt_aside a = {0};
	int sock[2], fd[FD_COUNT] = {-1, -1, -1}, r;
	enum gt_left why;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sock) < 0)
		return gt_live_refuse(e, GT_LEFT_FAILED, strerror(errno));
	r = gt_aside_start(&a, GT_PHASE_LIVE, open_process, &pid, sock[1], sizeof(struct opened),
			   OPEN_MS);
	(void)close(sock[1]);
	if (r == 0)
		r = gt_aside_await(&a);
	if (r < 0) {
		(void)close(sock[0]);
		return gt_live_refuse(e, GT_LEFT_FAILED, "the child that opens its memory");
	}
	/* What was sent is taken in any case: it would stay open in the socket no longer. */
	r = receive(sock[0], fd);
	(void)close(sock[0]);
	t->exe = fd[FD_EXE];
	t->mem = fd[FD_MEM];
	t->look = fd[FD_LOOK];
	why = check(a.ret.p, e);
	if (why == GT_LEFT_NONE && r < 0)
		return gt_live_refuse(e, GT_LEFT_FAILED, "the child that opens its memory");
	t->auxv_len = ((const struct opened *)a.ret.p)->auxv_len;
	memcpy(t->auxv, ((const struct opened *)a.ret.p)->auxv, sizeof(t->auxv));
	return why;
}

/* Is it still ASK's process, and does it still have the memory that was opened? */
static bool is_there(const struct gt_live_ask *ask, const struct gt_live_target *t)
{
	_cleanup_close_ int root = gt_root_open("/", NULL);
	uint64_t start;

	return root >= 0 && gt_start_time(root, ask->pid, &start) == 0 && start == ask->start &&
	       gt_is_same_process(root, t->pidfd, ask->pid, start);
}

enum gt_left gt_live_target_open(const struct gt_live_ask *ask, struct gt_live_target *ret,
				 struct gt_err *e)
{
	struct gt_live_target t = {.pidfd = -1, .exe = -1, .mem = -1, .look = -1};
	enum gt_left why;

	t.pidfd = (int)syscall(SYS_pidfd_open, ask->pid, 0);
	if (t.pidfd < 0)
		return errno == ESRCH || errno == EINVAL
			       ? gt_live_refuse(e, GT_LEFT_GONE, "")
			       : gt_live_refuse(e, GT_LEFT_FAILED, "pidfd_open");
	why = ask_child(ask->pid, &t, e);
	if (why == GT_LEFT_NONE && !is_there(ask, &t))
		why = gt_live_refuse(e, GT_LEFT_GONE, "");
	if (why != GT_LEFT_NONE) {
		gt_live_target_done(&t);
		return why;
	}
	*ret = t;
	return GT_LEFT_NONE;
}

void gt_live_target_done(struct gt_live_target *t)
{
	gt_cleanup_close(&t->pidfd);
	gt_cleanup_close(&t->exe);
	gt_cleanup_close(&t->mem);
	gt_cleanup_close(&t->look);
	t->pidfd = t->exe = t->mem = t->look = -1;
}
