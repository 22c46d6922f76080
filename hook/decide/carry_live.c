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

/* The tracer keeps the record and gives the rest back. */
static void shrink(void *ctx)
{
	struct gt_decision *d = ctx;

	gt_policy_done(&d->machine->policy);
	free(GT_TAKE_PTR(d->state));
	d->rec->facts.annotations = NULL; /* it was the bundle's */
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
	const struct gt_decision *d = ctx;
	struct gt_record *rec = d->rec;
	struct gt_err e = {0};
	int r;

	rec->stale_environ = res->stale_environ;
	if (res->stale_environ)
		add_warning(&rec->plan, GT_W_STALE_ENVIRON);
	if (res->other_program)
		add_warning(&rec->plan, GT_W_PROGRAM_CHANGED);
	log_failures(rec);
	if (d->machine->records < 0)
		return;
	/* poststop may have removed it: a short-lived program's record must not come back. */
	r = gt_record_update(d->machine->records, rec, &e);
	if (r < 0 && r != -ENOENT)
		gt_log(GT_LOG_WARNING, "%s: %s", rec->facts.ident.id, e.msg);
}

int gt_carry_live(struct gt_decision *d, struct gt_err *e)
{
	int records = gt_machine_records(d->machine, true);
	const struct gt_live l = {
		.at = {&d->rec->facts, d->machine->root, d->pidfd},
		.plan = &d->rec->plan,
		.outcome = d->rec->outcome,
		.sysctl = &d->sysctl,
		.cgroup = d->cgroup,
		.keep_fd = records < 0 ? -1 : records,
		.shrink = shrink,
		.ran = ran,
		.ctx = d,
	};

	gt_worker_end(&d->parser); /* everything has been read */
	return gt_apply_live(&l, e);
}
