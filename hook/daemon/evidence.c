/*
 * The containers of one rule, as they are compared. No effects but the heap.
 */
#include <string.h>

#include "evidence.h"

#define PERIODS_MIN 10 /* of the CPU quota: fewer say nothing of throttling */

static struct gt_canary_unit *unit_of(struct gt_evidence *v, uint64_t id)
{
	uint32_t cap = v->cap ? v->cap * 2 : 16;
	struct gt_canary_unit *more;

	for (uint32_t i = 0; i < v->n; i++) {
		if (v->unit[i].id == id)
			return &v->unit[i];
	}
	if (v->n == GT_EVIDENCE_MAX)
		return NULL;
	if (v->n == v->cap) {
		more = reallocarray(v->unit, cap, sizeof(*more));
		if (!more)
			return NULL;
		v->unit = more;
		v->cap = cap;
	}
	v->unit[v->n] = (struct gt_canary_unit){.id = id, .throttled = -1};
	return &v->unit[v->n++];
}

void gt_evidence_add(struct gt_evidence *v, const struct gt_life *l, uint64_t begin_s)
{
	bool canary = strcmp(l->arm, "canary") == 0;
	struct gt_canary_unit *u;

	if (!canary && strcmp(l->arm, "control") != 0)
		return;
	u = unit_of(v, gt_hash(l->id, 0));
	if (!u)
		return;
	if (u->begin_s == 0 || begin_s < u->begin_s)
		u->begin_s = begin_s;
	if (l->seconds > u->seconds)
		u->seconds = l->seconds < UINT32_MAX ? (uint32_t)l->seconds : UINT32_MAX;
	u->canary = canary;
	u->oom = u->oom || (l->usage.has_oom_kills && l->usage.oom_kills > 0);
	u->early = u->early || l->early;
	if (l->usage.has_periods && l->usage.periods >= PERIODS_MIN)
		u->throttled = (float)l->usage.throttled / (float)l->usage.periods;
}

void gt_evidence_since(struct gt_evidence *v, uint64_t since_s)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < v->n; i++) {
		if (v->unit[i].begin_s >= since_s)
			v->unit[n++] = v->unit[i];
	}
	v->n = n;
}

void gt_evidence_done(struct gt_evidence *v)
{
	free(v->unit);
	*v = (struct gt_evidence){0};
}
