/*
 * The log: two files in a directory, `history` and the older `history.1`. Effectful: appends,
 * renames.
 *
 * Theory of operation. A line is written by one write(2) with O_APPEND: a process that is killed
 * leaves a whole line, or, where the file system is full, the beginning of one, to which the next
 * line would stick. So each line begins with a line feed, too, when the file does not end in one.
 * What is damaged in any other way fails its checksum, and is skipped up to the next line feed.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "gotune/base.h"
#include "gotune/history.h"

#define NEWER "history"
#define OLDER "history.1"

int gt_history_open(const char *dir, bool create, struct gt_err *e)
{
	_cleanup_close_ int fd = -1;
	struct stat st;
	int r = 0;

	if (create && mkdir(dir, 0700) < 0 && errno != EEXIST)
		r = -errno;
	if (r == 0) {
		fd = open(dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		r = fd < 0 ? -errno : 0;
	}
	if (r < 0)
		return gt_err_sys(e, r, "cannot use %s for the history", dir);
	if (fstat(fd, &st) < 0 || st.st_uid != geteuid() || (st.st_mode & (S_IWGRP | S_IWOTH)) != 0)
		return gt_err_set(e, -EPERM, "%s is not ours alone", dir);
	return gt_take_fd(&fd);
}

static int open_file(int dirfd, const char *name, int flags, struct stat *ret)
{
	_cleanup_close_ int fd =
		openat(dirfd, name, flags | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0600);

	if (fd < 0 || fstat(fd, ret) < 0)
		return -errno;
	return S_ISREG(ret->st_mode) ? gt_take_fd(&fd) : -ENXIO;
}

/* The newer file, to be appended to; a full one becomes the older one. */
static int open_newer(int dirfd, struct stat *ret)
{
	_cleanup_close_ int fd = -1;

	*ret = (struct stat){0};
	fd = open_file(dirfd, NEWER, O_RDWR | O_APPEND | O_CREAT, ret);
	if (fd < 0 || ret->st_size + GT_LIFE_LINE_MAX <= GT_HISTORY_FILE_MAX)
		return gt_take_fd(&fd);
	if (renameat(dirfd, NEWER, dirfd, OLDER) < 0)
		return -errno;
	return open_file(dirfd, NEWER, O_RDWR | O_APPEND | O_CREAT, ret);
}

static bool ends_in_line_feed(int fd, off_t size)
{
	char last;

	return size == 0 || (pread(fd, &last, 1, size - 1) == 1 && last == '\n');
}

int gt_history_append(int dirfd, const struct gt_life *l)
{
	_cleanup_(gt_buf_done) struct gt_buf line = {0};
	_cleanup_close_ int fd = -1;
	struct stat st;
	ssize_t n;

	fd = open_newer(dirfd, &st);
	if (fd < 0)
		return fd;
	if (!ends_in_line_feed(fd, st.st_size))
		gt_buf_str(&line, "\n");
	gt_life_write(l, &line);
	if (line.error)
		return line.error;
	if (line.len > GT_LIFE_LINE_MAX)
		return -E2BIG;
	n = write(fd, line.p, line.len);
	if (n < 0)
		return -errno;
	return (size_t)n == line.len ? 0 : -ENOSPC;
}

static void read_lines(const char *text, size_t len, gt_life_fn *fn, void *ctx,
		       struct gt_history_sum *sum)
{
	struct gt_life l;

	for (size_t at = 0; at < len;) {
		const char *lf = memchr(text + at, '\n', len - at);
		size_t n = lf ? (size_t)(lf - text) - at : len - at;
		int r = n > 0 ? gt_life_parse(text + at, n, &l) : 0;

		if (n > 0 && r == 0) {
			fn(ctx, &l);
			sum->n++;
		}
		sum->damaged += r < 0;
		at += n + 1;
	}
}

static int read_file(int dirfd, const char *name, gt_life_fn *fn, void *ctx,
		     struct gt_history_sum *sum)
{
	_cleanup_free_ char *text = NULL;
	struct stat st;
	_cleanup_close_ int fd = open_file(dirfd, name, O_RDONLY, &st);
	size_t len = 0;
	int r;

	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	r = gt_read_all(fd, GT_HISTORY_FILE_MAX + GT_LIFE_LINE_MAX, 0, &text, &len);
	if (r == 0)
		read_lines(text, len, fn, ctx, sum);
	return r;
}

int gt_history_read(int dirfd, gt_life_fn *fn, void *ctx, struct gt_history_sum *ret)
{
	struct gt_history_sum sum = {0};
	int r = read_file(dirfd, OLDER, fn, ctx, &sum);

	if (r == 0)
		r = read_file(dirfd, NEWER, fn, ctx, &sum);
	if (r == 0)
		*ret = sum;
	return r;
}
