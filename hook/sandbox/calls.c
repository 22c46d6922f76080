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

	CALL(GT_PHASE_LOG, recvmsg, "a job and its descriptor"),
	CALL(GT_PHASE_LOG, read, "the log; the job's input"),
	CALL(GT_PHASE_LOG, sendmsg, "the reply"),
	CALL(GT_PHASE_LOG, close, "the job's descriptor"),
	MEMORY(GT_PHASE_LOG),
	CALL(GT_PHASE_LOG, mremap, "memory"),
	CALL(GT_PHASE_LOG, exit_group, "the end"),

	CALL(GT_PHASE_FIND, openat, "a directory or file of the container"),
	CALL(GT_PHASE_FIND, openat2, "the same, never outside of its root"),
	CALL(GT_PHASE_FIND, read, "a file of procfs or of a cgroup"),
	CALL(GT_PHASE_FIND, pread64, "the same"),
	CALL(GT_PHASE_FIND, readlinkat, "openat2's stand-in; which namespace it is"),
#ifdef __NR_readlink
	CALL(GT_PHASE_FIND, readlink, "the same"),
#endif
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

	CALL(GT_PHASE_LAYERS, openat, "a directory or file of a layer"),
	CALL(GT_PHASE_LAYERS, readlinkat, "a symbolic link"),
	CALL(GT_PHASE_LAYERS, fgetxattr, "does a directory hide those below it? overlayfs' marks"),
	STAT(GT_PHASE_LAYERS, "a file, a directory, a whiteout?"),
	CALL(GT_PHASE_LAYERS, close, "a file"),
	CALL(GT_PHASE_LAYERS, sendmsg, "a file to the parser"),
	CALL(GT_PHASE_LAYERS, recvfrom, "what the parser says of it"),
#ifdef __NR_poll
	CALL(GT_PHASE_LAYERS, poll, "waiting for that"),
#endif
	CALL(GT_PHASE_LAYERS, ppoll, "waiting for that"),
	CALL(GT_PHASE_LAYERS, restart_syscall, "the same, when it was stopped meanwhile"),
	CALL(GT_PHASE_LAYERS, clock_gettime, "how long yet, where the vDSO has no clock"),
	MEMORY(GT_PHASE_LAYERS),
	CALL(GT_PHASE_LAYERS, exit_group, "the end"),

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

	CALL(GT_PHASE_LIVE, openat, "files below /proc/PID"),
	CALL(GT_PHASE_LIVE, openat2, "/proc/PID/stat"),
	CALL(GT_PHASE_LIVE, read, "a job's input; files of procfs"),
	CALL(GT_PHASE_LIVE, readlinkat, "openat2's stand-in"),
	STAT(GT_PHASE_LIVE, "a program's user namespace"),
	CALL(GT_PHASE_LIVE, fstatfs, "is it procfs?"),
	CALL(GT_PHASE_LIVE, fcntl, "a duplicate of a descriptor"),
	CALL(GT_PHASE_LIVE, lseek, "the size of a file"),
	CALL(GT_PHASE_LIVE, pread64, "a program's settings; in the parser: its file and memory"),
	CALL(GT_PHASE_LIVE, pwrite64, "a setting"),
	CALL(GT_PHASE_LIVE, recvmsg, "a job; what its child has opened"),
	CALL(GT_PHASE_LIVE, recvfrom, "the parser's answer"),
	CALL(GT_PHASE_LIVE, sendmsg, "an answer; a question to the parser"),
	CALL(GT_PHASE_LIVE, close, "a file"),
	CALL(GT_PHASE_LIVE, socketpair, "a parser, or a child that opens, for each program"),
	CALL(GT_PHASE_LIVE, shutdown, "the end of the parser"),
	CALL_IF(GT_PHASE_LIVE, clone, 0, CLONE_NEW, 0, "such a child"),
	CALL(GT_PHASE_LIVE, set_robust_list, "the same, by the C library"),
	CALL(GT_PHASE_LIVE, gettid, "the same"),
	CALL(GT_PHASE_LIVE, rt_sigprocmask, "the same"),
	CALL(GT_PHASE_LIVE, pidfd_open, "whose memory it is; waiting for a child"),
#ifdef __NR_poll
	CALL(GT_PHASE_LIVE, poll, "the same"),
#endif
	CALL(GT_PHASE_LIVE, ppoll, "the same"),
	CALL(GT_PHASE_LIVE, restart_syscall, "the same, when it was stopped meanwhile"),
	CALL(GT_PHASE_LIVE, clock_nanosleep, "the same, where there is no pidfd"),
	CALL(GT_PHASE_LIVE, clock_gettime, "the time, where the vDSO has none"),
	CALL(GT_PHASE_LIVE, wait4, "a child's end"),
	CALL_IF(GT_PHASE_LIVE, kill, 1, INT, SIGKILL, "the same"),
	CALL_IF(GT_PHASE_LIVE, prctl, 0, INT, PR_SET_PDEATHSIG, "in that child"),
	CALL_IF(GT_PHASE_LIVE, prctl, 0, INT, PR_SET_NO_NEW_PRIVS, "in that child"),
	CALL_IF(GT_PHASE_LIVE, prctl, 0, INT, PR_SET_DUMPABLE, "in that child"),
	CALL(GT_PHASE_LIVE, prlimit64, "in that child"),
	CALL(GT_PHASE_LIVE, seccomp, "in that child: a filter more"),
	CALL(GT_PHASE_LIVE, capget, "in that child"),
	CALL(GT_PHASE_LIVE, capset, "in that child: fewer"),
	CALL(GT_PHASE_LIVE, close_range, "in that child"),
