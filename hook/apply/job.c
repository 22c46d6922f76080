/*
 * Makes the exec barrier's job from a plan, and the outcomes of the plan's rows from its result.
 * Pure.
 */
#include <string.h>

#include "gotune/apply.h"
#include "gotune/base.h"
#include "gotune/model.h"

static bool is_env(const struct gt_setting *s)
{
	return s->verdict == GT_VERDICT_SET && gt_setting_kind(s->id) == GT_KIND_ENV;
}

/* False when the row does not fit whole: we never set half a value. */
static bool add_env(struct gt_barrier_job *job, const struct gt_setting *s)
{
	struct gt_barrier_env *v;

	if (job->n_env == GT_VAR_COUNT)
		return false;
	v = &job->env[job->n_env];
	v->has_expect = s->has_before;
	if (!gt_copy_str(v->name, sizeof(v->name), s->name) ||
	    !gt_copy_str(v->value, sizeof(v->value), s->value) ||
	    !gt_copy_str(v->expect, sizeof(v->expect), s->has_before ? s->before : ""))
		return false;
	job->n_env++;
	return true;
}

bool gt_apply_barrier_job(const struct gt_facts *f, const struct gt_plan *plan,
			  struct gt_barrier_job *ret)
{
	memset(ret, 0, sizeof(*ret));
	if (plan->mode != GT_MODE_ENFORCE || !plan->selected || f->ident.pid <= 0)
		return false;
	ret->may_prctl = f->prctl_allowed == GT_YES;
	for (uint32_t i = 0; i < plan->n_setting && i < GT_SETTINGS_MAX; i++) {
		const struct gt_setting *s = &plan->setting[i];

		if (is_env(s)) {
			(void)add_env(ret, s); /* settle_env reports what did not fit */
		} else if (s->id == GT_SET_NOFILE && s->verdict == GT_VERDICT_SET) {
			ret->set_nofile = true;
			ret->nofile_soft = s->soft;
			ret->nofile_hard = s->hard;
		}
	}
	return ret->n_env > 0 || ret->set_nofile;
}

static void set_failed(struct gt_outcome *o, const char *why)
{
	o->applied = GT_NO;
	gt_copy_cut(o->error, why);
}

static void settle_row(struct gt_outcome *o, int error)
{
	if (error == 0) {
		o->applied = GT_YES;
		o->error[0] = '\0';
	} else if (error == -EEXIST) {
		set_failed(o, "the program was started with another value, which we keep");
	} else if (error == -ENOSPC) {
		set_failed(o, "RLIMIT_STACK leaves the program too little room for it");
	} else {
		set_failed(o, strerror(-error));
	}
}

static void settle_env(const struct gt_setting *s, const struct gt_barrier_job *job,
		       const struct gt_barrier_result *res, struct gt_outcome *o)
{
	for (uint32_t i = 0; i < job->n_env && i < GT_VAR_COUNT; i++) {
		if (strcmp(job->env[i].name, s->name) == 0) {
			settle_row(o, res->env_error[i]);
			return;
		}
	}
	set_failed(o, "the value does not fit");
}

/* The soft limit may be raised in part: to the hard limit. */
static void settle_nofile(const struct gt_barrier_job *job, const struct gt_barrier_result *res,
			  struct gt_outcome *o)
{
	settle_row(o, res->nofile_error);
	if (res->nofile_error == 0 && res->nofile_soft < job->nofile_soft) {
		o->applied = GT_NO;
		o->error[0] = '\0';
		(void)gt_append(o->error, sizeof(o->error), "the program has "); /* fits */
		(void)gt_append_u64(o->error, sizeof(o->error), res->nofile_soft);
		(void)gt_append(o->error, sizeof(o->error), ": more is not permitted");
	}
}

void gt_apply_barrier_outcome(const struct gt_plan *plan, const struct gt_barrier_job *job,
			      const struct gt_barrier_result *res, struct gt_outcome *ret)
{
	for (uint32_t i = 0; i < plan->n_setting && i < GT_SETTINGS_MAX; i++) {
		const struct gt_setting *s = &plan->setting[i];
		bool nofile = s->id == GT_SET_NOFILE && s->verdict == GT_VERDICT_SET;

		if (!is_env(s) && !nofile)
			continue;
		if (nofile)
			settle_nofile(job, res, &ret[i]);
		else
			settle_env(s, job, res, &ret[i]);
	}
}
