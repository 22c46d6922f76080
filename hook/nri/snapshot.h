/*
 * Where the files of a container that is about to be created are. Private to the room.
 */
#ifndef GOTUNE_NRI_SNAPSHOT_H
#define GOTUNE_NRI_SNAPSHOT_H

#include "gotune/nri.h"

/*
 * T's layers: from containerd, whose snapshot of that name exists by now, or of CRI-O's storage.
 * -ENOTSUP, or why there is no answer before UNTIL_MS (gt_now_ms). *RET has none then.
 */
GT_MUST_CHECK int gt_nri_find_root(const struct gt_nri_plugin *p, const struct gt_nri_peer *peer,
				   const struct gt_typed *t, int64_t until_ms,
				   struct gt_typed_root *ret, struct gt_err *e);

#endif
