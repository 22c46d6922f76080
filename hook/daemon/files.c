/*
 * The files of a container's own memory cgroup. Effectful: finds and opens them.
 */
#include "files.h"

#include <fcntl.h>

bool gt_container_files(const struct gt_daemon *d, const struct gt_known *k,
			const struct gt_container_file *file, unsigned n)
{
	_cleanup_free_ struct gt_cgroup_facts *f = calloc(1, sizeof(*f));
	int dir[GT_CTL_COUNT] = {-1, -1, -1};
	char path[GT_PATH_CAP];
	bool is_v1;

	for (unsigned i = 0; i < n; i++)
		*file[i].fd = -1;
	if (!f)
		return false;
	gt_inspect_cgroup(d->root, k->pid, f, path, dir);
	is_v1 = f->memory == GT_CGROUP_V1;
	for (unsigned i = 0; i < n; i++) {
		const char *name = is_v1 ? file[i].v1 : file[i].v2;

		if (name && dir[GT_CTL_MEMORY] >= 0)
			*file[i].fd =
				openat(dir[GT_CTL_MEMORY], name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	}
	for (unsigned i = 0; i < GT_CTL_COUNT; i++)
		gt_cleanup_close(&dir[i]);
	return is_v1;
}
