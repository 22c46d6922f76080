/*
 * Looks at a namespace that config.json names by a path: /run/netns/NAME, /proc/PID/ns/net.
 * Effectful: opens that path. A user may have chosen it, so we touch nothing that is not a
 * namespace.
 */
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "gotune/base.h"
#include "gotune/inspect.h"
#include "gotune/model.h"

/* Opens again, for reading, what FD pins. The caller knows that it is harmless. */
static int reopen(int fd)
{
	char self[48] = "/proc/self/fd/";
	int r;

	(void)gt_append_u64(self, sizeof(self), (uint64_t)fd); /* fits */
	r = open(self, O_RDONLY | O_CLOEXEC);
	return r < 0 ? -errno : r;
}

/* A descriptor of the namespace at PATH, or -errno. Also follows the kernel's own links. */
static int open_ns(const char *path, int type)
{
	_cleanup_close_ int pinned = open(path, O_PATH | O_CLOEXEC);
	_cleanup_close_ int fd = -1;
	struct statfs fs;

	if (pinned < 0 || fstatfs(pinned, &fs) < 0)
		return -errno;
	if (fs.f_type != NSFS_MAGIC)
		return -EINVAL;
	fd = reopen(pinned);
	if (fd < 0)
		return fd;
	return ioctl(fd, NS_GET_NSTYPE) == type ? gt_take_fd(&fd) : -EINVAL;
}

/* Is it the same namespace as PROC ("/proc/self/ns/net")? GT_UNKNOWN: we may not look. */
static enum gt_tri is_that_of(const struct stat *st, const char *proc)
{
	struct stat other;

	if (stat(proc, &other) < 0)
		return GT_UNKNOWN;
	return st->st_dev == other.st_dev && st->st_ino == other.st_ino ? GT_YES : GT_NO;
}

enum gt_ns_owner gt_inspect_ns(const char *path, int type, int *ret_fd)
{
	bool net = type == CLONE_NEWNET;
	_cleanup_close_ int fd = open_ns(path, type);
	enum gt_tri ours, first;
	struct stat st;

	if (ret_fd)
		*ret_fd = -1;
	if (fd < 0 || fstat(fd, &st) < 0)
		return GT_NS_OWNER_UNKNOWN;
	ours = is_that_of(&st, net ? "/proc/self/ns/net" : "/proc/self/ns/ipc");
	first = is_that_of(&st, net ? "/proc/1/ns/net" : "/proc/1/ns/ipc");
	if (ours == GT_YES || first == GT_YES)
		return GT_NS_OWNER_HOST;
	if (ours == GT_UNKNOWN) /* process 1 is another user's in a rootless engine */
		return GT_NS_OWNER_UNKNOWN;
	if (ret_fd)
		*ret_fd = gt_take_fd(&fd);
	return GT_NS_OWNER_CONTAINER;
}