#ifdef __NR_dup2
	CALL(GT_PHASE_LIVE, dup2, "in that child"),
#endif
	CALL(GT_PHASE_LIVE, dup3, "in that child"),
	MEMORY(GT_PHASE_LIVE),
	CALL(GT_PHASE_LIVE, mremap, "memory"),
	CALL(GT_PHASE_LIVE, madvise, "memory that is given back"),
	CALL(GT_PHASE_LIVE, getrandom, "memory: the C library's allocator"),
	CALL(GT_PHASE_LIVE, exit_group, "the end"),

	/* No PTRACE_SEIZE, _ATTACH: it holds what the init and its children start, nothing else. */
	PTRACE(PTRACE_CONT, "lets a process run up to its exec"),
	PTRACE(PTRACE_SETOPTIONS, "what a shell or a launcher starts is held, too"),
	PTRACE(PTRACE_GETEVENTMSG, "which process that is"),
	PTRACE(PTRACE_SYSCALL, "lets the program run up to one system call"),
	PTRACE(PTRACE_LISTEN, "leaves a stopped program stopped"),
	PTRACE(PTRACE_GETREGSET, "where the program's stack is"),
	PTRACE(PTRACE_SETREGSET, "where its new stack is"),
	PTRACE(PTRACE_DETACH, "lets it go"),
	CALL(GT_PHASE_TRACER, wait4, "the programs' stops; its own child's end"),
	CALL(GT_PHASE_TRACER, waitid, "a stop of a process that nobody told of"),
	CALL(GT_PHASE_TRACER, rt_sigtimedwait, "the same, for a second at most"),
	CALL(GT_PHASE_TRACER, restart_syscall, "a wait that a stop has interrupted"),
	CALL(GT_PHASE_TRACER, process_vm_readv, "the program's stack"),
	CALL(GT_PHASE_TRACER, process_vm_writev, "its new stack"),
	CALL(GT_PHASE_TRACER, prlimit64, "RLIMIT_NOFILE; its child's limits"),
	CALL(GT_PHASE_TRACER, openat, "/proc/PID/exe, stat, limits, auxv, cgroup; the record"),
	CALL(GT_PHASE_TRACER, openat2, "the same; limits of a cgroup, the host's CPUs"),
	CALL(GT_PHASE_TRACER, fstatfs, "the same: is it procfs, is it a cgroup?"),
	CALL(GT_PHASE_TRACER, fcntl, "the same: a duplicate of a descriptor"),
	CALL(GT_PHASE_TRACER, pread64, "a file of those"),
	CALL(GT_PHASE_TRACER, read, "the same"),
	CALL(GT_PHASE_TRACER, lseek, "the same"),
	CALL(GT_PHASE_TRACER, getdents64, "the host's NUMA nodes"),
	CALL(GT_PHASE_TRACER, sendmsg, "what a program's file is: a question to the parser"),
	CALL(GT_PHASE_TRACER, recvfrom, "its answer"),
	CALL(GT_PHASE_TRACER, recvmsg, "the same, in another one that is started"),
	CALL(GT_PHASE_TRACER, socketpair, "the same"),
	CALL(GT_PHASE_TRACER, shutdown, "the end of the parser"),
	CALL(GT_PHASE_TRACER, write, "the record, the first word to the hook"),
	CALL(GT_PHASE_TRACER, flock, "the counters, which several hooks write"),
	CALL(GT_PHASE_TRACER, pwrite64, "the same"),
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
	CALL_IF(GT_PHASE_TRACER, clone, 0, CLONE_NEW, 0, "another parser, when one was lost"),
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
#ifdef __NR_dup2
	CALL(GT_PHASE_TRACER, dup2, "in that child"),
#endif
	CALL(GT_PHASE_TRACER, dup3, "in that child"),
	MEMORY(GT_PHASE_TRACER),
	CALL(GT_PHASE_TRACER, mremap, "memory"),
	CALL(GT_PHASE_TRACER, madvise, "memory that is given back"),
	CALL(GT_PHASE_TRACER, getrandom, "memory: the C library's allocator"),
	CALL(GT_PHASE_TRACER, exit_group, "the end"),

	/* No socket, bind, connect, clone, ptrace: what it listens on, and its workers, it has
	 * already when it enters the phase. */
	CALL(GT_PHASE_DAEMON, epoll_ctl, "what it waits for"),
#ifdef __NR_epoll_wait
	CALL(GT_PHASE_DAEMON, epoll_wait, "the wait"),
