/*
 * Works out the CPU numbers: A, the CPUs allowed; Q, the smallest quota; value, what GOMAXPROCS
 * should be; and native, what the program's Go would choose by itself. Pure.
 */
#include "gotune/base.h"
#include "gotune/model.h"
#include "gotune/plan.h"
#include "rules.h"

#define NO_BOUND      UINT64_MAX
#define NS_PER_MS     UINT64_C(1000000)
#define SCHED_CAP     4	     /* Ps, when the scheduler's latency target is below 5 ms */
#define SCHED_RAISE   8	     /* Ps, the most that a target above 15 ms may raise to */
#define KERNEL_PERIOD 100000 /* us: Documentation/scheduler/sched-bwc.rst, cfs_period_us */

/* Is every CPU of A in B, too? */
static bool is_subset(const struct gt_cpus *a, const struct gt_cpus *b)
{
	struct gt_cpus both = *a;

	gt_cpus_and(&both, b);
	return gt_cpus_count(&both) == gt_cpus_count(a);
}

/*
 * Does the list of online CPUs bound the others? The kernel keeps an effective cpuset and an
 * affinity within the CPUs online. If a cpuset goes beyond that list, the list is not the
 * machine's: lxcfs shows a container of LXC as many CPUs as it has, numbered from 0.
 */
static bool online_counts(const struct gt_facts *f)
{
	if (f->cgroup.effective.known || f->affinity.known)
		return false;
	return !f->config.cpuset.known || is_subset(&f->config.cpuset.v, &f->host.online.v);
}

bool gt_plan_allowed(const struct gt_facts *f, struct gt_cpus *ret)
{
	const struct {
		bool counts;
		const struct gt_cpus *cpus;
	} bounds[] = {
		{f->config.cpuset.known, &f->config.cpuset.v},
		{f->cgroup.effective.known, &f->cgroup.effective.v},
		{f->affinity.known, &f->affinity.v},
		{online_counts(f), &f->host.online.v},
	};
	struct gt_cpus a;

	if (!f->host.online.known || f->config.cpuset_invalid)
		return false;
	memset(&a, 0xff, sizeof(a));
	for (size_t i = 0; i < GT_ARRAY_LEN(bounds); i++) {
		if (bounds[i].counts)
			gt_cpus_and(&a, bounds[i].cpus);
	}
	if (gt_cpus_count(&a) == 0)
		return false;
	*ret = a;
	return true;
}

/* a/b < c/d without rounding. */
static bool is_less(uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
	return (unsigned __int128)a * d < (unsigned __int128)c * b;
}

/* Only a smaller quota replaces one: of equals, the record names the first. */
static void keep_smaller_quota(struct gt_quota *q, uint64_t quota_us, uint64_t period_us,
			       struct gt_limit_from from)
{
	if (quota_us == 0 || period_us == 0) {
		q->invalid = true;
	} else if (!q->has || is_less(quota_us, period_us, q->quota_us, q->period_us)) {
		q->has = true;
		q->quota_us = quota_us;
		q->period_us = period_us;
		q->from = from;
	}
}

static void add_level_quota(struct gt_quota *q, const struct gt_facts *f, uint32_t i)
{
	const struct gt_level *l = &f->cgroup.level[i];

	if (l->cpu_unreadable)
		q->invalid = true;
	if (l->has_quota)
		keep_smaller_quota(q, l->quota_us, l->period_us,
				   (struct gt_limit_from){.level = i});
}

static void add_config_quota(struct gt_quota *q, const struct gt_config_facts *c)
{
	/* A quota of 0 in config.json means "leave it" to runc and crun. */
	if (c->quota_us.known && !c->quota_unlimited && c->quota_us.v > 0)
		keep_smaller_quota(q, c->quota_us.v,
				   c->period_us.known ? c->period_us.v : KERNEL_PERIOD,
				   (struct gt_limit_from){.config = true});
}

struct gt_quota gt_plan_quota(const struct gt_facts *f, bool own_only)
{
	const struct gt_config_facts *c = &f->config;
	struct gt_quota q = {0};
	uint32_t n = f->cgroup.n_level < GT_LEVELS_MAX ? f->cgroup.n_level : GT_LEVELS_MAX;

	/* The nearest first: the container's cgroup, what config.json will make of it, its parents.
	 */
	if (n > 0)
		add_level_quota(&q, f, 0);
	add_config_quota(&q, c);
	for (uint32_t i = 1; i < n && !own_only; i++)
		add_level_quota(&q, f, i);
	/* We could not read the live process's cgroup, and config.json says nothing. */
	if (f->ident.pid > 0 && n == 0 && !c->quota_us.known && !c->quota_unlimited)
		q.invalid = true;
	return q;
}

