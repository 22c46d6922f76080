/*
 * Adds rows and warnings to a plan, and sets, keeps or skips a row. Pure.
 */
#include "gotune/base.h"
#include "gotune/model.h"
#include "rules.h"

struct gt_setting *gt_plan_row(struct gt_planning *pl, enum gt_setting_id id, const char *name)
{
	struct gt_plan *plan = pl->plan;
	/* There are never more than GT_SETTINGS_MAX rows; if there were, the last would be reused.
	 */
	uint32_t i = plan->n_setting < GT_SETTINGS_MAX ? plan->n_setting++ : GT_SETTINGS_MAX - 1;
	struct gt_setting *s = &plan->setting[i];

	s->id = id;
	s->verdict = GT_VERDICT_SKIP;
	(void)gt_copy_str(s->name, sizeof(s->name), name); /* names are ours, or were checked */
	return s;
}

void gt_plan_set(struct gt_setting *s, enum gt_reason why, const char *value)
{
	s->verdict = GT_VERDICT_SET;
	s->reason = why;
	(void)gt_copy_str(s->value, sizeof(s->value), value); /* values were bounded when checked */
}

void gt_plan_set_number(struct gt_setting *s, enum gt_reason why, uint64_t value)
{
	gt_plan_set(s, why, "");
	(void)gt_append_u64(s->value, sizeof(s->value), value); /* 20 digits always fit */
	s->number = value;
}

void gt_plan_set_wish(struct gt_planning *pl, struct gt_setting *s, enum gt_key key)
{
	gt_plan_set_number(s, GT_R_REQUESTED, pl->wish.number[key]);
	s->origin = pl->f->req.key[key].origin;
}

void gt_plan_keep(struct gt_setting *s, enum gt_reason why)
{
	s->verdict = GT_VERDICT_KEEP;
	s->reason = why;
}

void gt_plan_skip(struct gt_setting *s, enum gt_reason why)
{
	s->verdict = GT_VERDICT_SKIP;
	s->reason = why;
	s->value[0] = '\0';
	s->number = s->soft = s->hard = 0;
	s->origin = GT_ORIGIN_NONE;
}

void gt_plan_before(struct gt_setting *s, const char *before)
{
	s->has_before = true;
	gt_copy_cut(s->before, before);
}

void gt_plan_warn(struct gt_plan *plan, enum gt_warning_id id, const char *about)
{
	struct gt_warning w = {.id = id};

	gt_copy_cut(w.about, about); /* a name cut short still names it */
	for (uint32_t i = 0; i < plan->n_warning; i++) {
		if (plan->warning[i].id == id && strcmp(plan->warning[i].about, w.about) == 0)
			return;
	}
	if (plan->n_warning == GT_WARNINGS_MAX) {
		plan->warnings_dropped++;
		return;
	}
	plan->warning[plan->n_warning].id = id;
	memcpy(plan->warning[plan->n_warning].about, w.about, sizeof(w.about));
	plan->n_warning++;
}

enum gt_reason gt_plan_why_not_env(const struct gt_planning *pl)
{
	const struct gt_program *p = &pl->f->program;
	bool enabled = pl->wish.has[GT_KEY_ENABLE] && pl->wish.number[GT_KEY_ENABLE];

	if (p->kind == GT_PROG_GO || (enabled && p->note != GT_NOTE_AT_EXEC))
		return GT_R_NONE;
	return gt_plan_not_go(pl->f);
}

enum gt_reason gt_plan_not_go(const struct gt_facts *f)
{
	const struct gt_program *p = &f->program;

	if (p->kind == GT_PROG_OTHER)
		return p->loads_later == GT_YES ? GT_R_NOT_GO_YET : GT_R_NOT_GO;
	return p->note == GT_NOTE_AT_EXEC ? GT_R_AT_EXEC : GT_R_PROGRAM_UNKNOWN;
}
