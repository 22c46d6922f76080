/*
 * Carries out a plan through a table of functions: decides which rows, in which order, and notes
 * what became of each. Pure but for those functions.
 */
#include "gotune/apply.h"
#include "gotune/base.h"
#include "gotune/model.h"

/* One plan under way. */
struct run {
	const struct gt_facts *f;
	const struct gt_plan *plan;
	const struct gt_apply_ops *ops;
	struct gt_outcome *outcome;
	int first;	  /* the first error, which the caller gets ... */
	struct gt_err *e; /* ... with its message; may be NULL */
};

/* Notes that row I ended with R, for the reason WHY. */
static void note_outcome(struct run *run, uint32_t i, int r, const struct gt_err *why)
{
	struct gt_outcome *o = &run->outcome[i];

	o->applied = r == 0 ? GT_YES : GT_NO;
	if (r == 0)
		return;
	gt_copy_cut(o->error, why->msg);
	if (run->first == 0) {
		run->first = r;
		if (run->e)
			*run->e = *why;
	}
}

static bool waits_at_barrier(const struct gt_setting *s)
{
	enum gt_setting_kind k = gt_setting_kind(s->id);

	return s->verdict == GT_VERDICT_SET && (k == GT_KIND_ENV || k == GT_KIND_RLIMIT);
}

static void apply_now(struct run *run, enum gt_setting_kind kind)
{
	const struct gt_apply_ops *ops = run->ops;

	for (uint32_t i = 0; i < run->plan->n_setting; i++) {
		const struct gt_setting *s = &run->plan->setting[i];
		struct gt_err why = {0};
		int r;

		if (s->verdict != GT_VERDICT_SET || gt_setting_kind(s->id) != kind)
			continue;
		r = kind == GT_KIND_SYSCTL ? ops->sysctl(ops->ctx, s->name, s->value, &why)
					   : ops->cgroup(ops->ctx, s->id, s->value, &why);
		note_outcome(run, i, r, &why);
	}
}

/*
 * Does the program keep a limit that we give its init now? runc restores its own values when it
 * executes the program: config.json's, or the soft limit that runc was started with.
 */
static bool limit_lasts(const struct gt_facts *f)
{
	const struct gt_rlimit_facts *n = &f->nofile;

	return strcmp(f->ident.runtime, "runc") != 0 ||
	       (!n->in_config && n->live_known && n->live_soft == n->live_hard);
}

/* Applies the rows that wait at the barrier. Without a barrier, sets RLIMIT_NOFILE at once. */
static void apply_barrier(struct run *run)
{
	const struct gt_apply_ops *ops = run->ops;
	struct gt_barrier_job job;
	struct gt_err why = {0}, nofile_why = {0};
	int r = -ENOSYS, nofile = -ENOSYS;

	if (!gt_apply_barrier_job(run->f, run->plan, &job))
		return;
	if (run->f->barrier == GT_BARRIER_OK)
		r = ops->barrier(ops->ctx, &job, &why);
	else
		(void)gt_err_set(&why, r, "no exec barrier");
	if (r == 0)
		return; /* the rows stay unknown until the program runs */
	if (job.set_nofile)
		nofile = ops->nofile(ops->ctx, &job, &nofile_why);
	for (uint32_t i = 0; i < run->plan->n_setting; i++) {
		if (!waits_at_barrier(&run->plan->setting[i]))
			continue;
		if (gt_setting_kind(run->plan->setting[i].id) != GT_KIND_RLIMIT)
			note_outcome(run, i, r, &why);
		else if (nofile < 0 || limit_lasts(run->f)) /* else nobody looks again: unknown */
			note_outcome(run, i, nofile, &nofile_why);
	}
}

int gt_apply_run(const struct gt_facts *f, const struct gt_plan *plan,
		 const struct gt_apply_ops *ops, struct gt_outcome *ret, struct gt_err *e)
{
	struct run run = {.f = f, .plan = plan, .ops = ops, .outcome = ret, .e = e};

	for (uint32_t i = 0; i < plan->n_setting; i++)
		ret[i] = (struct gt_outcome){0};
	if (plan->mode != GT_MODE_ENFORCE || !plan->selected) {
		for (uint32_t i = 0; i < plan->n_setting; i++) {
			if (plan->setting[i].verdict == GT_VERDICT_SET)
				ret[i].applied = GT_NO;
		}
		return 0;
	}
	apply_now(&run, GT_KIND_CGROUP);
	apply_now(&run, GT_KIND_SYSCTL);
	apply_barrier(&run);
	return run.first;
}
