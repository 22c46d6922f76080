/* L0 base. Memory as the kernel gives it. */
#ifndef GOTUNE_PAGES_H
#define GOTUNE_PAGES_H

/*
 * From now on malloc maps what is large. Such memory is zero and there when it is touched, so
 * calloc need not clear it: our structs hold whole paths and lists, of which a container fills a
 * part. Each page that is touched costs a fault, and faults are most of what a short process costs.
 * For a program's main, before it allocates.
 */
void gt_malloc_settle(void);

#endif
