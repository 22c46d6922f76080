/*
 * The kill switch. Effectful: looks whether a name exists; needs no privilege.
 *
 * People who flip it are in a hurry: whether they use touch, mkdir or ln -s, it counts. It also
 * counts when we cannot tell, since the administrator may have flipped it.
 */
#include "gotune/base.h"
#include "gotune/model.h"
#include "gotune/policy.h"

const char *gt_disabled(int root)
{
	int r = gt_root_exists(root, GT_DISABLED_FILE);

	if (r == -ENOENT || r == -ENOTDIR)
		return NULL;
	return r == 0 ? GT_DISABLED_FILE " exists"
		      : "cannot tell whether " GT_DISABLED_FILE " exists";
}
