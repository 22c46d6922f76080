/*
 * Single writes to a live container: a sysctl, a cgroup file, RLIMIT_NOFILE. Effectful; each is one
 * system call on an object that was checked first.
 */
#include <fcntl.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/vfs.h>

#include "gotune/apply.h"
#include "gotune/file.h"

/* "net.core.somaxconn" -> BELOW "net/core/somaxconn". */
static int sysctl_path(const char *below, const char *name, char *buf, size_t cap)
{
	if (!gt_copy_str(buf, cap, below) || !gt_append(buf, cap, name))
		return -ENAMETOOLONG;
	for (char *p = buf; *p; p++) {
		if (*p == '.')
			*p = '/';
	}
	return 0;
}

/* One write to FD, whose file system must be one of the two types: never a place that a mount put
 * there. */
static int write_checked(int fd, long type, long or_type, const char *value)
{
	struct statfs fs;
	size_t len = strlen(value);
	ssize_t n;

	if (fstatfs(fd, &fs) < 0)
		return -errno;
	if (fs.f_type != type && fs.f_type != or_type)
		return -EXDEV;
	n = write(fd, value, len); /* the kernel takes the value whole or refuses it */
	if (n < 0)
		return -errno;
	return (size_t)n == len ? 0 : -EIO;
}

/*
 * The file system's type alone would not do: another file of procfs, mounted on the sysctl's, would
 * take the value (runc's CVE-2025-52881 was of this kind).
 */
int gt_apply_sysctl_write(int root, const char *name, const char *value)
{
	char path[GT_SYSCTL_NAME_CAP + 16];
	_cleanup_close_ int proc = gt_root_open_proc(root);
	_cleanup_close_ int fd = -1;
	int r = sysctl_path("sys/", name, path, sizeof(path));

	if (r < 0 || proc < 0)
		return r < 0 ? r : proc;
	fd = gt_root_open_same_mount(proc, path, O_WRONLY);
	return fd < 0 ? fd : write_checked(fd, PROC_SUPER_MAGIC, PROC_SUPER_MAGIC, value);
}

int gt_apply_sysctl_read(int root, const char *name, char *buf, size_t cap)
{
	char path[GT_SYSCTL_NAME_CAP + 16];
	int r = sysctl_path("proc/sys/", name, path, sizeof(path));

	return r < 0 ? r : gt_root_read(root, path, buf, cap);
}

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

	return fd < 0 ? fd : write_checked(fd, CGROUP_SUPER_MAGIC, CGROUP2_SUPER_MAGIC, value);
}

/*
 * Raises RLIMIT_NOFILE, never lowers it. Where the hard limit may not be raised the soft one goes
 * as far as it lets it.
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
