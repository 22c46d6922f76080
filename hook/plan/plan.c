/*
 * Makes the plan: judges the requests, works out the limits, then writes a row for each setting.
 * Pure: the same facts and policy give the same plan, byte for byte.
 */
#include "gotune/plan.h"
#include "gotune/base.h"
#include "gotune/model.h"
#include "rules.h"

/* The container is not selected: each setting has its row, all with the same reason. */
static void skip_all(struct gt_planning *pl)
{
	static const struct {
		enum gt_setting_id id;
		const char *name;
	} fixed[] = {
		{GT_SET_GOMAXPROCS, "GOMAXPROCS"},
		{GT_SET_GOMEMLIMIT, "GOMEMLIMIT"},
		{GT_SET_GOGC, "GOGC"},
		{GT_SET_GODEBUG, "GODEBUG"},
		{GT_SET_NOFILE, "RLIMIT_NOFILE"},
	};
	enum gt_reason why = pl->sel->why_not;

	for (size_t i = 0; i < GT_ARRAY_LEN(fixed); i++)
		gt_plan_skip(gt_plan_row(pl, fixed[i].id, fixed[i].name), why);
	for (uint32_t i = 0; i < pl->sel->n_sysctl; i++)
		gt_plan_skip(gt_plan_row(pl, GT_SET_SYSCTL, pl->sel->sysctl[i].want.name), why);
	gt_plan_skip(gt_plan_row(pl, GT_SET_SWAPPINESS, "memory.swappiness"), why);
	if (gt_plan_wants_bind(pl)) {
		gt_plan_skip(gt_plan_row(pl, GT_SET_CPUSET_CPUS, "cpuset.cpus"), why);
		gt_plan_skip(gt_plan_row(pl, GT_SET_CPUSET_MEMS, "cpuset.mems"), why);
	}
}

/*
 * We change nothing of a process that is no container's init. Otherwise only the environment needs
 * the barrier: NOFILE can fall back to prlimit, and the rest does not wait for it.
 */
static bool is_barred(const struct gt_facts *f, const struct gt_setting *s)
{
	bool no_init = f->barrier == GT_BARRIER_NO_PROCESS || f->barrier == GT_BARRIER_NOT_AN_INIT;
	bool env = gt_setting_kind(s->id) == GT_KIND_ENV;

	/* An un-pinned GOMAXPROCS relies on GODEBUG, which cannot be set either. */
	return (no_init || env) &&
	       (s->verdict == GT_VERDICT_SET || (env && s->reason == GT_R_UNPIN));
}

static void skip_barred(struct gt_planning *pl)
{
	static const enum gt_reason why[GT_BARRIER_COUNT] = {
		[GT_BARRIER_NO_PROCESS] = GT_R_NO_PROCESS,
		[GT_BARRIER_NOT_AN_INIT] = GT_R_NOT_AN_INIT,
		[GT_BARRIER_PTRACE_DENIED] = GT_R_PTRACE_DENIED,
		[GT_BARRIER_SELINUX] = GT_R_SELINUX,
		[GT_BARRIER_APPARMOR] = GT_R_APPARMOR,
		[GT_BARRIER_ARCH] = GT_R_ARCH,
		[GT_BARRIER_TOO_LATE] = GT_R_TOO_LATE,
	};

	if (pl->f->barrier == GT_BARRIER_OK || pl->f->barrier >= GT_BARRIER_COUNT)
		return;
	for (uint32_t i = 0; i < pl->plan->n_setting; i++) {
		struct gt_setting *s = &pl->plan->setting[i];

		if (is_barred(pl->f, s))
			gt_plan_skip(s, why[pl->f->barrier]);
	}
}

