/*
 * Containerd's answer to Snapshots/Mounts: an overlay's layers, or the one directory of an image
 * that has no other. Pure; runs in the parser worker.
 * Source: containerd api/types/mount.proto; plugins/snapshots/overlay/overlay.go, mounts().
 */
#include "gotune/program.h"
#include "pb.h"
#include "request.h"

/* An absolute path without "..": what a snapshotter names leads nowhere else. */
static bool is_plain_path(const char *s, size_t len)
{
	char path[GT_PATH_CAP], clean[GT_PATH_CAP];
	bool up = false;

	return gt_copy(path, sizeof(path), s, len) && path[0] == '/' &&
	       gt_path_clean(path, clean, sizeof(clean), &up) && !up && strcmp(path, "/") != 0;
}

static int add_dir(struct gt_typed_root *ret, const char *s, size_t len)
{
	if (!is_plain_path(s, len) || ret->dirs.v.n == GT_OVERLAY_MAX)
		return -ENOTSUP;
	return gt_strv_add(&ret->dirs.v, s, len) < 0 ? -ENOTSUP : 0;
}

/* "A:B:C"; a backslash would hide a colon, and stands in no path of containerd's. */
static int add_lower(struct gt_typed_root *ret, struct gt_pb list)
{
	const char *p = (const char *)list.p, *end = (const char *)list.end;
	int r = gt_pb_len(&list) == 0 || memchr(p, '\\', gt_pb_len(&list)) ? -ENOTSUP : 0;

	while (r == 0 && p < end) {
		const char *colon = memchr(p, ':', (size_t)(end - p));
		const char *to = colon ? colon : end;

		r = add_dir(ret, p, (size_t)(to - p));
		p = to + 1;
	}
	return r;
}

/* What OPTION has after "NAME="; false: it is another one. */
static bool value_of(struct gt_pb option, const char *name, struct gt_pb *ret)
{
	size_t n = strlen(name);

	if (gt_pb_len(&option) <= n || memcmp(option.p, name, n) != 0 || option.p[n] != '=')
		return false;
	*ret = gt_pb_of(option.p + n + 1, gt_pb_len(&option) - n - 1);
	return true;
}

/* Options that change nothing for who reads. "upperdir" is looked at by itself, before the others.
 */
static bool is_harmless(struct gt_pb option)
{
	static const char *const names[] = {"workdir",	"index", "xino",	 "nfs_export",
					    "upperdir", "uuid",	 "volatile",	 "ro",
					    "rw",	"fsync", "redirect_dir", NULL};

	for (const char *const *n = names; *n; n++) {
		struct gt_pb value;

		if (gt_pb_is(option, *n) || value_of(option, *n, &value))
			return true;
	}
	return false;
}

static int read_option(struct gt_pb option, struct gt_typed_root *ret)
{
	struct gt_pb value;

	if (value_of(option, "lowerdir", &value))
		return add_lower(ret, value);
	if (gt_pb_is(option, "userxattr")) {
		ret->user_attrs = true;
		return 0;
	}
	return is_harmless(option) ? 0 : -ENOTSUP;
}

/* The upper directory is the first layer, wherever it stands among the options. */
static int read_overlay(struct gt_pb m, struct gt_typed_root *ret)
{
	struct gt_pb all = m, value;
	struct gt_pb_field f;
	int r = 0;

	while (r == 0 && gt_pb_next(&all, &f) > 0) {
		if (f.number == 4 && f.wire == GT_PB_BYTES && value_of(f.text, "upperdir", &value))
			r = add_dir(ret, (const char *)value.p, gt_pb_len(&value));
	}
	while (r == 0 && gt_pb_next(&m, &f) > 0) {
		if (f.number == 4 && f.wire == GT_PB_BYTES)
			r = read_option(f.text, ret);
	}
	return r;
}

static int read_mount(struct gt_pb m, struct gt_typed_root *ret)
{
	struct gt_pb type = gt_pb_find(m, 1), source = gt_pb_find(m, 2);

	if (gt_pb_is(type, "overlay"))
		return read_overlay(m, ret);
	if (gt_pb_is(type, "bind") && gt_pb_len(&source) > 0)
		return add_dir(ret, (const char *)source.p, gt_pb_len(&source));
	return -ENOTSUP;
}

int gt_nri_read_mounts(const void *p, size_t len, struct gt_typed_root *ret, struct gt_err *e)
{
	struct gt_pb m = gt_pb_of(p, len);
	struct gt_pb_field f;
	unsigned n = 0;
	int r;

	memset(ret, 0, offsetof(struct gt_typed_root, dirs.arena));
	gt_list_init(&ret->dirs);
	ret->user_attrs = ret->sees_trusted = false;
	for (r = gt_pb_next(&m, &f); r > 0; r = gt_pb_next(&m, &f)) {
		int t = 0;

		if (f.number == 1 && f.wire == GT_PB_BYTES)
			t = ++n > 1 ? -ENOTSUP : read_mount(f.text, ret);
		if (t < 0)
			return gt_err_set(e, t, "the snapshot is no overlay as we know them");
	}
	if (r < 0)
		return gt_err_set(e, r, "the snapshotter's answer is no message");
	if (ret->dirs.v.n == 0)
		return gt_err_set(e, -ENOTSUP, "the snapshot has no layers");
	return 0;
}
