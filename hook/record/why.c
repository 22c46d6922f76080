/*
 * Writes one sentence on a setting: what we decided, and from which facts, with numbers and
 * sources. People read it; tests and scripts use the reason's word. Pure.
 */
#include <stdio.h>

#include "gotune/base.h"
#include "gotune/model.h"
#include "gotune/record.h"
#include "text.h"

typedef void (*why_fn)(const struct gt_record *r, const struct gt_setting *s, struct gt_text *t);

static const char *plural(uint64_t n)
{
	return n == 1 ? "" : "s";
}

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
	gt_text_add(t, "%u CPU%s (%s)", cpus_of(r), plural(cpus_of(r)), list);
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
	gt_text_add(t, "%llu P%s", (unsigned long long)s->number, plural(s->number));
}

static void why_quota(const struct gt_record *r, const struct gt_setting *s, struct gt_text *t)
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

static void why_cpus(const struct gt_record *r, const struct gt_setting *s, struct gt_text *t)
{
	(void)s;
	gt_text_add(t, "the container may run on ");
	add_cpus(r, t);
	add_native(r, t);
}

static void why_physical(const struct gt_record *r, const struct gt_setting *s, struct gt_text *t)
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

static void why_node(const struct gt_record *r, const struct gt_setting *s, struct gt_text *t)
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

static void why_shares(const struct gt_record *r, const struct gt_setting *s, struct gt_text *t)
{
	gt_text_add(t, "without a quota, %llu CPU shares (%s) ask for ",
		    (unsigned long long)r->facts.config.shares.v,
		    r->facts.config.shares.where[0] ? r->facts.config.shares.where : "config.json");
	add_ps(s, t);
	add_native(r, t);
}

static void why_latency(const struct gt_record *r, const struct gt_setting *s, struct gt_text *t)
{
	const struct gt_fact *l = &r->facts.host.sched_latency_ns;

	gt_text_add(t, "the scheduler's latency of %.1f ms (%s) makes it ", (double)l->v / 1e6,
		    l->where);
	add_ps(s, t);
	add_native(r, t);
}

static void why_max(const struct gt_record *r, const struct gt_setting *s, struct gt_text *t)
{
	gt_text_add(t, "profile %s allows at most ", r->plan.profile);
	add_ps(s, t);
	add_native(r, t);
}

static void why_unpin(const struct gt_record *r, const struct gt_setting *s, struct gt_text *t)
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

static void why_memory(const struct gt_record *r, const struct gt_setting *s, struct gt_text *t)
{
	char limit[32], set[32], where[GT_PLACE_CAP];

	gt_record_memory_place(r, r->plan.mem_is_high, where);
	gt_record_bytes(r->plan.mem_limit_bytes, limit, sizeof(limit));
	gt_record_bytes(s->number, set, sizeof(set));
	gt_text_add(t, "%s leaves room below the %s of %s (%s)", set,
		    r->plan.mem_is_high ? "memory.high" : "memory limit", limit, where);
}

static void why_profile(const struct gt_record *r, const struct gt_setting *s, struct gt_text *t)
{
	gt_text_add(t, "profile %s says so", r->plan.profile);
	if (s->has_before && s->before[0])
		gt_text_add(t, "; it was %s", s->before);
}

static void why_requested(const struct gt_record *r, const struct gt_setting *s, struct gt_text *t)
{
	static const char *const who[GT_ORIGIN_COUNT] = {
		[GT_ORIGIN_NONE] = "a request",
		[GT_ORIGIN_LABEL] = "a label of the image",
		[GT_ORIGIN_IMAGE_ENV] = "a GOTUNE_ variable of the image",
		[GT_ORIGIN_HOOK_ARGS] = "the hook's registration",
		[GT_ORIGIN_ANNOTATION] = "an annotation",
		[GT_ORIGIN_ANNOTATION_CONTAINER] = "an annotation for this container",
		[GT_ORIGIN_SET] = "--set",
	};

	(void)r;
	gt_text_add(t, "%s asks for it",
		    s->origin < GT_ORIGIN_COUNT ? who[s->origin] : "a request");
	if (s->has_before && s->before[0])
		gt_text_add(t, "; it was %s", s->before);
}

static void why_hard(const struct gt_record *r, const struct gt_setting *s, struct gt_text *t)
{
	uint64_t hard =
		r->facts.nofile.in_config ? r->facts.nofile.config_hard : r->facts.nofile.live_hard;

	gt_text_add(t, "the hard limit of %llu cannot be raised (no CAP_SYS_RESOURCE)%s",
		    (unsigned long long)hard,
		    s->verdict == GT_VERDICT_SET ? ": the soft one goes up to it"
						 : ", and the soft one is already that high");
}

static void why_already(const struct gt_record *r, const struct gt_setting *s, struct gt_text *t)
{
	static const char *const fate[] = {
		[GT_R_ALREADY_SET] = "",
		[GT_R_ALREADY_SET_IGNORED] = ", though this Go will ignore that value",
		[GT_R_ALREADY_SET_FATAL] = ", though this Go will die of that value at its start",
	};

	(void)r;
	switch (gt_setting_kind(s->id)) {
	case GT_KIND_ENV:
		gt_text_add(t, "the environment has %s=%.200s%s", s->name, s->before,
			    fate[s->reason]);
		break;
	case GT_KIND_RLIMIT:
	case GT_KIND_SYSCTL:
	case GT_KIND_CGROUP:
	case GT_KIND_COUNT:
		if (s->has_before && s->before[0])
			gt_text_add(t, "it is already %.200s, or config.json sets it", s->before);
		else
			gt_text_add(t, "config.json sets it, and we keep that");
		break;
	}
}

