/*
 * A decision carried into the live container that it was made for. Effectful: changes the
 * container.
 */
#include "gotune/apply.h"
#include "gotune/base.h"
#include "gotune/decide.h"
#include "gotune/model.h"
#include "gotune/record.h"

int gt_carry_live(struct gt_decision *d, struct gt_err *e)
{
	const struct gt_live l = {
		.at = {&d->rec->facts, d->machine->root, d->pidfd},
		.plan = &d->rec->plan,
		.outcome = d->rec->outcome,
		.sysctl = &d->sysctl,
		.cgroup = d->cgroup,
	};

	return gt_apply_live(&l, e);
}
