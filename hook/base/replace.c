/*
 * Writing files so that a reader never sees half. Effectful; no privilege beyond that of the files.
 *
 * A file is written before it has a name (O_TMPFILE), so that nothing is left of a writer that is
 * killed. Only one that takes another one's place needs a second name for a moment, since linkat
 * replaces nothing: that is always the same, so that the next writer, or who removes the file,
 * finds what a killed one left. Where a file system has no nameless files, they get random names.
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/random.h>

#include "gotune/base.h"

#define NAME_CAP 256 /* NAME_MAX and a NUL */
#define TRIES	 8   /* another writer of the same file may be as fast, but not every time */

/* The second name of NAME. */
static int next_name(const char *name, char *buf, size_t cap)
{
	if (*name == '\0' || strchr(name, '/'))
		return -EINVAL;
	return gt_copy_str(buf, cap, ".") && gt_append(buf, cap, name) &&
			       gt_append(buf, cap, ".gotune-new")
		       ? 0
		       : -ENAMETOOLONG;
}

int gt_unlink_next(int dirfd, const char *name)
{
	char next[NAME_CAP];
	int r = next_name(name, next, sizeof(next));

	return r == 0 && unlinkat(dirfd, next, 0) < 0 && errno != ENOENT ? -errno : r;
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
	bool ours = how->uid == (uid_t)-1 && how->gid == (gid_t)-1;
	int r = !ours && fchown(fd, how->uid, how->gid) < 0 ? -errno : 0;

	if (r == 0)
		r = gt_write_all(fd, buf, len);
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
	if (renameat2(dirfd, temp, dirfd, name, RENAME_EXCHANGE) == 0) {
		(void)unlinkat(dirfd, temp, 0); /* the old one; the next writer finds it, too */
		return 0;
	}
	if (errno != EINVAL && errno != ENOSYS)
		return -errno;
	if (faccessat(dirfd, name, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	return put_there(dirfd, temp, name);
}

static int link_as(int fd, int dirfd, const char *name)
{
	char proc[32];

	(void)snprintf(proc, sizeof(proc), "/proc/self/fd/%d", fd);
	return linkat(AT_FDCWD, proc, dirfd, name, AT_SYMLINK_FOLLOW) < 0 ? -errno : 0;
}

static bool is_there(int dirfd, const char *name)
{
	return faccessat(dirfd, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

/* Gives FD the second name and then NAME. *ret_linked: a name can be given; what failed then would
 * fail in any other way. -EAGAIN: another writer was there. */
static int put_by_next(int fd, int dirfd, const char *next, const char *name, const struct how *how,
		       bool *ret_linked)
{
	int r = link_as(fd, dirfd, next);

	*ret_linked = r == 0;
	if (r == -EEXIST) {
		(void)unlinkat(dirfd, next, 0);
		return -EAGAIN;
	}
	if (r < 0)
		return r;
	r = how->put(dirfd, next, name);
	if (r == -ENOENT && (how->put == put_there || is_there(dirfd, name)))
		return -EAGAIN; /* the second name was taken for a dead one's */
	if (r < 0)
		(void)unlinkat(dirfd, next, 0); /* R says what failed first */
	return r;
}

/* *ret_final: it is no use to try by a named file. */
static int write_nameless(int dirfd, const char *name, const char *buf, size_t len,
			  const struct how *how, bool *ret_final)
{
	char next[NAME_CAP];
	_cleanup_close_ int fd = -1;
	int r = next_name(name, next, sizeof(next));
	bool linked = false;

	*ret_final = r < 0;
	if (r < 0)
		return r;
	fd = openat(dirfd, ".", O_WRONLY | O_TMPFILE | O_CLOEXEC, 0600);
	r = fd < 0 ? -errno : fill(fd, buf, len, how);
	if (r < 0)
		return r;
	r = how->put == put_there ? link_as(fd, dirfd, name) : -EEXIST;
	if (r == -EEXIST) {
		r = -EAGAIN;
		for (unsigned i = 0; r == -EAGAIN && i < TRIES; i++)
			r = put_by_next(fd, dirfd, next, name, how, &linked);
	}
	*ret_final = r == 0 || (linked && r != -EAGAIN);
	return r;
}

static int write_named(int dirfd, const char *name, const char *buf, size_t len,
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
	return r;
}

static int write_file(int dirfd, const char *name, const char *buf, size_t len,
		      const struct how *how)
{
	bool final;
	int r = write_nameless(dirfd, name, buf, len, how, &final);

	return final ? r : write_named(dirfd, name, buf, len, how);
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
