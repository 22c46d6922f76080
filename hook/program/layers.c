/*
 * A file of an overlay that is not mounted: its layers, walked as one tree. Effects: opens
 * directories and one file, nothing else.
 *
 * Theory of operation. The walk holds one directory of the merged tree at a time: those layers that
 * take part in it, the uppermost first. A name is looked for in them in that order. The first that
 * is no directory is what the name means; directories are merged until one is opaque, and a
 * whiteout hides all below it. Each step opens one name in one directory and follows no link: the
 * text of a link is put before what is left of the path. So ".." and a link to "/" begin anew at
 * the root, and nothing but layers is ever reached. Source: Linux,
 * Documentation/filesystems/overlayfs.rst; fs/overlayfs/namei.c, ovl_lookup.
 */
#include <fcntl.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

#include "gotune/base.h"
#include "gotune/program.h"

#define LINKS_MAX 40   /* as the kernel: include/linux/namei.h MAXSYMLINKS */
#define STEPS_MAX 1024 /* names in all, those walked again after ".." included */
#define WALK_CAP  8192 /* path still to go, links expanded */
#define PIN	  (O_PATH | O_CLOEXEC | O_NOFOLLOW)
#define READ	  (O_RDONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW)
#define LIST	  (O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW)

/* A directory of the merged tree. */
struct merged {
	unsigned n;
	int fd[GT_OVERLAY_MAX];
	bool unsure; /* those after the first may be hidden */
};

struct walk {
	const struct gt_layers *l;
	struct merged at;
	bool at_root;
	unsigned links, steps;
	char done[WALK_CAP]; /* the names that led here, each after a '/' */
	char rest[WALK_CAP];
};

static void drop(struct merged *m)
{
	while (m->n > 0)
		close(m->fd[--m->n]);
	m->unsure = false;
}

void gt_layers_done(struct gt_layers *l)
{
	while (l->n > 0)
		close(l->fd[--l->n]);
}

/* The root is all layers: overlayfs asks none of them whether it is opaque. */
static void go_to_root(struct walk *w)
{
	drop(&w->at);
	w->at_root = true;
	w->done[0] = '\0';
}

static unsigned count_here(const struct walk *w)
{
	return w->at_root ? w->l->n : w->at.n;
}

static int dir_here(const struct walk *w, unsigned i)
{
	return w->at_root ? w->l->fd[i] : w->at.fd[i];
}

/* ---- overlayfs' marks ---- */

enum mark { MARK_NONE, MARK_OPAQUE, MARK_UNKNOWN };

/* The attribute overlay.NAME of FD, one letter at most: "" without it, "?" when it is longer or
 * cannot be read. */
static void read_attr(const struct gt_layers *l, int fd, const char *name, char ret[2])
{
	char full[64] = "";
	char value[8];
	ssize_t n;

	(void)gt_append(full, sizeof(full), l->user_attrs ? "user.overlay." : "trusted.overlay.");
	(void)gt_append(full, sizeof(full), name); /* both fit */
	n = fgetxattr(fd, full, value, sizeof(value));
	ret[0] = ret[1] = '\0';
	if (n == 1)
		ret[0] = value[0];
	else if (n >= 0 || (errno != ENODATA && errno != EOPNOTSUPP))
		ret[0] = '?';
}

/* What the directory PINNED, which has layers below it, does to them. */
static enum mark mark_of(const struct gt_layers *l, int pinned)
{
	_cleanup_close_ int fd = -1;
	char opaque[2], redirect[2];

	if (!l->user_attrs && !l->sees_trusted)
		return MARK_UNKNOWN;
	fd = openat(pinned, ".", LIST);
	if (fd < 0)
		return MARK_UNKNOWN;
	read_attr(l, fd, "opaque", opaque);
	read_attr(l, fd, "redirect", redirect);
	if (redirect[0])
		return MARK_UNKNOWN;
	if (opaque[0] == 'y')
		return MARK_OPAQUE;
	return opaque[0] ? MARK_UNKNOWN : MARK_NONE; /* 'x': it has whiteouts of another kind */
}

static bool is_whiteout(const struct stat *st)
{
	return S_ISCHR(st->st_mode) && major(st->st_rdev) == 0 && minor(st->st_rdev) == 0;
}

/* ---- one name ---- */

/* What a name is: a merged directory, or one file of one layer. */
struct found {
	struct merged dir;
	int dir_fd; /* where the file is: a layer's directory that is not ours */
	int file;   /* pinned; -1: it is a directory */
	struct stat st;
};

static int open_name(int dir, const char *name, struct stat *ret_st)
{
	int fd = openat(dir, name, PIN);

	if (fd < 0)
		return -errno;
	if (fstat(fd, ret_st) < 0) {
		close(fd);
		return -EIO;
	}
	return fd;
}

/* True: the layers below take no part in it. */
static bool add_dir(struct walk *w, struct found *f, int fd)
{
	enum mark mark = mark_of(w->l, fd);

	f->dir.fd[f->dir.n++] = fd;
	f->dir.unsure = f->dir.unsure || mark == MARK_UNKNOWN;
	return mark == MARK_OPAQUE;
}

