/*
 * What runtime.gcController looks like. Pure.
 *
 * It begins with gcPercent (int32), four bytes of padding, memoryLimit (int64) and heapMinimum
 * (uint64), which follows from gcPercent. Its goal follows from what was marked, and no part of
 * memory is more than what is mapped; but each is another word, and a collection that ends between
 * two of our reads makes them contradict each other. Source: Go src/runtime/mgcpacer.go
 * (gcControllerState, setGCPercent, commit).
 */
#include <math.h>
#include <string.h>

#include "internal.h"

#define MIB 1048576u

/* GOGC=0 is no value of ours: with it any three words of zero would do. */
#define GOGC_MAX  1000000
#define LIMIT_MIN ((int64_t)MIB)
#define LIMIT_MAX ((int64_t)1 << 46)
#define WORDS_MAX (1ull << 52)

static uint64_t word(const unsigned char *b, unsigned at)
{
	return gt_sym_le(b + at, 8);
}

static int32_t gogc_of(const unsigned char *b)
{
	return (int32_t)gt_sym_le(b + GT_LIVE_AT_GOGC, 4);
}

uint64_t gt_live_heap_min(int32_t gogc, bool small)
{
	/* As the runtime: off is -1, which wraps around. */
	return (small ? MIB / 2 : 4 * MIB) * (uint64_t)(int64_t)gogc / 100;
}

bool gt_live_head_ok(const unsigned char *b)
{
	int32_t gogc = gogc_of(b);
	int64_t limit = (int64_t)word(b, GT_LIVE_AT_LIMIT);
	uint64_t min = word(b, GT_LIVE_AT_HEAP_MIN);

	if (gt_sym_le(b + GT_LIVE_AT_PAD, 4) != 0 || gogc < -1 || gogc == 0 || gogc > GOGC_MAX)
		return false;
	if (limit != GT_LIVE_NO_LIMIT && (limit < LIMIT_MIN || limit >= LIMIT_MAX))
		return false;
	return min == gt_live_heap_min(gogc, false) || min == gt_live_heap_min(gogc, true);
}

/* The goal that the last collection's end must have made. */
static uint64_t goal_of(const unsigned char *b, const struct gt_live_layout *l)
{
	uint64_t marked = word(b, l->marked), min = word(b, GT_LIVE_AT_HEAP_MIN), goal = UINT64_MAX;
	int32_t gogc = gogc_of(b);

	if (gogc >= 0)
		goal = marked +
		       (marked + word(b, l->stacks) + word(b, l->globals)) * (uint64_t)gogc / 100;
	return goal < min ? min : goal;
}

/* An eighth and 4 MiB: a collection may have ended between two words. */
static bool is_near(uint64_t a, uint64_t b)
{
	uint64_t diff = a > b ? a - b : b - a;

	return a == b || diff < (b >> 3) + UINT64_C(4) * MIB;
}

bool gt_live_tail_ok(const unsigned char *b, const struct gt_live_layout *l)
{
	uint64_t bits = word(b, GT_LIVE_AT_CONS), marked = word(b, l->marked),
		 mapped = word(b, l->mapped), taken = word(b, l->total_alloc);
	double cons;

	memcpy(&cons, &bits, sizeof(cons));
	if (!isfinite(cons) || cons < 0 || marked > WORDS_MAX || word(b, l->stacks) > WORDS_MAX ||
	    word(b, l->globals) > WORDS_MAX)
		return false;
	return is_near(word(b, l->goal), goal_of(b, l)) && taken >= word(b, l->total_free) &&
	       taken < WORDS_MAX && mapped > 0 && mapped < (uint64_t)LIMIT_MAX &&
	       word(b, l->in_use) <= mapped && word(b, l->free) <= mapped;
}

void gt_live_parse(const unsigned char *b, const struct gt_live_layout *l,
		   struct gt_live_snapshot *ret)
{
	*ret = (struct gt_live_snapshot){
		.gogc = gogc_of(b),
		.limit = (int64_t)word(b, GT_LIVE_AT_LIMIT),
		.heap_min = word(b, GT_LIVE_AT_HEAP_MIN),
		.goal = word(b, l->goal),
		.live = word(b, l->live),
		.marked = word(b, l->marked),
		.mapped = word(b, l->mapped),
		.in_mark = word(b, l->triggered) != UINT64_MAX,
		.gc_ns = word(b, l->marked + GT_LIVE_PAST_ASSIST) +
			 word(b, l->marked + GT_LIVE_PAST_DEDICATED) +
			 word(b, l->marked + GT_LIVE_PAST_FRACTIONAL),
		.mark_begin_ns = word(b, l->marked + GT_LIVE_PAST_BEGIN),
		.is_calm = gt_live_tail_ok(b, l),
	};
}
