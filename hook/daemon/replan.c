/*
 * Decides again on GOMEMLIMIT, by the planner, from the limits as they are now and from what the
 * record says of the program. Effectful: reads cgroups.
 */
#include <string.h>

#include "gotune/inspect.h"
#include "gotune/plan.h"
#include "tuned.h"

struct scratch {
	struct gt_facts facts;
	struct gt_selection sel;
	struct gt_plan plan;
};

/* What we know of the container without looking into it: that is enough for this setting. */
static void gather(const struct gt_daemon *d, const struct gt_known *k, const struct gt_tuned *t,
		   struct gt_facts *f)
{
	f->ident.pid = k->pid;
	f->barrier = GT_BARRIER_OK;
	f->program.kind = GT_PROG_GO;
	f->program.go_known = true;
	f->program.go_minor = t->go_minor;
	f->program.cgo = t->cgo;
	gt_copy_cut(f->program.automemlimit, t->automemlimit);
	f->lesson = t->lesson;
	gt_inspect_cgroup(d->root, k->pid, &f->cgroup, f->ident.cgroup, NULL);
	gt_inspect_host(d->root, 0, &f->host);
}

static void take(const struct gt_plan *p, int64_t *ret, uint64_t *ret_limit)
{
	*ret = 0;
	*ret_limit = p->has_mem_limit ? p->mem_limit_bytes : 0;
	for (uint32_t i = 0; i < p->n_setting; i++) {
		const struct gt_setting *s = &p->setting[i];

		if (s->id == GT_SET_GOMEMLIMIT && s->verdict == GT_VERDICT_SET &&
		    s->number <= INT64_MAX)
			*ret = (int64_t)s->number;
	}
}

int gt_replan(const struct gt_daemon *d, const struct gt_known *k, const struct gt_tuned *t,
	      int64_t *ret, uint64_t *ret_limit)
{
	struct gt_pages pages = {0};
	struct scratch *s;

	if (gt_pages_map(&pages, sizeof(*s), GT_PAGES_OWN) < 0)
		return -ENOMEM;
	s = pages.p;
	s->sel.mode = t->mode;
	s->sel.profile = gt_policy_profile(&d->policy, t->profile);
	s->sel.selected = s->sel.profile && !s->sel.profile->broken;
	*ret = 0;
	*ret_limit = 0;
	if (s->sel.selected) {
		gather(d, k, t, &s->facts);
		gt_plan_make(&s->facts, &d->policy, &s->sel, &s->plan);
		take(&s->plan, ret, ret_limit);
	}
	gt_pages_done(&pages);
	return 0;
}
