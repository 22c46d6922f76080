/*
 * The worker's answer, checked: it comes from a process that parsed hostile bytes. Pure.
 */
#include <string.h>

#include "internal.h"

/* The sizes; what S's pointers lead to is in A. */
static bool take_parts(struct gt_gor_answer *a, struct gt_gor_snapshot *s, char **ret_text)
{
	uint64_t gors = (uint64_t)a->n_gor * sizeof(struct gt_gor);
	uint64_t kinds = (uint64_t)a->n_kind * sizeof(struct gt_gor_kind);
	uint64_t stacks = (uint64_t)a->n_stack * sizeof(struct gt_gor_stack);
	char *p = a->arena.room;

	if (a->n_gor > GT_GOR_MAX || a->n_kind == 0 || a->n_kind > GT_GOR_KINDS_MAX ||
	    a->n_stack > GT_GOR_STACKS_MAX || a->n_text == 0 || a->n_text > GT_GOR_TEXT_MAX ||
	    gors + kinds + stacks + a->n_text != a->arena.a.used || a->in_allgs > GT_GOR_MAX ||
	    a->n_gor > a->in_allgs || a->changed > a->in_allgs - a->n_gor)
		return false;
	s->gor = (const struct gt_gor *)(void *)p;
	s->kind = (const struct gt_gor_kind *)(void *)(p + gors);
	s->stack = (const struct gt_gor_stack *)(void *)(p + gors + kinds);
	*ret_text = p + gors + kinds + stacks;
	s->text = *ret_text;
	s->in_allgs = a->in_allgs;
	s->changed = a->changed;
	s->n_gor = a->n_gor;
	s->n_kind = a->n_kind;
	s->n_stack = a->n_stack;
	s->n_text = a->n_text;
	return true;
}

static bool kinds_are_valid(const struct gt_gor_snapshot *s)
{
	for (uint32_t i = 0; i < s->n_kind; i++) {
		const struct gt_gor_kind *k = &s->kind[i];

		if (k->by >= s->n_text || k->place >= s->n_text || k->starts >= s->n_text ||
		    k->state >= s->n_text || k->n_read > k->n || k->waiting > 1)
			return false;
	}
	return true;
}

static int compare_ids(const void *a, const void *b)
{
	uint64_t x = ((const struct gt_gor *)a)->id, y = ((const struct gt_gor *)b)->id;

	return x < y ? -1 : x > y;
}

/* No id comes twice, and each kind has as many goroutines as it says. COUNT: n_kind zeros. */
static bool goroutines_are_valid(const struct gt_gor_snapshot *s, uint32_t *count)
{
	for (uint32_t i = 0; i < s->n_gor; i++) {
		const struct gt_gor *g = &s->gor[i];

		if (g->kind >= s->n_kind || g->id == 0 || (i > 0 && g->id <= s->gor[i - 1].id))
			return false;
		count[g->kind]++;
	}
	for (uint32_t i = 0; i < s->n_kind; i++) {
		if (count[i] != s->kind[i].n)
			return false;
		count[i] = 0;
	}
	return true;
}

static bool stacks_are_valid(const struct gt_gor_snapshot *s, uint32_t *count)
{
	for (uint32_t i = 0; i < s->n_stack; i++) {
		const struct gt_gor_stack *t = &s->stack[i];

		if (t->kind >= s->n_kind || t->frames >= s->n_text || t->at >= s->n_text ||
		    t->n > s->kind[t->kind].n_read - count[t->kind])
			return false;
		count[t->kind] += t->n;
	}
	return true;
}

/* A wait that began in the future, or before the machine did, is not known. */
static void clean_waits(struct gt_gor *g, uint32_t n, int64_t now_ns)
{
	for (uint32_t i = 0; i < n; i++) {
		if (g[i].since_ns < 0 || g[i].since_ns > now_ns)
			g[i].since_ns = 0;
	}
}

int gt_gor_answer_check(struct gt_gor_answer *a, int64_t now_ns, struct gt_gor_snapshot *s)
{
	_cleanup_free_ uint32_t *count = NULL;
	char *text;

	if (!take_parts(a, s, &text) || !gt_gor_text_clean(text, s->n_text) || !kinds_are_valid(s))
		return -EBADMSG;
	count = calloc(s->n_kind, sizeof(*count));
	if (!count)
		return -ENOMEM;
	qsort(a->arena.room, s->n_gor, sizeof(struct gt_gor), compare_ids);
	if (!goroutines_are_valid(s, count) || !stacks_are_valid(s, count))
		return -EBADMSG;
	clean_waits((struct gt_gor *)(void *)a->arena.room, s->n_gor, now_ns);
	s->at_ns = now_ns;
	return 0;
}
