/*
 * Any facts and any sound policy, out of bytes: a usual container, and then what the input changes.
 */
#ifndef TESTS_FUZZ_FACTS_H
#define TESTS_FUZZ_FACTS_H

#include "../unit/plan/plan_usual.h"
#include "fill.h"
#include "gotune/base.h"
#include "gotune/model.h"
#include "policy/draft.h"

#define OVER 3 /* counts that say more than there is room for */

#define FB(m, max)  FILL(FILL_BYTE, struct gt_facts, m, max)
#define FT(m)	    FILL_BOOL(struct gt_facts, m)
#define FN(m)	    FILL_NUM(struct gt_facts, m)
#define FS(m)	    FILL_STR(struct gt_facts, m)
#define FC(m)	    FILL(FILL_CPUS, struct gt_facts, m, 0)
#define FACT(m)	    FT(m.known), FN(m.v)
#define EB(a, m, x) FILL_EACH(FILL_BYTE, struct gt_facts, a, m, x)
#define ET(a, m)    FILL_EACH_BOOL(struct gt_facts, a, m)
#define EN(a, m)    FILL_EACH_NUM(struct gt_facts, a, m)
#define ES(a, m)    FILL_EACH_STR(struct gt_facts, a, m)

static struct gt_list annotations;

static const struct fill facts_rows[] = {
	FB(trouble, GT_TROUBLE_COUNT + 1),
	FS(ident.id),
	FB(ident.engine, GT_ENGINE_COUNT),
	FS(ident.image),
	FS(ident.container_name),
	FS(ident.command),
	FS(ident.cgroup),
	FN(ident.pid),
	FILL(FILL_PAIR, struct gt_facts, annotations, 0),
	FILL(FILL_PAIR, struct gt_facts, annotations, 0), /* twice: rows keep their numbers */
	EB(req.key, origin, GT_ORIGIN_COUNT),
	ET(req.key, too_long),
	ES(req.key, value),
	EB(req.sysctl, origin, GT_ORIGIN_COUNT),
	ES(req.sysctl, name),
	ES(req.sysctl, value),
	FB(req.n_sysctl, GT_SYSCTL_MAX + OVER),
	FB(req.n_unknown, GT_UNKNOWN_KEYS_MAX + OVER),
	FS(req.unknown[0]),
	FS(labels_unread),
	FB(program.kind, GT_PROG_KIND_COUNT),
	FB(program.note, GT_NOTE_COUNT),
	FS(program.path),
	FT(program.go_known),
	FN(program.go_minor),
	FT(program.has_modules),
	FB(program.cgo, 3),
	FS(program.automaxprocs),
	FS(program.automemlimit),
	FT(program.has_godebug_default),
	FS(program.godebug_default),
	ET(var, present),
	ET(var, too_long),
	EN(var, count),
	ES(var, value),
	FACT(config.quota_us),
	FACT(config.period_us),
	FACT(config.shares),
	FACT(config.mem_limit_bytes),
	FACT(config.mem_high_bytes),
	FT(config.quota_unlimited),
	FT(config.cpuset.known),
	FC(config.cpuset.v),
	FT(config.cpuset_invalid),
	FT(config.has_mems),
	FT(config.has_swap),
	FT(config.has_swappiness),
	FB(cgroup.cpu, 3),
	FB(cgroup.memory, 3),
	FB(cgroup.cpuset, 3),
	FT(cgroup.memory_shared),
	FT(cgroup.cpuset_shared),
	FT(cgroup.no_swap_file),
	ET(cgroup.level, has_quota),
	EN(cgroup.level, quota_us),
	EN(cgroup.level, period_us),
	ET(cgroup.level, has_mem_max),
	EN(cgroup.level, mem_max_bytes),
	ET(cgroup.level, has_mem_high),
	EN(cgroup.level, mem_high_bytes),
	ET(cgroup.level, cpu_unreadable),
	ET(cgroup.level, mem_unreadable),
	FB(cgroup.n_level, GT_LEVELS_MAX + OVER),
	FT(cgroup.effective.known),
	FC(cgroup.effective.v),
	FACT(cgroup.swappiness),
	FACT(cgroup.swap_max),
	FS(cgroup.cpuset_cpus),
	FS(cgroup.cpuset_mems),
	FB(cgroup.go125_sees, 3),
	FB(cgroup.go126_sees, 3), /* rows keep their numbers: new ones go to the end */
	FT(host.online.known),
	FC(host.online.v),
	FT(host.smt_known),
	FB(host.core_of[1], 4),
	FT(host.numa_known),
	FB(host.n_nodes, GT_NODES_MAX + OVER),
	EN(host.node, id),
	EN(host.node, mem_bytes),
	FILL_EACH(FILL_CPUS, struct gt_facts, host.node, cpus, 0),
	FACT(host.sched_latency_ns),
	FACT(host.nr_open),
	FT(nofile.in_config),
	FN(nofile.config_soft),
	FN(nofile.config_hard),
	FT(nofile.live_known),
	FN(nofile.live_soft),
	FN(nofile.live_hard),
	FT(nofile.replaced),
	FB(nofile.can_raise_hard, 3),
	ES(sysctl, name),
	ET(sysctl, in_config),
	EB(sysctl, exists, 3),
	ET(sysctl, must_exist),
	ES(sysctl, value),
	FB(n_sysctl, GT_SYSCTL_MAX + OVER),
	FB(net, 3),
	FB(ipc, 3),
	FB(barrier, GT_BARRIER_COUNT + 1),
	FB(prctl_allowed, 3),
	FT(cgroup.go125_other),
	FT(cgroup.go126_other),
	FT(affinity.known),
	FC(affinity.v),
	FACT(host.memory_total),
	FT(program.elf32),
	FB(program.loads_later, 3),
};

