/*
 * Whose piece is this? The runtime writes each item by a write(2) of its own, so on a descriptor
 * that two processes share their items may alternate: "gc gc 57 @0.1 @2.30s ...". Pure, but for
 * memory.
 *
 * Theory of operation: all ways to deal the items out to the lines that are open are followed at
 * once. A way (way.h) is where each line stands, and what it cost: bytes that fit nobody, and
 * changes from one writer to the other. Ways that have come to the same items of the same lines
 * become one. If their values differ, then nothing that follows can tell them apart. What is known
 * of the processes may: cycles count from 1, time goes on, the heap at a cycle's start is no
 * smaller than what the last one left, Ps rarely change. So may the number of changes: two
 * processes rarely write at the same moment, so where a line is cut twice, a way that cuts it five
 * times is not believed. Else these lines are tied, and are given up in the end.
 */
#include "way.h"

#define WAYS_MAX     256u
#define PIECES_MAX   64u    /* physical lines that a knot may take */
#define BYTES_MAX    16384u /* and bytes */
#define SKIPPED_MORE 16u    /* bytes that a way may leave out more than the best one */
#define QUIET_MAX    8u	    /* lines in a row with nobody's piece */

struct gt_knot {
	struct gt_knot_expect expect;
	struct gt_way way[WAYS_MAX], before[WAYS_MAX]; /* before: those that a newline meets */
	unsigned n, pieces, bytes, quiet;
	bool open, too_many;
};

struct gt_knot *gt_knot_new(void)
{
	return calloc(1, sizeof(struct gt_knot));
}

void gt_knot_free(struct gt_knot *k)
{
	free(k);
}

bool gt_knot_is_open(const struct gt_knot *k)
{
	return k && k->open;
}

void gt_knot_begin(struct gt_knot *k, const struct gt_tear *t, const struct gt_knot_expect *expect)
{
	k->expect = *expect;
	k->way[0] = (struct gt_way){.n = 1};
	k->way[0].t[0] = *t;
	k->n = 1;
	k->pieces = k->bytes = k->quiet = 0;
	k->open = true;
	k->too_many = false;
}

/* --- ways that meet -------------------------------------------------------------------------- */

static bool is_at_same(const struct gt_way *a, const struct gt_way *b)
{
	if (a->at != b->at || a->n != b->n)
		return false;
	for (unsigned i = 0; i < a->n; i++) {
		/* Who goes on without a change? */
		if (a->t[i].open && a->last != b->last)
			return false;
		if (a->t[i].l.type != b->t[i].l.type || a->t[i].item != b->t[i].item ||
		    a->t[i].open != b->t[i].open || a->t[i].group != b->t[i].group)
			return false;
	}
	return true;
}

static bool is_same_line(const struct gt_rt_line *a, const struct gt_rt_line *b)
{
	if (a->has != b->has || a->forced != b->forced)
		return false;
	for (unsigned i = 0; i < GT_RT_VALUES; i++)
		if (a->v[i] < b->v[i] || a->v[i] > b->v[i])
			return false;
	for (unsigned i = 0; i < GT_ARRAY_LEN(a->list); i++)
		if (a->list[i].n != b->list[i].n || a->list[i].hash != b->list[i].hash)
			return false;
	return true;
}

/* Both have come to the same items: the better one stays, and is tied where nothing tells them
 * apart.
 */
static void meet(const struct gt_knot *k, struct gt_way *into, const struct gt_way *w)
{
	int better = gt_way_compare(&k->expect, w, into);
	bool fewer = better == 0 && w->changes < into->changes;
	uint8_t tied = into->tied | w->tied;

	if (better == 0 && (gt_way_is_likelier(w, into) || gt_way_is_likelier(into, w)))
		better = fewer ? -1 : 1;
	for (unsigned i = 0; better == 0 && i < w->n; i++)
		if (!is_same_line(&into->t[i].l, &w->t[i].l))
			tied |= (uint8_t)(1u << i);
	if (better < 0 || fewer)
		*into = *w;
	if (better == 0)
		into->tied = tied;
}

