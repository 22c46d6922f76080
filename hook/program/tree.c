/*
 * The files of a container: its root file system and, as long as nothing is mounted on it, what
 * config.json says will be. Effects: opens files below these directories, nothing else.
 *
 * A path below the destination of a mount is looked up in the mount's source; the one that is
 * mounted last wins, as it hides the others. A link that leads from the root file system into a
 * mount is not followed there: it finds what the mount will hide, mostly nothing.
 */
#include <fcntl.h>

#include "gotune/base.h"
#include "gotune/model.h"
#include "gotune/program.h"

/* A mount that could hold the path. */
struct under {
	const char *source; /* NULL: none */
	const char *rest;   /* of the path, below the mount; "": the mount itself is the file */
};

/* What of PATH lies below DESTINATION ("" for itself), or NULL. Both absolute. */
static const char *below(const char *path, const char *destination)
{
	size_t n = strlen(destination);

	while (n > 0 && destination[n - 1] == '/')
		n--;
	if (strncmp(path, destination, n) != 0 || (path[n] != '/' && path[n] != '\0'))
		return NULL;
	return path + n + strspn(path + n, "/");
}

static struct under find(const struct gt_strv *mounts, const char *path)
{
	struct under u = {NULL, NULL};
	const char *source;

	for (const char *to = gt_strv_next(mounts, NULL); to; to = gt_strv_next(mounts, source)) {
		const char *rest = below(path, to);

		source = gt_strv_next(mounts, to);
		if (!source)
			break;
		if (rest)
			u = (struct under){source, rest};
	}
	return u;
}

/* What a source is below. */
static int open_base(const struct gt_tree *t, bool absolute)
{
	if (t->host)
		return gt_root_open_dir(*t->host, absolute ? "/" : t->bundle);
	return gt_root_open(absolute ? NULL : t->bundle, NULL);
}

/* SOURCE is the host's; a relative one is below the bundle (runtime-spec, config.md, mounts). */
static int open_source(const struct gt_tree *t, const struct under *u, struct stat *ret_st)
{
	_cleanup_close_ int host = -1, dir = -1;

	host = open_base(t, u->source[0] == '/');
	if (host < 0)
		return host;
	if (u->rest[0] == '\0')
		return gt_root_open_file(host, u->source, ret_st);
	dir = gt_root_open_dir(host, u->source);
	return dir < 0 ? dir : gt_root_open_file_beneath(dir, u->rest, ret_st);
}

static int open_in_root(const struct gt_tree *t, const char *path, struct stat *ret_st)
{
	return t->layers ? gt_layers_open_file(t->layers, path, ret_st)
			 : gt_root_open_file(t->rootfs, path, ret_st);
}

int gt_tree_open_file(const struct gt_tree *t, const char *path, struct stat *ret_st)
{
	char spelt_once[GT_PATH_CAP];
	struct under u;
	bool up;

	if (!t->mounts || t->mounts->n + t->mounts->dropped == 0)
		return open_in_root(t, path, ret_st);
	if (!gt_path_clean(path, spelt_once, sizeof(spelt_once), &up))
		return -ENAMETOOLONG;
	if (t->mounts->dropped)
		return -EXDEV;
	u = find(t->mounts, spelt_once);
	if (!u.source)
		return open_in_root(t, path, ret_st);
	if (up || (t->layers && u.source[0] != '\0'))
		return -EXDEV;
	/* Not a bind mount: a new file system, which is empty or the kernel's. */
	return u.source[0] == '\0' ? -ENOENT : open_source(t, &u, ret_st);
}
