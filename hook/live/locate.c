/*
 * Where gcController is: what the code says, what the memory looks like and the symbol, if there is
 * one, must name one place. Reads memory through the op; runs in the sandboxed worker.
 */
#include "internal.h"

/* Words of moduledata, the same from 1.19 to 1.27: Go src/runtime/symtab.go. */
#define AT_TEXT	    176u
#define AT_ETEXT    184u
#define AT_NOPTRBSS 240u /* its begin and its end */

/* Less than half of what was ever seen. */
#define VOTES_MIN 10u
#define TRIES	  5u /* a collection may end between two words: the next look is another one */

static bool find_range(struct gt_live_program *p, struct gt_sym_mem *m, struct gt_live_range *ret)
{
	const struct gt_sym_module where = {AT_TEXT, AT_ETEXT};
	uint64_t module, w[2];

	if (gt_sym_module_find(&p->image, m, &where, &p->names, &module) < 0 ||
	    gt_sym_read_words(m, module + AT_NOPTRBSS, w, 2) < 0)
		return false;
	if (w[0] >= w[1] || !gt_sym_image_has(&p->image, w[0], false) ||
	    !gt_sym_image_has(&p->image, w[1] - 1, false))
		return false;
	*ret = (struct gt_live_range){w[0], w[1]};
	return true;
}

/* The one place that the code names, in *RET. */
static enum gt_left vote(struct gt_live_program *p, struct gt_sym_mem *m,
			 const struct gt_live_range *r, struct gt_live_found *ret)
{
	struct gt_live_places votes;

	if (gt_live_votes(&p->names, m, r, &votes) < 0)
		return GT_LEFT_NO_TABLE;
	ret->n_vote = votes.n_hit;
	if (votes.n != 1 || votes.n_hit < VOTES_MIN || votes.at[0] % 8 != 0 ||
	    r->end - votes.at[0] < GT_LIVE_LEN)
		return GT_LEFT_NO_VOTES;
	if (p->symbol && p->symbol + p->image.bias != votes.at[0])
		return GT_LEFT_TWO_PLACES;
	ret->addr = votes.at[0];
	return GT_LEFT_NONE;
}

static bool has_place(const struct gt_live_places *p, uint64_t at)
{
	for (uint32_t i = 0; i < p->n && i < GT_LIVE_PLACES; i++) {
		if (p->at[i] == at)
			return true;
	}
	return false;
}

/* Does the memory look like it at ADDR, and nowhere else? */
static enum gt_left compare(const struct gt_live_program *p, struct gt_sym_mem *m,
			    const struct gt_live_range *r, uint64_t addr)
{
	struct gt_live_places heads = {0}, whole = {0};

	for (unsigned i = 0; i < TRIES; i++) {
		if (gt_live_scan(m, r, p->layout, &heads, &whole) < 0)
			return GT_LEFT_NO_TABLE;
		if (heads.n <= GT_LIVE_PLACES && !has_place(&heads, addr))
			return GT_LEFT_ODD_VALUE;
		if (whole.n == 1)
			return whole.at[0] == addr ? GT_LEFT_NONE : GT_LEFT_TWO_PLACES;
		if (whole.n > 1)
			return GT_LEFT_TWO_PLACES;
	}
	return heads.n == 1 ? GT_LEFT_NONE : GT_LEFT_UNSTABLE;
}

static enum gt_left locate(struct gt_live_program *p, struct gt_sym_mem *m,
			   struct gt_live_found *ret)
{
	struct gt_live_range r;
	enum gt_left why;
	uint64_t probe;

	if (gt_sym_read_words(m, p->names.addr, &probe, 1) == -ESRCH)
		return GT_LEFT_GONE;
	if (!find_range(p, m, &r))
		return GT_LEFT_NO_TABLE;
	why = vote(p, m, &r, ret);
	return why == GT_LEFT_NONE ? compare(p, m, &r, ret->addr) : why;
}

void gt_live_locate(struct gt_live_program *p, struct gt_sym_mem *m, struct gt_live_found *ret)
{
	enum gt_left why = locate(p, m, ret);

	ret->why = (uint32_t)why;
	if (why != GT_LEFT_NONE)
		ret->addr = 0;
}
