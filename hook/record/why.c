/*
 * Writes one sentence on a setting: what we decided, and from which facts, with numbers and
 * sources. People read it; tests and scripts use the reason's word. Pure.
 */
#include <stdio.h>

#include "gotune/base.h"
#include "gotune/model.h"
#include "gotune/record.h"
#include "text.h"
#include "why.h"

static void why_told(const struct gt_record *r, const struct gt_setting *s, struct gt_text *t)
{
	const struct gt_env_var *v = &r->facts.var[GT_VAR_GODEBUG];

	(void)s;
	if (v->present && strstr(v->value, "containermaxprocs"))
		gt_text_add(t, "the environment has GODEBUG=%.200s: the quota is not to count",
			    v->value);
	else
		gt_text_add(t,
			    "the program's author wrote //go:debug containermaxprocs=0: the quota "
			    "is not to count");
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

static void why_self(const struct gt_record *r, const struct gt_setting *s, struct gt_text *t)
{
	const struct gt_program *p = &r->facts.program;
	bool cpu = s->id == GT_SET_GOMAXPROCS;

	gt_text_add(t, "the program links %s %s and manages it itself",
		    cpu ? "automaxprocs" : "automemlimit", cpu ? p->automaxprocs : p->automemlimit);
}

static void why_null(const struct gt_record *r, const struct gt_setting *s, struct gt_text *t)
{
	gt_text_add(t, "profile %s leaves %s alone", r->plan.profile, s->name);
}

static void why_program(const struct gt_record *r, const struct gt_setting *s, struct gt_text *t)
{
	const struct gt_program *p = &r->facts.program;

	gt_text_add(t,
		    s->reason == GT_R_PROGRAM_UNKNOWN ? "we do not know what %.200s is"
						      : "%.200s is not a Go program",
		    p->path[0] ? p->path : "the program");
	if (p->note != GT_NOTE_NONE)
		gt_text_add(t, " (%s)", gt_words_get(&gt_prog_note_words, p->note));
	if (s->reason == GT_R_NOT_GO_YET)
		gt_text_add(t, ", but it may load a Go library while it runs");
}

/* The sentences that need numbers or names; the catalogue has the others. */
static gt_why_fn *const with_facts[GT_R_COUNT] = {
	[GT_R_CPU_QUOTA] = gt_why_quota,
	[GT_R_ANCESTOR_QUOTA] = gt_why_quota,
	[GT_R_CPUS_ALLOWED] = gt_why_cpus,
	[GT_R_PHYSICAL_CORES] = gt_why_physical,
	[GT_R_NUMA_CAP] = gt_why_node,
	[GT_R_NUMA_BIND] = gt_why_node,
	[GT_R_SHARES] = gt_why_shares,
	[GT_R_SCHED_LATENCY] = gt_why_latency,
	[GT_R_PROFILE_MAX] = gt_why_max,
	[GT_R_UNPIN] = gt_why_unpin,
	[GT_R_MEMORY_LIMIT] = gt_why_memory,
	[GT_R_MEMORY_HIGH] = gt_why_memory,
	[GT_R_ANCESTOR_MEMORY] = gt_why_memory,
	[GT_R_MACHINE_MEMORY] = gt_why_machine,
	[GT_R_LEARNED] = gt_why_learned,
	[GT_R_DEATH_SPIRAL] = gt_why_spiral,
	[GT_R_ADDRESS_SPACE] = gt_why_space,
	[GT_R_PROFILE] = why_profile,
	[GT_R_REQUESTED] = why_requested,
	[GT_R_HARD_LIMIT] = why_hard,
	[GT_R_ALREADY_SET] = why_already,
	[GT_R_ALREADY_SET_IGNORED] = why_already,
	[GT_R_ALREADY_SET_FATAL] = why_already,
	[GT_R_GO_TOLD_NOT_TO] = why_told,
	[GT_R_ALREADY_HIGHER] = why_higher,
	[GT_R_GO_DEFAULT_IS_RIGHT] = gt_why_native,
	[GT_R_SELF_MANAGED] = why_self,
	[GT_R_LIMIT_TOO_SMALL] = gt_why_small,
	[GT_R_GO_TOO_OLD] = gt_why_version,
	[GT_R_PROFILE_NULL] = why_null,
	[GT_R_NOT_GO] = why_program,
	[GT_R_NOT_GO_YET] = why_program,
	[GT_R_PROGRAM_UNKNOWN] = why_program,
	[GT_R_MEMORY_EXCEEDS_NODE] = gt_why_too_large,
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
