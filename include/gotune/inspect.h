/* Looks at the container's cgroup, the host and the init process. It only reads, and guesses
 * nothing. */
#ifndef GOTUNE_INSPECT_H
#define GOTUNE_INSPECT_H

#include "gotune/base.h"
#include "gotune/model.h"

/*
 * Reads the cgroup of PID (0: only the versions), its ancestors and mounts, below ROOT (a root
 * descriptor: proc/PID/cgroup, proc/self/mountinfo, sys/fs/cgroup). Unknown facts stay unknown; it
 * never fails. *ret_path gets the container's path in the memory or unified hierarchy. RET_DIR (may
 * be NULL) gets the directories of the container's own cgroup, for apply: descriptors that the
 * caller closes, -1 for a missing one.
 */
void gt_inspect_cgroup(int root, int64_t pid, struct gt_cgroup_facts *ret,
		       char ret_path[GT_PATH_CAP], int ret_dir[GT_CTL_COUNT]);

/*
 * The cgroup that a runtime will make of config.json's cgroupsPath, below the hierarchy's root.
 * False when we cannot tell: it is relative, or not a name of systemd's. Pure.
 */
bool gt_inspect_cgroup_path(const char *cgroups_path, char ret[GT_PATH_CAP]);

/*
 * As gt_inspect_cgroup, for a container that does not run yet and whose cgroup will be PATH: reads
 * the ancestors that exist. *ret_path gets PATH.
 */
void gt_inspect_cgroup_future(int root, const char *path, struct gt_cgroup_facts *ret,
			      char ret_path[GT_PATH_CAP]);

/* How the container will see its cgroup: fills has_mount and mount_root_is_slash. Pure. */
void gt_inspect_cgroup_mount(const struct gt_bundle *b, struct gt_cgroup_facts *ret);

/* Which of the costlier host facts a plan needs. */
enum gt_host_needs { GT_NEED_SMT = 1, GT_NEED_NUMA = 2, GT_NEED_SCHED = 4 };
void gt_inspect_host(int root, unsigned needs, struct gt_host_facts *ret);

/*
 * Looks at the container's init: its start time, its runtime ("runc", "crun" or ""), and whose its
 * namespaces are. Without a process the barrier is GT_BARRIER_NO_PROCESS; otherwise gt_inspect_task
 * finds out.
 */
void gt_inspect_init(int root, int64_t pid, struct gt_facts *ret);

/*
 * Looks at the same process, after gt_inspect_init: live NOFILE limits, and whether the barrier can
 * work. SELINUX_LABEL is the container's (may be "").
 */
void gt_inspect_task(int root, int64_t pid, const char *selinux_label, struct gt_facts *ret);

/* The effective capabilities of this process, a bit each. -EINVAL: we do not understand them. */
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
 * RLIMIT_NOFILE of this process, and whether it may be raised: what a runtime that we start, or
 * that runs beside us, can give a container. If the runtime may not set a limit of config.json, the
 * container fails to start.
 */
void gt_inspect_own_limits(int root, struct gt_rlimit_facts *ret);

/* The container's root directory as PID sees it (its mounts included), or the bundle's when PID is
 * 0. */
GT_MUST_CHECK int gt_inspect_rootfs(int64_t pid, const char *bundle, const char *root_path,
				    struct gt_err *e);

/* ---- where a process is in each cgroup hierarchy ---- */

/* One controller's hierarchy. */
struct gt_cg_place {
	enum gt_cgroup_version version; /* GT_CGROUP_UNKNOWN: not mounted, or not offered */
	bool has_path;			/* below holds the process's cgroup */
	bool shared;			/* our own process is in it, or below it */
	char point[GT_PATH_CAP];	/* the mount point */
	char below[GT_PATH_CAP];	/* the cgroup as a path below POINT: "/" or "/a/b" */
};
struct gt_cg_places {
	struct gt_cg_place ctl[GT_CTL_COUNT];
	bool hybrid;
	char path[GT_PATH_CAP]; /* as in proc/PID/cgroup: memory, else unified, else cpu */
};

/*
 * Reads proc/self/mountinfo and proc/PID/cgroup below ROOT. PID 0: the paths are FUTURE, in every
 * hierarchy; NULL: no paths. Never fails.
 */
void gt_cg_find(int root, int64_t pid, const char *future, struct gt_cg_places *ret);

/* The directory of the cgroup BELOW P's mount point; opened for reading, or -errno. */
GT_MUST_CHECK int gt_cg_open(int root, const struct gt_cg_place *p, const char *below);

/* Read the files in DIR: the limits, or that we do not understand a file. */
void gt_cg_read_cpu(int dir, enum gt_cgroup_version v, struct gt_level *ret);
void gt_cg_read_memory(int dir, enum gt_cgroup_version v, struct gt_level *ret);

/* False when a v1 memory level does not pass its limit on to its children. */
bool gt_cg_memory_inherits(int dir, enum gt_cgroup_version v);

/* Makes *a hold the tighter of both limits, for levels that no longer fit. Pure. */
void gt_cg_fold_cpu(struct gt_level *a, const struct gt_level *b);
void gt_cg_fold_memory(struct gt_level *a, const struct gt_level *b);

/* ---- security modules ---- */

/*
 * Would SELinux fail the exec of a process labelled LABEL while we trace it? Also true when we
 * cannot ask: the container must start. LABEL may be "".
 */
bool gt_lsm_selinux_denies(int root, const char *label);

/* Are we under an AppArmor profile, or is that unknown? */
bool gt_lsm_apparmor_confines(int root);

#endif
