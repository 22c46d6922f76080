/*
 * The clock that deadlines are made of.
 */
#ifndef GOTUNE_BASE_CLOCK_H
#define GOTUNE_BASE_CLOCK_H

#include "gotune/base/defs.h"

/* Milliseconds of the monotonic clock, for deadlines. */
int64_t gt_now_ms(void);

#endif
