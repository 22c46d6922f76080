/*
 * Goroutines over time: how old they are at least, which sites grow, and which look like a leak.
 * Pure but for the heap.
 *
 * Ids are never given again, so a goroutine is known by its id: as long as it is in each snapshot
 * it keeps the moment at which it was first there. What lives and ends between two snapshots is
 * never seen.
 */
#include <stdio.h>
#include <string.h>

#include "internal.h"

#define SECOND 1000000000ll

const char *const gt_gor_age_words[GT_GOR_AGES] = {
	"<1s", "1-10s", "10-60s", "1-10m", "10-60m", ">1h",
};
static const int64_t age_end[GT_GOR_AGES - 1] = {
	SECOND, 10 * SECOND, 60 * SECOND, 600 * SECOND, 3600 * SECOND,
};

unsigned gt_gor_age_bucket(int64_t age_ns)
{
	unsigned i = 0;

	while (i < GT_GOR_AGES - 1 && age_ns >= age_end[i])
		i++;
	return i;
}

/* ---- sites ---- */

/* The names of K, one behind the other; NULL: no memory. */
static char *copy_names(const struct gt_gor_snapshot *s, const struct gt_gor_kind *k)
{
	const char *by = s->text + k->by, *place = s->text + k->place,
		   *starts = s->text + k->starts;
	size_t n = strlen(by) + strlen(place) + strlen(starts) + 3;
	char *p = malloc(n);

	if (p)
		(void)snprintf(p, n, "%s%c%s%c%s", by, '\0', place, '\0', starts); /* fits */
	return p;
}

static void name_site(struct gt_gor_site *s, char *names)
{
	s->by = names;
	s->place = s->by + strlen(s->by) + 1;
	s->starts = s->place + strlen(s->place) + 1;
}

/* The site of K: its number in *RET. */
static int find_site(struct gt_gor_history *h, const struct gt_gor_snapshot *s,
		     const struct gt_gor_kind *k, uint32_t *ret)
{
	char *names;

	for (*ret = 0; *ret < h->n_site; ++*ret) {
		if (h->site[*ret].gopc == k->gopc && h->site[*ret].startpc == k->startpc)
			return 0;
	}
	if (h->n_site == h->cap_site) {
		uint32_t cap = h->cap_site ? 2 * h->cap_site : 64;
		struct gt_gor_site *p = realloc(h->site, cap * sizeof(*p));

		if (!p)
			return -ENOMEM;
		h->site = p;
		h->cap_site = cap;
	}
	names = copy_names(s, k);
	if (!names)
		return -ENOMEM;
	h->site[h->n_site] = (struct gt_gor_site){.gopc = k->gopc, .startpc = k->startpc};
	name_site(&h->site[h->n_site++], names);
	return 0;
}

/* The site of each kind of S, in fresh memory; NULL: no memory. */
static uint32_t *find_sites(struct gt_gor_history *h, const struct gt_gor_snapshot *s)
{
	uint32_t *site = calloc(s->n_kind + 1ull, sizeof(*site));

	for (uint32_t i = 0; site && i < s->n_kind; i++) {
		if (s->kind[i].n > 0 && find_site(h, s, &s->kind[i], &site[i]) < 0) {
			free(site);
			return NULL;
		}
	}
	return site;
}

static void begin_step(struct gt_gor_history *h)
{
	for (uint32_t i = 0; i < h->n_site; i++) {
		struct gt_gor_site *s = &h->site[i];

		s->before = s->n;
		s->n = s->stayed = 0;
		s->oldest_ns = 0;
		memset(s->age, 0, sizeof(s->age));
	}
	h->before_ns = h->now_ns;
	h->n_before = h->n_gor;
}

static void end_step(struct gt_gor_history *h)
{
	for (uint32_t i = 0; i < h->n_site; i++) {
		struct gt_gor_site *s = &h->site[i];

		if (h->n_snapshot == 1)
			s->first = s->n;
		else if (s->n > s->before)
			s->rises++;
		else if (s->n < s->before - s->before / 10)
			s->falls++;
		if (s->n > s->most)
			s->most = s->n;
	}
}

/* ---- ages ---- */

/* The earliest moment at which G is known to have been there. */
static int64_t first_of(const struct gt_gor *g, const struct gt_gor_seen *old, int64_t now,
			int64_t began)
{
	int64_t first = old ? old->first_ns : now;

	if (g->since_ns > 0 && g->since_ns < first)
		first = g->since_ns;
	return first < began ? began : first;
}

