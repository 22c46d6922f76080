/*
 * Where a container's program is looked for: its root directory, or the layers of one that is not
 * mounted yet. Effectful: opens directories. Runs in the child of a search.
 */
#include <fcntl.h>

#include "gotune/base.h"
#include "gotune/inspect.h"
#include "gotune/model.h"
#include "rootfs.h"

/* Each layer's directory; one that cannot be opened makes all unknown. The first's descriptor once
 * more, or -errno. */
static int open_layers(const struct gt_typed_root *root, struct gt_layers *ret)
{
	const struct gt_strv *dirs = root ? &root->dirs.v : NULL;

	if (!dirs || dirs->n == 0 || dirs->n > GT_OVERLAY_MAX || dirs->dropped)
		return -ENOENT;
	ret->user_attrs = root->user_attrs;
	ret->sees_trusted = root->sees_trusted;
	for (const char *dir = gt_strv_next(dirs, NULL); dir; dir = gt_strv_next(dirs, dir)) {
		int fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);

		if (fd < 0)
			return -errno;
		ret->fd[ret->n++] = fd;
	}
	return open(gt_strv_at(dirs, 0), O_PATH | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
}

int gt_rootfs_machine(const struct gt_decision *d)
{
	return d->from->kind == GT_SOURCE_BELOW ? gt_root_open(d->machine->sysroot, NULL) : -1;
}

int gt_rootfs_open(const struct gt_decision *d, int machine, struct gt_layers *ret_layers)
{
	const struct gt_ident *who = &d->rec->facts.ident;
	int fd = -1;

	if (d->from->kind == GT_SOURCE_TYPED)
		return open_layers(d->from->root, ret_layers);
	if (d->from->kind == GT_SOURCE_BELOW)
		return gt_inspect_rootfs_below(machine, who->bundle, d->bundle->root_path);
	if (d->from->typed && who->pid > 0)
		fd = gt_inspect_own_root(who->pid);
	if (fd >= 0)
		return fd;
	/* On a captured machine the number may be another process's of ours. */
	return gt_inspect_rootfs(d->machine->sysroot ? 0 : who->pid, who->bundle,
				 d->bundle->root_path, NULL);
}
