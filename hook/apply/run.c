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
	if (r == -ETIMEDOUT) /* it may have been done, or may be done yet */
		o->applied = GT_UNKNOWN;
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

static bool is_settled(const struct gt_outcome *o)
{
	return o->applied != GT_UNKNOWN || o->error[0] != '\0';
}

static void apply_now(struct run *run, enum gt_setting_kind kind)
{
	const struct gt_apply_ops *ops = run->ops;

	for (uint32_t i = 0; i < run->plan->n_setting; i++) {
		const struct gt_setting *s = &run->plan->setting[i];
		struct gt_err why = {0};
		int r;

		if (s->verdict != GT_VERDICT_SET || gt_setting_kind(s->id) != kind ||
		    is_settled(&run->outcome[i]))
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

/* There will be no barrier: the environment stays, and RLIMIT_NOFILE is set at once. */
static void do_without_barrier(struct run *run)
{
	struct gt_barrier_job job;
	struct gt_err why = {0}, nofile_why = {0};
	int r = gt_err_set(&why, -ENOSYS, "no exec barrier"), nofile = -ENOSYS;

	if (!gt_apply_barrier_job(run->f, run->plan, &job))
		return;
	if (job.set_nofile)
		nofile = run->ops->nofile(run->ops->ctx, &job, &nofile_why);
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
		 const struct gt_apply_ops *ops, struct gt_outcome *outcome, struct gt_err *e)
{
	struct run run = {.f = f, .plan = plan, .ops = ops, .outcome = outcome, .e = e};

	if (plan->mode != GT_MODE_ENFORCE || !plan->selected) {
		for (uint32_t i = 0; i < plan->n_setting; i++) {
			if (plan->setting[i].verdict == GT_VERDICT_SET &&
			    outcome[i].applied == GT_UNKNOWN)
				outcome[i].applied = GT_NO;
		}
		return 0;
	}
	apply_now(&run, GT_KIND_CGROUP);
	apply_now(&run, GT_KIND_SYSCTL);
	if (f->barrier != GT_BARRIER_OK)
		do_without_barrier(&run);
	return run.first;
}

static bool is_same_row(const struct gt_setting *a, const struct gt_setting *b)
{
	return a->id == b->id && a->verdict == b->verdict && strcmp(a->name, b->name) == 0 &&
	       strcmp(a->value, b->value) == 0;
}

/* What a row found that was applied is what we wrote by now; what was there before, it told then.
 */
static void inherit_before(struct gt_setting *now, const struct gt_setting *before)
{
	now->has_before = before->has_before;
	memcpy(now->before, before->before, sizeof(now->before));
}

static void inherit_same(struct gt_plan *now, const struct gt_plan *before,
			 const struct gt_outcome *was, struct gt_outcome *outcome, uint32_t i)
{
	outcome[i] = (struct gt_outcome){0};
	for (uint32_t j = 0; j < before->n_setting; j++) {
		if (!is_same_row(&now->setting[i], &before->setting[j]))
			continue;
		outcome[i] = was[j];
		if (was[j].applied == GT_YES)
			inherit_before(&now->setting[i], &before->setting[j]);
	}
}

/* What a cgroup or a namespace was given, it has for as long as it lives. */
static bool is_done_for_good(const struct gt_setting *s, const struct gt_outcome *was)
{
	enum gt_setting_kind kind = gt_setting_kind(s->id);

	return s->verdict == GT_VERDICT_SET && was->applied == GT_YES &&
	       (kind == GT_KIND_CGROUP || kind == GT_KIND_SYSCTL);
}

/* The row of ROW's name; n_setting: there is none. */
static uint32_t row_like(const struct gt_plan *p, const struct gt_setting *row)
{
	uint32_t i = 0;

	while (i < p->n_setting &&
	       (p->setting[i].id != row->id || strcmp(p->setting[i].name, row->name) != 0))
		i++;
	return i;
}

static void inherit_done(struct gt_plan *now, const struct gt_setting *row,
			 const struct gt_outcome *was, struct gt_outcome *outcome)
{
	uint32_t i = row_like(now, row);

	if (i == GT_SETTINGS_MAX ||
	    (i < now->n_setting && now->setting[i].verdict == GT_VERDICT_SET))
		return;
	now->setting[i] = *row;
	outcome[i] = *was;
	if (i == now->n_setting)
		now->n_setting++;
}

void gt_apply_inherit(struct gt_plan *now, const struct gt_plan *before,
		      const struct gt_outcome *was, struct gt_outcome *outcome)
{
	for (uint32_t i = 0; i < now->n_setting; i++)
		inherit_same(now, before, was, outcome, i);
	for (uint32_t j = 0; j < before->n_setting; j++) {
		if (is_done_for_good(&before->setting[j], &was[j]))
			inherit_done(now, &before->setting[j], &was[j], outcome);
	}
}
