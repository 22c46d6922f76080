/* Memory straight from the kernel. */
#ifndef GOTUNE_BASE_PAGES_H
#define GOTUNE_BASE_PAGES_H

#include "gotune/base/defs.h"

/* {0} is none. */
struct gt_pages {
	void *p;
	size_t len;
};

enum gt_pages_kind {
	GT_PAGES_OWN,	 /* of this process */
	GT_PAGES_SHARED, /* with the children that it forks */
};

/*
 * LEN fresh bytes, all zero, there when they are touched, in the place of what *P was. For what is
 * large and mostly not looked at: calloc clears all of what it takes from a heap that was in use. 0
 * or -ENOMEM; gt_pages_done frees them.
 */
GT_MUST_CHECK int gt_pages_map(struct gt_pages *p, size_t len, enum gt_pages_kind kind);
void gt_pages_done(struct gt_pages *p);

#endif
