/*
 * Files, always below a root descriptor: the machine's own "/", a captured machine
 * (--sysroot), or a container's root. Paths are relative to the root; a leading '/' is ignored.
 */
#ifndef GOTUNE_BASE_FILE_H
#define GOTUNE_BASE_FILE_H

#include <sys/stat.h>
#include <sys/types.h>

#include "gotune/base/defs.h"
#include "gotune/base/err.h"

/* Opens DIR (NULL or "/": the machine itself) as a root. Returns an O_PATH descriptor or -errno. */
GT_MUST_CHECK int gt_root_open(const char *dir, struct gt_err *e);

/*
 * Opens PATH below ROOT for reading; symlinks, also absolute ones, stay inside ROOT; magic links
 * are refused. openat2(RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS), or a walk component by component
 * where the kernel lacks it (ENOSYS) or a filter denies it (EPERM). Only a regular file is opened:
 * it is pinned with O_PATH, examined, and reopened through /proc/self/fd, so a FIFO or a device is
 * never touched. *ret_st (may be NULL) is what fstat said of that same file.
 * Returns a descriptor, or -ENOENT, -ELOOP, -EACCES, -EISDIR (a directory), -ENXIO (any other
 * non-regular file), ... No message: callers know what the file meant.
 */
GT_MUST_CHECK int gt_root_open_file(int root, const char *path, struct stat *ret_st);

/*
 * As gt_root_open_file, but nothing may lead out of ROOT, not even to come back: -EXDEV for an
 * absolute link and for a ".." too many. What ROOT is mounted on is not known here. -ENOSYS where
 * the kernel lacks openat2.
 */
GT_MUST_CHECK int gt_root_open_file_beneath(int root, const char *path, struct stat *ret_st);

/*
 * Opens PATH below the directory DIR for writing, say (FLAGS), where nothing that is mounted on the
 * way, on the file itself either, may lead the write elsewhere: -EXDEV. No link is followed
 * (-ELOOP). The walk is its stand-in where the kernel has no openat2: it opens, then compares the
 * mounts. Source: openat2(2), RESOLVE_NO_XDEV.
 */
GT_MUST_CHECK int gt_root_open_same_mount(int dir, const char *path, int flags);
GT_MUST_CHECK int gt_root_walk_same_mount(int dir, const char *path, int flags);

/* ROOT's "proc", if it is procfs and its root directory: an O_PATH descriptor, -EXDEV if not. */
GT_MUST_CHECK int gt_root_open_proc(int root);

/*
 * As gt_root_open_file, for a file that the kernel serves (/proc, /sys): opened first and
 * looked at then. Not for a container's tree, where opening a device has an effect.
 */
GT_MUST_CHECK int gt_root_open_kernel(int root, const char *path);

/*
 * As gt_root_open_file, for a file of the host's own that somebody else may have named: no symlink
 * on the way, and PATH has no "." or "..". The file and every directory on the way belong to root
 * or to us and may be written by nobody else (a sticky directory by anybody). In a user namespace a
 * directory of nobody who has a number there counts as root's; the last directory and the file do
 * not. -ELOOP, -EPERM (whose it is), -EINVAL, -ENXIO, ...
 */
GT_MUST_CHECK int gt_root_open_owned(int root, const char *path, struct stat *ret_st);

/*
 * 0 when PATH exists below ROOT, whatever it is: a link as its last part is not followed. -ENOENT,
 * -ENOTDIR, or -errno when that cannot be told. Resolved as gt_root_open_file does.
 */
GT_MUST_CHECK int gt_root_exists(int root, const char *path);

/* What fstat says of PATH below ROOT, whatever it is; resolved as gt_root_open_file does. 0 or
 * -errno. */
GT_MUST_CHECK int gt_root_stat(int root, const char *path, struct stat *ret_st);

/* As gt_root_open_file, for a directory; the descriptor can be listed and used as a root. */
GT_MUST_CHECK int gt_root_open_dir(int root, const char *path);

