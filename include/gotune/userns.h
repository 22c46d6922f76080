/*
 * L0 base. The user namespace that we are in: who we are to the one above it.
 */
#ifndef GOTUNE_USERNS_H
#define GOTUNE_USERNS_H

#include <sys/types.h>

#include "gotune/base.h"

struct gt_userns {
	bool whole;  /* every number stands for itself: the machine's own, or as good as that */
	uid_t outer; /* our effective user's number in the namespace above */
};

/*
 * TEXT: a uid_map, user_namespaces(7): lines of "inside outside length". -EINVAL for anything else,
 * -ENOENT when UID is not in it. *ret is untouched on failure. Pure.
 */
GT_MUST_CHECK int gt_userns_parse(const char *text, uid_t uid, struct gt_userns *ret);

/* Ours, from /proc/self/uid_map. 0 or -errno. */
GT_MUST_CHECK int gt_userns_self(struct gt_userns *ret);

#endif
