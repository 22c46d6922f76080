/*
 * openat2(2). Private to the room.
 */
#ifndef GOTUNE_BASE_OPENAT2_H
#define GOTUNE_BASE_OPENAT2_H

#include "gotune/base.h"

/*
 * Opens PATH below ROOT; RESOLVE has the bits of linux/openat2.h, and magic links are never
 * followed. A descriptor or -errno; -ENOSYS: this kernel, or its filter, has no openat2.
 */
GT_MUST_CHECK int gt_openat2(int root, const char *path, uint64_t flags, uint64_t resolve);

#endif