/* What stands in a policy's arrays; the bounds are those of its reader. */
struct fuzz_policy {
	struct gt_policy p;
	struct gt_profile profile[USUAL_PROFILES];
	struct gt_rule_draft rule[4]; /* with room for texts: put_rules makes those of P */
	struct gt_layer layer[2];
	struct gt_rule packed[4];
	struct gt_rule_pair pair[4];
	char text[4 * sizeof(struct gt_rule_draft)];
};
#define PN(m, x) FILL_EACH(FILL_NUMBER, struct fuzz_policy, profile, m, x)
#define PB(m, x) FILL_EACH(FILL_BYTE, struct fuzz_policy, profile, m, x)
#define PS(m)	 FILL_EACH_STR(struct fuzz_policy, profile, m)
#define RS(m)	 FILL_EACH_STR(struct fuzz_policy, rule, m)

static const struct fill policy_rows[] = {
	FILL(FILL_BYTE, struct fuzz_policy, p.mode, GT_MODE_COUNT),
	FILL(FILL_BYTE, struct fuzz_policy, p.select, GT_SELECT_COUNT),
	FILL(FILL_BYTE, struct fuzz_policy, p.broken, 2),
	FILL(FILL_BYTE, struct fuzz_policy, p.n_rule, 5),
	FILL_NUM(struct fuzz_policy, p.allow),
	FILL(FILL_NUMBER, struct fuzz_policy, p.nofile_max, 1u << 30),
	FILL_STR(struct fuzz_policy, p.default_profile),
	FILL_STR(struct fuzz_policy, p.allow_sysctl[0]),
	FILL(FILL_BYTE, struct fuzz_policy, p.n_allow_sysctl, 2),
	FILL_STR(struct fuzz_policy, p.godebug_allow),
	FILL(FILL_BYTE, struct fuzz_policy, layer[1].broken, 2),
	PB(broken, 2),
	PB(gomaxprocs, 2),
	PB(round, GT_ROUND_COUNT),
	PN(min, GT_CPUS_MAX),
	PN(max, GT_CPUS_MAX),
	PB(cpu_count, GT_CPU_COUNT_COUNT),
	PB(numa, GT_NUMA_COUNT),
	PB(shares_enable, 2),
	PN(shares_multiplier, 1000),
	PN(shares_floor, GT_CPUS_MAX),
	PB(sched_latency, 2),
	PB(override_self_managed, 2),
	PB(gomemlimit, 2),
	PN(ratio_permille, 1000),
	PN(cgo_ratio_permille, 1000),
	PN(min_limit_bytes, 0),
	PN(gogc, 1000),
	PS(godebug),
	PN(nofile, 1u << 30),
	FILL(FILL_TEXT, struct fuzz_policy, profile[0].sysctl[0].name, 0),
	FILL(FILL_TEXT, struct fuzz_policy, profile[0].sysctl[0].value, 0),
	FILL(FILL_TEXT, struct fuzz_policy, profile[0].sysctl[1].name, 0),
	FILL(FILL_TEXT, struct fuzz_policy, profile[0].sysctl[1].value, 0),
	PB(n_sysctl, GT_SYSCTL_MAX + OVER),
	PN(swappiness, 100),
	RS(name),
	RS(image),
	RS(command),
	RS(cgroup),
	RS(engine),
	RS(annotation[0].key),
	RS(annotation[0].value),
	RS(profile),
	FILL_EACH(FILL_BYTE, struct fuzz_policy, rule, n_annotation, 2),
	FILL_EACH(FILL_BYTE, struct fuzz_policy, rule, broken, 2),
	FILL_EACH(FILL_BYTE, struct fuzz_policy, rule, has_mode, 2),
	FILL_EACH(FILL_BYTE, struct fuzz_policy, rule, mode, GT_MODE_COUNT),
	FILL_EACH(FILL_BYTE, struct fuzz_policy, rule, rollout_percent, 101),
	PB(override_automemlimit, 2),
};