#endif
	CALL(GT_PHASE_DAEMON, epoll_pwait, "the wait"),
	CALL(GT_PHASE_DAEMON, restart_syscall, "the same, when it was stopped meanwhile"),
	CALL(GT_PHASE_DAEMON, timerfd_settime, "until when it waits"),
	CALL(GT_PHASE_DAEMON, inotify_add_watch, "the record directory, when it is made anew"),
	CALL(GT_PHASE_DAEMON, inotify_rm_watch, "the same"),
	CALL(GT_PHASE_DAEMON, pidfd_open, "the end of a container"),
	CALL(GT_PHASE_DAEMON, openat, "records, files of procfs and of cgroups"),
	CALL(GT_PHASE_DAEMON, openat2, "the same"),
	CALL(GT_PHASE_DAEMON, read, "the same"),
	CALL(GT_PHASE_DAEMON, pread64, "the same"),
	CALL(GT_PHASE_DAEMON, lseek, "the same"),
	CALL(GT_PHASE_DAEMON, readlinkat, "openat2's stand-in"),
	STAT(GT_PHASE_DAEMON, "the same: is it a regular file?"),
	CALL(GT_PHASE_DAEMON, statx, "the same"),
	CALL(GT_PHASE_DAEMON, fstatfs, "the same: is it procfs?"),
	CALL(GT_PHASE_DAEMON, fcntl, "the same: a duplicate of a descriptor"),
	CALL(GT_PHASE_DAEMON, getdents64, "which records there are"),
	CALL(GT_PHASE_DAEMON, geteuid, "are the records ours?"),
	CALL(GT_PHASE_DAEMON, faccessat2, "is a container's bundle still there?"),
#ifdef __NR_access
	CALL(GT_PHASE_DAEMON, access, "the same"),
#endif
	CALL(GT_PHASE_DAEMON, faccessat, "the same"),
	CALL(GT_PHASE_DAEMON, mkdirat, "the record directory"),
#ifdef __NR_mkdir
	CALL(GT_PHASE_DAEMON, mkdir, "the same"),
#endif
	CALL(GT_PHASE_DAEMON, close, "a file"),
	CALL(GT_PHASE_DAEMON, write, "a line of the log; a record's new file"),
	CALL(GT_PHASE_DAEMON, pwrite64, "a slot of what was learned"),
	CALL(GT_PHASE_DAEMON, writev, "the same"),
	CALL(GT_PHASE_DAEMON, fchmod, "a record's new file"),
	CALL(GT_PHASE_DAEMON, linkat, "the same, which gets a name"),
	CALL(GT_PHASE_DAEMON, renameat2, "the same, which becomes the record"),
	CALL(GT_PHASE_DAEMON, renameat, "the same, where names cannot be exchanged"),
	CALL(GT_PHASE_DAEMON, unlinkat, "the old record"),
	CALL(GT_PHASE_DAEMON, accept4, "who asks for metrics"),
	CALL(GT_PHASE_DAEMON, recvfrom, "the question; a worker's answer"),
	CALL(GT_PHASE_DAEMON, sendto, "the answer"),
	CALL(GT_PHASE_DAEMON, sendmsg, "the answer; a question to a worker"),
	CALL(GT_PHASE_DAEMON, setsockopt, "the answer goes out at once"),
	CALL(GT_PHASE_DAEMON, getsockopt, "what went wrong with it"),
	CALL(GT_PHASE_DAEMON, shutdown, "the end of an answer"),
#ifdef __NR_poll
	CALL(GT_PHASE_DAEMON, poll, "a worker's answer, in a bounded time"),
#endif
	CALL(GT_PHASE_DAEMON, ppoll, "the same"),
	CALL(GT_PHASE_DAEMON, wait4, "a worker's end"),
	CALL(GT_PHASE_DAEMON, clock_nanosleep, "the same, where there is no pidfd"),
	CALL_IF(GT_PHASE_DAEMON, kill, 1, INT, SIGKILL, "the same"),
	CALL(GT_PHASE_DAEMON, getpid, "what it costs itself"),
	CALL(GT_PHASE_DAEMON, getrusage, "the same"),
	CALL(GT_PHASE_DAEMON, clock_gettime,
	     "the time, where the vDSO has none; a program's CPU time"),
	CALL(GT_PHASE_DAEMON, clock_getres, "the same: is there such a program?"),
	CALL(GT_PHASE_DAEMON, futex, "a lock of the HTTP library, which has no other thread"),
	CALL(GT_PHASE_DAEMON, rt_sigprocmask, "the C library, which ends"),
	MEMORY(GT_PHASE_DAEMON),
	CALL(GT_PHASE_DAEMON, mremap, "memory"),
	CALL(GT_PHASE_DAEMON, madvise, "memory that is given back"),
	CALL(GT_PHASE_DAEMON, getrandom, "memory: the C library's allocator"),
	CALL(GT_PHASE_DAEMON, exit_group, "the end"),
};
const unsigned gt_n_phase_calls = GT_ARRAY_LEN(gt_phase_calls);
