/*
 * Reading whole files and streams, writing all of a buffer, making directories. Effectful; no
 * privilege beyond that of the files.
 */
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sys/vfs.h>
#include <time.h>

#include "gotune/base.h"

#define NAME_CAP 256 /* NAME_MAX and a NUL */

/* read(2) through EINTR. */
static ssize_t read_some(int fd, char *buf, size_t len)
{
	ssize_t n;

	do
		n = read(fd, buf, len);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

int gt_root_read(int root, const char *path, char *buf, size_t cap)
{
	_cleanup_close_ int fd = gt_root_open_kernel(root, path);
	size_t len = 0;
	ssize_t n;

	if (fd < 0)
		return fd;
	if (cap == 0)
		return -EFBIG;
	/* Kernel files may come in pieces: only 0 is the end. */
	do {
		n = read_some(fd, buf + len, cap - len);
		if (n < 0)
			return (int)n;
		len += (size_t)n;
		if (len == cap)
			return -EFBIG;
	} while (n > 0);
	if (len > 0 && buf[len - 1] == '\n')
		len--;
	buf[len] = '\0';
	return 0;
}

int gt_root_read_u64(int root, const char *path, uint64_t *ret)
{
	char text[32];
	int r = gt_root_read(root, path, text, sizeof(text));

	return r < 0 ? r : gt_parse_u64(text, ret);
}

int gt_wait_readable(int fd, int64_t deadline)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	int64_t left = -1;
	int r;

	do {
		if (deadline) {
			left = deadline - gt_now_ms();
			if (left <= 0)
				return -ETIMEDOUT;
			if (left > INT_MAX)
				left = INT_MAX;
		}
		r = poll(&p, 1, (int)left);
	} while (r == 0 || (r < 0 && errno == EINTR));
	return r < 0 ? -errno : 0;
}

int gt_read_exactly(int fd, void *buf, size_t len, int64_t deadline)
{
	for (size_t done = 0; done < len;) {
		int r = gt_wait_readable(fd, deadline);
		ssize_t n;

		if (r < 0)
			return r;
		n = read_some(fd, (char *)buf + done, len - done);
		if (n == -EAGAIN)
			continue; /* another reader was faster */
		if (n <= 0)
			return n < 0 ? (int)n : -EPIPE;
		done += (size_t)n;
	}
	return 0;
}

/* Makes room in *BUF for more than LEN bytes, but never for more than MAX + 1. */
static int grow(char **buf, size_t *cap, size_t len, size_t max)
{
	size_t want = *cap ? *cap * 2 : 4096;
	char *p;

	if (len + 1 < *cap)
		return 0;
	if (want > max + 2)
		want = max + 2;
	p = realloc(*buf, want);
	if (!p)
		return -ENOMEM;
	*buf = p;
	*cap = want;
	return 0;
}

/* Fills *BUF, which the caller frees also on failure; *ret_len is what has been read then. */
static int slurp(int fd, size_t max, int64_t deadline, char **buf, size_t *ret_len)
{
	size_t cap = 0, len = 0;

	for (;;) {
		ssize_t n;
		int r;

		*ret_len = len;
		r = grow(buf, &cap, len, max);

		if (r == 0)
			r = gt_wait_readable(fd, deadline);
		if (r < 0)
			return r;
		n = read_some(fd, *buf + len, cap - 1 - len);
		if (n == -EAGAIN)
			continue; /* another reader was faster */
		if (n < 0)
			return (int)n;
		if (n == 0)
			break;
		len += (size_t)n;
		if (len > max) {
			*ret_len = len;
			return -EFBIG;
		}
	}
	(*buf)[len] = '\0';
	return 0;
}

int gt_read_all_or_part(int fd, size_t max, unsigned timeout_ms, char **ret, size_t *ret_len)
{
	*ret = NULL;
	*ret_len = 0;
	if (fd < 0)
		return -EBADF; /* poll(2) would wait for ever */
	if (max > SIZE_MAX / 4)
		return -EFBIG;
	return slurp(fd, max, timeout_ms ? gt_now_ms() + timeout_ms : 0, ret, ret_len);
}

int gt_read_all(int fd, size_t max, unsigned timeout_ms, char **ret, size_t *ret_len)
{
	char *buf;
	size_t len;
	int r = gt_read_all_or_part(fd, max, timeout_ms, &buf, &len);

	if (r < 0) {
		free(buf);
		return r;
	}
	*ret = buf;
	if (ret_len)
		*ret_len = len;
	return 0;
}

int gt_write_all(int fd, const char *buf, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, buf, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EIO;
		buf += n;
		len -= (size_t)n;
	}
	return 0;
}

/* Enters or makes NAME below *DIR, which then is the new directory. */
static int enter(int *dir, const char *name, bool last)
{
	int fd;

	if (mkdirat(*dir, name, 0755) < 0 && errno != EEXIST)
		return -errno;
	fd = openat(*dir, name, O_PATH | O_DIRECTORY | O_CLOEXEC | (last ? O_NOFOLLOW : 0));
	if (fd < 0)
		return -errno;
	if (*dir >= 0)
		close(*dir);
	*dir = fd;
	return 0;
}

int gt_mkdirs(const char *path)
{
	_cleanup_close_ int dir = -1;
	char name[NAME_CAP];

	if (*path == '\0')
		return -ENOENT;
	dir = open(*path == '/' ? "/" : ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return -errno;
	for (path += strspn(path, "/"); *path;) {
		size_t len = strcspn(path, "/");
		const char *next = path + len + strspn(path + len, "/");
		int r = gt_copy(name, sizeof(name), path, len) ? 0 : -ENAMETOOLONG;

		if (r == 0)
			r = enter(&dir, name, *next == '\0');
		if (r < 0)
			return r;
		path = next;
	}
	return 0;
}

int gt_write_checked(int fd, long type, long or_type, const char *value)
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
