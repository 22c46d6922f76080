/*
 * The facts that config.json gives without a look at the machine. Pure.
 */
#include "gotune/base.h"
#include "gotune/model.h"
#include "gotune/read.h"

#define CONFIG "config.json"

/* Kernel, Documentation/admin-guide/cgroup-v2.rst, cpu.max: "The default is max 100000". */
#define DEFAULT_PERIOD_US 100000
#define NO_LIMIT	  (INT64_C(1) << 62)

static void know(struct gt_fact *f, uint64_t v, const char *where)
{
	f->known = true;
	f->v = v;
	(void)gt_copy_str(f->where, sizeof(f->where), where); /* a constant that fits */
}

/* cpu.max as text: "QUOTA PERIOD", "QUOTA", "max PERIOD", "max". */
static void take_cpu_max(struct gt_config_facts *c, const char *text)
{
	static const char where[] = CONFIG " unified cpu.max";
	char quota[24];
	size_t n = strcspn(text, " ");
	uint64_t q = 0, p = DEFAULT_PERIOD_US;

	c->quota_us = c->period_us = (struct gt_fact){0};
	c->quota_unlimited = false;
	if (!gt_copy(quota, sizeof(quota), text, n))
		return;
	if (text[n] == ' ' && gt_parse_u64(text + n + 1, &p) < 0)
		return;
	if (strcmp(quota, "max") == 0) {
		c->quota_unlimited = true;
	} else if (gt_parse_u64(quota, &q) == 0 && q > 0 && p > 0) {
		know(&c->quota_us, q, where);
		know(&c->period_us, p, where);
	}
}

static void take_cpus(struct gt_config_facts *c, const char *text, bool too_long, const char *where)
{
	c->cpuset.known = !too_long && gt_cpus_parse(text, &c->cpuset.v) == 0;
	c->cpuset_invalid = !c->cpuset.known;
	if (c->cpuset.known)
		(void)gt_copy_str(c->cpuset.where, sizeof(c->cpuset.where), where); /* fits */
}

static void take_bytes(struct gt_fact *f, const char *text, const char *where)
{
	uint64_t v;

	*f = (struct gt_fact){0};
	if (text &&
	    gt_parse_u64(text, &v) == 0) /* "max" and what the kernel alone can read: none */
		know(f, v, where);
}

/* linux.resources.unified: runc and crun write it after the rest, so it wins. */
static void take_unified(struct gt_config_facts *c, const struct gt_strv *u)
{
	const char *cpu_max = gt_strv_pair(u, "cpu.max"), *cpus = gt_strv_pair(u, "cpuset.cpus");
	const char *mems = gt_strv_pair(u, "cpuset.mems"), *max = gt_strv_pair(u, "memory.max");

	if (cpu_max)
		take_cpu_max(c, cpu_max);
	if (cpus && *cpus)
		take_cpus(c, cpus, false, CONFIG " unified cpuset.cpus");
	c->has_mems = c->has_mems || (mems && *mems);
	if (max)
		take_bytes(&c->mem_limit_bytes, max, CONFIG " unified memory.max");
	take_bytes(&c->mem_high_bytes, gt_strv_pair(u, "memory.high"),
		   CONFIG " unified memory.high");
	c->has_swap = c->has_swap || gt_strv_pair(u, "memory.swap.max");
}

static void take_resources(struct gt_config_facts *c, const struct gt_bundle_res *r)
{
	if (r->has_quota && r->quota_us > 0) {
		know(&c->quota_us, (uint64_t)r->quota_us, CONFIG);
		if (r->has_period && r->period_us > 0)
			know(&c->period_us, r->period_us, CONFIG);
		else
			know(&c->period_us, DEFAULT_PERIOD_US, "kernel default");
	}
	c->quota_unlimited = r->has_quota && r->quota_us < 0; /* 0 is "not set" to runc and crun */
	if (r->has_shares && r->shares > 0)
		know(&c->shares, r->shares, CONFIG);
	/* v1's "no limit" is LONG_MAX in whole pages: nothing near it is a limit. */
	if (r->has_mem_limit && r->mem_limit_bytes > 0 && r->mem_limit_bytes < NO_LIMIT)
		know(&c->mem_limit_bytes, (uint64_t)r->mem_limit_bytes, CONFIG);
	if (r->has_cpus)
		take_cpus(c, r->cpus, r->cpus_too_long, CONFIG);
	c->has_mems = r->has_mems;
	c->has_swap = r->has_swap;
	c->has_swappiness = r->has_swappiness;
	take_unified(c, &r->unified);
}

static void take_sysctls(struct gt_facts *f, const struct gt_strv *sysctl)
{
	const char *value;

	for (const char *k = gt_strv_next(sysctl, NULL); k; k = gt_strv_next(sysctl, value)) {
		struct gt_sysctl_fact *s = &f->sysctl[f->n_sysctl];

		value = gt_strv_next(sysctl, k);
		if (!value || f->n_sysctl == GT_SYSCTL_MAX)
			return;
		*s = (struct gt_sysctl_fact){.in_config = true};
		/* A name or value that does not fit is none that a policy can name. */
		if (gt_copy_str(s->name, sizeof(s->name), k) &&
		    gt_copy_str(s->value, sizeof(s->value), value))
			f->n_sysctl++;
	}
}

void gt_read_config_facts(const struct gt_bundle *b, struct gt_facts *ret)
{
	memcpy(ret->var, b->var, sizeof(ret->var));
	ret->config = (struct gt_config_facts){0};
	take_resources(&ret->config, &b->res);
	ret->nofile.in_config = b->has_nofile;
	ret->nofile.config_soft = b->nofile_soft;
	ret->nofile.config_hard = b->nofile_hard;
	ret->n_sysctl = 0;
	take_sysctls(ret, &b->sysctl);
}