static uint64_t ceil_of(const struct gt_quota *q)
{
	return q->quota_us / q->period_us + (q->quota_us % q->period_us != 0);
}

uint32_t gt_plan_count(const struct gt_facts *f, const struct gt_cpus *c, bool physical)
{
	struct gt_cpus cores = {0};

	if (!physical)
		return gt_cpus_count(c);
	for (unsigned cpu = 0; cpu < GT_CPUS_MAX; cpu++) {
		if (gt_cpus_has(c, cpu))
			gt_cpus_set(&cores, f->host.core_of[cpu]);
	}
	return gt_cpus_count(&cores);
}

/* Is it known of all CPUs of C which of them share a core? Not of those that are not online, as
 * where the list of those is renumbered. */
static bool knows_cores(const struct gt_facts *f, const struct gt_cpus *c)
{
	for (unsigned cpu = 0; cpu < GT_CPUS_MAX; cpu++) {
		if (gt_cpus_has(c, cpu) && (f->host.core_of[cpu] == GT_CORE_UNKNOWN ||
					    !gt_cpus_has(&f->host.online.v, cpu)))
			return false;
	}
	return f->host.smt_known;
}

bool gt_plan_node(const struct gt_facts *f, const struct gt_cpus *allowed, bool physical,
		  uint32_t *ret_node, uint32_t *ret_count)
{
	uint32_t best = 0;

	for (uint32_t i = 0; i < f->host.n_nodes && i < GT_NODES_MAX; i++) {
		struct gt_cpus here = f->host.node[i].cpus;
		uint32_t n;

		gt_cpus_and(&here, allowed);
		n = gt_plan_count(f, &here, physical);
		if (n > best) {
			best = n;
			*ret_node = i;
		}
	}
	*ret_count = best;
	return best > 0;
}

static uint64_t at_least(uint64_t v, uint64_t floor)
{
	return v > floor ? v : floor;
}

static uint64_t at_most(uint64_t v, uint64_t cap)
{
	return v < cap ? v : cap;
}

/* How many Ps the quota allows. */
static uint64_t quota_bound(const struct gt_planning *pl)
{
	const struct gt_profile *prof = pl->sel->profile;

	if (!pl->quota.has)
		return NO_BOUND;
	if (prof->round == GT_ROUND_FLOOR)
		return at_least(pl->quota.quota_us / pl->quota.period_us, 1);
	return at_least(ceil_of(&pl->quota), at_least(prof->min, 1));
}

/* How many Ps config.json's shares ask for: Kubernetes writes a request without a limit so. */
static uint64_t shares_bound(const struct gt_planning *pl)
{
	const struct gt_profile *prof = pl->sel->profile;
	const struct gt_fact *shares = &pl->f->config.shares;
	uint64_t n;

	if (!prof->shares_enable || pl->quota.has || !shares->known || shares->v == 0)
		return NO_BOUND;
	if (__builtin_mul_overflow(shares->v, (uint64_t)prof->shares_multiplier, &n))
		return NO_BOUND;
	return at_least(at_least(n / 1024 + (n % 1024 != 0), prof->shares_floor), 1);
}

/* How many Ps numa: "cap" allows. GT_R_NONE, or why we cannot know. */
static enum gt_reason node_bound(struct gt_planning *pl, bool physical, uint64_t *ret)
{
	uint32_t node = 0, n = 0;

	*ret = NO_BOUND;
	if (pl->sel->profile->numa != GT_NUMA_CAP)
		return GT_R_NONE;
	if (!pl->f->host.numa_known)
		return GT_R_NUMA_UNKNOWN;
	if (pl->f->host.n_nodes > 1 && gt_plan_node(pl->f, &pl->allowed, physical, &node, &n)) {
		*ret = n;
		pl->plan->numa_chosen = true;
		pl->plan->numa_node = node;
	}
	return GT_R_NONE;
}

/* A short latency target caps the number, a long one allows a few more. */
static uint64_t sched_adjust(const struct gt_planning *pl, uint64_t value, uint64_t ceiling)
{
	const struct gt_fact *lat = &pl->f->host.sched_latency_ns;

	if (!pl->sel->profile->sched_latency || !lat->known)
		return value;
	if (lat->v < 5 * NS_PER_MS)
		return at_most(value, SCHED_CAP);
	if (lat->v > 15 * NS_PER_MS) /* x1.2, rounded down, and never less than before */
		return at_least(value, at_most(at_most(value * 12 / 10, SCHED_RAISE), ceiling));
	return value;
}

/* The numbers that compete. NO_BOUND: that rule has no say. */
struct bounds {
	uint64_t cpus;	  /* that the container may run on */
	uint64_t counted; /* the same, or their cores */
	uint64_t node, quota, shares;
	uint64_t unadjusted; /* the smallest, before the scheduler's latency has its say */
};

