/*
 * L2 stage inspect, private to it: would a security module stop the exec barrier?
 */
#ifndef GOTUNE_LSM_H
#define GOTUNE_LSM_H

#include "gotune/base.h"

/*
 * Would SELinux fail the exec of a process labelled LABEL while we trace it? True also when that
 * cannot be asked: the container's start is at stake. LABEL may be "".
 */
bool gt_lsm_selinux_denies(int root, const char *label);

/* Are we under an AppArmor profile, or is that unknown? */
bool gt_lsm_apparmor_confines(int root);

#endif
