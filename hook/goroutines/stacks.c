/*
 * The stack of a goroutine that does not run, by its frame pointers. Reads memory through the op;
 * runs in the sandboxed worker.
 *
 * The saved frame pointer leads to a pair of words: the caller's frame pointer and the return
 * address. Frames lie towards the stack's upper end, so pointers that do not ascend end the walk.
 * Source: Go src/runtime/tracefpunwindoff.go, src/cmd/compile/abi-internal.md (amd64).
 */
#include "internal.h"

#define TOP 4096u /* of a stack: what most blocked goroutines use, and one read */

struct window {
	uint64_t at;
	size_t len;
	unsigned char b[TOP];
};

/* The two words at ADDR of G's stack. */
static bool read_pair(struct gt_sym_mem *m, const struct gt_gor_raw *g, struct window *w,
		      uint64_t addr, uint64_t ret[2])
{
	if (addr < g->sp || addr % 8 || addr > g->hi || g->hi - addr < 16)
		return false;
	if (addr < w->at || addr - w->at + 16 > w->len) {
		w->at = addr;
		w->len = g->hi - addr < TOP ? (size_t)(g->hi - addr) : TOP;
		if (gt_sym_read(m, addr, w->b, w->len) < 0) {
			w->len = 0;
			return false;
		}
	}
	ret[0] = gt_sym_le(w->b + (addr - w->at), 8);
	ret[1] = gt_sym_le(w->b + (addr - w->at) + 8, 8);
	return true;
}

unsigned gt_gor_frames(const struct gt_gor_runtime *rt, struct gt_sym_mem *m,
		       const struct gt_gor_raw *g, uint64_t ret[GT_GOR_FRAMES])
{
	struct window w = {0};
	uint64_t bp = g->bp, pair[2];
	unsigned n = 0;

	if (g->sp < g->lo || g->sp >= g->hi || g->pc < rt->names.text)
		return 0;
	ret[n++] = g->pc;
	while (n < GT_GOR_FRAMES && read_pair(m, g, &w, bp, pair) && pair[1] != 0) {
		ret[n++] = pair[1] - 1;
		if (pair[0] <= bp)
			break;
		bp = pair[0];
	}
	return n;
}
