/*
 * Reading whole files and streams, and writing so that a reader never sees half. Effectful; no
 * privilege beyond that of the files.
 */
#include "gotune/file.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <sys/random.h>
#include <time.h>

#include "gotune/parse.h"
#include "gotune/str.h"

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

static int64_t now_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t); /* cannot fail for this clock */
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Waits until FD can be read, or until DEADLINE (0: for ever). */
static int wait_readable(int fd, int64_t deadline)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	int64_t left = -1;
	int r;

	do {
		if (deadline) {
			left = deadline - now_ms();
			if (left <= 0)
				return -ETIMEDOUT;
			if (left > INT_MAX)
				left = INT_MAX;
		}
		r = poll(&p, 1, (int)left);
	} while (r == 0 || (r < 0 && errno == EINTR));
	return r < 0 ? -errno : 0;
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

/* Fills *BUF, which the caller frees also on failure. */
static int slurp(int fd, size_t max, int64_t deadline, char **buf, size_t *ret_len)
{
	size_t cap = 0, len = 0;

	for (;;) {
		ssize_t n;
		int r = grow(buf, &cap, len, max);

		if (r == 0)
			r = wait_readable(fd, deadline);
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
		if (len > max)
			return -EFBIG;
	}
	(*buf)[len] = '\0';
	*ret_len = len;
	return 0;
}

int gt_read_all(int fd, size_t max, unsigned timeout_ms, char **ret, size_t *ret_len)
{
	char *buf = NULL;
	size_t len = 0;
	int r;

	if (fd < 0)
		return -EBADF; /* poll(2) would wait for ever */
	if (max > SIZE_MAX / 4)
		return -EFBIG;
	r = slurp(fd, max, timeout_ms ? now_ms() + timeout_ms : 0, &buf, &len);
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

/* ".NAME.0123456789abcdef": cannot be guessed by who shares the directory. */
static int temp_name(const char *name, char *buf, size_t cap)
{
	static const char hex[] = "0123456789abcdef";
	unsigned char raw[8];
	char tail[20] = ".";

	if (*name == '\0' || strchr(name, '/'))
		return -EINVAL;
	if (getrandom(raw, sizeof(raw), GRND_NONBLOCK) != (ssize_t)sizeof(raw))
		return -EIO;
	for (size_t i = 0; i < sizeof(raw); i++) {
		tail[1 + 2 * i] = hex[raw[i] >> 4];
		tail[2 + 2 * i] = hex[raw[i] & 15];
	}
	tail[1 + 2 * sizeof(raw)] = '\0';
	buf[0] = '\0';
	return gt_append(buf, cap, ".") && gt_append(buf, cap, name) && gt_append(buf, cap, tail)
		       ? 0
		       : -ENAMETOOLONG;
}

/* How a file is to be written: whose, into which place, and whether it must survive a crash. */
struct how {
	uid_t uid;
	gid_t gid;
	mode_t mode;
	bool sync;
	int (*put)(int dirfd, const char *temp, const char *name);
};

static int fill(int fd, const char *buf, size_t len, const struct how *how)
{
	int r = fchown(fd, how->uid, how->gid) < 0 ? -errno : gt_write_all(fd, buf, len);

	if (r < 0)
		return r;
	return fchmod(fd, how->mode) < 0 || (how->sync && fsync(fd) < 0) ? -errno : 0;
}

/* TEMP becomes NAME. */
static int put_there(int dirfd, const char *temp, const char *name)
{
	return renameat(dirfd, temp, dirfd, name) < 0 ? -errno : 0;
}

/* TEMP becomes NAME, if there is a NAME: exchanged, since a look and a rename would be two steps.
 */
static int put_over(int dirfd, const char *temp, const char *name)
{
	if (renameat2(dirfd, temp, dirfd, name, RENAME_EXCHANGE) == 0)
		return unlinkat(dirfd, temp, 0) < 0 ? -errno : 0;
	if (errno != EINVAL && errno != ENOSYS)
		return -errno;
	if (faccessat(dirfd, name, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	return put_there(dirfd, temp, name);
}

static int write_file(int dirfd, const char *name, const char *buf, size_t len,
		      const struct how *how)
{
	_cleanup_close_ int fd = -1;
	char temp[NAME_CAP];
	int r = temp_name(name, temp, sizeof(temp));

	if (r < 0)
		return r;
	fd = openat(dirfd, temp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	r = fill(fd, buf, len, how);
	if (r == 0)
		r = how->put(dirfd, temp, name);
	if (r < 0)
		(void)unlinkat(dirfd, temp, 0); /* R says what failed first */
	else if (how->sync)
		(void)fsync(dirfd); /* an O_PATH descriptor cannot; the file itself is synced */
	return r;
}

int gt_write_atomic_as(int dirfd, const char *name, const char *buf, size_t len,
		       const struct stat *as)
{
	const struct how how = {as->st_uid, as->st_gid, as->st_mode & 07777, true, put_there};

	return write_file(dirfd, name, buf, len, &how);
}

int gt_write_atomic(int dirfd, const char *name, const char *buf, size_t len, mode_t mode)
{
	const struct how how = {(uid_t)-1, (gid_t)-1, mode, false, put_there};

	return write_file(dirfd, name, buf, len, &how);
}

int gt_rewrite_atomic(int dirfd, const char *name, const char *buf, size_t len, mode_t mode)
{
	const struct how how = {(uid_t)-1, (gid_t)-1, mode, false, put_over};

	return write_file(dirfd, name, buf, len, &how);
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
