/*
 * The system calls that each phase may make, with a reason for every one. Pure data: the filters
 * that the programs load are compiled from it when they are built (sandbox/filter_gen.c).
 */
#include <linux/prctl.h>
#include <linux/ptrace.h>
#include <linux/sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "gotune/base.h"
#include "gotune/sandbox.h"

#define CALL(phase, name, why)                                 \
	{                                                      \
		phase, __NR_##name, #name, why, false, 0, 0, 0 \
	}
/* Only where argument ARG, of which the bits in MASK count, has VALUE. */
#define CALL_IF(phase, name, arg, mask, value, why)                    \
	{                                                              \
		phase, __NR_##name, #name, why, true, arg, mask, value \
	}
#define INT 0xffffffffULL /* the kernel takes an int */
#define ALL UINT64_MAX

#define MEMORY(phase)                                              \
	CALL(phase, brk, "memory"), CALL(phase, munmap, "memory"), \
		CALL_IF(phase, mmap, 2, PROT_EXEC, 0, "memory, never to be executed")
#ifdef __NR_newfstatat
#define STAT(phase, why) \
	CALL(phase, fstat, why), CALL(phase, newfstatat, "fstat, as the C library spells it")
#else
#define STAT(phase, why) CALL(phase, fstat, why)
#endif

/* A namespace may come with a new process by these flags: clone(2). */
#define CLONE_NEW                                                                      \
	(CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | \
	 CLONE_NEWPID | CLONE_NEWNET)

#define PTRACE(request, why) CALL_IF(GT_PHASE_TRACER, ptrace, 0, ALL, request, #request ": " why)
#define PRCTL(option, why)   CALL_IF(GT_PHASE_TRACER, prctl, 0, INT, option, #option ": " why)

