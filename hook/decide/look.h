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

/* What gt_look_at_host does for a container that was selected, once more: another program of it has
 * been found. Starts nothing. */
void gt_look_again(struct gt_decision *d);

/* What the process PID of the container, which has just exec'd, will see: its CPUs, and its cgroup,
 * if that is another one than its init's was. */
void gt_look_at_process(struct gt_decision *d, int64_t pid);

#endif
