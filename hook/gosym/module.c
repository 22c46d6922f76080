/*
 * Where a running program's module data is. Reads its memory through the op; runs in the sandboxed
 * worker. All that is read is the program's word.
 *
 * Theory of operation. moduledata begins with the address of the table of functions, so a word of
 * writable memory that has this address, with the bounds of the code where moduledata has them, is
 * moduledata: the text's start is known then, relocated as the program is. Nothing of that needs
 * symbols. Source: Go src/runtime/symtab.go (moduledata).
 */
#include "gotune/gosym.h"

#define CHUNK	 65536u
#define SCAN_MAX (64u << 20) /* of writable memory that is searched */

struct search {
	const struct gt_sym_image *im;
	struct gt_sym_mem *m;
	const struct gt_sym_module *where;
	struct gt_sym_names *t;
	uint64_t left;
};

/* Is AT moduledata? Its bounds of the code must be in memory that may be executed. */
static bool take_module(struct search *s, uint64_t at)
{
	uint64_t text, etext;

	if (gt_sym_read_words(s->m, at + s->where->text, &text, 1) < 0 ||
	    gt_sym_read_words(s->m, at + s->where->etext, &etext, 1) < 0)
		return false;
	if (etext <= text || !gt_sym_image_has(s->im, text, true) ||
	    !gt_sym_image_has(s->im, etext - 1, true))
		return false;
	s->t->text = text;
	s->t->etext = etext;
	return true;
}

/* Looks in one segment of the program that it may write: in what the file gave it. */
static bool find_in(struct search *s, const struct gt_sym_seg *seg, uint64_t *ret)
{
	static unsigned char buf[CHUNK];
	uint64_t begin = (seg->addr + 7) / 8 * 8, end = seg->addr + seg->filesz;

	for (uint64_t at = begin; at < end && s->left > 0; at += CHUNK) {
		size_t n = end - at < CHUNK ? (size_t)(end - at) : CHUNK;

		s->left -= n < s->left ? n : s->left;
		if (gt_sym_read(s->m, at + s->im->bias, buf, n) < 0)
			continue; /* a part that the program has taken away */
		for (size_t i = 0; i + 8 <= n; i += 8) {
			if (gt_sym_le(buf + i, 8) == s->t->addr &&
			    take_module(s, at + s->im->bias + i)) {
				*ret = at + s->im->bias + i;
				return true;
			}
		}
	}
	return false;
}

int gt_sym_module_find(const struct gt_sym_image *im, struct gt_sym_mem *m,
		       const struct gt_sym_module *where, struct gt_sym_names *t, uint64_t *ret)
{
	struct search s = {im, m, where, t, SCAN_MAX};

	for (unsigned i = 0; i < im->n_seg; i++) {
		if (im->seg[i].can_write && find_in(&s, &im->seg[i], ret))
			return 0;
	}
	return -ENOENT;
}