/* Both lists are sorted by id: one pass. SEEN has room for S's goroutines. */
static void merge_seen(struct gt_gor_history *h, const struct gt_gor_snapshot *s,
		       const uint32_t *site_of, int64_t began, struct gt_gor_seen *seen)
{
	uint32_t old = 0;

	for (uint32_t i = 0; i < s->n_gor; i++) {
		const struct gt_gor *g = &s->gor[i];
		struct gt_gor_site *site = &h->site[site_of[g->kind]];
		const struct gt_gor_seen *was = NULL;
		int64_t age;

		while (old < h->n_seen && h->seen[old].id < g->id)
			old++;
		if (old < h->n_seen && h->seen[old].id == g->id)
			was = &h->seen[old];
		seen[i] = (struct gt_gor_seen){
			.id = g->id,
			.first_ns = first_of(g, was, s->at_ns, began),
			.site = site_of[g->kind],
		};
		age = s->at_ns - seen[i].first_ns;
		site->n++;
		site->stayed += was != NULL;
		site->age[gt_gor_age_bucket(age)]++;
		if (age > site->oldest_ns)
			site->oldest_ns = age;
	}
}

/* ---- the heat map ---- */

static void add_column(struct gt_gor_history *h)
{
	struct gt_gor_column *c;

	if (h->per_column == 0)
		h->per_column = 1;
	if (h->n_column == GT_GOR_COLUMNS) {
		/* The later of two neighbours stays. */
		for (uint32_t i = 0; i < GT_GOR_COLUMNS / 2; i++)
			h->column[i] = h->column[2 * i + 1];
		h->n_column /= 2;
		h->per_column *= 2;
	}
	/* Within a column's time the last snapshot is the one that is shown. */
	if (h->n_column == 0 || (h->n_snapshot - 1) % h->per_column == 0)
		h->n_column++;
	c = &h->column[h->n_column - 1];
	*c = (struct gt_gor_column){.at_ns = h->now_ns, .n = h->n_gor};
	for (uint32_t i = 0; i < h->n_site; i++) {
		for (unsigned a = 0; a < GT_GOR_AGES; a++)
			c->age[a] += h->site[i].age[a];
	}
}

int gt_gor_history_add(struct gt_gor_history *h, const struct gt_gor_snapshot *s, int64_t began_ns)
{
	_cleanup_free_ struct gt_gor_seen *seen = calloc(s->n_gor + 1ull, sizeof(*seen));
	_cleanup_free_ uint32_t *site = find_sites(h, s);

	if (!seen || !site)
		return -ENOMEM;
	begin_step(h);
	h->now_ns = s->at_ns;
	if (h->n_snapshot++ == 0)
		h->began_ns = s->at_ns;
	merge_seen(h, s, site, began_ns, seen);
	h->n_gor = s->n_gor;
	end_step(h);
	add_column(h);
	free(h->seen);
	h->seen = GT_TAKE_PTR(seen);
	h->n_seen = s->n_gor;
	return 0;
}

void gt_gor_history_done(struct gt_gor_history *h)
{
	for (uint32_t i = 0; i < h->n_site; i++)
		free(h->site[i].by);
	free(h->site);
	free(h->seen);
	*h = (struct gt_gor_history){0};
}

/* ---- leaks ---- */

#define LEAK_SNAPSHOTS 3u
#define LEAK_GROWTH    16u
#define LEAK_STAYED    95u /* of 100 */

static bool is_leak(const struct gt_gor_history *h, const struct gt_gor_site *s)
{
	uint32_t steps = h->n_snapshot - 1;

	return s->n >= s->first + LEAK_GROWTH && s->falls == 0 &&
	       (uint64_t)s->rises * 10 >= (uint64_t)steps * 9 &&
	       (uint64_t)s->stayed * 100 >= (uint64_t)s->before * LEAK_STAYED;
}

uint32_t gt_gor_leaks(const struct gt_gor_history *h, uint32_t *ret, uint32_t max)
{
	uint32_t n = 0;

	for (uint32_t i = 0; h->n_snapshot >= LEAK_SNAPSHOTS && i < h->n_site && n < max; i++) {
		if (is_leak(h, &h->site[i]))
			ret[n++] = i;
	}
	return n;
}
