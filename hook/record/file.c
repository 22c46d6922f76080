/*
 * Makes and checks the directory of records, saves and removes records. Effectful: writes below the
 * directory that it is given, and nowhere else. It must own it, and needs no other privilege.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "gotune/base.h"
#include "gotune/model.h"
#include "gotune/record.h"

/* If others may write into a directory, they choose what we read and replace there. */
static int check_ours(int fd)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (st.st_uid != geteuid() && st.st_uid != 0)
		return -EPERM;
	return st.st_mode & (S_IWGRP | S_IWOTH) ? -EPERM : 0;
}

static int open_dir(int at, const char *name)
{
	_cleanup_close_ int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	int r = fd < 0 ? -errno : check_ours(fd);

	return r < 0 ? r : gt_take_fd(&fd);
}

int gt_record_dir_open(const char *dir, bool create, struct gt_err *e)
{
	_cleanup_close_ int fd = -1;
	_cleanup_close_ int containers = -1;
	int r = 0;

	fd = open_dir(AT_FDCWD, dir);
	if (fd == -ENOENT && create) {
		r = gt_mkdirs(dir);
		if (r < 0)
			return gt_err_sys(e, r, "cannot make %s", dir);
		fd = open_dir(AT_FDCWD, dir);
	}
	if (fd < 0)
		return gt_err_sys(e, fd, "cannot use %s for records", dir);
	containers = open_dir(fd, GT_RECORD_CONTAINERS);
	if (containers == -ENOENT && create) {
		if (mkdirat(fd, GT_RECORD_CONTAINERS, 0700) < 0 && errno != EEXIST)
			return gt_err_sys(e, -errno, "cannot make %s/" GT_RECORD_CONTAINERS, dir);
		containers = open_dir(fd, GT_RECORD_CONTAINERS);
	}
	/* A reader may come before the first record. */
	if (containers < 0 && (create || containers != -ENOENT))
		return gt_err_sys(e, containers,
				  "cannot use %s/" GT_RECORD_CONTAINERS " for records", dir);
	return gt_take_fd(&fd);
}

static int file_name(const char *id, char *ret, size_t cap, struct gt_err *e)
{
	if (!gt_id_ok(id))
		return gt_err_set(e, -EINVAL, "this id cannot be a file's name");
	if (!gt_copy_str(ret, cap, id) || !gt_append(ret, cap, GT_RECORD_SUFFIX))
		return gt_err_set(e, -ENAMETOOLONG, "this id is too long for a file's name");
	return 0;
}

static int write_record(int dirfd, const struct gt_record *r, struct gt_err *e,
			int (*write_it)(int, const char *, const char *, size_t, mode_t))
{
	_cleanup_close_ int containers = -1;
	char name[GT_ID_MAX + sizeof(GT_RECORD_SUFFIX)];
	_cleanup_(gt_buf_done) struct gt_buf json = {0};
	int ret = file_name(r->facts.ident.id, name, sizeof(name), e);

	if (ret < 0)
		return ret;
	containers = open_dir(dirfd, GT_RECORD_CONTAINERS);
	if (containers < 0)
		return gt_err_sys(e, containers, "cannot open the directory of records");
	gt_record_json(r, true, &json);
	gt_buf_str(&json, "\n");
	ret = json.error;
	if (ret == 0)
		ret = write_it(containers, name, json.p, json.len, 0600);
	if (ret == -ENOENT && write_it == gt_rewrite_atomic)
		return ret;
	return ret < 0 ? gt_err_sys(e, ret, "cannot write the record %s", name) : 0;
}

int gt_record_save(int dirfd, const struct gt_record *r, struct gt_err *e)
{
	return write_record(dirfd, r, e, gt_write_atomic);
}

int gt_record_update(int dirfd, const struct gt_record *r, struct gt_err *e)
{
	return write_record(dirfd, r, e, gt_rewrite_atomic);
}

int gt_record_remove(int dirfd, const char *id, struct gt_err *e)
{
	_cleanup_close_ int containers = -1;
	char name[GT_ID_MAX + sizeof(GT_RECORD_SUFFIX)], live[GT_ID_MAX + sizeof(GT_RECORD_LIVE)];
	int r = file_name(id, name, sizeof(name), e);

	if (r < 0)
		return r;
	containers = open_dir(dirfd, GT_RECORD_CONTAINERS);
	if (containers == -ENOENT)
		return 0;
	if (containers < 0)
		return gt_err_sys(e, containers, "cannot open the directory of records");
	/* A container that we never decided on has no record. */
	if (unlinkat(containers, name, 0) < 0 && errno != ENOENT)
		return gt_err_sys(e, -errno, "cannot remove the record %s", name);
	(void)snprintf(live, sizeof(live), "%s" GT_RECORD_LIVE, id); /* fits: file_name took it */
	(void)unlinkat(containers, live, 0);			     /* only gotuned makes it */
	r = gt_unlink_next(containers, name);
	return r < 0 ? gt_err_sys(e, r, "cannot remove what was left of %s", name) : 0;
}
