/*
 * A heap that jumps when it is empty. Pure but for the heap behind it.
 *
 * The jump leaves the library's own frames alone, which hold nothing but blocks of this heap. yajl
 * 2.1.0, for one, writes through what malloc gave it unseen, and would end the hook, and with it
 * the container's start.
 */
#include <stddef.h>
#include <stdlib.h>

#include "heap.h"

struct gt_heap_block {
	struct gt_heap_block *next, **link; /* what points to this one */
	max_align_t data[];
};

static struct gt_heap_block *block_of(void *p)
{
	return (struct gt_heap_block *)(void *)((char *)p - offsetof(struct gt_heap_block, data));
}

static void unlink_block(struct gt_heap_block *b)
{
	*b->link = b->next;
	if (b->next)
		b->next->link = b->link;
}

static void *link_block(struct gt_heap *h, struct gt_heap_block *b)
{
	b->next = h->all;
	b->link = &h->all;
	if (b->next)
		b->next->link = &b->next;
	h->all = b;
	return b->data;
}

void *gt_heap_realloc(void *ctx, void *p, size_t n)
{
	struct gt_heap *h = ctx;
	struct gt_heap_block *old = p ? block_of(p) : NULL, *b;
	size_t size;

	if (__builtin_add_overflow(n, sizeof(*b), &size))
		longjmp(h->empty, 1);
	if (old)
		unlink_block(old);
	b = realloc(old, size);
	if (!b) {
		free(old);
		longjmp(h->empty, 1);
	}
	return link_block(h, b);
}

void *gt_heap_malloc(void *ctx, size_t n)
{
	return gt_heap_realloc(ctx, NULL, n);
}

void gt_heap_free(void *ctx, void *p)
{
	(void)ctx;
	if (!p)
		return;
	unlink_block(block_of(p));
	free(block_of(p));
}

void gt_heap_done(struct gt_heap *h)
{
	for (struct gt_heap_block *b = h->all, *next; b; b = next) {
		next = b->next;
		free(b);
	}
	h->all = NULL;
}
