/*
 * What a plan comes to. Pure.
 */
#include "gotune/model.h"

bool gt_plan_sets(const struct gt_plan *plan)
{
	if (!plan->selected || plan->mode != GT_MODE_ENFORCE)
		return false;
	for (uint32_t i = 0; i < plan->n_setting && i < GT_SETTINGS_MAX; i++) {
		if (plan->setting[i].verdict == GT_VERDICT_SET)
			return true;
	}
	return false;
}

bool gt_plan_awaits_exec(const struct gt_plan *plan)
{
	for (uint32_t i = 0; i < plan->n_setting && i < GT_SETTINGS_MAX; i++) {
		if (plan->setting[i].reason == GT_R_AT_EXEC)
			return true;
	}
	return false;
}

void gt_plan_await_nothing(struct gt_plan *plan)
{
	plan->awaits_nothing = true;
	for (uint32_t i = 0; i < plan->n_setting && i < GT_SETTINGS_MAX; i++) {
		if (plan->setting[i].reason == GT_R_AT_EXEC)
			plan->setting[i].reason = GT_R_PROGRAM_UNKNOWN;
	}
}