const struct gt_phase_call gt_phase_calls[] = {
	CALL(GT_PHASE_PARSE, recvmsg, "a job and its descriptor"),
	CALL(GT_PHASE_PARSE, read, "the job's input"),
	CALL(GT_PHASE_PARSE, pread64, "the file that is looked at"),
	CALL(GT_PHASE_PARSE, lseek, "its size"),
	STAT(GT_PHASE_PARSE, "its size; no path can be opened"),
	CALL(GT_PHASE_PARSE, sendmsg, "the reply"),
	CALL(GT_PHASE_PARSE, close, "the job's descriptor"),
	MEMORY(GT_PHASE_PARSE),
	CALL(GT_PHASE_PARSE, mremap, "memory"),
	CALL(GT_PHASE_PARSE, exit_group, "the end"),

	CALL(GT_PHASE_FIND, openat, "a directory or file of the container"),
	CALL(GT_PHASE_FIND, openat2, "the same, never outside of its root"),
	CALL(GT_PHASE_FIND, readlinkat, "openat2's stand-in"),
	STAT(GT_PHASE_FIND, "is it a regular file?"),
	CALL(GT_PHASE_FIND, fstatfs, "is it procfs?"),
	CALL(GT_PHASE_FIND, fcntl, "a duplicate of a descriptor"),
	CALL(GT_PHASE_FIND, close, "a file"),
	CALL(GT_PHASE_FIND, sendmsg, "a file to the parser"),
	CALL(GT_PHASE_FIND, recvfrom, "what the parser says of it"),
#ifdef __NR_poll
	CALL(GT_PHASE_FIND, poll, "waiting for that"),
#endif
	CALL(GT_PHASE_FIND, ppoll, "waiting for that"),
	CALL(GT_PHASE_FIND, restart_syscall, "the same, when it was stopped meanwhile"),
	CALL(GT_PHASE_FIND, clock_gettime, "how long yet, where the vDSO has no clock"),
	MEMORY(GT_PHASE_FIND),
	CALL(GT_PHASE_FIND, exit_group, "the end"),

	CALL(GT_PHASE_SYSCTL, recvmsg, "a job"),
	CALL(GT_PHASE_SYSCTL, read, "a value"),
	CALL(GT_PHASE_SYSCTL, sendmsg, "the reply"),
	CALL(GT_PHASE_SYSCTL, write, "a value"),
	CALL(GT_PHASE_SYSCTL, openat, "reopening a file that was pinned"),
	CALL(GT_PHASE_SYSCTL, openat2, "a file below /proc/sys"),
	CALL(GT_PHASE_SYSCTL, readlinkat, "openat2's stand-in"),
	STAT(GT_PHASE_SYSCTL, "is it a regular file?"),
	CALL(GT_PHASE_SYSCTL, fstatfs, "is it procfs?"),
	CALL(GT_PHASE_SYSCTL, close, "a file"),
	CALL(GT_PHASE_SYSCTL, fcntl, "a duplicate of the root descriptor"),
	MEMORY(GT_PHASE_SYSCTL),
	CALL(GT_PHASE_SYSCTL, exit_group, "the end"),

	/* No PTRACE_SETOPTIONS, _SEIZE, _ATTACH, _POKEDATA: it holds one process, by what it set.
	 */
	PTRACE(PTRACE_CONT, "lets the init run up to its exec"),
	PTRACE(PTRACE_SYSCALL, "lets the program run up to one system call"),
	PTRACE(PTRACE_LISTEN, "leaves a stopped program stopped"),
	PTRACE(PTRACE_GETREGSET, "where the program's stack is"),
	PTRACE(PTRACE_SETREGSET, "where its new stack is"),
	PTRACE(PTRACE_DETACH, "lets it go"),
	CALL(GT_PHASE_TRACER, wait4, "the program's stops; its own child's end"),
	CALL(GT_PHASE_TRACER, rt_sigtimedwait, "the same, for a second at most"),
	CALL(GT_PHASE_TRACER, restart_syscall, "a wait that a stop has interrupted"),
	CALL(GT_PHASE_TRACER, process_vm_readv, "the program's stack"),
	CALL(GT_PHASE_TRACER, process_vm_writev, "its new stack"),
	CALL(GT_PHASE_TRACER, prlimit64, "RLIMIT_NOFILE; its child's limits"),
	CALL(GT_PHASE_TRACER, openat, "/proc/PID/stat, limits and auxv; the record"),
	CALL(GT_PHASE_TRACER, read, "the same"),
	CALL(GT_PHASE_TRACER, write, "the record, the first word to the hook"),
	CALL(GT_PHASE_TRACER, close, "the same"),
	STAT(GT_PHASE_TRACER, "the same"),
	CALL(GT_PHASE_TRACER, statx, "which file the program runs"),
#ifdef __NR_readlink
	CALL(GT_PHASE_TRACER, readlink, "what that is called"),
#endif
	CALL(GT_PHASE_TRACER, readlinkat, "what that is called"),
	CALL(GT_PHASE_TRACER, geteuid, "are the records ours?"),
	CALL(GT_PHASE_TRACER, fchmod, "the record's new file"),
	CALL(GT_PHASE_TRACER, linkat, "the same, which gets a name"),
	CALL(GT_PHASE_TRACER, renameat2, "the same, which becomes the record"),
	CALL(GT_PHASE_TRACER, renameat, "the same, where names cannot be exchanged"),
	CALL(GT_PHASE_TRACER, faccessat2, "the same: is there a record?"),
	CALL(GT_PHASE_TRACER, unlinkat, "the old record"),
	CALL_IF(GT_PHASE_TRACER, socket, 0, INT, AF_UNIX, "a line of the log"),
	CALL(GT_PHASE_TRACER, connect, "the same"),
	CALL(GT_PHASE_TRACER, setsockopt, "the same, in a bounded time"),
	CALL(GT_PHASE_TRACER, sendto, "the same"),
	CALL(GT_PHASE_TRACER, getpid, "the same"),
	CALL(GT_PHASE_TRACER, clock_gettime, "the time, where the vDSO has none"),
	CALL_IF(GT_PHASE_TRACER, clone, 0, CLONE_NEW, 0, "the child that reads the stack"),
	CALL(GT_PHASE_TRACER, set_robust_list, "the same, by the C library"),
	CALL(GT_PHASE_TRACER, gettid, "the same"),
	CALL(GT_PHASE_TRACER, rt_sigprocmask, "the same"),
	CALL(GT_PHASE_TRACER, pidfd_open, "waiting for it in a bounded time"),
#ifdef __NR_poll
	CALL(GT_PHASE_TRACER, poll, "the same"),
#endif
	CALL(GT_PHASE_TRACER, ppoll, "the same"),
	CALL(GT_PHASE_TRACER, clock_nanosleep, "the same, where there is no pidfd"),
	CALL_IF(GT_PHASE_TRACER, kill, 1, INT, SIGKILL, "the same"),
	PRCTL(PR_SET_PDEATHSIG, "in that child"),
	PRCTL(PR_SET_NO_NEW_PRIVS, "in that child"),
	PRCTL(PR_SET_DUMPABLE, "in that child"),
	CALL(GT_PHASE_TRACER, seccomp, "in that child: a filter more"),
	CALL(GT_PHASE_TRACER, capget, "in that child"),
	CALL(GT_PHASE_TRACER, capset, "in that child: fewer"),
	CALL(GT_PHASE_TRACER, close_range, "in that child"),
	MEMORY(GT_PHASE_TRACER),
	CALL(GT_PHASE_TRACER, mremap, "memory"),
	CALL(GT_PHASE_TRACER, madvise, "memory that is given back"),
	CALL(GT_PHASE_TRACER, getrandom, "memory: the C library's allocator"),
	CALL(GT_PHASE_TRACER, exit_group, "the end"),

	CALL(GT_PHASE_STACK, exit_group, "the end"),
};
const unsigned gt_n_phase_calls = GT_ARRAY_LEN(gt_phase_calls);
