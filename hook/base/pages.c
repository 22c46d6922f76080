/*
 * Memory straight from the kernel. Effectful: maps memory.
 */
#include <sys/mman.h>

#include "gotune/base.h"

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
