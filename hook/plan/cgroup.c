/*
 * The rows of the cgroup: cpuset.cpus and cpuset.mems for NUMA binding, and swappiness. Pure.
 */
#include "gotune/base.h"
#include "gotune/model.h"
#include "rules.h"

bool gt_plan_wants_bind(const struct gt_planning *pl)
{
	const struct gt_profile *prof = pl->sel->profile;

	return prof && prof->gomaxprocs && prof->numa == GT_NUMA_BIND;
}

/* Why we do not even consider binding; GT_R_NONE: we do. */
static enum gt_reason why_not_bind(const struct gt_planning *pl)
{
	if (pl->f->config.cpuset.known || pl->f->config.cpuset_invalid || pl->f->config.has_mems)
		return GT_R_HAS_CPUSET;
	if (!pl->cpus_known)
		return GT_R_CPUS_UNKNOWN;
	if (!pl->f->host.numa_known)
		return GT_R_NUMA_UNKNOWN;
	if (pl->f->host.n_nodes <= 1)
		return GT_R_ONE_NODE;
	if (pl->f->cgroup.cpuset == GT_CGROUP_UNKNOWN || pl->f->cgroup.cpuset_shared)
		return GT_R_NO_CGROUP;
	return GT_R_NONE;
}

/* Chooses the node and the CPUs of A that lie in it. GT_R_NONE, or why we cannot. */
static enum gt_reason choose_node(const struct gt_planning *pl, uint32_t *ret_node,
				  struct gt_cpus *ret_cpus)
{
	char list[sizeof(((struct gt_setting *)0)->value)];
	const struct gt_node *node;
	uint32_t count = 0;

	if (!gt_plan_node(pl->f, &pl->allowed, false, ret_node, &count))
		return GT_R_NUMA_UNKNOWN;
	node = &pl->f->host.node[*ret_node];
	/* Only a hard limit keeps a container within its node: memory.high does not. */
	if (!pl->memory.max.has || pl->memory.max.bytes > node->mem_bytes)
		return GT_R_MEMORY_EXCEEDS_NODE;
	*ret_cpus = pl->allowed;
	gt_cpus_and(ret_cpus, &node->cpus);
	/* A list of 512 bytes or more cannot be carried; no such machine is known. */
	return gt_cpus_format(ret_cpus, list, sizeof(list)) ? GT_R_NONE : GT_R_CPUS_UNKNOWN;
}

void gt_plan_bind(struct gt_planning *pl)
{
	struct gt_cpus cpus;
	uint32_t node = 0;

	if (!gt_plan_wants_bind(pl))
		return;
	pl->bind_why = why_not_bind(pl);
	if (!pl->bind_why)
		pl->bind_why = choose_node(pl, &node, &cpus);
	if (pl->bind_why)
		return;
	pl->allowed = cpus;
	pl->bind = true;
	pl->plan->numa_chosen = true;
	pl->plan->numa_node = node;
}

void gt_plan_bind_rows(struct gt_planning *pl)
{
	struct gt_setting *cpus, *mems;

	if (!gt_plan_wants_bind(pl))
		return;
	cpus = gt_plan_row(pl, GT_SET_CPUSET_CPUS, "cpuset.cpus");
	mems = gt_plan_row(pl, GT_SET_CPUSET_MEMS, "cpuset.mems");
	if (pl->f->cgroup.cpuset != GT_CGROUP_UNKNOWN && pl->f->cgroup.n_level > 0) {
		gt_plan_before(cpus, pl->f->cgroup.cpuset_cpus);
		gt_plan_before(mems, pl->f->cgroup.cpuset_mems);
	}
	if (!pl->bind) {
		gt_plan_skip(cpus, pl->bind_why);
		gt_plan_skip(mems, pl->bind_why);
		return;
	}
	gt_plan_set(cpus, GT_R_NUMA_BIND, "");
	(void)gt_cpus_format(&pl->allowed, cpus->value, sizeof(cpus->value)); /* it did fit */
	gt_plan_set_number(mems, GT_R_NUMA_BIND, pl->f->host.node[pl->plan->numa_node].id);
}

static void plan_swappiness_v1(struct gt_planning *pl, struct gt_setting *s, uint64_t want)
{
	const struct gt_fact *now = &pl->f->cgroup.swappiness;

	if (now->known) {
		gt_plan_before(s, "");
		(void)gt_append_u64(s->before, sizeof(s->before), now->v); /* 20 digits fit */
	}
	if (pl->f->config.has_swappiness || (now->known && now->v == want))
		gt_plan_keep(s, GT_R_ALREADY_SET);
	else
		gt_plan_set_number(s, GT_R_PROFILE, want);
}

/* In cgroup v2 a group has no swappiness. We can only turn swap off. */
static void plan_swappiness_v2(struct gt_planning *pl, struct gt_setting *s, uint64_t want)
{
	const struct gt_fact *now = &pl->f->cgroup.swap_max;

	if (want != 0) {
		gt_plan_skip(s, GT_R_NO_SWAPPINESS_V2);
		return;
	}
	(void)gt_copy_str(s->name, sizeof(s->name), "memory.swap.max"); /* fits */
	if (now->known && now->v == UINT64_MAX) {
		gt_plan_before(s, "max");
	} else if (now->known) {
		gt_plan_before(s, "");
		(void)gt_append_u64(s->before, sizeof(s->before), now->v); /* 20 digits fit */
	}
	if (pl->f->config.has_swap || (now->known && now->v == 0))
		gt_plan_keep(s, GT_R_ALREADY_SET);
	else if (pl->f->cgroup.no_swap_file)
		gt_plan_skip(s, GT_R_NO_CGROUP);
	else
		gt_plan_set_number(s, GT_R_NO_SWAP, 0);
}

void gt_plan_swappiness(struct gt_planning *pl)
{
	struct gt_setting *s = gt_plan_row(pl, GT_SET_SWAPPINESS, "memory.swappiness");
	int32_t want = pl->sel->profile->swappiness;

	if (want < 0) {
		gt_plan_skip(s, GT_R_PROFILE_NULL);
		return;
	}
	if (pl->f->cgroup.memory_shared) {
		gt_plan_skip(s, GT_R_NO_CGROUP);
		return;
	}
	switch (pl->f->cgroup.memory) {
	case GT_CGROUP_V1:
		plan_swappiness_v1(pl, s, (uint64_t)want);
		break;
	case GT_CGROUP_V2:
		plan_swappiness_v2(pl, s, (uint64_t)want);
		break;
	case GT_CGROUP_UNKNOWN:
		gt_plan_skip(s, GT_R_NO_CGROUP);
		break;
	}
}