/* Warnings that do not depend on what we decide. */
static void warn_facts(struct gt_planning *pl)
{
	const struct gt_facts *f = pl->f;

	for (uint32_t i = 0; i < pl->p->n_layer; i++) {
		if (pl->p->layer[i].broken)
			gt_plan_warn(pl->plan, GT_W_POLICY_LAYER, pl->p->layer[i].path);
	}
	if (f->annotations && f->annotations->dropped > 0)
		gt_plan_warn(pl->plan, GT_W_ANNOTATIONS_DROPPED, "annotations");
	if (f->labels_unread[0])
		gt_plan_warn(pl->plan, GT_W_LABELS_UNREADABLE, f->labels_unread);
	for (unsigned i = 0; i < GT_VAR_COUNT; i++) {
		if (f->var[i].count > 1)
			gt_plan_warn(pl->plan, GT_W_DUPLICATE_ENV, gt_var_name[i]);
	}
}

/* A, Q and L: the record shows them, whatever becomes of the settings. */
static void work_out_limits(struct gt_planning *pl)
{
	struct gt_plan *plan = pl->plan;
	const struct gt_limit *smaller;

	pl->cpus_known = gt_plan_allowed(pl->f, &pl->allowed);
	pl->quota = gt_plan_quota(pl->f, false);
	pl->memory = gt_plan_memory(pl->f);
	plan->cpus_known = pl->cpus_known;
	plan->cpus_allowed = pl->allowed;
	plan->has_quota = pl->quota.has && !pl->quota.invalid;
	if (plan->has_quota) {
		plan->quota_us = pl->quota.quota_us;
		plan->period_us = pl->quota.period_us;
		plan->quota_from = pl->quota.from;
	}
	if (pl->f->program.kind == GT_PROG_GO)
		plan->quota_seen = gt_plan_sees_quota(pl->f);
	smaller = gt_plan_smaller(&pl->memory);
	plan->mem_max = pl->memory.max;
	plan->mem_high = pl->memory.high;
	plan->has_mem_limit = smaller->has && !pl->memory.unknown;
	if (plan->has_mem_limit) {
		plan->mem_limit_bytes = smaller->bytes;
		plan->mem_is_high = smaller == &pl->memory.high;
	}
}

static void warn_selection(struct gt_planning *pl)
{
	if (pl->sel->mode_refused)
		gt_plan_warn(pl->plan, GT_W_OUT_OF_BOUNDS, "io.gotune.mode");
	if (pl->sel->profile_missing)
		gt_plan_warn(pl->plan, GT_W_NO_SUCH_PROFILE,
			     gt_rule_text(pl->p, pl->sel->rule->profile));
	if (pl->sel->rolled_back)
		gt_plan_warn(pl->plan, GT_W_ROLLED_BACK,
			     gt_rule_text(pl->p, pl->sel->rolled_back->name));
}

void gt_plan_make(const struct gt_facts *f, const struct gt_policy *p,
		  const struct gt_selection *sel, struct gt_plan *ret)
{
	struct gt_planning pl = {.f = f, .p = p, .sel = sel, .plan = ret, .wish = sel->wish};

	memset(ret, 0, sizeof(*ret)); /* padding too: plans are compared byte for byte */
	warn_facts(&pl);
	gt_plan_judge_requests(&pl);
	warn_selection(&pl);
	ret->mode = sel->mode;
	ret->selected = sel->selected;
	if (sel->profile)
		(void)gt_copy_str(ret->profile, sizeof(ret->profile), sel->profile->name);
	if (sel->rule)
		(void)gt_copy_str(ret->rule, sizeof(ret->rule), gt_rule_text(p, sel->rule->name));
	if (sel->drawn_by) {
		ret->rollout.arm = sel->arm;
		ret->rollout.print = sel->drawn_by->print;
		(void)gt_copy_str(ret->rollout.rule, sizeof(ret->rollout.rule),
				  gt_rule_text(p, sel->drawn_by->name));
	}
	work_out_limits(&pl);
	if (!sel->selected) {
		skip_all(&pl);
		return;
	}
	gt_plan_bind(&pl);
	gt_plan_value(&pl);
	gt_plan_godebug_base(&pl);
	gt_plan_gomaxprocs(&pl);
	gt_plan_gomemlimit(&pl);
	gt_plan_gogc(&pl);
	gt_plan_godebug(&pl);
	gt_plan_nofile(&pl);
	gt_plan_sysctl_rows(&pl);
	gt_plan_swappiness(&pl);
	gt_plan_bind_rows(&pl);
	skip_barred(&pl);
}
