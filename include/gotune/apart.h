/*
 * L3 priv. A function that reads hostile bytes, run where it can do no harm.
 */
#ifndef GOTUNE_APART_H
#define GOTUNE_APART_H

#include "gotune/apply.h"

/*
 * Forks, enters GT_PHASE_STACK and calls FN(ARG), which may make no system call: what it has to say
 * it writes into memory that was mapped shared. Waits two seconds at most. 0, -EPIPE (it died: a
 * forbidden call, a crash), -ETIMEDOUT, or -errno when there is no child.
 */
GT_MUST_CHECK int gt_apart(void (*fn)(void *arg), void *arg);

#endif
