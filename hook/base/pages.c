/*
 * Memory straight from the kernel, and how malloc gets it for what is large. Effectful: maps
 * memory.
 */
#include <malloc.h>
#include <sys/mman.h>

#include "gotune/base.h"

#define LARGE (16 << 10) /* bytes: our structs of paths and lists are larger, strings are not */

int gt_pages_map(struct gt_pages *p, size_t len, enum gt_pages_kind kind)
{
	int flags = kind == GT_PAGES_SHARED ? MAP_SHARED : MAP_PRIVATE;
	void *at = mmap(NULL, len, PROT_READ | PROT_WRITE, flags | MAP_ANONYMOUS, -1, 0);

	if (at == MAP_FAILED)
		return -ENOMEM;
	gt_pages_done(p);
	*p = (struct gt_pages){at, len};
	return 0;
}

void gt_pages_done(struct gt_pages *p)
{
	if (p->p)
		(void)munmap(p->p, p->len);
	*p = (struct gt_pages){0};
}

void gt_malloc_settle(void)
{
	(void)mallopt(M_MMAP_THRESHOLD, LARGE);
	(void)mallopt(M_TOP_PAD, LARGE); /* or the heap's first 128 KiB would serve them */
}
