/*
 * The cgroups of containers, held open for the parts that read them. Effectful: finds and opens
 * them; needs no privilege.
 */
#include "part.h"

void gt_known_usage_open(struct gt_daemon *d, struct gt_known *k)
{
	if (k->dirs_opened || k->pid <= 0)
		return;
	k->dirs_opened = true;
	gt_usage_open(d->root, d->mounts, k->pid, &k->dirs);
	if (d->n_kept + GT_USAGE_FILES > d->kept_max)
		return;
	k->n_kept = gt_usage_keep(&k->dirs, &k->kept);
	d->n_kept += k->n_kept;
}

bool gt_known_usage(const struct gt_known *k, struct gt_usage *ret)
{
	return gt_usage_read(&k->dirs, &k->kept, ret);
}

void gt_known_usage_close(struct gt_daemon *d, struct gt_known *k)
{
	gt_usage_let_go(&k->kept);
	gt_usage_close(&k->dirs);
	d->n_kept -= k->n_kept;
	k->n_kept = 0;
}
