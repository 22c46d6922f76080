/*
 * The default directory of records. Effectful: looks at directories, but makes none.
 */
#include <fcntl.h>

#include "gotune/base.h"
#include "gotune/model.h"
#include "gotune/record.h"

/* Is PATH below ROOT a directory that belongs to UID, and that nobody else may write into? */
static bool is_theirs(int root, const char *path, uid_t uid)
{
	_cleanup_close_ int fd = gt_root_open_dir(root, path);
	struct stat st;

	return fd >= 0 && fstat(fd, &st) == 0 && st.st_uid == uid &&
	       (st.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

int gt_record_dir_choose(int root, uid_t uid, uid_t outer, char ret[GT_RECORD_DIR_CAP])
{
	char dir[GT_RECORD_DIR_CAP] = "/run/user/";

	if (outer == 0)
		return gt_copy_str(ret, GT_RECORD_DIR_CAP, GT_RECORD_DIR) ? 0 : -ENAMETOOLONG;
	(void)gt_append_u64(dir, sizeof(dir), outer); /* all of it fits */
	if (is_theirs(root, dir, uid)) {
		(void)gt_append(dir, sizeof(dir), "/gotune");
		memcpy(ret, dir, GT_RECORD_DIR_CAP);
		return 0;
	}
	/* A whole system in a user namespace has its own /run. */
	if (is_theirs(root, "/run", uid))
		return gt_copy_str(ret, GT_RECORD_DIR_CAP, GT_RECORD_DIR) ? 0 : -ENAMETOOLONG;
	return -ENOENT;
}

int gt_record_dir_default(char ret[GT_RECORD_DIR_CAP])
{
	_cleanup_close_ int root = gt_root_open(NULL, NULL);
	struct gt_userns ns;
	int r = root < 0 ? root : gt_userns_self(&ns);

	return r < 0 ? r : gt_record_dir_choose(root, geteuid(), ns.outer, ret);
}
