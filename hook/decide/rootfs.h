/*
 * Where a container's program is looked for.
 */
#ifndef GOTUNE_DECIDE_ROOTFS_H
#define GOTUNE_DECIDE_ROOTFS_H

#include "gotune/decide.h"
#include "gotune/program.h"

/* The root of D's machine, for a container that nothing must lead out of; -1: D's is none. The
 * child of a search has no descriptor of ours. */
int gt_rootfs_machine(const struct gt_decision *d);

/*
 * The directory, or -errno; of a TYPED source *RET_LAYERS is filled, too. MACHINE: the above. What
 * an engine says of a start is of an init that has its root; we may have other mounts than the
 * engine, where the bundle's is empty.
 */
int gt_rootfs_open(const struct gt_decision *d, int machine, struct gt_layers *ret_layers);

#endif
