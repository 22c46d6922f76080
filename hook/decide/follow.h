/*
 * From the container's first exec to the program that counts.
 */
#ifndef GOTUNE_DECIDE_FOLLOW_H
#define GOTUNE_DECIDE_FOLLOW_H

#include "gotune/decide.h"

/*
 * Follows the init of D in the process that traces it, which is in GT_PHASE_TRACER: decides on what
 * is executed, carries it out, and keeps the record. Returns when nothing is left to be followed;
 * then the process should end, which lets go of what is still traced. 0, or -errno: it could not be
 * followed.
 *
 * Without DECIDES it only waits for the first exec. Then the caller has nothing to do but may not
 * end at once: crun waits for its hook, and takes two children that end at the same moment for one.
 */
int gt_follow_container(struct gt_decision *d, bool decides);

#endif
