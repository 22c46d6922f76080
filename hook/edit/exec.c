/*
 * Gives a process that starts inside a container (`exec --process FILE`) the variables that the
 * container's own program got. Pure.
 *
 * Engines make that process's environment again from the image and the user's words, so the same
 * rule applies as for the container: what is there stays, unless it is the value that we replaced.
 */
#include "gotune/base.h"
#include "gotune/edit.h"
#include "gotune/model.h"

static enum gt_setting_id setting_of(const char *name)
{
	static const enum gt_setting_id id[GT_VAR_COUNT] = {
		[GT_VAR_GOMAXPROCS] = GT_SET_GOMAXPROCS,
		[GT_VAR_GOMEMLIMIT] = GT_SET_GOMEMLIMIT,
		[GT_VAR_GOGC] = GT_SET_GOGC,
		[GT_VAR_GODEBUG] = GT_SET_GODEBUG,
	};

	for (unsigned i = 0; i < GT_VAR_COUNT; i++) {
		if (strcmp(gt_var_name[i], name) == 0)
			return id[i];
	}
	return GT_SET_COUNT;
}

void gt_edit_exec_plan(const struct gt_exec_wants *wants, struct gt_plan *ret)
{
	ret->mode = GT_MODE_ENFORCE;
	ret->selected = true;
	ret->n_setting = 0;
	for (uint32_t i = 0; i < wants->n && i < GT_VAR_COUNT; i++) {
		const struct gt_barrier_env *v = &wants->env[i];
		struct gt_setting *s = &ret->setting[ret->n_setting];

		*s = (struct gt_setting){.id = setting_of(v->name),
					 .verdict = GT_VERDICT_SET,
					 .has_before = v->has_expect};
		if (s->id == GT_SET_COUNT || !gt_copy_str(s->name, sizeof(s->name), v->name) ||
		    !gt_copy_str(s->value, sizeof(s->value), v->value) ||
		    !gt_copy_str(s->before, sizeof(s->before), v->expect))
			continue;
		ret->n_setting++;
	}
}

bool gt_exec_wants_valid(const struct gt_exec_wants *w)
{
	if (w->n > GT_VAR_COUNT)
		return false;
	for (uint32_t i = 0; i < w->n; i++) {
		const struct gt_barrier_env *v = &w->env[i];

		if (!memchr(v->name, '\0', sizeof(v->name)) ||
		    !memchr(v->value, '\0', sizeof(v->value)) ||
		    !memchr(v->expect, '\0', sizeof(v->expect)))
			return false;
	}
	return true;
}
