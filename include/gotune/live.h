/*
 * L4 main. The live container: its namespaces, its cgroup, its init. What the functions of struct
 * gt_apply_ops do when they are not a dry run.
 */
#ifndef GOTUNE_LIVE_H
#define GOTUNE_LIVE_H

#include "gotune/decide.h"

/*
 * Starts d->sysctl inside the network and IPC namespaces that are the container's own. Without it
 * (no such namespace, no privilege) d->sysctl.pid stays 0: values are unknown then, and writing
 * fails.
 */
void gt_live_enter(struct gt_decision *d);

/* Fills s->exists and s->value from the container's namespace. */
void gt_live_read_sysctl(struct gt_decision *d, struct gt_sysctl_fact *s);

/*
 * Applies the plan of D and fills rec->outcome. RECORD_DIR is a directory descriptor or -1: the
 * tracer writes the record again when the program has been exec'd. 0, or the first -errno with a
 * message.
 */
GT_MUST_CHECK int gt_live_apply(struct gt_decision *d, int record_dir, struct gt_err *e);

#endif
