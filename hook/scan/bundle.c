/*
 * Where the bundles of containers are: that of one which runs, or all of a machine. Effectful:
 * looks at names and reads runtimes' state, which root alone may write; the worker parses it.
 */
#include <dirent.h>

#include "internal.h"

/* gcc 12 loses sight of what an element of a growing array owns; the sanitizer's leak check does
 * not. */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wanalyzer-malloc-leak"
#endif

/* Engines' places: the id comes between the two. containerd runtime/v2/bundle.go, moby
 * libcontainerd, containers/storage (Podman, CRI-O). */
static const struct place {
	const char *before, *after;
	bool captured; /* where a capture of ours has it */
} places[] = {
	{"/run/containerd/io.containerd.runtime.v2.task/moby/", "", false},
	{"/run/containerd/io.containerd.runtime.v2.task/k8s.io/", "", false},
	{"/run/containerd/io.containerd.runtime.v2.task/default/", "", false},
	{"/run/docker/containerd/daemon/io.containerd.runtime.v2.task/moby/", "", false},
	{"/var/run/docker/containerd/daemon/io.containerd.runtime.v2.task/moby/", "", false},
	{"/var/lib/containers/storage/overlay-containers/", "/userdata", false},
	{"/run/containers/storage/overlay-containers/", "/userdata", false},
	{"/var/lib/containers/storage/vfs-containers/", "/userdata", false},
	{"/bundles/", "", true},
};

static const struct place states[] = {
	{"/run/runc/", "/state.json", false},
	{"/run/crun/", "/status", false},
};

static bool join(const struct place *p, const char *id, char ret[GT_PATH_CAP])
{
	return gt_copy_str(ret, GT_PATH_CAP, p->before) && gt_append(ret, GT_PATH_CAP, id) &&
	       gt_append(ret, GT_PATH_CAP, p->after);
}

static bool has_config(int root, const char *dir)
{
	char path[GT_PATH_CAP + 16];

	return gt_copy_str(path, sizeof(path), dir) &&
	       gt_append(path, sizeof(path), "/config.json") && gt_root_exists(root, path) == 0;
}

/* What a runtime has written down of ID. */
static bool ask_runtime(int root, struct gt_worker *parser, const struct place *p, const char *id,
			char ret[GT_PATH_CAP])
{
	char path[GT_PATH_CAP], dir[GT_PATH_CAP] = "";
	_cleanup_close_ int fd = -1;

	if (!join(p, id, path))
		return false;
	fd = gt_root_open_file(root, path, NULL);
	if (fd < 0 || gt_worker_call(parser, GT_SCAN_JOB_BUNDLE_OF, fd, NULL, 0, dir,
				     GT_JOB_TIMEOUT_MS, NULL) < 0)
		return false;
	if (!memchr(dir, '\0', sizeof(dir)) || dir[0] != '/' || !has_config(root, dir))
		return false;
	memcpy(ret, dir, GT_PATH_CAP);
	return true;
}

bool gt_scan_find_bundle(int root, struct gt_worker *parser, const char *id, bool captured,
			 char ret[GT_PATH_CAP])
{
	for (size_t i = 0; i < GT_ARRAY_LEN(places); i++) {
		if (places[i].captured == captured && join(&places[i], id, ret) &&
		    has_config(root, ret))
			return true;
	}
	for (size_t i = 0; i < GT_ARRAY_LEN(states); i++) {
		if (ask_runtime(root, parser, &states[i], id, ret))
			return true;
	}
	return false;
}

/* ---- all of a machine ---- */

struct listing {
	int root;
	struct gt_worker *parser;
	struct gt_scan_bundles *all;
};

