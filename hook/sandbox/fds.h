/*
 * The descriptors of a forked child.
 */
#ifndef GOTUNE_SANDBOX_FDS_H
#define GOTUNE_SANDBOX_FDS_H

#include "gotune/base.h"

/*
 * Keeps the descriptor KEEP (-1: none), as descriptor 3, and /dev/null as 0, 1 and 2; closes all
 * others (Linux 5.9; before that they stay). For a child right after fork: what our parent's parent
 * left open is not for it to read, and one that hangs must not keep a pipe open whose end somebody
 * waits for, as runc does for that of a hook's output. 3 or -errno.
 */
GT_MUST_CHECK int gt_keep_one(int keep);

/* Closes all but 0, 1, 2 and the N in KEEP (-1 there: none). Before Linux 5.9 nothing is closed. */
void gt_close_all_but(const int *keep, size_t n);

#endif
