/*
 * What of a plan an engine can be asked for before it creates the container. Pure.
 */
#include "gotune/base.h"
#include "gotune/decide.h"
#include "gotune/model.h"

static bool has_variable(const struct gt_decision *d, const char *name)
{
	for (unsigned i = 0; i < GT_VAR_COUNT; i++) {
		if (strcmp(gt_var_name[i], name) == 0)
			return d->bundle->var[i].present;
	}
	return true; /* none that we set */
}

/* Nothing of the row is done now: WHY says when, or that it will not be. */
static void leave(struct gt_setting *s, enum gt_reason why)
{
	s->verdict = GT_VERDICT_SKIP;
	s->reason = why;
	s->value[0] = '\0';
	s->number = s->soft = s->hard = 0;
	s->origin = GT_ORIGIN_NONE;
}

/* Can only a program that runs, or its exec, be given this? */
static bool needs_start(const struct gt_decision *d, const struct gt_setting *s)
{
	if (gt_setting_kind(s->id) != GT_KIND_ENV)
		return true;
	/* NRI has no way to say "if it is still that": another plugin may have changed it. */
	return s->verdict == GT_VERDICT_SET && has_variable(d, s->name);
}

unsigned gt_carry_typed(struct gt_decision *d, bool env_only,
			struct gt_adjustment ret[GT_VAR_COUNT])
{
	struct gt_plan *plan = &d->rec->plan;
	unsigned n = 0;

	if (d->rec->facts.trouble != GT_TROUBLE_NONE || !d->bundle)
		return 0;
	for (uint32_t i = 0; plan->selected && i < plan->n_setting; i++) {
		struct gt_setting *s = &plan->setting[i];

		if (needs_start(d, s) && !(env_only && s->verdict != GT_VERDICT_SET))
			leave(s, env_only ? GT_R_ENV_ONLY : GT_R_AT_EXEC);
		if (s->verdict != GT_VERDICT_SET || plan->mode != GT_MODE_ENFORCE ||
		    n == GT_VAR_COUNT)
			continue;
		ret[n++] = (struct gt_adjustment){s->name, s->value};
		d->rec->outcome[i].applied = GT_YES;
	}
	if (env_only)
		gt_plan_await_nothing(plan);
	return n;
}
