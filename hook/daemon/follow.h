/*
 * The daemon's policy.
 */
#ifndef GOTUNE_DAEMON_FOLLOW_H
#define GOTUNE_DAEMON_FOLLOW_H

#include "part.h"

/* At the first event or tick that comes so long after the last time: it wakes nobody up. */
#define GT_FOLLOW_EVERY_MS 5000

/*
 * Reads the policy into D, and says where its health is told. -EINVAL: it is broken, which is
 * logged, unless D stands beside another program; -ENOMEM.
 */
GT_MUST_CHECK int gt_follow_policy_open(struct gt_daemon *d, struct gt_err *e);

/* Reads it again if its files have become others. */
void gt_follow_policy(struct gt_daemon *d);

#endif