static void keep(struct gt_knot *k, const struct gt_way *w)
{
	unsigned worst = 0, least = 0;
	const struct gt_way *out;

	for (unsigned i = 0; i < k->n; i++) {
		if (is_at_same(&k->way[i], w)) {
			meet(k, &k->way[i], w);
			return;
		}
	}
	if (k->n < WAYS_MAX) {
		k->way[k->n++] = *w;
		return;
	}
	for (unsigned i = 1; i < k->n; i++) {
		least = k->way[i].skipped < k->way[least].skipped ? i : least;
		if (gt_way_compare(&k->expect, &k->way[worst], &k->way[i]) < 0)
			worst = i;
	}
	out = gt_way_compare(&k->expect, w, &k->way[worst]) < 0 ? &k->way[worst] : w;
	/* One that has left out more than others was no likely one. */
	k->too_many |= out->skipped <= k->way[least].skipped;
	if (out != w)
		k->way[worst] = *w;
}

/* Ways that leave out much more than the best one are given up. */
static void prune(struct gt_knot *k)
{
	uint32_t least = UINT32_MAX;
	unsigned n = 0;

	for (unsigned i = 0; i < k->n; i++)
		least = k->way[i].skipped < least ? k->way[i].skipped : least;
	for (unsigned i = 0; i < k->n; i++)
		if (k->way[i].skipped <= least + SKIPPED_MORE)
			k->way[n++] = k->way[i];
	k->n = n;
}

/* --- a step ---------------------------------------------------------------------------------- */

static void keep_step(struct gt_knot *k, struct gt_way *w, unsigned i, size_t used)
{
	w->at += (uint32_t)used;
	w->changes += w->last != i;
	w->last = (uint8_t)i;
	keep(k, w);
}

/* Does another line than I wait for a number, which may follow without a gap? */
static bool other_wants_number(const struct gt_way *w, unsigned i)
{
	for (unsigned o = 0; o < w->n; o++)
		if (o != i && gt_tear_wants_number(&w->t[o]))
			return true;
	return false;
}

/* Line I takes the piece at S; of digits also fewer, where another's may follow at once. */
static bool step(struct gt_knot *k, const struct gt_way *from, unsigned i, const char *s, size_t n,
		 uint64_t line)
{
	struct gt_way w = *from;
	size_t all = gt_tear_step(&w.t[i], s, n, line);

	if (all == 0)
		return false;
	keep_step(k, &w, i, all);
	if (!gt_tear_wants_number(&from->t[i]) || !other_wants_number(from, i))
		return true;
	for (size_t len = 1; len < all; len++) {
		w = *from;
		if (gt_tear_step(&w.t[i], s, len, line) == len)
			keep_step(k, &w, i, len);
	}
	return true;
}

/* All that may follow W, which is at S. */
static void follow(struct gt_knot *k, const struct gt_way *from, const char *s, size_t n,
		   uint64_t line)
{
	bool taken = false;
	struct gt_way w;
	size_t used;

	for (unsigned i = 0; i < from->n; i++)
		taken |= from->t[i].open && step(k, from, i, s, n, line);
	for (unsigned b = 0; from->n < GT_KNOT_TEARS && b < GT_TEAR_BEGINNINGS; b++) {
		w = *from;
		if (!gt_tear_open(&w.t[w.n], b, s, n, line, &used))
			continue;
		w.n++;
		keep_step(k, &w, w.n - 1u, used);
		taken = true;
	}
	if (taken)
		return;
	w = *from;
	w.skipped += (uint32_t)n;
	w.at += (uint32_t)n;
	keep(k, &w);
}

/* A newline is that of a line that lacks nothing else; of two such lines it may be either's. */
static void keep_ended(struct gt_knot *k, const struct gt_way *from)
{
	bool any = false;

	for (unsigned i = 0; i < from->n; i++) {
		struct gt_way w = *from;

		if (!w.t[i].open || !gt_tear_may_end(&w.t[i]))
			continue;
		gt_tear_end(&w.t[i]);
		w.order[i] = ++w.ended;
		keep(k, &w);
		any = true;
	}
	if (!any)
		keep(k, from);
}

