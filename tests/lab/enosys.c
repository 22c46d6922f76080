/*
 * Runs a program as if on a kernel that lacks a system call:
 *
 *	enosys CALL... -- PROGRAM [ARG...]
 *
 * CALL is openat2 (Linux 5.6) or ptrace-info (PTRACE_GET_SYSCALL_INFO, Linux 5.3). A missing system
 * call is ENOSYS; a request that ptrace does not know is EIO (kernel/ptrace.c, ptrace_request).
 * Status 2: what is asked for makes no sense; 1: the kernel would not. Needs CAP_SYS_ADMIN, since
 * without it a filter is taken only with no_new_privs, which would change what is tested.
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/ptrace.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef PTRACE_GET_SYSCALL_INFO
#define PTRACE_GET_SYSCALL_INFO 0x420e
#endif

#define LOAD(field)	    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define UNLESS(value, skip) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (value), 0, (skip))
#define SAY(err)	    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (err))

static int filter(struct sock_filter *code, unsigned short n)
{
	struct sock_fprog prog = {.len = n, .filter = code};

	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog, 0, 0);
}

static int without_openat2(void)
{
	struct sock_filter code[] = {
		LOAD(nr),
		UNLESS(SYS_openat2, 1),
		SAY(ENOSYS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};

	return filter(code, sizeof(code) / sizeof(code[0]));
}

static int without_ptrace_info(void)
{
	struct sock_filter code[] = {
		LOAD(nr),
		UNLESS(SYS_ptrace, 3),
		LOAD(args[0]), /* little-endian: the lower half */
		UNLESS(PTRACE_GET_SYSCALL_INFO, 1),
		SAY(EIO),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};

	return filter(code, sizeof(code) / sizeof(code[0]));
}

int main(int argc, char **argv)
{
	int i = 1;

	for (; i < argc && strcmp(argv[i], "--") != 0; i++) {
		int r;

		if (strcmp(argv[i], "openat2") == 0) {
			r = without_openat2();
		} else if (strcmp(argv[i], "ptrace-info") == 0) {
			r = without_ptrace_info();
		} else {
			fprintf(stderr, "enosys: no such call: %s\n", argv[i]);
			return 2;
		}
		if (r < 0) {
			perror("enosys: seccomp");
			return 1;
		}
	}
	if (i + 1 >= argc)
		return 2;
	execvp(argv[i + 1], argv + i + 1);
	perror(argv[i + 1]);
	return 1;
}
