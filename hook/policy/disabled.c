/*
 * The kill switch. Effectful: looks whether a name exists; needs no privilege.
 *
 * Somebody who makes it is in a hurry: what they make of it, by touch, mkdir or ln -s, is all the
 * same. If it cannot be told, the host's owner may have meant it.
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
		      : "whether " GT_DISABLED_FILE " exists cannot be told";
}
