/*
 * What a runtime's state says of its container's bundle. Pure. Runs in the worker.
 */
#include "internal.h"

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
