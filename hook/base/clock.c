/*
 * The clock that deadlines are made of. Effectful: reads it.
 */
#include <time.h>

#include "gotune/base.h"

int64_t gt_now_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t); /* cannot fail for this clock */
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}
