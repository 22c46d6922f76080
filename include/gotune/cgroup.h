/*
 * L2 stage inspect, private to it: where a process stands in each cgroup hierarchy, and what the
 * files of one level say.
 */
#ifndef GOTUNE_CGROUP_H
#define GOTUNE_CGROUP_H

#include "gotune/facts.h"
#include "gotune/inspect.h"

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

/* What the files in DIR say: the limits, or that a file cannot be understood. */
void gt_cg_read_cpu(int dir, enum gt_cgroup_version v, struct gt_level *ret);
void gt_cg_read_memory(int dir, enum gt_cgroup_version v, struct gt_level *ret);

/* False when a v1 memory level does not pass its limit on to its children. */
bool gt_cg_memory_inherits(int dir, enum gt_cgroup_version v);

/* Makes *a hold the tighter of both limits, for levels that no longer fit. Pure. */
void gt_cg_fold_cpu(struct gt_level *a, const struct gt_level *b);
void gt_cg_fold_memory(struct gt_level *a, const struct gt_level *b);

#endif
