/*
 * Where the bundle of a running container is. Effectful: looks at names and reads runtimes' state,
 * which root alone may write; the worker parses it.
 */
#include "internal.h"

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

/* ---- the worker's part ---- */

static int take_bundle(void *ctx, const struct gt_json_event *ev, struct gt_err *e)
{
	static const char label[] = "bundle=";
	char *ret = ctx;
	size_t skip = 0;

	(void)e;
	if (ev->type != GT_JSON_STRING || *ret)
		return 0;
	if (gt_json_at(ev, "config/labels/*")) {
		skip = strlen(label);
		if (ev->len <= skip || memcmp(ev->text, label, skip) != 0)
			return 0;
	} else if (!gt_json_at(ev, "bundle")) {
		return 0;
	}
	if (!gt_copy(ret, GT_PATH_CAP, ev->text + skip, ev->len - skip))
		ret[0] = '\0';
	return 0;
}

int gt_scan_bundle_of(const char *text, size_t len, char ret[GT_PATH_CAP])
{
	char dir[GT_PATH_CAP] = "";
	int r = gt_json_walk(text, len, 0, take_bundle, dir, NULL, NULL);

	if (r < 0)
		return r;
	if (dir[0] != '/')
		return -ENOENT;
	memcpy(ret, dir, sizeof(dir));
	return 0;
}
