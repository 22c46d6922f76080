/*
 * What looks like gcController among the variables without pointers. Reads memory through the op;
 * runs in the sandboxed worker.
 */
#include <string.h>

#include "internal.h"

#define CHUNK	 65536u
#define SCAN_MAX (64u << 20)

/* Looks at each multiple of 8 in the first STEP of the N bytes at ADDR. */
static void scan_bytes(const unsigned char *b, size_t n, size_t step, uint64_t addr,
		       const struct gt_live_layout *l, struct gt_live_places *heads,
		       struct gt_live_places *whole)
{
	for (size_t i = 0; i < step && i + GT_LIVE_LEN <= n; i += 8) {
		if (!gt_live_head_ok(b + i))
			continue;
		gt_live_place(heads, addr + i);
		if (gt_live_tail_ok(b + i, l))
			gt_live_place(whole, addr + i);
	}
}

int gt_live_scan(struct gt_sym_mem *m, const struct gt_live_range *r,
		 const struct gt_live_layout *l, struct gt_live_places *heads,
		 struct gt_live_places *whole)
{
	static unsigned char buf[CHUNK + GT_LIVE_LEN];
	uint64_t begin = (r->begin + 7) / 8 * 8;

	*heads = *whole = (struct gt_live_places){0};
	if (r->end <= begin || r->end - begin > SCAN_MAX)
		return -EFBIG;
	for (uint64_t at = begin; at < r->end; at += CHUNK) {
		uint64_t left = r->end - at;
		size_t n = left < sizeof(buf) ? (size_t)left : sizeof(buf);

		if (gt_sym_read(m, at, buf, n) == 0)
			scan_bytes(buf, n, CHUNK, at, l, heads, whole);
	}
	return 0;
}