/* The bundle in DIR, whose config.json is there. */
static int add_bundle(struct listing *l, const char *dir, const char *id, bool captured)
{
	struct gt_scan_bundles *b = l->all;
	struct gt_scan_bundle one = {.captured = captured};
	char path[GT_PATH_CAP + 16];
	struct stat st;
	void *room;

	if (!gt_id_ok(id) || b->n >= GT_SCAN_BUNDLES_MAX) {
		b->left_out++;
		return 0;
	}
	(void)gt_copy_str(path, sizeof(path), dir); /* both fit */
	(void)gt_append(path, sizeof(path), "/config.json");
	if (gt_root_stat(l->root, path, &st) == 0) { /* else it leads nowhere: it is told */
		one.dev = st.st_dev;
		one.ino = st.st_ino;
	}
	room = gt_scan_grow(b->bundle, sizeof(one), b->n, &b->cap);
	if (!room)
		return -ENOMEM;
	b->bundle = room;
	one.path = strdup(dir);
	one.id = strdup(id);
	b->bundle[b->n++] = one;
	return one.path && one.id ? 0 : -ENOMEM;
}

/* What NAME in P's directory is the name of. BY_STATE: a runtime's state tells where the bundle is.
 */
static int add_named(struct listing *l, const struct place *p, const char *name, bool by_state,
		     struct gt_err *e)
{
	char dir[GT_PATH_CAP];
	int r = 0;

	if (!by_state && join(p, name, dir) && has_config(l->root, dir))
		return add_bundle(l, dir, name, p->captured);
	if (!by_state) {
		l->all->left_out += p->captured; /* elsewhere it may be any file of the engine's */
		return 0;
	}
	r = gt_scan_renew_parser(l->parser, e);
	if (r < 0 || !ask_runtime(l->root, l->parser, p, name, dir))
		return r;
	return add_bundle(l, dir, name, false);
}

static int add_place(struct listing *l, const struct place *p, bool by_state, struct gt_err *e)
{
	int fd = gt_root_open_dir(l->root, p->before), r = 0;
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *d;

	if (!dir) {
		gt_cleanup_close(&fd);
		return 0;
	}
	while (r == 0 && (d = readdir(dir))) {
		if (d->d_name[0] != '.')
			r = add_named(l, p, d->d_name, by_state, e);
	}
	(void)closedir(dir);
	return r;
}

static int compare_bundles(const void *a, const void *b)
{
	const struct gt_scan_bundle *x = a, *y = b;
	int r = strcmp(x->id, y->id);

	return r ? r : strcmp(x->path, y->path);
}

static int compare_files(const void *a, const void *b)
{
	const struct gt_scan_bundle *x = a, *y = b;

	if (x->dev != y->dev)
		return x->dev < y->dev ? -1 : 1;
	if (x->ino != y->ino)
		return x->ino < y->ino ? -1 : 1;
	return compare_bundles(a, b);
}

/* Of several ways to one config.json the first stays. */
static void drop_doubles(struct gt_scan_bundles *b)
{
	uint32_t n = 0;

	qsort(b->bundle, b->n, sizeof(b->bundle[0]), compare_files);
	for (uint32_t i = 0; i < b->n; i++) {
		struct gt_scan_bundle *one = &b->bundle[i];

		if (n > 0 && one->ino != 0 && one->ino == b->bundle[n - 1].ino &&
		    one->dev == b->bundle[n - 1].dev) {
			free(one->path);
			free(one->id);
		} else {
			b->bundle[n++] = *one;
		}
	}
	b->n = n;
	qsort(b->bundle, b->n, sizeof(b->bundle[0]), compare_bundles);
}

int gt_scan_list_bundles(int root, struct gt_worker *parser, struct gt_scan_bundles *ret,
			 struct gt_err *e)
{
	struct listing l = {root, parser, ret};
	int r = 0;

	*ret = (struct gt_scan_bundles){0};
	for (size_t i = 0; r == 0 && i < GT_ARRAY_LEN(places); i++)
		r = add_place(&l, &places[i], false, e);
	for (size_t i = 0; r == 0 && i < GT_ARRAY_LEN(states); i++)
		r = add_place(&l, &states[i], true, e);
	if (r == -ENOMEM)
		return gt_err_set(e, r, "out of memory");
	if (r == 0 && ret->n > 0)
		drop_doubles(ret);
	return r;
}

void gt_scan_bundles_done(struct gt_scan_bundles *b)
{
	for (uint32_t i = 0; i < b->n; i++) {
		free(b->bundle[i].path);
		free(b->bundle[i].id);
	}
	free(b->bundle);
	*b = (struct gt_scan_bundles){0};
}
