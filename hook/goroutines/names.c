/*
 * The names of the sites of a trace: found in the sandboxed worker, checked by who asked. Pure but
 * for the heap.
 */
#include <string.h>

#include "internal.h"

/* ---- in the worker ---- */

int gt_gor_names_find(const struct gt_gor_runtime *rt, const struct gt_gor_pair *pair, uint32_t n,
		      struct gt_gor_names *ret)
{
	size_t names = n * sizeof(struct gt_gor_name);
	struct gt_gor_text t = {.p = ret->arena.room + names};
	struct gt_gor_name *name = (struct gt_gor_name *)(void *)ret->arena.room;

	if (n > GT_UPROBE_SITES)
		return -E2BIG;
	gt_gor_text_begin(&t);
	for (uint32_t i = 0; i < n; i++) {
		struct gt_gor_name x = {.starts = gt_gor_text_function(rt, &t, pair[i].startpc)};

		if (pair[i].gopc && pair[i].startpc != rt->main_pc)
			gt_gor_text_site(rt, &t, pair[i].gopc - 1, &x.by, &x.place);
		name[i] = x;
	}
	ret->n = n;
	ret->n_text = t.n;
	ret->arena.a.cap = sizeof(ret->arena.room);
	ret->arena.a.used = (uint32_t)names + t.n;
	return 0;
}

/* ---- in the parent ---- */

static int compare_sites(const void *a, const void *b)
{
	const struct gt_gor_traced *x = a, *y = b;

	if (x->born != y->born)
		return x->born < y->born ? 1 : -1;
	if (x->ended_old != y->ended_old)
		return x->ended_old < y->ended_old ? 1 : -1;
	return x->gopc < y->gopc ? -1 : x->gopc > y->gopc;
}

int gt_gor_names_take(struct gt_gor_names *a, struct gt_gor_traced *site, uint32_t n,
		      const char **ret_text, uint32_t *ret_n_text)
{
	size_t names = n * sizeof(struct gt_gor_name);
	const struct gt_gor_name *name = (const struct gt_gor_name *)(void *)a->arena.room;
	char *text = a->arena.room + names;

	if (a->n != n || a->n_text == 0 || a->n_text > GT_GOR_TEXT_MAX ||
	    names + a->n_text != a->arena.a.used || !gt_gor_text_clean(text, a->n_text))
		return -EBADMSG;
	for (uint32_t i = 0; i < n; i++) {
		if (name[i].by >= a->n_text || name[i].place >= a->n_text ||
		    name[i].starts >= a->n_text)
			return -EBADMSG;
		site[i].by = name[i].by;
		site[i].place = name[i].place;
		site[i].starts = name[i].starts;
	}
	qsort(site, n, sizeof(*site), compare_sites);
	*ret_text = text;
	*ret_n_text = a->n_text;
	return 0;
}

uint64_t gt_gor_life_us(const struct gt_gor_traced *s, unsigned percent)
{
	uint64_t sum = 0, all = 0;

	for (unsigned i = 0; i < GT_GOR_LIFE_BUCKETS; i++)
		all += s->life[i];
	if (all == 0)
		return 0;
	for (unsigned i = 0; i < GT_GOR_LIFE_BUCKETS - 1; i++) {
		sum += s->life[i];
		if ((double)sum >= (double)all * percent / 100)
			return 1ull << i;
	}
	return UINT64_MAX;
}
