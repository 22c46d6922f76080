/*
 * A heap for a library that does not look at what its allocator gives: when there is no
 * more memory it jumps back to who asked the library, and is given back as a whole.
 */
#ifndef GOTUNE_BASE_HEAP_H
#define GOTUNE_BASE_HEAP_H

#include <setjmp.h>

struct gt_heap {
	struct gt_heap_block *all;
	jmp_buf empty; /* set by setjmp before the library is called: there is no memory */
};

/* malloc, realloc and free of CTX, a struct gt_heap; the first two never return NULL: they jump. */
void *gt_heap_malloc(void *ctx, size_t n);
void *gt_heap_realloc(void *ctx, void *p, size_t n);
void gt_heap_free(void *ctx, void *p);

/* Frees what is left of it. */
void gt_heap_done(struct gt_heap *h);

#endif
