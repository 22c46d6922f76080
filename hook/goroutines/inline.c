/*
 * Functions that were inlined: which ones a pc is in, from the innermost outwards. Pure; the bytes
 * are hostile, so each step is bounded and each place is checked.
 *
 * A function's record ends with offsets of pc tables and of data. The table PCDATA_InlTreeIndex
 * leads from a pc to an entry of the data FUNCDATA_InlTree: the inlined function's name, and a pc
 * of the function that it was inlined into, for which the same is asked. Source: Go
 * src/runtime/symtabinl.go, src/runtime/symtab.go (funcdata), src/internal/abi/symtab.go.
 */
#include <string.h>

#include "internal.h"

#define PCDATA_TREE   2u
#define FUNCDATA_TREE 3u

/* Where things are in a record and in an entry: 1.20 made both anew. */
struct shape {
	unsigned n_funcdata, tables;  /* in the record */
	unsigned entry, name, parent; /* the size of an entry; in it */
};
static const struct shape shape_119 = {39, 40, 20, 12, 16}, shape_120 = {43, 44, 16, 4, 8};

static const struct shape *shape_of(const struct gt_gor_runtime *rt)
{
	return rt->layout->minor < 20 ? &shape_119 : &shape_120;
}

/* The address of the tree of function I; 0: it has none. */
static uint64_t tree_of(const struct gt_gor_runtime *rt, uint32_t i)
{
	const struct gt_sym_names *t = &rt->names;
	const struct shape *s = shape_of(rt);
	uint32_t n_pcdata = gt_sym_names_field(t, i, 28), off;
	/* The last byte of the word is the number of funcdata. */
	uint32_t n_funcdata = gt_sym_names_field(t, i, s->n_funcdata - 3) >> 24;

	if (t->gofunc == 0 || n_pcdata <= PCDATA_TREE || n_pcdata > 64 ||
	    n_funcdata <= FUNCDATA_TREE)
		return 0;
	off = gt_sym_names_field(t, i, s->tables + 4ull * (n_pcdata + FUNCDATA_TREE));
	return off == UINT32_MAX ? 0 : t->gofunc + off;
}

/* The entry of TREE for the pc at OFF of function I; NULL when nothing was inlined there. */
static const unsigned char *entry_at(const struct gt_gor_runtime *rt, uint32_t i, uint64_t tree,
				     uint64_t off)
{
	const struct shape *s = shape_of(rt);
	uint32_t table = gt_sym_names_field(&rt->names, i, s->tables + 4ull * PCDATA_TREE);
	int32_t index;

	if (gt_sym_pcvalue(&rt->names, table, off, &index) < 0 || index < 0)
		return NULL;
	return gt_sym_image_bytes(&rt->image, tree + (uint64_t)index * s->entry, s->entry);
}

unsigned gt_gor_expand(const struct gt_gor_runtime *rt, uint64_t pc,
		       struct gt_gor_func ret[GT_GOR_INLINED])
{
	const struct gt_sym_names *t = &rt->names;
	const struct shape *s = shape_of(rt);
	int64_t func = gt_sym_names_func(t, pc);
	uint64_t entry, tree;
	uint32_t i = (uint32_t)func;
	unsigned n = 0;

	if (func < 0)
		return 0;
	entry = t->text + gt_sym_names_entry(t, i);
	tree = tree_of(rt, i);
	while (tree && n < GT_GOR_INLINED - 1) {
		const unsigned char *e = entry_at(rt, i, tree, pc - entry);

		if (!e)
			break;
		ret[n].name = gt_sym_names_at(t, gt_sym_le(e + s->name, 4), &ret[n].len);
		if (ret[n].len == 0)
			break;
		gt_sym_names_place(t, i, pc, ret[n].place, sizeof(ret[n].place));
		n++;
		pc = entry + gt_sym_le(e + s->parent, 4);
	}
	ret[n].name = gt_sym_names_name(t, i, &ret[n].len);
	gt_sym_names_place(t, i, pc, ret[n].place, sizeof(ret[n].place));
	return n + 1;
}
