/*
 * Writes a cgroup file or RLIMIT_NOFILE of a live container. Effectful: each is one system call on
 * an object that is checked first.
 */
#include <fcntl.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/vfs.h>

#include "gotune/apply.h"
#include "gotune/base.h"
#include "gotune/model.h"

const char *gt_apply_cgroup_file(enum gt_setting_id id, enum gt_cgroup_version v)
{
	if (v == GT_CGROUP_UNKNOWN)
		return NULL;
	if (id == GT_SET_SWAPPINESS)
		return v == GT_CGROUP_V1 ? "memory.swappiness" : "memory.swap.max";
	if (id == GT_SET_CPUSET_CPUS)
		return "cpuset.cpus";
	return id == GT_SET_CPUSET_MEMS ? "cpuset.mems" : NULL;
}

int gt_apply_cgroup_write(int dirfd, const char *file, const char *value)
{
	_cleanup_close_ int fd = gt_root_open_same_mount(dirfd, file, O_WRONLY);

	return fd < 0 ? fd : gt_write_checked(fd, CGROUP_SUPER_MAGIC, CGROUP2_SUPER_MAGIC, value);
}

/*
 * Raises RLIMIT_NOFILE, never lowers it. If we may not raise the hard limit, we raise the soft one
 * up to it.
 */
void gt_apply_nofile(int64_t pid, const struct gt_barrier_job *job, struct gt_barrier_result *ret)
{
	struct rlimit now = {0}, want;

	ret->nofile_error = prlimit((pid_t)pid, RLIMIT_NOFILE, NULL, &now) < 0 ? -errno : 0;
	want.rlim_max = job->nofile_hard > now.rlim_max ? job->nofile_hard : now.rlim_max;
	want.rlim_cur = job->nofile_soft > now.rlim_cur ? job->nofile_soft : now.rlim_cur;
	if (ret->nofile_error == 0 && prlimit((pid_t)pid, RLIMIT_NOFILE, &want, NULL) < 0) {
		want.rlim_max = now.rlim_max;
		if (want.rlim_cur > want.rlim_max)
			want.rlim_cur = want.rlim_max;
		if (prlimit((pid_t)pid, RLIMIT_NOFILE, &want, NULL) < 0)
			ret->nofile_error = -errno;
	}
	if (ret->nofile_error == 0) {
		ret->nofile_soft = want.rlim_cur;
		ret->nofile_hard = want.rlim_max;
	}
}
