/*
 * Where we are beside the runtime. Private to the room.
 */
#ifndef GOTUNE_NRI_PLACE_H
#define GOTUNE_NRI_PLACE_H

#include "gotune/base.h"

/*
 * Are the process ids of the runtime behind SOCK, a connected stream socket, ours, too? Not if we
 * are in a pod that has its own, nor if the runtime has. Reads procfs; needs no privilege.
 */
bool gt_nri_shares_pids(int sock);

/*
 * Goes into the runtime's cgroup namespace, so that the paths that procfs has for cgroups are those
 * of what is mounted. 0, also if we are there; or -errno: EACCES and EPERM without CAP_SYS_PTRACE
 * and CAP_SYS_ADMIN.
 */
GT_MUST_CHECK int gt_nri_join_cgroups(int sock);

#endif
