/*
 * How malloc gets memory for what is large. Effectful, once, on the process's allocator.
 */
#include "gotune/pages.h"

#include <malloc.h>

#define LARGE (16 << 10) /* bytes: our structs of paths and lists are larger, strings are not */

void gt_malloc_settle(void)
{
	(void)mallopt(M_MMAP_THRESHOLD, LARGE);
	(void)mallopt(M_TOP_PAD, LARGE); /* or the heap's first 128 KiB would serve them */
}
