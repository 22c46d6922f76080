/*
 * Opening files below a root that may be hostile: a container's tree. Effectful: opens, never
 * writes; needs no privilege beyond read access.
 *
 * A path is first pinned with O_PATH, which has no effect on what it names; only what fstat then
 * calls a regular file is opened for reading, through the pinned descriptor, so nothing can be
 * swapped in between and no FIFO or device is ever touched.
 */
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <sys/vfs.h>

#include "gotune/base.h"
#include "openat2.h"

#define LINKS_MAX   40	 /* as the kernel: include/linux/namei.h MAXSYMLINKS */
#define DEPTH_MAX   128	 /* directories held open by the walk */
#define WALK_CAP    8192 /* path still to go, links expanded */
#define PIN	    (O_PATH | O_CLOEXEC)
#define READ	    (O_RDONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC)
#define PIN_NOLINKS (O_PATH | O_CLOEXEC | O_NOFOLLOW)

int gt_root_open(const char *dir, struct gt_err *e)
{
	int fd;

	if (!dir)
		dir = "/";
	fd = open(dir, PIN | O_DIRECTORY);
	if (fd < 0)
		return gt_err_sys(e, -errno, "cannot open the directory %s", dir);
	return fd;
}

/* The walk's stack of directories: ".." takes the one before, so no rename can lead it outside. */
struct walk {
	int root;
	int fd[DEPTH_MAX];
	unsigned depth, links;
	char rest[WALK_CAP];
};

static int top(const struct walk *w)
{
	return w->depth > 0 ? w->fd[w->depth - 1] : w->root;
}

static void pop_to(struct walk *w, unsigned depth)
{
	while (w->depth > depth)
		close(w->fd[--w->depth]);
}

static int push(struct walk *w, int fd)
{
	if (w->depth == DEPTH_MAX)
		return -ENAMETOOLONG;
	w->fd[w->depth++] = fd;
	return 0;
}

/* Cuts the first component off w->rest. False at the end of the path. */
static bool next_name(struct walk *w, char *name, size_t cap, bool *ret_too_long)
{
	const char *start = w->rest + strspn(w->rest, "/");
	size_t len = strcspn(start, "/");

	*ret_too_long = !gt_copy(name, cap, start, len);
	memmove(w->rest, start + len, strlen(start + len) + 1);
	return len > 0;
}

/*
 * procfs does not tell its magic links from plain ones, but the texts differ: the plain ones (self,
 * thread-self, mounts, net) are relative, the magic ones absolute or of the form "type:[inode]".
 */
static bool is_magic(int link, const char *text)
{
	struct statfs fs;

	if (fstatfs(link, &fs) < 0)
		return true;
	return fs.f_type == PROC_SUPER_MAGIC && (*text == '/' || strchr(text, ':'));
}

/* Puts the text of LINK before what is left to walk. */
static int expand(struct walk *w, int link)
{
	char text[WALK_CAP];
	size_t rest = strlen(w->rest);
	ssize_t n = readlinkat(link, "", text, sizeof(text) - 1);

	if (n < 0)
		return -errno;
	if (n == 0)
		return -ENOENT;
	text[n] = '\0';
	if (++w->links > LINKS_MAX || is_magic(link, text))
		return -ELOOP;
	if ((size_t)n + rest >= sizeof(w->rest))
		return -ENAMETOOLONG;
	memmove(w->rest + n, w->rest, rest + 1); /* rest is empty or starts with '/' */
	memcpy(w->rest, text, (size_t)n);
	if (text[0] == '/')
		pop_to(w, 0);
	return 0;
}

static int step(struct walk *w, const char *name)
{
	_cleanup_close_ int fd = -1;
	struct stat st;
	int r;

	if (strcmp(name, ".") == 0)
		return 0;
	if (strcmp(name, "..") == 0) {
		pop_to(w, w->depth > 0 ? w->depth - 1 : 0);
		return 0;
	}
	fd = openat(top(w), name, PIN_NOLINKS);
	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (S_ISLNK(st.st_mode))
		return expand(w, fd);
	/* A slash after it, or "..", asks for a directory. */
	if (w->rest[0] == '/' && !S_ISDIR(st.st_mode))
		return -ENOTDIR;
	r = push(w, fd);
	if (r == 0)
		(void)gt_take_fd(&fd);
	return r;
}

