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

/*
 * What Go will see of its cgroup, as config.json has it: fills go125_sees, go126_sees and what goes
 * with them. RET has the cgroup's facts: the version and the limits of its levels. Pure.
 */
void gt_inspect_cgroup_mount(const struct gt_bundle *b, struct gt_cgroup_facts *ret);

/*
 * The same for a process that runs, or that is about to in its own mounts: looks where Go of each
 * version would look, and compares what it would read there with F's first level, which
 * gt_inspect_cgroup filled from the same process. ROOT: a root descriptor whose proc shows PID.
 * What cannot be told becomes GT_UNKNOWN, with OTHER. Never fails.
 * Effects: reads proc/PID, and one file below proc/PID/root: its directories belong to the
 * container, so a file system of theirs may keep us waiting; the file is opened only if it is on
 * a file system of cgroups. No heap; some 40 KiB of stack.
 */
void gt_inspect_cgroup_view(int root, int64_t pid, struct gt_cgroup_facts *f);

/* The CPUs that PID may run on, from proc/PID/status. Unknown stays unknown. */
void gt_inspect_affinity(int root, int64_t pid, struct gt_fact_cpus *ret);

/* Which of the costlier host facts a plan needs. */
enum gt_host_needs { GT_NEED_SMT = 1, GT_NEED_NUMA = 2, GT_NEED_SCHED = 4 };
void gt_inspect_host(int root, unsigned needs, struct gt_host_facts *ret);

/* The same, for a container that runs on CPUs of WITHIN (NULL: on any): of others it is not known
 * which share a core. */
void gt_inspect_host_within(int root, unsigned needs, const struct gt_cpus *within,
			    struct gt_host_facts *ret);

/*
 * Looks at the container's init: its start time, its runtime ("runc", "crun" or ""), and whose its
 * namespaces are. The barrier is GT_BARRIER_NO_PROCESS without a process, else GT_BARRIER_OK.
 */
void gt_inspect_init(int root, int64_t pid, struct gt_facts *ret);

/* The same process's NOFILE limits, after gt_inspect_init. */
void gt_inspect_limits(int root, int64_t pid, struct gt_facts *ret);

/* Can the barrier work for the same process? SELINUX_LABEL is the container's (may be ""). */
void gt_inspect_barrier(int root, int64_t pid, const char *selinux_label, struct gt_facts *ret);

/*
 * Is PID the init of a runtime that we know, do its set-uid programs keep their privilege while we
 * trace it (we have CAP_SYS_PTRACE), and is there no security module that would make its exec fail,
 * before we even know the container's label?
 */
bool gt_inspect_may_seize(int root, int64_t pid);

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

/* The bundle's root directory, where BUNDLE and it are paths below ROOT, and lead nowhere else. */
GT_MUST_CHECK int gt_inspect_rootfs_below(int root, const char *bundle, const char *root_path);

/*
 * The root directory of PID, the init of a container that has been created: it is in its own root.
 * -EXDEV: it is still in that of process 1.
 */
GT_MUST_CHECK int gt_inspect_own_root(int64_t pid);

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
 * The lines of proc/self/mountinfo that are mounts of cgroups, for who asks of many processes. The
 * caller frees them; NULL: none, or they cannot be read.
 */
char *gt_cg_mounts(int root);

/*
 * Reads proc/self/mountinfo and proc/PID/cgroup below ROOT. PID 0: the paths are FUTURE, in every
 * hierarchy; NULL: no paths. Never fails.
 */
void gt_cg_find(int root, int64_t pid, const char *future, struct gt_cg_places *ret);

/* The same, by MOUNTS, which gt_cg_mounts gave (NULL: as gt_cg_find). */
void gt_cg_find_by(int root, const char *mounts, int64_t pid, const char *future,
		   struct gt_cg_places *ret);

/* What gt_inspect_cgroup reads of the process that PLACES are of. */
void gt_inspect_cgroup_at(int root, const struct gt_cg_places *places, struct gt_cgroup_facts *ret);

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

/* ---- what a cgroup has used ---- */

/* CPU, memory and I/O, as the kernel calls them in its files of pressure. */
enum gt_pressure { GT_PRESSURE_CPU, GT_PRESSURE_MEMORY, GT_PRESSURE_IO, GT_PRESSURE_COUNT };
extern const struct gt_words gt_pressure_words;

/* Since the cgroup was made, but for the bytes. What the kernel does not tell is not known. */
struct gt_usage {
	bool has_periods, has_memory, has_limit, has_oom_kills;
	bool has_pressure[GT_PRESSURE_COUNT];
	uint64_t periods, throttled, throttled_us; /* of the CPU quota */
	uint64_t memory_bytes, limit_bytes;	   /* page cache included */
	uint64_t oom_kills;
	/* PSI: how long some tasks, and how long all of them, have waited. */
	uint64_t some_us[GT_PRESSURE_COUNT], full_us[GT_PRESSURE_COUNT];
};

/* The directories of a container's own cgroup, held open: {-1, -1} is none. */
struct gt_usage_dirs {
	int cpu, memory;
	enum gt_cgroup_version cpu_version, memory_version;
};
#define GT_USAGE_DIRS_NONE                                   \
	(struct gt_usage_dirs)                               \
	{                                                    \
		-1, -1, GT_CGROUP_UNKNOWN, GT_CGROUP_UNKNOWN \
	}

/*
 * The cgroup that PID is in, by MOUNTS (gt_cg_mounts). One that is our own as well, or the root, is
 * not the container's: none. Free with gt_usage_close. ROOT: a root descriptor.
 */
void gt_usage_open(int root, const char *mounts, int64_t pid, struct gt_usage_dirs *ret);
void gt_usage_close(struct gt_usage_dirs *d);

/* The files that gt_usage_read reads, held open for who looks again and again: reading one costs a
 * third of what it costs with opening. The kernel keeps some 5 KiB for each. */
#define GT_USAGE_FILES 7
struct gt_usage_kept {
	int fd[GT_USAGE_FILES]; /* -1: opened at each look */
};
#define GT_USAGE_KEPT_NONE                         \
	(struct gt_usage_kept)                     \
	{                                          \
		{                                  \
			-1, -1, -1, -1, -1, -1, -1 \
		}                                  \
	}

/* Opens those of D that there are; how many. Free with gt_usage_let_go. */
unsigned gt_usage_keep(const struct gt_usage_dirs *d, struct gt_usage_kept *ret);
void gt_usage_let_go(struct gt_usage_kept *k);

/* Reads the few files of D; KEPT may be NULL. False when the cgroup is gone, or there is none: *RET
 * is empty. */
bool gt_usage_read(const struct gt_usage_dirs *d, const struct gt_usage_kept *kept,
		   struct gt_usage *ret);

/* The most memory that was in use, and how much is cache that the kernel gives back first. Bytes.
 */
struct gt_usage_cache {
	bool has_peak, has_inactive;
	uint64_t peak_bytes, inactive_bytes;
};
void gt_usage_read_cache(const struct gt_usage_dirs *d, struct gt_usage_cache *ret);

/* ---- security modules ---- */

/*
 * Would SELinux fail the exec of a process labelled LABEL while we trace it? Also true when we
 * cannot ask: the container must start. LABEL may be "".
 */
bool gt_lsm_selinux_denies(int root, const char *label);

/* Is there an SELinux that enforces its policy, or is that unknown? */
bool gt_lsm_selinux_enforces(int root);

/* Are we under an AppArmor profile, or is that unknown? */
bool gt_lsm_apparmor_confines(int root);

#endif
