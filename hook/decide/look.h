/*
 * What a decision looks at.
 */
#ifndef GOTUNE_DECIDE_LOOK_H
#define GOTUNE_DECIDE_LOOK_H

#include "gotune/decide.h"

/*
 * Fills D's facts of the program, the cgroup, the namespaces, the process, its limits and sysctls,
 * and the host; of a container that the policy does not select only those that say so. Needs
 * config.json with a process, ident, requests and policy. Never fails: what cannot be read is
 * unknown in the facts. Effects: d->pidfd, d->cgroup, and d->sysctl when sysctls are to be read.
 */
void gt_look_around(struct gt_decision *d, const struct gt_decide_in *in);

#endif