/* -ENOENT, or another -errno; *F is then empty. */
static int look_for(struct walk *w, const char *name, struct found *f)
{
	bool unsure = !w->at_root && w->at.unsure;

	f->file = -1;
	f->dir.n = 0;
	f->dir.unsure = false;
	for (unsigned i = 0; i < count_here(w); i++) {
		struct stat st = {0};
		int fd = open_name(dir_here(w, i), name, &st);

		if (fd == -ENOENT)
			continue;
		if (fd < 0 || (i > 0 && unsure && f->dir.n == 0)) {
			gt_cleanup_close(&fd);
			drop(&f->dir);
			return fd < 0 ? fd : -EXDEV;
		}
		if (S_ISDIR(st.st_mode)) {
			if (add_dir(w, f, fd))
				break;
			continue;
		}
		if (f->dir.n > 0 || is_whiteout(&st)) {
			close(fd);
			break;
		}
		f->file = fd;
		f->dir_fd = dir_here(w, i);
		f->st = st;
		return 0;
	}
	return f->dir.n > 0 ? 0 : -ENOENT;
}

/* ---- the walk ---- */

/* Cuts the first name off w->rest. 1; 0 at the end of the path; -ENAMETOOLONG. */
static int next_name(struct walk *w, char *name, size_t cap)
{
	const char *start = w->rest + strspn(w->rest, "/");
	size_t len = strcspn(start, "/");
	bool fits = gt_copy(name, cap, start, len);

	memmove(w->rest, start + len, strlen(start + len) + 1);
	if (!fits)
		return -ENAMETOOLONG;
	return len > 0;
}

/* TEXT, then what is left: TEXT may be w->done. */
static int put_before(struct walk *w, const char *text)
{
	size_t n = strlen(text), rest = strlen(w->rest);

	if (n + 1 + rest >= sizeof(w->rest))
		return -ENAMETOOLONG;
	memmove(w->rest + n + 1, w->rest, rest + 1);
	memcpy(w->rest, text, n);
	w->rest[n] = '/';
	/* A link with nothing after it: a slash would ask for a directory. */
	if (rest == 0)
		w->rest[n] = '\0';
	return 0;
}

static int go_up(struct walk *w)
{
	char *slash = strrchr(w->done, '/');
	int r;

	if (slash)
		*slash = '\0';
	r = put_before(w, w->done);
	go_to_root(w);
	return r;
}

static int follow_link(struct walk *w, int link)
{
	char text[WALK_CAP];
	ssize_t n = readlinkat(link, "", text, sizeof(text) - 1);

	if (n <= 0)
		return n < 0 ? -errno : -ENOENT;
	if (++w->links > LINKS_MAX)
		return -ELOOP;
	text[n] = '\0';
	if (text[0] == '/')
		go_to_root(w);
	return put_before(w, text);
}

static int enter_dir(struct walk *w, const char *name, const struct merged *dir)
{
	if (!gt_append(w->done, sizeof(w->done), "/") || !gt_append(w->done, sizeof(w->done), name))
		return -ENAMETOOLONG;
	drop(&w->at);
	w->at = *dir;
	w->at_root = false;
	return 0;
}

/* The file that F has pinned as NAME, for reading. */
static int open_found(const struct walk *w, const char *name, const struct found *f,
		      struct stat *ret_st)
{
	_cleanup_close_ int fd = -1;
	char metacopy[2];
	struct stat st;

	if (!S_ISREG(f->st.st_mode))
		return -ENXIO;
	fd = openat(f->dir_fd, name, READ);
	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (st.st_ino != f->st.st_ino || st.st_dev != f->st.st_dev)
		return -EXDEV; /* somebody replaces it */
	/* Its data may be in a layer below. */
	read_attr(w->l, fd, "metacopy", metacopy);
	if (metacopy[0] || (st.st_size > 0 && st.st_blocks == 0))
		return -EXDEV;
	if (ret_st)
		*ret_st = st;
	return gt_take_fd(&fd);
}

/* One name further: 0 to go on, a descriptor plus 1 at the end, or -errno. */
static int take_step(struct walk *w, const char *name, struct stat *ret_st)
{
	struct found f;
	int r;

	if (++w->steps > STEPS_MAX)
		return -ELOOP;
	if (strcmp(name, ".") == 0)
		return 0;
	if (strcmp(name, "..") == 0)
		return go_up(w);
	r = look_for(w, name, &f);
	if (r < 0)
		return r;
	if (f.file < 0) {
		r = enter_dir(w, name, &f.dir);
		if (r < 0)
			drop(&f.dir);
		return r;
	}
	if (S_ISLNK(f.st.st_mode))
		r = follow_link(w, f.file);
	else if (w->rest[0] == '/')
		r = -ENOTDIR;
	else
		r = open_found(w, name, &f, ret_st);
	close(f.file);
	return S_ISLNK(f.st.st_mode) || r < 0 ? r : r + 1;
}

int gt_layers_open_file(const struct gt_layers *l, const char *path, struct stat *ret_st)
{
	_cleanup_free_ struct walk *w = malloc(sizeof(*w));
	char name[256];
	int r = 1, out = 0;

	if (!w)
		return -ENOMEM;
	w->l = l;
	w->at.n = 0;
	w->links = w->steps = 0;
	go_to_root(w);
	if (!gt_copy_str(w->rest, sizeof(w->rest), path))
		return -ENAMETOOLONG;
	while (out == 0 && r > 0) {
		r = next_name(w, name, sizeof(name));
		if (r > 0)
			out = take_step(w, name, ret_st);
	}
	drop(&w->at);
	if (r < 0)
		return r;
	if (out == 0)
		return -EISDIR; /* the path has ended, in a directory */
	return out > 0 ? out - 1 : out;
}
