/*
 * A decision that is made again, from the facts of its record. Reads the policy.
 */
#include "gotune/base.h"
#include "gotune/decide.h"
#include "gotune/model.h"
#include "gotune/plan.h"
#include "gotune/record.h"

static bool is_same(const struct gt_setting *now, const struct gt_view_setting *was)
{
	return strcmp(now->name, was->name) == 0 &&
	       strcmp(gt_words_get(&gt_verdict_words, now->verdict), was->verdict) == 0 &&
	       strcmp(now->verdict == GT_VERDICT_SET ? now->value : "", was->value) == 0;
}

/* What became of a row is no decision: it is told as it was. */
static void keep_outcomes(struct gt_replay *r)
{
	const struct gt_plan *p = &r->rec.plan;

	for (uint32_t i = 0; i < p->n_setting; i++) {
		for (uint32_t j = 0; j < r->was.n_setting; j++) {
			const struct gt_view_setting *s = &r->was.setting[j];

			if (!is_same(&p->setting[i], s))
				continue;
			r->rec.outcome[i].applied = s->applied;
			gt_copy_cut(r->rec.outcome[i].error, s->error);
		}
	}
}

int gt_decide_replay(struct gt_machine *m, struct gt_replay *r, struct gt_err *e)
{
	struct gt_selection sel;
	int ret = gt_machine_policy(m, e);

	if (ret < 0)
		return ret;
	gt_plan_select(&r->rec.facts, &m->policy, &sel);
	gt_plan_make(&r->rec.facts, &m->policy, &sel, &r->rec.plan);
	if (r->awaits_nothing)
		gt_plan_await_nothing(&r->rec.plan);
	keep_outcomes(r);
	return 0;
}