int gt_root_walk(int root, const char *path)
{
	struct walk w = {.root = root};
	char name[256];
	bool too_long;
	int r = 0;

	if (*path == '\0')
		return -ENOENT;
	if (!gt_copy_str(w.rest, sizeof(w.rest), path))
		return -ENAMETOOLONG;
	while (r == 0 && next_name(&w, name, sizeof(name), &too_long))
		r = too_long ? -ENAMETOOLONG : step(&w, name);
	if (r == 0) {
		r = fcntl(top(&w), F_DUPFD_CLOEXEC, 3);
		if (r < 0)
			r = -errno;
	}
	pop_to(&w, 0);
	return r;
}

static int open_in_root(int root, const char *path, uint64_t flags)
{
	return gt_openat2(root, path, flags, RESOLVE_IN_ROOT);
}

/* Pins PATH below ROOT: an O_PATH descriptor or -errno. */
static int pin(int root, const char *path)
{
	int fd = open_in_root(root, path, PIN);

	return fd == -ENOSYS ? gt_root_walk(root, path) : fd;
}

/* Opens again for reading what FD pins; the caller has seen that it is a regular file. */
static int reopen(int fd)
{
	char self[48] = "/proc/self/fd/";
	int r;

	(void)gt_append_u64(self, sizeof(self), (uint64_t)fd); /* fits: 14 + 10 digits */
	r = open(self, READ);
	if (r < 0) /* no /proc: that must not read as "no such file" */
		return errno == ENOENT ? -ENOSYS : -errno;
	return r;
}

static int must_be_regular(int fd, struct stat *ret)
{
	if (fstat(fd, ret) < 0)
		return -errno;
	if (S_ISDIR(ret->st_mode))
		return -EISDIR;
	return S_ISREG(ret->st_mode) ? 0 : -ENXIO;
}

/* Opens the regular file that PINNED, a descriptor or an error, pins. */
static int open_pinned(int pinned, struct stat *ret_st)
{
	_cleanup_close_ int fd = pinned;
	struct stat st;
	int r;

	if (fd < 0)
		return fd;
	r = must_be_regular(fd, &st);
	if (r < 0)
		return r;
	r = reopen(fd);
	if (r >= 0 && ret_st)
		*ret_st = st;
	return r;
}

int gt_root_open_file(int root, const char *path, struct stat *ret_st)
{
	return open_pinned(pin(root, path), ret_st);
}

int gt_root_open_file_beneath(int root, const char *path, struct stat *ret_st)
{
	return open_pinned(gt_openat2(root, path, PIN, RESOLVE_BENEATH), ret_st);
}

int gt_root_stat(int root, const char *path, struct stat *ret_st)
{
	_cleanup_close_ int fd = pin(root, path);

	if (fd < 0)
		return fd;
	return fstat(fd, ret_st) < 0 ? -errno : 0;
}

int gt_root_open_kernel(int root, const char *path)
{
	_cleanup_close_ int fd = open_in_root(root, path, READ);
	struct stat st;
	int r;

	if (fd == -ENOSYS)
		return gt_root_open_file(root, path, NULL);
	if (fd < 0)
		return fd;
	r = must_be_regular(fd, &st);
	return r < 0 ? r : gt_take_fd(&fd);
}

/* ---- names ---- */

/* openat2's stand-in: walks to the directory and looks at the last part alone. */
static int walk_to_name(int root, const char *path)
{
	const char *slash = strrchr(path, '/');
	char dir[WALK_CAP] = "/";
	_cleanup_close_ int fd = -1;
	int r;

	if (slash && !gt_copy(dir, sizeof(dir), path, (size_t)(slash - path) + 1))
		return -ENAMETOOLONG;
	fd = gt_root_walk(root, dir);
	if (fd < 0)
		return fd;
	r = openat(fd, slash ? slash + 1 : path, PIN_NOLINKS);
	return r < 0 ? -errno : r;
}

int gt_root_exists(int root, const char *path)
{
	_cleanup_close_ int fd = open_in_root(root, path, PIN_NOLINKS);

	if (fd == -ENOSYS)
		fd = walk_to_name(root, path);
	return fd < 0 ? fd : 0;
}

/* ---- directories ---- */

int gt_root_open_dir(int root, const char *path)
{
	_cleanup_close_ int fd = open_in_root(root, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int r;

	if (fd != -ENOSYS)
		return gt_take_fd(&fd);
	fd = gt_root_walk(root, path);
	if (fd < 0)
		return fd;
	r = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return r < 0 ? -errno : r;
}
