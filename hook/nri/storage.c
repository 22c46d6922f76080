/*
 * The layers of containers/storage. Effectful: reads the engine's files.
 *
 * Theory of operation. The library makes its directory "overlay" a mount that shares nothing with
 * others, so a pod that has the directory does not see what is mounted in it later. There the
 * container's layers are put together from what the library wrote for its own mount: LAYER/lower
 * has "l/SHORT:l/SHORT...", the uppermost first, and each l/SHORT is a link to ../LAYER/diff.
 * Source: containers/storage drivers/overlay/overlay.go: create(), getLowerDirs().
 */
#include <fcntl.h>

#include "gotune/model.h"
#include "gotune/program.h"
#include "storage.h"

#define MERGED	  "/merged"
#define DIFF	  "/diff"
#define LOWER_MAX 16384

/* A mount has a device of its own: overlayfs gives each one. */
static bool is_mounted(const char *dir, const char *parent)
{
	struct stat a, b;

	return stat(dir, &a) == 0 && stat(parent, &b) == 0 && a.st_dev != b.st_dev;
}

static int add_layer(struct gt_strv *dirs, const char *home, const char *layer)
{
	char path[GT_PATH_CAP];

	if (dirs->n == GT_OVERLAY_MAX || !gt_copy_str(path, sizeof(path), home) ||
	    !gt_append(path, sizeof(path), "/") || !gt_append(path, sizeof(path), layer) ||
	    !gt_append(path, sizeof(path), DIFF))
		return -ENOTSUP;
	return gt_strv_add(dirs, path, strlen(path)) < 0 ? -ENOTSUP : 0;
}

/* Which layer does HOME/l/SHORT lead to? "../LAYER/diff". */
static int follow(const char *home, const char *shortened, char layer[GT_FULL_ID_CAP])
{
	char path[GT_PATH_CAP], to[sizeof("../") + GT_FULL_ID_LEN + sizeof(DIFF)];
	ssize_t n;

	if (!gt_has_prefix(shortened, "l/") || strchr(shortened + 2, '/') || shortened[2] == '.' ||
	    !shortened[2] || !gt_copy_str(path, sizeof(path), home) ||
	    !gt_append(path, sizeof(path), "/") || !gt_append(path, sizeof(path), shortened))
		return -ENOTSUP;
	n = readlink(path, to, sizeof(to));
	if (n < 0)
		return -errno;
	if (n != (ssize_t)(strlen("../") + GT_FULL_ID_LEN + strlen(DIFF)) ||
	    memcmp(to, "../", strlen("../")) != 0 ||
	    memcmp(to + n - strlen(DIFF), DIFF, strlen(DIFF)) != 0 ||
	    !gt_copy(layer, GT_FULL_ID_CAP, to + strlen("../"), GT_FULL_ID_LEN) ||
	    !gt_full_id_ok(layer))
		return -ENOTSUP;
	return 0;
}

/* LOWER is cut into its parts. */
static int add_lowers(struct gt_strv *dirs, const char *home, char *lower)
{
	char layer[GT_FULL_ID_CAP];
	int r = 0;

	lower[strcspn(lower, "\n")] = '\0';
	while (r == 0 && lower) {
		char *next = strchr(lower, ':');

		if (next)
			*next++ = '\0';
		r = follow(home, lower, layer);
		if (r == 0)
			r = add_layer(dirs, home, layer);
		lower = next;
	}
	return r;
}

/* An image of one layer has none below a container's own, and no such file. */
static int read_lower(const char *layer_dir, char **ret)
{
	_cleanup_close_ int root = gt_root_open(NULL, NULL);
	char path[GT_PATH_CAP];
	size_t len;
	int fd, r;

	if (root < 0 || !gt_copy_str(path, sizeof(path), layer_dir) ||
	    !gt_append(path, sizeof(path), "/lower"))
		return root < 0 ? root : -ENOTSUP;
	fd = gt_root_open_owned(root, path, NULL);
	if (fd < 0)
		return fd;
	r = gt_read_all(fd, LOWER_MAX, 0, ret, &len);
	close(fd);
	return r;
}

/* MERGED as the library names it: HOME, LAYER, and HOME/LAYER. */
static bool split(const char *merged, char home[GT_PATH_CAP], char layer[GT_FULL_ID_CAP],
		  char layer_dir[GT_PATH_CAP])
{
	char clean[GT_PATH_CAP], *slash;
	bool up = false;

	if (merged[0] != '/' || !gt_path_clean(merged, clean, sizeof(clean), &up) || up ||
	    !gt_has_suffix(merged, MERGED) ||
	    !gt_copy(layer_dir, GT_PATH_CAP, merged, strlen(merged) - strlen(MERGED)) ||
	    !gt_copy_str(home, GT_PATH_CAP, layer_dir))
		return false;
	slash = strrchr(home, '/');
	if (!slash)
		return false;
	*slash = '\0';
	return gt_has_suffix(home, "/overlay") && gt_copy_str(layer, GT_FULL_ID_CAP, slash + 1) &&
	       gt_full_id_ok(layer);
}

int gt_nri_storage_dirs(const char *merged, struct gt_strv *dirs)
{
	_cleanup_free_ char *lower = NULL;
	char home[GT_PATH_CAP], layer_dir[GT_PATH_CAP], layer[GT_FULL_ID_CAP];
	int r;

	if (!split(merged, home, layer, layer_dir))
		return -ENOTSUP;
	if (is_mounted(merged, layer_dir))
		return gt_strv_add(dirs, merged, strlen(merged)) < 0 ? -ENOTSUP : 0;
	r = add_layer(dirs, home, layer);
	if (r == 0)
		r = read_lower(layer_dir, &lower);
	if (r == -ENOENT)
		return 0;
	return r < 0 ? r : add_lowers(dirs, home, lower);
}
