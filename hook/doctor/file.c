/*
 * Files: may root trust them, and where are they. Effectful: reads below the root descriptor.
 */
#include <fcntl.h>

#include "gotune/base.h"
#include "gotune/model.h"
#include "gotune/runtime.h"
#include "tools.h"

#define FILE_WAIT_MS 2000

/* Its group may write what belongs to root's group: that is root. */
static bool others_may_write(const struct stat *st)
{
	return (st->st_mode & S_IWOTH) || ((st->st_mode & S_IWGRP) && st->st_gid != 0);
}

/* A directory on the way: in a sticky one others cannot replace what is not theirs. */
static enum gt_trust trust_dir(int root, const char *path, uid_t owner)
{
	_cleanup_close_ int fd = gt_root_open_dir(root, path);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return GT_TRUST_UNREADABLE;
	if (st.st_uid != owner)
		return GT_TRUST_OWNER;
	return others_may_write(&st) && !(st.st_mode & S_ISVTX) ? GT_TRUST_WRITABLE : GT_TRUST_OK;
}

static enum gt_trust trust_dirs(int root, const char *path, uid_t owner)
{
	enum gt_trust t = GT_TRUST_OK;
	char dir[GT_PATH_CAP];

	for (const char *p = path; t == GT_TRUST_OK && (p = strchr(p, '/')) != NULL; p++) {
		if (p == path)
			continue;
		if (!gt_copy(dir, sizeof(dir), path, (size_t)(p - path)))
			return GT_TRUST_UNREADABLE;
		t = trust_dir(root, dir, owner);
	}
	return t;
}

static enum gt_trust of_error(int r)
{
	switch (r) {
	case -ENOENT:
	case -ENOTDIR:
		return GT_TRUST_MISSING;
	case -EISDIR:
	case -ENXIO:
		return GT_TRUST_NOT_A_FILE;
	default:
		return GT_TRUST_UNREADABLE;
	}
}

enum gt_trust gt_trust_program(int root, const char *path)
{
	struct stat st, top;
	_cleanup_close_ int fd = gt_root_open_file(root, path, &st);

	if (fd < 0)
		return of_error(fd);
	if (fstat(root, &top) < 0)
		return GT_TRUST_UNREADABLE;
	if (!(st.st_mode & S_IXUSR))
		return GT_TRUST_NOT_EXECUTABLE;
	if (st.st_uid != top.st_uid)
		return GT_TRUST_OWNER;
	return others_may_write(&st) ? GT_TRUST_WRITABLE : trust_dirs(root, path, top.st_uid);
}

const char *gt_trust_text(enum gt_trust t)
{
	static const char *const text[GT_TRUST_COUNT] = {
		[GT_TRUST_OK] = "is fine",
		[GT_TRUST_MISSING] = "is not there",
		[GT_TRUST_UNREADABLE] = "cannot be looked at",
		[GT_TRUST_NOT_A_FILE] = "is not a regular file",
		[GT_TRUST_NOT_EXECUTABLE] = "is not executable",
		[GT_TRUST_OWNER] = "does not belong to root, or is in a directory that does not",
		[GT_TRUST_WRITABLE] = "may be written or replaced by others than root",
	};

	return text[t];
}

const char *gt_trust_fix(enum gt_trust t)
{
	static const char *const fix[GT_TRUST_COUNT] = {
		[GT_TRUST_NOT_EXECUTABLE] = "chmod 755 ",
		[GT_TRUST_OWNER] = "chown root:root ",
		[GT_TRUST_WRITABLE] = "chmod go-w ",
	};

	return fix[t] ? fix[t] : "";
}

bool gt_program_find(int root, const char *name, char ret[GT_PATH_CAP])
{
	bool absolute = name[0] == '/';

	for (unsigned i = 0; i < gt_n_runtime_dirs; i++) {
		_cleanup_close_ int fd = -1;

		if ((gt_runtime_dirs[i][0] == '\0') != absolute)
			continue;
		if (!gt_copy_str(ret, GT_PATH_CAP, gt_runtime_dirs[i]) ||
		    !gt_append(ret, GT_PATH_CAP, name))
			continue;
		fd = gt_root_open_file(root, ret, NULL);
		if (fd >= 0)
			return true;
	}
	return false;
}

int gt_text_file(int root, const char *path, size_t max, char **ret, size_t *ret_len)
{
	_cleanup_close_ int fd = gt_root_open_file(root, path, NULL);

	return fd < 0 ? fd : gt_read_all(fd, max, FILE_WAIT_MS, ret, ret_len);
}
