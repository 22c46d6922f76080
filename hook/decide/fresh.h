/*
 * What a sysctl is in a namespace that the runtime has yet to make.
 */
#ifndef GOTUNE_DECIDE_FRESH_H
#define GOTUNE_DECIDE_FRESH_H

#include "gotune/decide.h"

/*
 * Fills exists and value of the sysctls in D's facts that would be set in a network or IPC
 * namespace of the container's own, and marks them: a runtime fails on one that does not exist.
 * The answers are kept in the directory of records for the next container. Never fails: what could
 * not be found out stays GT_UNKNOWN. Effects: may fork a worker that enters new namespaces of its
 * own, and write fresh-sysctls in that directory.
 */
void gt_fresh_sysctls(struct gt_decision *d);

#endif
