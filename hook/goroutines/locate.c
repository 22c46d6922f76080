/*
 * Where a running program keeps its goroutines. Reads its memory through the op; runs in the
 * sandboxed worker. All that is read is the program's word.
 *
 * Theory of operation. moduledata (gosym/module.c) tells the text's start. runtime.allgadd appends
 * to allgs: its code names the slice's pointer, length and capacity, three words in a row, relative
 * to the instructions. Nothing of that needs symbols. What follows is verified by who is there:
 * walk.c. Source: Go src/runtime/symtab.go (moduledata), src/runtime/proc.go (allgadd).
 */
#include <string.h>

#include "internal.h"

#define CODE_MAX 4096u /* of allgadd, which has some 300 bytes */
#define HITS_MAX 64u

/* ---- allgs ---- */

/* Addresses that code names, relative to itself. */
struct hits {
	uint64_t addr[HITS_MAX];
	bool stored[HITS_MAX]; /* by a mov to memory */
	unsigned n;
};

static void add_hit(struct hits *h, uint64_t addr, bool stored)
{
	for (unsigned i = 0; i < h->n; i++) {
		if (h->addr[i] == addr) {
			h->stored[i] = h->stored[i] || stored;
			return;
		}
	}
	if (h->n == HITS_MAX)
		return;
	h->addr[h->n] = addr;
	h->stored[h->n++] = stored;
}

/* REX.W or REX.WR, then mov, lea or cmp with a 32-bit displacement from the next instruction. */
static bool is_rip_relative(const unsigned char *c)
{
	bool op = c[1] == 0x8b || c[1] == 0x89 || c[1] == 0x8d || c[1] == 0x39 || c[1] == 0x3b;

	return (c[0] == 0x48 || c[0] == 0x4c) && op && (c[2] & 0xc7) == 0x05;
}

static void find_hits(const struct gt_gor_runtime *rt, const unsigned char *code, size_t n,
		      uint64_t at, struct hits *ret)
{
	for (size_t i = 0; i + 7 <= n; i++) {
		uint64_t to;

		if (!is_rip_relative(code + i))
			continue;
		to = at + i + 7 + (uint64_t)(int64_t)(int32_t)gt_sym_le(code + i + 3, 4);
		if (to % 8 == 0 && gt_sym_image_has(&rt->image, to, false))
			add_hit(ret, to, code[i + 1] == 0x89);
	}
}

static bool has_hit(const struct hits *h, uint64_t addr)
{
	for (unsigned i = 0; i < h->n; i++) {
		if (h->addr[i] == addr)
			return true;
	}
	return false;
}

/* The first of three words in a row, which is stored to; the lowest, should there be several. */
static uint64_t slice_of(const struct hits *h)
{
	uint64_t found = 0;

	for (unsigned i = 0; i < h->n; i++) {
		uint64_t a = h->addr[i];

		if (h->stored[i] && has_hit(h, a + 8) && has_hit(h, a + 16) &&
		    (found == 0 || a < found))
			found = a;
	}
	return found;
}

static int find_allgs(struct gt_gor_runtime *rt, struct gt_sym_mem *m)
{
	int64_t i = gt_sym_names_find_func(&rt->names, "runtime.allgadd");
	unsigned char code[CODE_MAX];
	struct hits h = {.n = 0};
	uint64_t begin, end;
	size_t n;
	int r;

	if (i < 0)
		return -ENOENT;
	begin = rt->names.text + gt_sym_names_entry(&rt->names, (uint32_t)i);
	end = rt->names.text + gt_sym_names_entry(&rt->names, (uint32_t)i + 1);
	n = end - begin < CODE_MAX ? (size_t)(end - begin) : CODE_MAX;
	r = gt_sym_read(m, begin, code, n);
	if (r < 0)
		return r;
	find_hits(rt, code, n, begin, &h);
	rt->allgs = slice_of(&h);
	return rt->allgs ? 0 : -ENOENT;
}

int gt_gor_locate(struct gt_gor_runtime *rt, struct gt_sym_mem *m, struct gt_err *e)
{
	int64_t main_func = gt_sym_names_find_func(&rt->names, "runtime.main");
	const struct gt_sym_module where = {rt->layout->text, rt->layout->etext};
	uint64_t probe, module = 0;

	if (gt_sym_read_words(m, rt->names.addr, &probe, 1) == -ESRCH)
		return gt_err_set(e, -ESRCH, "it has ended");
	if (main_func < 0)
		return gt_err_set(e, -EBADMSG, "its table of functions has no runtime.main");
	if (gt_sym_module_find(&rt->image, m, &where, &rt->names, &module) < 0)
		return gt_err_set(e, -EBADMSG, "its runtime's module data was not found");
	/* Without it there are no inlined functions; nothing else is lost. */
	if (gt_sym_read_words(m, module + rt->layout->gofunc, &rt->names.gofunc, 1) < 0)
		rt->names.gofunc = 0;
	rt->main_pc = rt->names.text + gt_sym_names_entry(&rt->names, (uint32_t)main_func);
	if (find_allgs(rt, m) < 0)
		return gt_err_set(e, -EBADMSG, "its list of goroutines was not found");
	return 0;
}
