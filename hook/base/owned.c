/*
 * Opening a file of the host's that somebody else may have named. Effectful: opens, never writes;
 * no privilege but to read there.
 *
 * A path that a user had a say in could lead to a file of theirs. Whoever may write into a
 * directory puts there what they like: so none on the way is another's, and none is a symlink.
 * Whoever is root is trusted: also the root of a container, whose files in a volume are root's on
 * the host; what such a file says is hostile all the same, and is parsed where hostile bytes are.
 */
#include <fcntl.h>

#include "gotune/base.h"

#define DIRECTORY (O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
#define READ	  (O_RDONLY | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK | O_CLOEXEC)
#define NAME_CAP  256 /* NAME_MAX and a NUL */

static bool is_ours(const struct stat *st)
{
	return (st->st_uid == 0 || st->st_uid == geteuid()) &&
	       (st->st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

/* A directory on the way. In a user namespace the machine's root has no number, nor has anybody
 * else outside: of those above ours it must do that they are not for all to write into. */
static bool may_pass(const struct stat *st)
{
	return (st->st_uid == geteuid() || gt_userns_is_root(st->st_uid)) &&
	       ((st->st_mode & S_ISVTX) || (st->st_mode & (S_IWGRP | S_IWOTH)) == 0);
}

/* Enters NAME: *DIR becomes it, and *ST says whose it is. */
static int enter(int *dir, const char *name, struct stat *st)
{
	int fd = openat(*dir, name, DIRECTORY);

	/* O_NOFOLLOW with O_DIRECTORY says of a symlink that it is no directory. */
	if (fd < 0)
		return -errno;
	close(*dir);
	*dir = fd;
	return fstat(fd, st) < 0 ? -errno : 0;
}

/* Cuts the first name off *PATH. False when it cannot be one. */
static bool next_name(const char **path, char name[NAME_CAP])
{
	const char *start = *path + strspn(*path, "/");
	size_t len = strcspn(start, "/");

	*path = start + len + strspn(start + len, "/");
	return len > 0 && gt_copy(name, NAME_CAP, start, len) && strcmp(name, ".") != 0 &&
	       strcmp(name, "..") != 0;
}

static int open_last(int dir, const char *name, struct stat *ret_st)
{
	_cleanup_close_ int fd = openat(dir, name, READ);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (S_ISDIR(st.st_mode))
		return -EISDIR;
	if (!S_ISREG(st.st_mode))
		return -ENXIO;
	if (!is_ours(&st))
		return -EPERM;
	if (ret_st)
		*ret_st = st;
	return gt_take_fd(&fd);
}

int gt_root_open_owned(int root, const char *path, struct stat *ret_st)
{
	_cleanup_close_ int dir = fcntl(root, F_DUPFD_CLOEXEC, 3);
	char name[NAME_CAP];
	struct stat st;

	if (dir < 0 || fstat(dir, &st) < 0)
		return -errno;
	for (;;) {
		int r;

		if (!next_name(&path, name))
			return -EINVAL;
		if (*path == '\0')
			break;
		if (!may_pass(&st))
			return -EPERM;
		r = enter(&dir, name, &st);
		if (r < 0)
			return r;
	}
	return is_ours(&st) ? open_last(dir, name, ret_st) : -EPERM;
}
