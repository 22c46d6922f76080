/*
 * A decision carried into the live container that it was made for, and what its record learns when
 * the program runs. Effectful: changes the container; the tracer updates the record.
 */
#include <malloc.h>

#include "gotune/apply.h"
#include "gotune/base.h"
#include "gotune/decide.h"
#include "gotune/model.h"
#include "gotune/record.h"
#include "gotune/sandbox.h"

struct carried {
	struct gt_decision *d;
	int record_dir;
};

/* The tracer keeps the record and gives the rest back. */
static void shrink(void *ctx)
{
	struct gt_decision *d = ((struct carried *)ctx)->d;

	gt_policy_done(&d->policy);
	free(GT_TAKE_PTR(d->state));
	free(GT_TAKE_PTR(d->bundle));
	(void)malloc_trim(0); /* whether there was any to be given back */
}

static void add_warning(struct gt_plan *p, enum gt_warning_id id)
{
	if (p->n_warning == GT_WARNINGS_MAX)
		p->warnings_dropped++;
	else
		p->warning[p->n_warning++] = (struct gt_warning){.id = id};
}

static void log_failures(const struct gt_record *rec)
{
	for (uint32_t i = 0; i < rec->plan.n_setting; i++) {
		if (rec->plan.setting[i].verdict == GT_VERDICT_SET && rec->outcome[i].error[0])
			gt_log(GT_LOG_WARNING, "%s: %s: %s", rec->facts.ident.id,
			       rec->plan.setting[i].name, rec->outcome[i].error);
	}
}

/* The record learns what became of what waited for the program. */
static void ran(void *ctx, const struct gt_barrier_result *res)
{
	const struct carried *c = ctx;
	struct gt_record *rec = c->d->rec;
	struct gt_err e = {0};
	int r;

	rec->stale_environ = res->stale_environ;
	if (res->stale_environ)
		add_warning(&rec->plan, GT_W_STALE_ENVIRON);
	if (res->other_program)
		add_warning(&rec->plan, GT_W_PROGRAM_CHANGED);
	log_failures(rec);
	if (c->record_dir < 0)
		return;
	/* poststop may have removed it: a short-lived program's record must not come back. */
	r = gt_record_update(c->record_dir, rec, &e);
	if (r < 0 && r != -ENOENT)
		gt_log(GT_LOG_WARNING, "%s: %s", rec->facts.ident.id, e.msg);
}

int gt_carry_live(struct gt_decision *d, int record_dir, struct gt_err *e)
{
	struct carried c = {d, record_dir};
	const struct gt_live l = {
		.at = gt_decision_place(d),
		.plan = &d->rec->plan,
		.outcome = d->rec->outcome,
		.sysctl = &d->sysctl,
		.cgroup = d->cgroup,
		.keep_fd = record_dir,
		.shrink = shrink,
		.ran = ran,
		.ctx = &c,
	};

	gt_worker_end(&d->parser); /* everything has been read */
	return gt_apply_live(&l, e);
}
