/*
 * Carrying out the changes of an engine's files: all or none. Effectful: makes directories, writes
 * and removes files below the root, and puts back what was when one of them fails.
 */
#include <fcntl.h>
#include <sys/xattr.h>

#include "encoding.h"
#include "gotune/base.h"
#include "gotune/engine.h"
#include "gotune/model.h"
#include "job.h"

/* Directories made in this run, to be undone. */
#define MADE_MAX 32
struct undo {
	char made[MADE_MAX][GT_PATH_CAP];
	unsigned n_made;
};

/* The length of PATH without its last part and the slash before it. */
static size_t parent_len(const char *path, size_t len)
{
	while (len > 0 && path[len - 1] == '/')
		len--;
	while (len > 0 && path[len - 1] != '/')
		len--;
	while (len > 0 && path[len - 1] == '/')
		len--;
	return len;
}

/* Opens the first LEN bytes of PATH as a directory. */
static int open_part(int root, const char *path, size_t len)
{
	char dir[GT_PATH_CAP];

	if (!gt_copy(dir, sizeof(dir), len > 0 ? path : "/", len > 0 ? len : 1))
		return -ENAMETOOLONG;
	return gt_root_open_dir(root, dir);
}

/* An extended attribute of something below an O_PATH descriptor goes through /proc: the calls that
 * take a descriptor refuse such a one (open(2)). */
static void fd_path(int fd, char buf[40])
{
	buf[0] = '\0';
	(void)gt_append(buf, 40, "/proc/self/fd/");
	(void)gt_append_u64(buf, 40, (uint64_t)fd);
}

static void mark_made(int dir)
{
	char self[40];

	fd_path(dir, self);
	/* A file system without attributes: uninstall then leaves an empty directory. */
	(void)setxattr(self, GT_MARK_MADE, "1", 1, 0);
}

static int make_dir(int root, const char *path, size_t len, struct undo *u)
{
	size_t up = parent_len(path, len), name_at = up;
	_cleanup_close_ int parent = open_part(root, path, up), dir = -1;
	char name[256];

	if (parent < 0)
		return parent;
	name_at += strspn(path + up, "/");
	if (!gt_copy(name, sizeof(name), path + name_at, len - name_at) || u->n_made == MADE_MAX)
		return -ENAMETOOLONG;
	if (mkdirat(parent, name, 0755) < 0)
		return -errno;
	(void)gt_copy(u->made[u->n_made++], GT_PATH_CAP, path, len); /* fits: PATH does */
	dir = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (dir < 0)
		return -errno;
	if (fchmod(dir, 0755) < 0) /* whatever the umask: engines read it as others, too */
		return -errno;
	mark_made(dir);
	return 0;
}

/* Opens the first LEN bytes of PATH, making the directories that are missing. */
static int open_made(int root, const char *path, size_t len, struct undo *u)
{
	size_t want = len;
	int fd = open_part(root, path, len);

	while (fd == -ENOENT) {
		int r = make_dir(root, path, want, u);

		if (r == -ENOENT && want > 0) {
			want = parent_len(path, want); /* its parent first */
			continue;
		}
		if (r < 0 && r != -EEXIST)
			return r;
		want = len;
		fd = open_part(root, path, len);
	}
	return fd;
}