static void why_higher(const struct gt_record *r, const struct gt_setting *s, struct gt_text *t)
{
	(void)r;
	gt_text_add(t, "it is already %s, and we only raise it", s->before);
}

static void why_native(const struct gt_record *r, const struct gt_setting *s, struct gt_text *t)
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

static void why_self(const struct gt_record *r, const struct gt_setting *s, struct gt_text *t)
{
	const struct gt_program *p = &r->facts.program;
	bool cpu = s->id == GT_SET_GOMAXPROCS;

	gt_text_add(t, "the program links %s %s and manages it itself",
		    cpu ? "automaxprocs" : "automemlimit", cpu ? p->automaxprocs : p->automemlimit);
}

static void why_small(const struct gt_record *r, const struct gt_setting *s, struct gt_text *t)
{
	char limit[32];

	(void)s;
	gt_record_bytes(r->plan.mem_limit_bytes, limit, sizeof(limit));
	gt_text_add(t, "the memory limit of %s is too small to share out", limit);
}

static void why_version(const struct gt_record *r, const struct gt_setting *s, struct gt_text *t)
{
	(void)s;
	gt_text_add(t, "%s does not know GOMEMLIMIT, which came with go1.19",
		    r->facts.program.go[0] ? r->facts.program.go : "this Go");
}

static void why_null(const struct gt_record *r, const struct gt_setting *s, struct gt_text *t)
{
	gt_text_add(t, "profile %s leaves %s alone", r->plan.profile, s->name);
}

static void why_program(const struct gt_record *r, const struct gt_setting *s, struct gt_text *t)
{
	const struct gt_program *p = &r->facts.program;

	gt_text_add(t,
		    s->reason == GT_R_NOT_GO ? "%.200s is not a Go program"
					     : "we do not know what %.200s is",
		    p->path[0] ? p->path : "the program");
	if (p->note != GT_NOTE_NONE)
		gt_text_add(t, " (%s)", gt_words_get(&gt_prog_note_words, p->note));
}

static void why_too_large(const struct gt_record *r, const struct gt_setting *s, struct gt_text *t)
{
	char limit[32];

	(void)s;
	if (!r->plan.has_mem_limit) {
		gt_text_add(t, "without a memory limit the container may outgrow one NUMA node");
		return;
	}
	gt_record_bytes(r->plan.mem_limit_bytes, limit, sizeof(limit));
	gt_text_add(t, "the memory limit of %s, or the lack of a hard one, exceeds a NUMA node",
		    limit);
}

/* The sentences that need numbers or names; the catalogue has the others. */
static const why_fn with_facts[GT_R_COUNT] = {
	[GT_R_CPU_QUOTA] = why_quota,
	[GT_R_ANCESTOR_QUOTA] = why_quota,
	[GT_R_CPUS_ALLOWED] = why_cpus,
	[GT_R_PHYSICAL_CORES] = why_physical,
	[GT_R_NUMA_CAP] = why_node,
	[GT_R_NUMA_BIND] = why_node,
	[GT_R_SHARES] = why_shares,
	[GT_R_SCHED_LATENCY] = why_latency,
	[GT_R_PROFILE_MAX] = why_max,
	[GT_R_UNPIN] = why_unpin,
	[GT_R_MEMORY_LIMIT] = why_memory,
	[GT_R_MEMORY_HIGH] = why_memory,
	[GT_R_ANCESTOR_MEMORY] = why_memory,
	[GT_R_PROFILE] = why_profile,
	[GT_R_REQUESTED] = why_requested,
	[GT_R_HARD_LIMIT] = why_hard,
	[GT_R_ALREADY_SET] = why_already,
	[GT_R_ALREADY_SET_IGNORED] = why_already,
	[GT_R_ALREADY_SET_FATAL] = why_already,
	[GT_R_ALREADY_HIGHER] = why_higher,
	[GT_R_GO_DEFAULT_IS_RIGHT] = why_native,
	[GT_R_SELF_MANAGED] = why_self,
	[GT_R_LIMIT_TOO_SMALL] = why_small,
	[GT_R_GO_TOO_OLD] = why_version,
	[GT_R_PROFILE_NULL] = why_null,
	[GT_R_NOT_GO] = why_program,
	[GT_R_PROGRAM_UNKNOWN] = why_program,
	[GT_R_MEMORY_EXCEEDS_NODE] = why_too_large,
};

void gt_record_why(const struct gt_record *r, uint32_t i, char *buf, size_t cap)
{
	struct gt_text t = {.buf = buf, .cap = cap};
	const struct gt_setting *s;

	if (cap == 0)
		return;
	buf[0] = '\0';
	if (i >= r->plan.n_setting || i >= GT_SETTINGS_MAX)
		return;
	s = &r->plan.setting[i];
	if (s->reason < GT_R_COUNT && with_facts[s->reason])
		with_facts[s->reason](r, s, &t);
	else
		gt_text_add(&t, "%s", gt_words_get(&gt_reason_sentences, s->reason));
}
