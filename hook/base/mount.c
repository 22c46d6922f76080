/*
 * Files that no mount may have put in the place of others. Effectful: opens.
 */
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <sys/vfs.h>

#include "gotune/base.h"
#include "openat2.h"

/* The mount that FD's file was reached through, as the kernel numbers it: proc(5), fdinfo. */
static int mount_of(int fd, uint64_t *ret)
{
	_cleanup_close_ int proc = open("/proc/self/fdinfo", O_PATH | O_CLOEXEC | O_DIRECTORY);
	char name[24] = "", text[512];
	int r;

	(void)gt_append_u64(name, sizeof(name), (uint64_t)fd); /* fits */
	if (proc < 0)
		return -errno;
	r = gt_root_read(proc, name, text, sizeof(text));
	if (r < 0)
		return r;
	return gt_parse_field_u64(text, "mnt_id:", ret) ? 0 : -EINVAL;
}

/* openat2, unlike openat, refuses what means nothing with O_PATH. */
static int whole_flags(int flags)
{
	return flags | O_NOFOLLOW | O_CLOEXEC | (flags & O_PATH ? 0 : O_NOCTTY);
}

int gt_root_walk_same_mount(int dir, const char *path, int flags)
{
	_cleanup_close_ int fd = -1;
	uint64_t above = 0, here = 0;
	int r = mount_of(dir, &above);

	if (r < 0)
		return r;
	fd = openat(dir, path, whole_flags(flags));
	r = fd < 0 ? -errno : mount_of(fd, &here);
	if (r == 0 && here != above)
		r = -EXDEV;
	return r < 0 ? r : gt_take_fd(&fd);
}

int gt_root_open_same_mount(int dir, const char *path, int flags)
{
	int fd = gt_openat2(dir, path, (uint64_t)whole_flags(flags),
			    RESOLVE_BENEATH | RESOLVE_NO_XDEV | RESOLVE_NO_SYMLINKS);

	return fd == -ENOSYS ? gt_root_walk_same_mount(dir, path, flags) : fd;
}

/* Kernel, include/linux/proc_ns.h: PROC_ROOT_INO. */
#define PROC_ROOT_INODE 1

int gt_root_open_proc(int root)
{
	_cleanup_close_ int fd =
		openat(root, "proc", O_PATH | O_CLOEXEC | O_NOFOLLOW | O_DIRECTORY);
	struct statfs fs;
	struct stat st;

	if (fd < 0 || fstatfs(fd, &fs) < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (fs.f_type != PROC_SUPER_MAGIC || st.st_ino != PROC_ROOT_INODE)
		return -EXDEV;
	return gt_take_fd(&fd);
}