static void policy_usual(struct fuzz_policy *p)
{
	memset(p, 0, sizeof(*p));
	p->p = usual_policy(p->profile, p->packed, p->layer);
	p->p.annotation = p->pair;
	p->p.text = p->text;
	for (unsigned i = 0; i < GT_ARRAY_LEN(p->rule); i++)
		p->rule[i].rollout_percent = 100;
}

static uint32_t place_text(struct fuzz_policy *p, const char *s)
{
	uint32_t at = p->p.text_len;

	memcpy(p->text + at, s, strlen(s) + 1);
	p->p.text_len += (uint32_t)strlen(s) + 1;
	return *s ? at : 0;
}

static void put_rules(struct fuzz_policy *p)
{
	p->p.text_len = 1;
	for (unsigned i = 0; i < GT_ARRAY_LEN(p->rule); i++) {
		const struct gt_rule_draft *r = &p->rule[i];

		p->pair[i].key = place_text(p, r->annotation[0].key);
		p->pair[i].value = place_text(p, r->annotation[0].value);
		p->packed[i] = (struct gt_rule){
			.name = place_text(p, r->name),
			.image = place_text(p, r->image),
			.command = place_text(p, r->command),
			.cgroup = place_text(p, r->cgroup),
			.engine = place_text(p, r->engine),
			.profile = place_text(p, r->profile),
			.annotation = i,
			.n_annotation = r->n_annotation,
			.rollout_percent = r->rollout_percent,
			.mode = r->mode,
			.has_mode = r->has_mode,
			.broken = r->broken,
		};
	}
	p->p.n_annotation = GT_ARRAY_LEN(p->pair);
}

/* Fills both from IN, to its end. */
static void fuzz_facts(struct fuzz_in *in, struct gt_facts *f, struct fuzz_policy *p)
{
	usual_facts(f);
	gt_list_init(&annotations);
	f->annotations = &annotations.v;
	policy_usual(p);
	while (in->n > 0) {
		size_t row = fuzz_byte(in) % (GT_ARRAY_LEN(facts_rows) + GT_ARRAY_LEN(policy_rows));

		if (row < GT_ARRAY_LEN(facts_rows))
			fill_one(in, &facts_rows[row], f);
		else
			fill_one(in, &policy_rows[row - GT_ARRAY_LEN(facts_rows)], p);
	}
	put_rules(p);
}

#endif
