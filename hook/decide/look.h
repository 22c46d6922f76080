/*
 * What a decision looks at.
 */
#ifndef GOTUNE_DECIDE_LOOK_H
#define GOTUNE_DECIDE_LOOK_H

#include "gotune/decide.h"

/*
 * Fills D's facts of the program, the cgroup and the namespaces. Needs config.json with a process,
 * ident, requests and policy. Never fails: what cannot be read is unknown in the facts. Effects:
 * d->pidfd, d->cgroup.
 */
void gt_look_at_container(struct gt_decision *d, const struct gt_ask *ask);

/*
 * The same for the process, its limits and sysctls, and the host; of a container that was not
 * selected (d->sel) the process alone. Effects: d->sysctl when sysctls are to be read.
 */
void gt_look_at_host(struct gt_decision *d, const struct gt_ask *ask);

#endif
