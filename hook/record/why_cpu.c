/*
 * The sentences on CPUs: GOMAXPROCS, cpusets and the cgroup quota, and what Go does by itself.
 * Pure.
 */
#include "why.h"

#include <stdio.h>

#include "gotune/base.h"
#include "text.h"

static unsigned cpus_of(const struct gt_record *r)
{
	return r->plan.cpus_known ? gt_cpus_count(&r->plan.cpus_allowed) : 0;
}

static void add_cpus(const struct gt_record *r, struct gt_text *t)
{
	char list[96];

	if (!r->plan.cpus_known) {
		gt_text_add(t, "an unknown number of CPUs");
		return;
	}
	(void)gt_cpus_format(&r->plan.cpus_allowed, list, sizeof(list)); /* may end in "..." */
	gt_text_add(t, "%u CPU%s (%s)", cpus_of(r), gt_why_plural(cpus_of(r)), list);
}

/* "1.5": a quota as CPUs, to hundredths. */
static void add_quota(const struct gt_record *r, struct gt_text *t)
{
	char number[32], where[GT_PLACE_CAP];
	uint64_t period = r->plan.period_us ? r->plan.period_us : 1;
	size_t len;

	(void)snprintf(number, sizeof(number), "%.2f", (double)r->plan.quota_us / (double)period);
	for (len = strlen(number); len > 0 && number[len - 1] == '0'; len--)
		number[len - 1] = '\0';
	if (len > 0 && number[len - 1] == '.')
		number[--len] = '\0';
	gt_record_quota_place(r, where);
	gt_text_add(t, "%s CPU%s (%llu/%llu us, %s)", number, strcmp(number, "1") == 0 ? "" : "s",
		    (unsigned long long)r->plan.quota_us, (unsigned long long)r->plan.period_us,
		    where);
}

/* Says what Go would have chosen, which shows why the setting matters. */
static void add_native(const struct gt_record *r, struct gt_text *t)
{
	if (r->plan.gomaxprocs_native > 0)
		gt_text_add(t, "; %s by itself would run %u",
			    r->facts.program.go[0] ? r->facts.program.go : "Go",
			    r->plan.gomaxprocs_native);
}

static void add_ps(const struct gt_setting *s, struct gt_text *t)
{
	gt_text_add(t, "%llu P%s", (unsigned long long)s->number, gt_why_plural(s->number));
}

void gt_why_quota(const struct gt_record *r, const struct gt_setting *s, struct gt_text *t)
{
	gt_text_add(t, s->reason == GT_R_ANCESTOR_QUOTA ? "a parent cgroup's quota of "
							: "a quota of ");
	add_quota(r, t);
	gt_text_add(t, " allows ");
	add_ps(s, t);
	gt_text_add(t, " on ");
	add_cpus(r, t);
	add_native(r, t);
}

void gt_why_cpus(const struct gt_record *r, const struct gt_setting *s, struct gt_text *t)
{
	(void)s;
	gt_text_add(t, "the container may run on ");
	add_cpus(r, t);
	add_native(r, t);
}

void gt_why_physical(const struct gt_record *r, const struct gt_setting *s, struct gt_text *t)
{
	gt_text_add(t, "of ");
	add_cpus(r, t);
	gt_text_add(t, ", %llu are cores of their own when SMT siblings count once (%s)",
		    (unsigned long long)s->number, r->facts.host.smt_where);
	add_native(r, t);
}

static const struct gt_node *chosen(const struct gt_record *r)
{
	return r->plan.numa_chosen && r->plan.numa_node < GT_NODES_MAX
		       ? &r->facts.host.node[r->plan.numa_node]
		       : NULL;
}

void gt_why_node(const struct gt_record *r, const struct gt_setting *s, struct gt_text *t)
{
	const struct gt_node *n = chosen(r);
	char size[32], list[96];

	if (!n) {
		gt_text_add(t, "the largest NUMA node decides");
		return;
	}
	if (s->id == GT_SET_GOMAXPROCS) {
		gt_text_add(t, "NUMA node %u has %llu of the container's CPUs", n->id,
			    (unsigned long long)s->number);
		add_native(r, t);
		return;
	}
	gt_record_bytes(n->mem_bytes, size, sizeof(size));
	(void)gt_cpus_format(&n->cpus, list, sizeof(list)); /* may end in "..." */
	gt_text_add(t, "bound to NUMA node %u (CPUs %s, %s): the memory limit fits it", n->id, list,
		    size);
}

void gt_why_shares(const struct gt_record *r, const struct gt_setting *s, struct gt_text *t)
{
	gt_text_add(t, "without a quota, %llu CPU shares (%s) ask for ",
		    (unsigned long long)r->facts.config.shares.v,
		    r->facts.config.shares.where[0] ? r->facts.config.shares.where : "config.json");
	add_ps(s, t);
	add_native(r, t);
}

void gt_why_latency(const struct gt_record *r, const struct gt_setting *s, struct gt_text *t)
{
	const struct gt_fact *l = &r->facts.host.sched_latency_ns;

	gt_text_add(t, "the scheduler's latency of %.1f ms (%s) makes it ", (double)l->v / 1e6,
		    l->where);
	add_ps(s, t);
	add_native(r, t);
}

void gt_why_max(const struct gt_record *r, const struct gt_setting *s, struct gt_text *t)
{
	gt_text_add(t, "profile %s allows at most ", r->plan.profile);
	add_ps(s, t);
	add_native(r, t);
}

void gt_why_unpin(const struct gt_record *r, const struct gt_setting *s, struct gt_text *t)
{
	if (s->id == GT_SET_GOMAXPROCS)
		gt_text_add(t,
			    "GODEBUG gives %s its own rule back: it chooses %u and follows later "
			    "changes",
			    r->facts.program.go, r->plan.gomaxprocs_value);
	else
		gt_text_add(t,
			    "an old go line in go.mod turned the container's quota off for %s: "
			    "turned on again",
			    r->facts.program.go);
}

void gt_why_native(const struct gt_record *r, const struct gt_setting *s, struct gt_text *t)
{
	(void)s;
	gt_text_add(t, "%s chooses %u by itself, which is right on ",
		    r->facts.program.go[0] ? r->facts.program.go : "Go", r->plan.gomaxprocs_native);
	add_cpus(r, t);
	if (r->plan.has_quota) {
		gt_text_add(t, " with a quota of ");
		add_quota(r, t);
	}
}
