/* The collector's decision path as a flame graph. */
#ifndef GOTUNE_DIAGNOSE_FLAME_H
#define GOTUNE_DIAGNOSE_FLAME_H

#include "gotune/diagnose.h"

/* Appends the SVG. False: no CPU time at all. */
bool gt_flame(const struct gt_diagnosed_process *p, struct gt_buf *out);

#endif
