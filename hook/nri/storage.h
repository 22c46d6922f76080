/*
 * The layers of containers/storage, where CRI-O keeps its containers. Private to the room.
 */
#ifndef GOTUNE_NRI_STORAGE_H
#define GOTUNE_NRI_STORAGE_H

#include "gotune/decide.h"

/*
 * Adds to DIRS where the files of the container are whose root its engine has mounted on MERGED,
 * ".../overlay/LAYER/merged": that, if the mount is seen here, else the directories of its layers,
 * the uppermost first. Reads below "/". -ENOTSUP: it is no such path, or the layers are not as we
 * know them; -errno.
 */
GT_MUST_CHECK int gt_nri_storage_dirs(const char *merged, struct gt_strv *dirs);

#endif
