/*
 * What a job that was taken over does where it should answer: system calls that its phase does not
 * have, bytes that are no reply, errors that are none. Privilege: that of the job.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "gotune/base.h"
#include "hostile.h"

#define SOCK 3 /* where sandbox/worker.c keeps it */

static void act_open(void)
{
	(void)syscall(SYS_openat, AT_FDCWD, "/run/gotune-was-here", O_CREAT | O_WRONLY, 0666);
}

static void act_fork(void)
{
	(void)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
}

static void act_kill(void)
{
	(void)syscall(SYS_kill, bystander.pid, SIGKILL);
}

static void act_exec(void)
{
	(void)syscall(SYS_execve, "/bin/true", NULL, NULL);
}

static void act_socket(void)
{
	(void)syscall(SYS_socket, AF_UNIX, SOCK_STREAM, 0);
}

static void act_ptrace(void)
{
	(void)syscall(SYS_ptrace, PTRACE_SEIZE, bystander.pid, 0, 0);
}

static void act_prlimit(void)
{
	const uint64_t few[2] = {3, 3};

	(void)syscall(SYS_prlimit64, bystander.pid, 7, few, NULL);
}

static void act_map_code(void)
{
	(void)syscall(SYS_mmap, 0, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static void act_crash(void)
{
	__builtin_trap();
}

static void act_end(void)
{
	(void)syscall(SYS_exit_group, 0);
}

static void act_hang(void)
{
	char c;

	while (syscall(SYS_read, SOCK, &c, 1) > 0)
		;
	for (;;)
		;
}

/* As many bytes as fit, which are no reply. */
static void act_flood(void)
{
	static char junk[65536];
	struct iovec v = {junk, sizeof(junk)};
	const struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1};

	memset(junk, 0xa5, sizeof(junk));
	while (syscall(SYS_sendmsg, SOCK, &m, MSG_NOSIGNAL) > 0)
		;
}

/* A little of a reply, and then nothing. */
static void act_dribble(void)
{
	char byte = 0;
	struct iovec v = {&byte, 1};
	const struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1};

	(void)syscall(SYS_sendmsg, SOCK, &m, MSG_NOSIGNAL);
	act_hang();
}

/* A descriptor that nobody has asked for, and the answer to a question that is yet to come. */
static void act_ahead(void)
{
	static char junk[4096];
	union {
		char buf[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} ctl = {0};
	struct iovec v = {junk, sizeof(junk)};
	struct msghdr m = {.msg_iov = &v,
			   .msg_iovlen = 1,
			   .msg_control = ctl.buf,
			   .msg_controllen = sizeof(ctl.buf)};
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);
	const int fd = SOCK;

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &fd, sizeof(fd));
	(void)syscall(SYS_sendmsg, SOCK, &m, MSG_NOSIGNAL);
}

static const struct {
	const char *name;
	void (*act)(void);
	bool opens; /* not for a phase that may open */
} acts[] = {
	{"open", act_open, true},	 {"fork", act_fork, false},
	{"kill", act_kill, false},	 {"exec", act_exec, false},
	{"socket", act_socket, false},	 {"ptrace", act_ptrace, false},
	{"prlimit", act_prlimit, false}, {"map-code", act_map_code, false},
	{"crash", act_crash, false},	 {"end", act_end, false},
	{"hang", act_hang, false},	 {"flood", act_flood, false},
	{"dribble", act_dribble, false}, {"ahead", act_ahead, false},
};

static const struct {
	const char *name;
	int result;
	bool open; /* its message does not end */
} results[] = {
	{"result-eperm", -EPERM, false}, {"result-enoent", -ENOENT, false},
	{"result-epipe", -EPIPE, false}, {"result-min", INT32_MIN, true},
	{"result-plus", 1, false},	 {"result-4096", -4096, true},
};

bool misbehave(const char *name, struct gt_err *e, int *ret)
{
	for (size_t i = 0; i < GT_ARRAY_LEN(acts); i++) {
		if (strcmp(acts[i].name, name) != 0)
			continue;
		acts[i].act();
		*ret = 0; /* it was survived: the zeros that were there are the answer */
		return true;
	}
	for (size_t i = 0; i < GT_ARRAY_LEN(results); i++) {
		if (strcmp(results[i].name, name) != 0)
			continue;
		set_hostile_text(e->msg, sizeof(e->msg), results[i].open ? 6 : 1);
		*ret = results[i].result;
		return true;
	}
	return false;
}

void list_misbehaviour(const char *target, bool may_open)
{
	for (size_t i = 0; i < GT_ARRAY_LEN(acts); i++) {
		if (!(acts[i].opens && may_open))
			printf("%s/%s\n", target, acts[i].name);
	}
	for (size_t i = 0; i < GT_ARRAY_LEN(results); i++)
		printf("%s/%s\n", target, results[i].name);
}
