/*
 * A plan becomes true in a live container, through a table of functions: which rows, in which
 * order, and what became of each. No effect of its own.
 */
#include "gotune/apply.h"
#include "gotune/base.h"
#include "gotune/model.h"

/* The first error is the caller's; the others are in their rows. */
static void note_outcome(struct gt_outcome *o, int r, const struct gt_err *from, int *first,
			 struct gt_err *e)
{
	o->applied = r == 0 ? GT_YES : GT_NO;
	if (r == 0)
		return;
	(void)gt_copy_str(o->error, sizeof(o->error), from->msg); /* cut: it is for reading */
	if (*first == 0) {
		*first = r;
		if (e)
			*e = *from;
	}
}

static bool waits_at_barrier(const struct gt_setting *s)
{
	enum gt_setting_kind k = gt_setting_kind(s->id);

	return s->verdict == GT_VERDICT_SET && (k == GT_KIND_ENV || k == GT_KIND_RLIMIT);
}

static void apply_now(const struct gt_plan *plan, enum gt_setting_kind kind,
		      const struct gt_apply_ops *ops, struct gt_outcome *ret, int *first,
		      struct gt_err *e)
{
	for (uint32_t i = 0; i < plan->n_setting; i++) {
		const struct gt_setting *s = &plan->setting[i];
		struct gt_err why = {0};
		int r;

		if (s->verdict != GT_VERDICT_SET || gt_setting_kind(s->id) != kind)
			continue;
		r = kind == GT_KIND_SYSCTL ? ops->sysctl(ops->ctx, s->name, s->value, &why)
					   : ops->cgroup(ops->ctx, s->id, s->value, &why);
		note_outcome(&ret[i], r, &why, first, e);
	}
}

/*
 * Does a limit that the init is given now reach the program? runc puts its own values back when it
 * executes it: config.json's, or the soft limit that it was started with.
 */
static bool limit_lasts(const struct gt_facts *f)
{
	const struct gt_rlimit_facts *n = &f->nofile;

	return strcmp(f->ident.runtime, "runc") != 0 ||
	       (!n->in_config && n->live_known && n->live_soft == n->live_hard);
}

/* Rows that wait at the barrier; where there is none, RLIMIT_NOFILE is set at once. */
static void apply_barrier(const struct gt_facts *f, const struct gt_plan *plan,
			  const struct gt_apply_ops *ops, struct gt_outcome *ret, int *first,
			  struct gt_err *e)
{
	struct gt_barrier_job job;
	struct gt_err why = {0}, nofile_why = {0};
	int r = -ENOSYS, nofile = -ENOSYS;

	if (!gt_apply_barrier_job(f, plan, &job))
		return;
	if (f->barrier == GT_BARRIER_OK)
		r = ops->barrier(ops->ctx, &job, &why);
	else
		(void)gt_err_set(&why, r, "no exec barrier");
	if (r == 0)
		return; /* the rows stay unknown until the program runs */
	if (job.set_nofile)
		nofile = ops->nofile(ops->ctx, &job, &nofile_why);
	for (uint32_t i = 0; i < plan->n_setting; i++) {
		if (!waits_at_barrier(&plan->setting[i]))
			continue;
		if (gt_setting_kind(plan->setting[i].id) != GT_KIND_RLIMIT)
			note_outcome(&ret[i], r, &why, first, e);
		else if (nofile < 0 ||
			 limit_lasts(f)) /* else nobody is there to look at it: unknown */
			note_outcome(&ret[i], nofile, &nofile_why, first, e);
	}
}

int gt_apply_run(const struct gt_facts *f, const struct gt_plan *plan,
		 const struct gt_apply_ops *ops, struct gt_outcome *ret, struct gt_err *e)
{
	int first = 0;

	for (uint32_t i = 0; i < plan->n_setting; i++)
		ret[i] = (struct gt_outcome){0};
	if (plan->mode != GT_MODE_ENFORCE || !plan->selected) {
		for (uint32_t i = 0; i < plan->n_setting; i++) {
			if (plan->setting[i].verdict == GT_VERDICT_SET)
				ret[i].applied = GT_NO;
		}
		return 0;
	}
	apply_now(plan, GT_KIND_CGROUP, ops, ret, &first, e);
	apply_now(plan, GT_KIND_SYSCTL, ops, ret, &first, e);
	apply_barrier(f, plan, ops, ret, &first, e);
	return first;
}
