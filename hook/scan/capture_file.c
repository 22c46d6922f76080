/*
 * Files of a capture. Effectful: writes below one directory, and follows no link there.
 */
#include <fcntl.h>
#include <sys/stat.h>

#include "capture.h"

#define COPY_MAX (1u << 20)

/* Opens the directory NAME in *DIR, made if it is missing, in its place. */
static int enter(int *dir, const char *name)
{
	int fd;

	if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return -EINVAL;
	if (mkdirat(*dir, name, 0700) < 0 && errno != EEXIST)
		return -errno;
	fd = openat(*dir, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	gt_cleanup_close(dir);
	*dir = fd;
	return 0;
}

int gt_capture_dir(int dir, const char *path)
{
	_cleanup_close_ int at = openat(dir, ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	char name[GT_PATH_CAP];

	if (at < 0)
		return -errno;
	for (path += strspn(path, "/"); *path; path += strspn(path, "/")) {
		size_t n = strcspn(path, "/");
		int r = gt_copy(name, sizeof(name), path, n) ? enter(&at, name) : -ENAMETOOLONG;

		if (r < 0)
			return r;
		path += n;
	}
	return gt_take_fd(&at);
}

/* The directory of PATH, and its last part. */
static int open_parent(int dir, const char *path, const char **ret_name)
{
	char parent[2 * GT_PATH_CAP];

	*ret_name = gt_basename(path);
	if (!gt_copy(parent, sizeof(parent), path, (size_t)(*ret_name - path)))
		return -ENAMETOOLONG;
	if (!**ret_name || strcmp(*ret_name, ".") == 0 || strcmp(*ret_name, "..") == 0)
		return -EINVAL;
	return gt_capture_dir(dir, parent);
}

int gt_capture_create(int dir, const char *path, mode_t mode)
{
	const char *name;
	_cleanup_close_ int at = open_parent(dir, path, &name);
	int fd;

	if (at < 0)
		return at;
	fd = openat(at, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
	return fd < 0 ? -errno : fd;
}

int gt_capture_write(int dir, const char *path, const char *text, size_t len)
{
	_cleanup_close_ int fd = gt_capture_create(dir, path, 0600);

	if (fd < 0)
		return fd == -EEXIST ? 0 : fd;
	return gt_write_all(fd, text, len);
}

int gt_capture_link(int dir, const char *path, const char *to)
{
	const char *name;
	_cleanup_close_ int at = open_parent(dir, path, &name);

	if (at < 0)
		return at;
	return symlinkat(to, at, name) < 0 && errno != EEXIST ? -errno : 0;
}

int gt_capture_copy(int root, int dir, const char *path)
{
	_cleanup_close_ int fd = gt_root_open_kernel(root, path);
	_cleanup_free_ char *text = NULL;
	size_t len = 0;
	int r;

	if (fd < 0 || faccessat(dir, path + strspn(path, "/"), F_OK, AT_SYMLINK_NOFOLLOW) == 0 ||
	    gt_read_all(fd, COPY_MAX, 0, &text, &len) < 0)
		return 0;
	r = gt_capture_write(dir, path, text, len);
	return r < 0 ? r : 1;
}

int gt_capture_copy_link(int root, int dir, const char *path)
{
	char to[GT_PATH_CAP];
	ssize_t n = readlinkat(root, path, to, sizeof(to) - 1);
	int r;

	if (n <= 0)
		return 0;
	to[n] = '\0';
	r = gt_capture_link(dir, path, to);
	return r < 0 ? r : 1;
}