/* Removes the directories of PATH from the inside out, as long as they are empty and marked. */
static void remove_made(int root, const char *path)
{
	size_t len = parent_len(path, strlen(path));

	while (len > 0) {
		size_t up = parent_len(path, len);
		_cleanup_close_ int parent = open_part(root, path, up), dir = -1;
		char name[256], self[40], mark[4];

		if (parent < 0 || !gt_copy(name, sizeof(name), path + up + 1, len - up - 1))
			return;
		dir = openat(parent, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (dir < 0)
			return;
		fd_path(dir, self);
		if (getxattr(self, GT_MARK_MADE, mark, sizeof(mark)) < 0 ||
		    unlinkat(parent, name, AT_REMOVEDIR) < 0)
			return; /* not ours, or something is in it */
		len = up;
	}
}

/* Is the file still what was read? Someone else may be at work. */
static int check_unchanged(int dir, const struct gt_change *c)
{
	const struct stat *was = &c->old.st;
	struct stat st;

	if (fstatat(dir, gt_basename(c->old.path), &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT && !c->old.exists ? 0 : -errno;
	if (!c->old.exists)
		return -EEXIST;
	return st.st_ino == was->st_ino && st.st_size == was->st_size &&
			       st.st_mtim.tv_sec == was->st_mtim.tv_sec &&
			       st.st_mtim.tv_nsec == was->st_mtim.tv_nsec
		       ? 0
		       : -ESTALE;
}

static void mark_engines(int dir, const char *name, const char *engines)
{
	_cleanup_close_ int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

	if (fd >= 0 && *engines)
		(void)fsetxattr(fd, GT_MARK_ENGINES, engines, strlen(engines), 0);
	else if (fd >= 0)
		(void)fremovexattr(fd, GT_MARK_ENGINES);
}

static int put_text(int dir, const struct gt_change *c, const char *text, size_t len)
{
	static const struct stat fresh = {
		.st_uid = (uid_t)-1, .st_gid = (gid_t)-1, .st_mode = 0644};
	bool has_owner = c->old.exists || c->is_copy;
	struct gt_buf bytes = {0};
	int r = gt_text_encode(text, len, c->old.encoding, &bytes);

	if (r == 0)
		r = gt_write_atomic_as(dir, gt_basename(c->old.path), bytes.p ? bytes.p : "",
				       bytes.len, has_owner ? &c->old.st : &fresh);
	gt_buf_done(&bytes);
	return r;
}

static int carry_out(int root, struct gt_change *c, struct undo *u)
{
	const char *path = c->old.path, *name = gt_basename(path);
	size_t len = parent_len(path, strlen(path));
	_cleanup_close_ int dir =
		c->text ? open_made(root, path, len, u) : open_part(root, path, len);
	bool same = gt_change_keeps_bytes(c);
	int r = dir < 0 ? dir : check_unchanged(dir, c);

	if (r < 0)
		return r;
	if (!c->text)
		return unlinkat(dir, name, 0) < 0 ? -errno : 0;
	r = same ? 0 : put_text(dir, c, c->text, c->len);
	if (r == 0 && !same)
		(void)fsync(dir); /* what was reported as done is to outlive a crash */
	if (r == 0 && c->engines)
		mark_engines(dir, name, c->engines);
	return r;
}

/* Puts the first N changes back, the last first. What cannot be put back is left as it is. */
static void roll_back(struct gt_engine_job *j, unsigned n, const struct undo *u)
{
	while (n-- > 0) {
		const struct gt_change *c = &j->change[n];
		_cleanup_close_ int dir = open_part(j->root, c->old.path,
						    parent_len(c->old.path, strlen(c->old.path)));

		if (dir >= 0 && c->old.exists)
			(void)put_text(dir, c, c->old.text, c->old.len);
		else if (dir >= 0)
			(void)unlinkat(dir, gt_basename(c->old.path), 0);
	}
	for (unsigned i = u->n_made; i-- > 0;) {
		size_t len = strlen(u->made[i]), up = parent_len(u->made[i], len);
		_cleanup_close_ int parent = open_part(j->root, u->made[i], up);

		if (parent >= 0)
			(void)unlinkat(parent, u->made[i] + up + 1, AT_REMOVEDIR);
	}
}

static int explain(const struct gt_engine_job *j, int r, const char *path, struct gt_err *e)
{
	const char *dir = j->dir ? j->dir : "";

	if (r == -EACCES || r == -EPERM)
		return gt_err_set(e, r,
				  "cannot write %s%s: %s; run it as root. Nothing was changed", dir,
				  path, strerror(-r));
	if (r == -ESTALE || r == -EEXIST)
		return gt_err_set(e, r,
				  "%s%s was changed by someone else just now: nothing was changed; "
				  "run it again",
				  dir, path);
	return gt_err_set(e, r, "cannot write %s%s: %s. Nothing was changed", dir, path,
			  strerror(-r));
}

int gt_changes_apply(struct gt_engine_job *j, struct gt_err *e)
{
	struct undo *u = calloc(1, sizeof(*u));
	int r = 0;

	if (!u)
		return gt_err_set(e, -ENOMEM, "out of memory");
	for (unsigned i = 0; r == 0 && i < j->n_change; i++) {
		r = carry_out(j->root, &j->change[i], u);
		if (r < 0) {
			r = explain(j, r, j->change[i].old.path, e);
			roll_back(j, i, u);
		}
	}
	for (unsigned i = 0; r == 0 && i < j->n_change; i++) {
		if (!j->change[i].text)
			remove_made(j->root, j->change[i].old.path);
	}
	free(u);
	return r;
}
