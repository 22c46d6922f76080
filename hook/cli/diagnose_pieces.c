/*
 * What kubelet rotated of a container's log: beside N.log lie N.log.YYYYMMDD-HHMMSS and, packed,
 * N.log.YYYYMMDD-HHMMSS.gz. Effects: reads that directory, opens the files.
 *
 * Source: Kubernetes' pkg/kubelet/logs/container_log_manager.go (timestampFormat, compressSuffix;
 * what ends in .tmp is not whole yet). A piece is opened at once, so that no later rotation takes
 * it away.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "diagnose.h"

#define PACKED ".gz"

/* ".20261128-185029", and perhaps ".gz", behind BASE. */
static bool is_piece(const char *name, const char *base)
{
	static const char form[] = ".00000000-000000";
	size_t n = strlen(base), i;

	if (strncmp(name, base, n) != 0)
		return false;
	name += n;
	for (i = 0; i < sizeof(form) - 1; i++) {
		bool digit = name[i] >= '0' && name[i] <= '9';

		if (form[i] == '0' ? !digit : name[i] != form[i])
			return false;
	}
	return name[i] == '\0' || strcmp(name + i, PACKED) == 0;
}

/* Is NAME the packed copy of WAS, which lies beside it until it is removed? */
static bool is_copy(const char *name, const char *was)
{
	size_t n = strlen(was);

	return n > 0 && strncmp(name, was, n) == 0 && strcmp(name + n, PACKED) == 0;
}

/* Opens NAME of the directory DIR, or what it was packed into meanwhile. */
static int open_piece(int dir, const char *name)
{
	char packed[GT_PATH_CAP];
	int fd = gt_root_open_file(dir, name, NULL);

	if (fd != -ENOENT)
		return fd;
	if (snprintf(packed, sizeof(packed), "%s" PACKED, name) >= (int)sizeof(packed))
		return -ENAMETOOLONG;
	return gt_root_open_file(dir, packed, NULL);
}

static bool is_same(int a, int b)
{
	struct stat x, y;

	return fstat(a, &x) == 0 && fstat(b, &y) == 0 && x.st_dev == y.st_dev &&
	       x.st_ino == y.st_ino;
}

/* The last of P falls out at the old end. */
static void push(struct gt_log_pieces *p, int fd)
{
	if (p->n == GT_LOG_PIECES_MAX) {
		close(p->fd[0]);
		memmove(p->fd, p->fd + 1, sizeof(p->fd[0]) * (GT_LOG_PIECES_MAX - 1));
		p->n--;
	}
	p->fd[p->n++] = fd;
}

/* NAMES are sorted, which is the order of time. */
static int open_all(int dir, const struct gt_list *names, const char *base, int newest,
		    struct gt_log_pieces *ret, struct gt_err *e)
{
	const char *was = "";

	for (const char *name = NULL; (name = gt_strv_next(&names->v, name));) {
		int fd;

		if (!is_piece(name, base) || is_copy(name, was))
			continue;
		was = name;
		fd = open_piece(dir, name);
		if (fd == -ENOENT)
			continue; /* kubelet removed it */
		if (fd < 0)
			return gt_err_sys(e, fd, "cannot open %.200s", name);
		if (is_same(fd, newest)) /* rotated since it was opened */
			close(fd);
		else
			push(ret, fd);
	}
	return 0;
}

int gt_log_pieces_open(const char *path, int newest, struct gt_log_pieces *ret, struct gt_err *e)
{
	_cleanup_free_ char *real = realpath(path, NULL);
	_cleanup_free_ struct gt_list *names = malloc(sizeof(*names));
	_cleanup_close_ int dir = -1;
	char *base;
	int r;

	*ret = (struct gt_log_pieces){.n = 0};
	if (!real)
		return gt_err_sys(e, -errno, "cannot open %.200s", path);
	if (!names)
		return gt_err_set(e, -ENOMEM, "out of memory");
	base = strrchr(real, '/');
	*base++ = '\0';
	dir = gt_root_open(*real ? real : "/", e);
	if (dir < 0)
		return dir;
	r = gt_dir_names(dir, ".", "", names);
	if (r < 0)
		return gt_err_sys(e, r, "cannot list %.200s", real);
	r = open_all(dir, names, base, newest, ret, e);
	if (r < 0)
		gt_log_pieces_close(ret);
	return r;
}

void gt_log_pieces_close(struct gt_log_pieces *p)
{
	for (unsigned i = 0; i < p->n; i++)
		close(p->fd[i]);
	p->n = 0;
}