/* The walk that stands in for openat2; public so that a test can force it. Returns an O_PATH fd. */
GT_MUST_CHECK int gt_root_walk(int root, const char *path);

/*
 * Reads the whole of a small kernel file into BUF as a C string; one trailing newline is dropped.
 * -EFBIG when CAP-1 bytes do not suffice. Returns 0 or -errno.
 */
GT_MUST_CHECK int gt_root_read(int root, const char *path, char *buf, size_t cap);

/* gt_root_read and gt_parse_u64 in one. */
GT_MUST_CHECK int gt_root_read_u64(int root, const char *path, uint64_t *ret);

/* Waits until FD can be read or has come to its end, or until DEADLINE, by gt_now_ms (0: for ever).
 * 0, -ETIMEDOUT, or -errno of poll(2). */
GT_MUST_CHECK int gt_wait_readable(int fd, int64_t deadline);

/* Reads LEN bytes from FD, by DEADLINE, as above. 0, -ETIMEDOUT, -EPIPE: it ended before, or
 * -errno. */
GT_MUST_CHECK int gt_read_exactly(int fd, void *buf, size_t len, int64_t deadline);

/*
 * Reads FD to its end, at most MAX bytes, into a fresh NUL-terminated buffer that the caller frees.
 * Waits no longer than TIMEOUT_MS in all (0: for ever). -EFBIG, -ETIMEDOUT, -ENOMEM, -errno.
 */
GT_MUST_CHECK int gt_read_all(int fd, size_t max, unsigned timeout_ms, char **ret, size_t *ret_len);

/* The same, but what was read until it failed is in *RET, too, which the caller frees in any case.
 */
GT_MUST_CHECK int gt_read_all_or_part(int fd, size_t max, unsigned timeout_ms, char **ret,
				      size_t *ret_len);

/* Writes all LEN bytes, through short writes and EINTR. 0 or -errno. */
GT_MUST_CHECK int gt_write_all(int fd, const char *buf, size_t len);

/*
 * Makes or replaces DIR/NAME, of LEN bytes and mode MODE, in one step. On failure the old file
 * stands and no other is left; see gt_unlink_next for a writer that is killed. For what does not
 * outlive a boot: nothing is synced. 0 or -errno.
 */
GT_MUST_CHECK int gt_write_atomic(int dirfd, const char *name, const char *buf, size_t len,
				  mode_t mode);

/*
 * As gt_write_atomic, and with the mode and owner that AS has ((uid_t)-1, (gid_t)-1: ours). The
 * file is synced, its directory is not: a crash leaves the old bytes or the new ones.
 */
GT_MUST_CHECK int gt_write_atomic_as(int dirfd, const char *name, const char *buf, size_t len,
				     const struct stat *as);

/*
 * As gt_write_atomic, but only over a file that is there: -ENOENT when it has been removed, also in
 * the moment before. Where the file system cannot exchange two names it is looked at beforehand.
 */
GT_MUST_CHECK int gt_rewrite_atomic(int dirfd, const char *name, const char *buf, size_t len,
				    mode_t mode);

/*
 * Removes what a writer of DIR/NAME left that was killed between two system calls. The next writer
 * does it, too; who removes the file for good calls this. 0 or -errno.
 */
GT_MUST_CHECK int gt_unlink_next(int dirfd, const char *name);

/* mkdir -p, mode 0755 for each part that is missing; refuses a symlink as the last part. */
GT_MUST_CHECK int gt_mkdirs(const char *path);

/* The names in DIR that end in SUFFIX and begin with no dot, sorted; none when there is no DIR. */
GT_MUST_CHECK int gt_dir_names(int root, const char *dir, const char *suffix, struct gt_list *ret);

/*
 * One write of VALUE to FD, whose file system must be of TYPE or of OR_TYPE (linux/magic.h): never
 * a place that a mount put there. 0 or -errno (-EXDEV: it is of another type).
 */
GT_MUST_CHECK int gt_write_checked(int fd, long type, long or_type, const char *value);

#endif
