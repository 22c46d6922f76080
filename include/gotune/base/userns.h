/*
 * The user namespace that we are in: who we are to the one above it.
 */
#ifndef GOTUNE_BASE_USERNS_H
#define GOTUNE_BASE_USERNS_H

#include <sys/types.h>

#include "gotune/base/defs.h"

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

/*
 * May a file of OWNER's be the machine's root's? 0 is. In a user namespace root has no number and
 * stands for nobody (proc_sys_kernel(5), overflowuid), as every other user without one: so this is
 * for places only into which root alone can put a file. Reads /proc/self/uid_map when it must.
 */
bool gt_userns_is_root(uid_t owner);

#endif
