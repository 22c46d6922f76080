/*
 * L4 main. Is the container that a record is about still there?
 */
#ifndef GOTUNE_GONE_H
#define GOTUNE_GONE_H

#include "gotune/record_read.h"

/*
 * True when the process of V has ended, or never came. It is the record's pid or, of a container
 * that did not run yet when it was decided about, the one in its pid file: then *ret_pid gets it
 * (0: not known). A record with neither cannot be told, and stays. NOW_S: seconds since the epoch.
 * Reads proc and the pid file below ROOT, a root descriptor.
 */
bool gt_record_is_gone(int root, const struct gt_record_view *v, int64_t now_s, int64_t *ret_pid);

#endif