/* Names the bound that equals VALUE; of several, the most specific. */
static enum gt_reason choose_reason(const struct gt_planning *pl, const struct bounds *b,
				    uint64_t value)
{
	const struct {
		bool holds;
		enum gt_reason why;
	} order[] = {
		{b->quota == value,
		 gt_plan_is_ancestor(pl->quota.from) ? GT_R_ANCESTOR_QUOTA : GT_R_CPU_QUOTA},
		{b->node == value && b->node < b->counted, GT_R_NUMA_CAP},
		{b->counted == value && b->counted < b->cpus, GT_R_PHYSICAL_CORES},
		{b->shares == value, GT_R_SHARES},
		{b->unadjusted != value, GT_R_SCHED_LATENCY},
		{pl->sel->profile->max == value, GT_R_PROFILE_MAX},
		{pl->bind, GT_R_NUMA_BIND},
	};

	for (size_t i = 0; i < GT_ARRAY_LEN(order); i++) {
		if (order[i].holds)
			return order[i].why;
	}
	return GT_R_CPUS_ALLOWED;
}

/* The number that the profile wants and why; without one, what we do not know. */
static enum gt_reason work_out_value(struct gt_planning *pl, uint64_t *ret)
{
	const struct gt_profile *prof = pl->sel->profile;
	bool physical = prof->cpu_count == GT_CPU_PHYSICAL;
	struct bounds b = {0};
	enum gt_reason why;
	uint64_t ceiling;

	if (!pl->cpus_known || (physical && !knows_cores(pl->f, &pl->allowed)))
		return GT_R_CPUS_UNKNOWN;
	if (pl->quota.invalid)
		return GT_R_LIMITS_UNKNOWN;
	why = node_bound(pl, physical, &b.node);
	if (why)
		return why;
	b.cpus = gt_cpus_count(&pl->allowed);
	b.counted = gt_plan_count(pl->f, &pl->allowed, physical);
	b.quota = quota_bound(pl);
	b.shares = shares_bound(pl);
	ceiling = at_most(at_most(b.counted, b.node), prof->max ? prof->max : NO_BOUND);
	b.unadjusted = at_most(at_most(ceiling, b.quota), b.shares);
	*ret = sched_adjust(pl, b.unadjusted, ceiling);
	return choose_reason(pl, &b, *ret);
}

void gt_plan_value(struct gt_planning *pl)
{
	uint64_t value = 0;

	if (!pl->sel->profile->gomaxprocs)
		return;
	pl->value_why = work_out_value(pl, &value);
	pl->value = (uint32_t)value; /* at most GT_CPUS_MAX */
	pl->plan->gomaxprocs_value = pl->value;
}

/* Does this Go see the container's quota? It looks since 1.25: Go src/runtime/cgroup_linux.go. */
static enum gt_tri sees_quota(const struct gt_facts *f, bool container)
{
	const struct gt_cgroup_facts *c = &f->cgroup;

	if ((f->program.go_known && f->program.go_minor < 25) || !container)
		return GT_NO;
	if (!f->program.go_known)
		return c->go125_sees == GT_NO && c->go126_sees == GT_NO ? GT_NO : GT_UNKNOWN;
	return f->program.go_minor == 25 ? c->go125_sees : c->go126_sees;
}

/* May this Go find a quota that is not the container's? */
static bool may_see_other(const struct gt_facts *f, bool container)
{
	const struct gt_cgroup_facts *c = &f->cgroup;

	if ((f->program.go_known && f->program.go_minor < 25) || !container)
		return false;
	if (!f->program.go_known)
		return c->go125_other || c->go126_other;
	return f->program.go_minor == 25 ? c->go125_other : c->go126_other;
}

enum gt_tri gt_plan_sees_quota(const struct gt_facts *f)
{
	return may_see_other(f, true) ? GT_UNKNOWN : sees_quota(f, true);
}

uint32_t gt_plan_native(const struct gt_facts *f, const struct gt_cpus *allowed, bool container)
{
	struct gt_quota own = gt_plan_quota(f, true);
	uint32_t cpus = gt_cpus_count(allowed), with_quota = cpus;

	if (own.has && !own.invalid)
		with_quota = (uint32_t)at_most(cpus, at_least(ceil_of(&own), 2));
	if (may_see_other(f, container))
		return 0;
	switch (sees_quota(f, container)) {
	case GT_NO:
		return cpus;
	case GT_YES:
		return own.invalid ? 0 : with_quota;
	case GT_UNKNOWN: /* no matter, if both give the same number */
		return !own.invalid && with_quota == cpus ? cpus : 0;
	}
	return 0;
}
