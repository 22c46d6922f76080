/*
 * L2 stage inspect: what the program, the cgroup, the host and the task are. Programs are parsed by
 * functions that take a descriptor and fill a fixed-size struct: they run in the sandboxed worker
 * (pread, mmap of anonymous memory and nothing else).
 */
#ifndef GOTUNE_INSPECT_H
#define GOTUNE_INSPECT_H

#include <sys/stat.h>

#include "gotune/err.h"
#include "gotune/facts.h"
#include "gotune/program.h"

/*
 * ELF and Go build info of the regular file FD (any size, any content). Never fails: what is wrong
 * is in ret->note. Reads at most 64 MiB in all. path, via, dev and ino stay empty.
 * Source: Go src/debug/buildinfo, src/cmd/link/internal/ld/data.go (buildinfo).
 */
void gt_inspect_elf(int fd, struct gt_program *ret);

/* What to look at next when the file or the arguments are a launcher's. */
enum gt_launch {
	GT_LAUNCH_NONE,	     /* argv[0] is the program itself */
	GT_LAUNCH_NEXT,	     /* look at ret->argv instead */
	GT_LAUNCH_UNCERTAIN, /* a launcher whose target is not certain */
};
struct gt_launch_step {
	enum gt_launch what;
	char name[64];	     /* the launcher's name, for `via` */
	struct gt_strv argv; /* the next program and its arguments */
	struct gt_strv env;  /* pairs that an `env VAR=…` launcher adds */
};

/*
 * tini, dumb-init, catatonit, docker-init, su-exec, gosu, env, nice, sh -c 'exec PROG', busybox sh
 * ...: the command that ARGV finally runs, one step. Certain only where every option is known and
 * no expansion is involved. Pure.
 */
void gt_inspect_argv(const struct gt_strv *argv, struct gt_launch_step *ret);

/*
 * A `#!` script in FD (its first 64 KiB), started with ARGV: sh, bash, dash, ash scripts that end
 * in `exec PROG [ARG|"$@"]…` with nothing in them that makes it uncertain (conditions, loops,
 * functions, expansion in PROG, source).
 */
void gt_inspect_script(int fd, const struct gt_strv *argv, struct gt_launch_step *ret);

/* Does FD start with "#!"? */
bool gt_inspect_is_script(int fd);

/* Where a container's files are. */
struct gt_tree {
	int rootfs;		      /* directory descriptor */
	const struct gt_strv *mounts; /* pairs, as in gt_bundle; NULL: they are on the rootfs */
	const char *bundle;	      /* where relative sources are */
};

/*
 * The regular file PATH (absolute, or below the root) of the container; as gt_root_open_file.
 * -EXDEV: whether a mount hides it cannot be told, or a link leads out of a mount.
 */
GT_MUST_CHECK int gt_tree_open_file(const struct gt_tree *t, const char *path, struct stat *ret_st);

/*
 * Finds args[0] as execvp in the container would: absolute, relative to CWD, or on PATH. *ret_path
 * is the path that was found. Returns a descriptor of a regular file or -errno (as
 * gt_tree_open_file; -EINVAL for an empty name, -ENOTSUP for a relative PATH entry).
 */
GT_MUST_CHECK int gt_inspect_find(const struct gt_tree *t, const char *arg0, const char *cwd,
				  const char *path_env, char ret_path[GT_PATH_CAP],
				  struct stat *ret_st);

enum gt_controller { GT_CTL_CPU, GT_CTL_MEMORY, GT_CTL_CPUSET, GT_CTL_COUNT };

/*
 * The cgroup of PID (0: of nothing; then only versions are found), its ancestors and mounts, below
 * ROOT (a root descriptor: proc/PID/cgroup, proc/self/mountinfo, sys/fs/cgroup). Unknown facts stay
 * unknown; never fails. *ret_path gets the container's path in the memory or unified hierarchy.
 * RET_DIR (may be NULL) gets the directories of the container's own cgroup, for apply: descriptors
 * that the caller closes, -1 where there is none.
 */
void gt_inspect_cgroup(int root, int64_t pid, struct gt_cgroup_facts *ret,
		       char ret_path[GT_PATH_CAP], int ret_dir[GT_CTL_COUNT]);

/*
 * The cgroup that a runtime will make of config.json's cgroupsPath, below the hierarchy's root.
 * False when that cannot be told: it is relative, or no name of systemd's. Pure.
 */
bool gt_inspect_cgroup_path(const char *cgroups_path, char ret[GT_PATH_CAP]);

/*
 * As gt_inspect_cgroup, for a container that does not run yet and whose cgroup will be PATH: its
 * ancestors, as far as they are there. *ret_path gets PATH.
 */
void gt_inspect_cgroup_future(int root, const char *path, struct gt_cgroup_facts *ret,
			      char ret_path[GT_PATH_CAP]);

/* How config.json lets the container see its cgroup: fills has_mount and mount_root_is_slash. Pure.
 */
void gt_inspect_cgroup_mount(const struct gt_bundle *b, struct gt_cgroup_facts *ret);

/* Which of the costlier host facts a plan needs. */
enum gt_host_needs { GT_NEED_SMT = 1, GT_NEED_NUMA = 2, GT_NEED_SCHED = 4 };
void gt_inspect_host(int root, unsigned needs, struct gt_host_facts *ret);

/* The task in PID: its start time (field 22 of stat) or -errno. */
GT_MUST_CHECK int gt_inspect_start_time(int root, int64_t pid, uint64_t *ret);

/*
 * The container's init: its start time, runtime ("runc", "crun" or ""), whose its namespaces are.
 * The barrier is GT_BARRIER_NO_PROCESS when there is none, and else for gt_inspect_task to find
 * out.
 */
void gt_inspect_init(int root, int64_t pid, struct gt_facts *ret);

/*
 * The same process, after gt_inspect_init: live NOFILE limits, whether the barrier can work.
 * SELINUX_LABEL is the container's (may be "").
 */
void gt_inspect_task(int root, int64_t pid, const char *selinux_label, struct gt_facts *ret);

/* The effective capabilities of this process, a bit each. -EINVAL when they cannot be understood.
 */
GT_MUST_CHECK int gt_inspect_own_caps(int root, uint64_t *ret);

/*
 * Whose the namespace at PATH is (of TYPE: CLONE_NEWNET, ...), by its inode: a container may be
 * told to join the host's. *ret_fd (may be NULL): a descriptor of it, which the caller closes, when
 * it is the container's; else -1. Anything that is no such namespace is GT_NS_OWNER_UNKNOWN.
 */
enum gt_ns_owner gt_inspect_ns(const char *path, int type, int *ret_fd);

/* Is this process in the initial user namespace, whose root is the machine's? */
enum gt_tri gt_inspect_initial_userns(int root);

/*
 * RLIMIT_NOFILE of this process and whether it may be raised: what a runtime that is started by us,
 * or beside us, can give a container. A limit in config.json that the runtime may not set is fatal
 * to the container.
 */
void gt_inspect_own_limits(int root, struct gt_rlimit_facts *ret);

/* The container's root directory as PID sees it (its mounts included), or the bundle's when PID is
 * 0. */
GT_MUST_CHECK int gt_inspect_rootfs(int64_t pid, const char *bundle, const char *root_path,
				    struct gt_err *e);

#endif
