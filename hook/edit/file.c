/*
 * Reads a file that we edit as a whole, and replaces it atomically, with its owner and mode.
 * Effectful: that file.
 *
 * We edit only a regular file. A symbolic link would become a file without its owner knowing; a
 * pipe can be read only once.
 */
#include <fcntl.h>

#include "gotune/base.h"
#include "gotune/edit.h"
#include "gotune/model.h"

static int open_parent(const char *path, struct gt_err *e)
{
	_cleanup_free_ char *dir = strdup(path);
	char *slash;
	int fd;

	if (!dir)
		return gt_err_set(e, -ENOMEM, "out of memory");
	slash = strrchr(dir, '/');
	if (slash)
		slash[slash == dir] = '\0';
	fd = open(slash ? dir : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? gt_err_sys(e, -errno, "cannot open %s", slash ? dir : ".") : fd;
}

static int check_kind(int dir, const char *name, struct gt_err *e)
{
	struct stat st;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return gt_err_sys(e, -errno, "cannot read it");
	if (S_ISLNK(st.st_mode))
		return gt_err_set(e, -ELOOP, "a symbolic link, which we do not edit");
	if (!S_ISREG(st.st_mode))
		return gt_err_set(e, -ENXIO, "not a regular file: it can be read only once");
	return 0;
}

static struct gt_edit_file hand_over(struct gt_edit_file *f)
{
	struct gt_edit_file taken = *f;

	*f = GT_EDIT_FILE_NONE;
	return taken;
}

int gt_edit_file_open(const char *path, struct gt_edit_file *ret, struct gt_err *e)
{
	_cleanup_(gt_edit_file_done) struct gt_edit_file f = GT_EDIT_FILE_NONE;
	int r;

	f.dir = open_parent(path, e);
	if (f.dir < 0)
		return f.dir;
	if (!gt_copy_str(f.name, sizeof(f.name), gt_basename(path)))
		return gt_err_set(e, -ENAMETOOLONG, "its name is too long");
	r = check_kind(f.dir, f.name, e);
	if (r < 0)
		return r;
	f.fd = gt_root_open_file(f.dir, f.name, &f.st);
	r = f.fd < 0 ? f.fd : gt_read_all(f.fd, GT_CONFIG_MAX, 0, &f.text, &f.len);
	if (r < 0)
		return gt_err_sys(e, r, "cannot read it");
	*ret = hand_over(&f);
	return 0;
}

int gt_edit_file_replace(const struct gt_edit_file *f, const char *text, size_t len,
			 struct gt_err *e)
{
	int r = gt_write_atomic_as(f->dir, f->name, text, len, &f->st);

	return r < 0 ? gt_err_sys(e, r, "cannot replace %s", f->name) : 0;
}

void gt_edit_file_done(struct gt_edit_file *f)
{
	free(f->text);
	gt_cleanup_close(&f->fd);
	gt_cleanup_close(&f->dir);
	*f = GT_EDIT_FILE_NONE;
}
