/*
 * What view_live.c and view_file.c share.
 */
#ifndef GOTUNE_INSPECT_VIEW_H
#define GOTUNE_INSPECT_VIEW_H

#include "gotune/base.h"
#include "gotune/model.h"

#define GT_SELF_CAP 64 /* for "/proc/self/fd/N" and the like */

/* Is FD, which may be an O_PATH descriptor, on a file system of cgroups, or (PROC) on procfs? */
typedef bool gt_view_is_fs(int fd, bool proc);

/* What Go finds. */
enum gt_view_found { GT_FOUND_NONE, GT_FOUND_OWN, GT_FOUND_OTHER, GT_FOUND_UNSURE };

struct gt_view {
	int root;
	int64_t pid;
	gt_view_is_fs *is_fs;
	const struct gt_level *own;	/* NULL: not known */
	enum gt_cgroup_version version; /* of the hierarchy that the path is in */
	char path[GT_PATH_CAP];		/* as we see it */
	bool same_ns;
};

/* The directory that Go reads, for a namespace that begins at NS. */
struct gt_view_place {
	const char *ns;
	bool found, too_long;
	char dir[2 * GT_PATH_CAP];
};

/* Opens proc/PID/NAME, or -errno. */
GT_MUST_CHECK int gt_view_open_proc(const struct gt_view *k, const char *name);

/* What Go reads at P, in the mounts of the process. TOP: its root directory. */
enum gt_view_found gt_view_read_place(const struct gt_view *k, int top,
				      const struct gt_view_place *p);

/* gt_inspect_cgroup_view, with another judge of file systems. */
void gt_view_look(int root, int64_t pid, gt_view_is_fs *is_fs, struct gt_cgroup_facts *f);

#endif