static bool has_piece(const struct gt_knot *k, uint64_t line)
{
	for (unsigned i = 0; i < k->n; i++)
		for (unsigned t = 0; t < k->way[i].n; t++)
			if (k->way[i].t[t].l.last == line)
				return true;
	return false;
}

static const struct gt_way *take_least(struct gt_knot *k, size_t n, struct gt_way *ret)
{
	unsigned least = 0;

	for (unsigned i = 1; i < k->n; i++)
		if (k->way[i].at < k->way[least].at)
			least = i;
	if (k->n == 0 || k->way[least].at >= n)
		return NULL;
	*ret = k->way[least];
	k->way[least] = k->way[--k->n];
	return ret;
}

bool gt_knot_add(struct gt_knot *k, const char *s, size_t n, uint64_t line)
{
	unsigned n_before;
	bool taken;
	struct gt_way w;

	n = n > BYTES_MAX ? BYTES_MAX : n;
	for (unsigned i = 0; i < k->n; i++)
		k->way[i].at = 0;
	while (take_least(k, n, &w))
		follow(k, &w, s + w.at, n - w.at, line);
	taken = has_piece(k, line);
	memcpy(k->before, k->way, k->n * sizeof(*k->way));
	n_before = k->n;
	k->n = 0;
	for (unsigned i = 0; i < n_before; i++)
		keep_ended(k, &k->before[i]);
	prune(k);
	k->pieces++;
	k->bytes += (unsigned)n;
	k->quiet = taken ? 0 : k->quiet + 1;
	return taken;
}

/* --- the end --------------------------------------------------------------------------------- */

static unsigned count_open(const struct gt_way *w)
{
	unsigned n = 0;

	for (unsigned i = 0; i < w->n; i++)
		n += w->t[i].open;
	return n;
}

/* The best way: of equal ones that with the fewest lines open, then that with the fewest changes.
 */
static const struct gt_way *best_of(const struct gt_knot *k)
{
	const struct gt_way *best = &k->way[0];

	for (unsigned i = 1; i < k->n; i++) {
		const struct gt_way *w = &k->way[i];
		int c = gt_way_compare(&k->expect, w, best);

		if (c == 0)
			c = (int)count_open(w) - (int)count_open(best);
		if (c < 0 || (c == 0 && w->changes < best->changes))
			best = w;
	}
	return best;
}

bool gt_knot_is_settled(const struct gt_knot *k)
{
	const struct gt_way *best;

	if (k->n == 0 || k->pieces >= PIECES_MAX || k->bytes >= BYTES_MAX || k->quiet >= QUIET_MAX)
		return true;
	best = best_of(k);
	if (count_open(best) > 1)
		return false;
	for (unsigned i = 0; i < k->n; i++)
		if (&k->way[i] != best && gt_way_compare(&k->expect, &k->way[i], best) == 0)
			return false;
	return true;
}

/* The lines of W, in the order of their ends. A full one lacks its newline alone. */
static void hand_out(const struct gt_way *w, unsigned tied, struct gt_knot_end *ret)
{
	struct gt_tear t;

	for (unsigned order = 1; order <= GT_KNOT_TEARS + 1u; order++) {
		for (unsigned i = 0; i < w->n; i++) {
			t = w->t[i];
			if ((w->order[i] ? w->order[i] : GT_KNOT_TEARS + 1u) != order)
				continue;
			if (!w->order[i] && gt_tear_may_end(&t))
				gt_tear_end(&t);
			if (t.open && !ret->open.open && !(tied & 1u << i))
				ret->open = t;
			else if (t.open)
				ret->lost += t.taken >= 3;
			else if (tied & 1u << i)
				ret->mixed++;
			else
				ret->line[ret->n_line++] = t.l;
		}
	}
}

void gt_knot_end(struct gt_knot *k, struct gt_knot_end *ret)
{
	const struct gt_way *best;
	unsigned tied;

	*ret = (struct gt_knot_end){.n_line = 0};
	if (k->n > 0) {
		best = best_of(k);
		tied = k->too_many ? ~0u : best->tied;
		hand_out(best, tied, ret);
	}
	k->open = false;
	k->n = 0;
}
