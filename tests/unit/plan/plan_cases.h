/*
 * Rows for the planner's tests: {name, given, want}, both as words, over one usual container.
 *
 * GIVEN changes the usual facts and policy, e.g. "go=1.25 cq=150000/100000 a.gogc=50"; the tables
 * below list the words. '~' stands for a space inside a value. WANT names what the plan must say:
 *   NAME=VERDICT:REASON[:VALUE]   a setting's row; an absent VALUE is not compared
 *   w=WORD                        a warning; a row must list every warning, in any order
 *   before.NAME=TEXT  hard=N  native=N  value=N  node=N  mode=WORD  profile=P  rule=R  rows=N
 *   selected=no  nowhere=NAME (no such row)  q=QUOTA/PERIOD  mem=BYTES
 * An unknown word fails the row, so that a misspelt row cannot pass.
 */
#ifndef TESTS_PLAN_CASES_H
#define TESTS_PLAN_CASES_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "gotune/base.h"
#include "gotune/model.h"
#include "gotune/plan.h"
#include "plan_usual.h"

struct plan_case {
	const char *name, *given, *want;
};

/* Too large for a stack; each row starts from plan_usual(). */
static struct gt_facts plan_f;
static struct gt_list plan_annotations;
static struct gt_policy plan_p;
static struct gt_profile plan_profiles[USUAL_PROFILES];
static struct gt_rule plan_rules[8];
static struct gt_rule_pair plan_pairs[8];
static char plan_text[2048];
static struct gt_layer plan_layers[2];
static struct gt_plan plan_got;
static bool plan_bad;

/* Both halves of planning, as a decision does them. */
static void plan_all(struct gt_plan *ret)
{
	static struct gt_selection sel;

	gt_plan_select(&plan_f, &plan_p, &sel);
	gt_plan_make(&plan_f, &plan_p, &sel, ret);
}

static uint64_t plan_u64(const char *s)
{
	uint64_t v = 0;

	if (gt_parse_u64(s, &v) < 0 && gt_parse_go_bytes(s, &v) < 0)
		plan_bad = true;
	return v;
}

static unsigned plan_word(const struct gt_words *w, const char *s)
{
	int i = gt_words_find(w, s);

	if (i < 0)
		plan_bad = true;
	return i < 0 ? 0 : (unsigned)i;
}

static enum gt_tri plan_tri(const char *s)
{
	static const char *const list[] = {"unknown", "no", "yes"};
	static const struct gt_words words = {list, 3};

	return plan_word(&words, s);
}

static void plan_copy(char *dst, size_t cap, const char *s)
{
	if (!gt_copy_str(dst, cap, s))
		plan_bad = true;
	for (; *dst; dst++) {
		if (*dst == '~')
			*dst = ' ';
	}
}

static void plan_cpus(const char *s, struct gt_fact_cpus *ret)
{
	ret->known = strcmp(s, "unknown") != 0;
	if (ret->known && gt_cpus_parse(s, &ret->v) < 0)
		plan_bad = true;
}

static void plan_fact(const char *s, struct gt_fact *ret)
{
	ret->known = strcmp(s, "unknown") != 0;
	ret->v = !ret->known ? 0 : strcmp(s, "max") == 0 ? UINT64_MAX : plan_u64(s);
}

/* "A/B" into two numbers; without a slash the second is untouched. */
static void plan_pair(const char *s, uint64_t *a, uint64_t *b)
{
	char text[64];
	char *slash;

	plan_copy(text, sizeof(text), s);
	slash = strchr(text, '/');
	if (slash) {
		*slash = '\0';
		*b = plan_u64(slash + 1);
	}
	*a = plan_u64(text);
}

static struct gt_level *plan_level(char digit)
{
	uint32_t i = (uint32_t)(digit - '0');

	if (i >= 9)
		plan_bad = true;
	if (plan_f.cgroup.n_level <= i)
		plan_f.cgroup.n_level = i + 1;
	return &plan_f.cgroup.level[i];
}

static void plan_usual(void)
{
	plan_bad = false;
	memset(plan_rules, 0, sizeof(plan_rules));
	memset(plan_pairs, 0, sizeof(plan_pairs));
	usual_facts(&plan_f);
	gt_list_init(&plan_annotations);
	plan_f.annotations = &plan_annotations.v;
	plan_p = usual_policy(plan_profiles, plan_rules, plan_layers);
	plan_p.annotation = plan_pairs;
	plan_p.text = plan_text;
	plan_p.text_len = 1;
}

static void plan_set_var(const char *k, const char *v)
{
	static const char letters[] = "PMCD"; /* GOMAXPROCS, GOMEMLIMIT, GOGC, GODEBUG */
	struct gt_env_var *var = &plan_f.var[strchr(letters, k[0]) - letters];

	var->present = true;
	var->count = k[1] == '2' ? 2 : 1;
	var->too_long = strcmp(k + 1, "long") == 0;
	plan_copy(var->value, sizeof(var->value), v);
}

/* ORIGIN.KEY=VALUE: a(nnotation), s(et), h(ook arguments), i(mage), l(abel); "KEY!" is too long. */
static void plan_set_request(const char *k, const char *v)
{
	static const struct {
		char letter;
		enum gt_origin origin;
	} origins[] = {{'a', GT_ORIGIN_ANNOTATION},
		       {'s', GT_ORIGIN_SET},
		       {'h', GT_ORIGIN_HOOK_ARGS},
		       {'i', GT_ORIGIN_IMAGE_ENV},
		       {'l', GT_ORIGIN_LABEL}};
	enum gt_origin origin = GT_ORIGIN_NONE;
	struct gt_requests *req = &plan_f.req;
	char key[GT_SYSCTL_NAME_CAP];
	size_t len;

	for (size_t i = 0; i < GT_ARRAY_LEN(origins); i++) {
		if (origins[i].letter == k[0])
			origin = origins[i].origin;
	}
	if (gt_has_prefix(k + 2, "sysctl.")) {
		struct gt_sysctl_request *r = &req->sysctl[req->n_sysctl++];

		r->origin = origin;
		plan_copy(r->name, sizeof(r->name), k + 9);
		plan_copy(r->value, sizeof(r->value), v);
		return;
	}
	plan_copy(key, sizeof(key), k + 2);
	len = strlen(key);
	if (len > 0 && key[len - 1] == '!') {
		key[len - 1] = '\0';
		req->key[plan_word(&gt_key_words, key)].too_long = true;
	}
	req->key[plan_word(&gt_key_words, key)].origin = origin;
	plan_copy(req->key[plan_word(&gt_key_words, key)].value, sizeof(req->key[0].value), v);
}

/* sc:NAME=VALUE (exists), sc-:NAME (does not), scc:NAME (config.json sets it), sc?:NAME, sc!:NAME
 * (not known, and the runtime fails when it does not exist). */
static void plan_set_sysctl(const char *k, const char *v)
{
	struct gt_sysctl_fact *s = &plan_f.sysctl[plan_f.n_sysctl++];

	s->exists = k[2] == ':' ? GT_YES : k[2] == '-' ? GT_NO : GT_UNKNOWN;
	s->in_config = k[2] == 'c';
	s->must_exist = k[2] == '!';
	plan_copy(s->name, sizeof(s->name), strchr(k, ':') + 1);
	plan_copy(s->value, sizeof(s->value), v);
}

/* NxM: N nodes of M CPUs each, 8 GiB of memory. */
static void plan_set_numa(const char *v)
{
	unsigned n = (unsigned)(v[0] - '0'), each = (unsigned)(v[2] - '0');

	plan_f.host.numa_known = true;
	plan_f.host.n_nodes = n;
	for (unsigned i = 0; i < n; i++) {
		plan_f.host.node[i].id = i * 2; /* ids need not be indices */
		plan_f.host.node[i].mem_bytes = UINT64_C(8) << 30;
		memset(&plan_f.host.node[i].cpus, 0, sizeof(struct gt_cpus));
		for (unsigned c = i * each; c < (i + 1) * each; c++)
			gt_cpus_set(&plan_f.host.node[i].cpus, c);
	}
}

/* One word of the facts; false: it is none. */
static bool plan_given_program(const char *k, const char *v)
{
	struct gt_program *p = &plan_f.program;

	if (strcmp(k, "go") == 0) {
		p->go_known = gt_has_prefix(v, "1.");
		p->go_minor = p->go_known ? (uint32_t)plan_u64(v + 2) : 0;
	} else if (strcmp(k, "kind") == 0) {
		p->kind = plan_word(&gt_prog_kind_words, v);
	} else if (strcmp(k, "cgo") == 0) {
		p->cgo = plan_tri(v);
	} else if (strcmp(k, "amp") == 0) {
		plan_copy(p->automaxprocs, sizeof(p->automaxprocs), "v1.6.0");
	} else if (strcmp(k, "aml") == 0) {
		plan_copy(p->automemlimit, sizeof(p->automemlimit), "v0.7.0");
	} else if (strcmp(k, "nomod") == 0) {
		p->has_modules = false;
	} else if (strcmp(k, "def") == 0) {
		p->has_godebug_default = true;
		plan_copy(p->godebug_default, sizeof(p->godebug_default), v);
	} else if (strcmp(k, "note") == 0) {
		p->note = plan_word(&gt_prog_note_words, v);
	} else if (strcmp(k, "loads") == 0) {
		p->loads_later = GT_YES;
	} else if (strcmp(k, "elf32") == 0) {
		p->elf32 = true;
	} else if (strcmp(k, "path") == 0) {
		plan_copy(p->path, sizeof(p->path), v);
	} else {
		return false;
	}
	return true;
}

static bool plan_given_limits(const char *k, const char *v)
{
	struct gt_config_facts *c = &plan_f.config;

	if (strcmp(k, "cq") == 0) {
		c->quota_unlimited = strcmp(v, "unlimited") == 0;
		if (c->quota_unlimited)
			return true;
		c->quota_us.known = true;
		c->period_us.known = strchr(v, '/') != NULL;
		plan_pair(v, &c->quota_us.v, &c->period_us.v);
	} else if (k[0] == 'l' && k[1] >= '0' && k[1] <= '9') {
		plan_level(k[1])->cpu_unreadable = strcmp(v, "bad") == 0;
		if (strcmp(v, "bad") == 0)
			return true;
		plan_level(k[1])->has_quota = true;
		plan_pair(v, &plan_level(k[1])->quota_us, &plan_level(k[1])->period_us);
	} else if (k[0] == 'm' && k[1] >= '0' && k[1] <= '9') {
		plan_level(k[1])->mem_unreadable = strcmp(v, "bad") == 0;
		if (strcmp(v, "bad") == 0)
			return true;
		plan_level(k[1])->has_mem_max = true;
		plan_level(k[1])->mem_max_bytes = plan_u64(v);
	} else if (k[0] == 'h' && k[1] >= '0' && k[1] <= '9') {
		plan_level(k[1])->has_mem_high = true;
		plan_level(k[1])->mem_high_bytes = plan_u64(v);
	} else if (strcmp(k, "levels") == 0) {
		plan_f.cgroup.n_level = (uint32_t)plan_u64(v);
	} else if (strcmp(k, "shares") == 0) {
		plan_fact(v, &c->shares);
	} else if (strcmp(k, "cmem") == 0) {
		plan_fact(v, &c->mem_limit_bytes);
	} else if (strcmp(k, "chigh") == 0) {
		plan_fact(v, &c->mem_high_bytes);
	} else {
		return false;
	}
	return true;
}

static bool plan_given_host(const char *k, const char *v)
{
	struct gt_host_facts *h = &plan_f.host;

	if (strcmp(k, "online") == 0) {
		plan_cpus(v, &h->online);
	} else if (strcmp(k, "smt") == 0) { /* neighbours share a core */
		h->smt_known = true;
		for (unsigned i = 0; i < GT_CPUS_MAX; i++)
			h->core_of[i] = (uint16_t)(i & ~1u);
	} else if (strcmp(k, "no-core") == 0) { /* nobody looked which siblings this one has */
		h->core_of[plan_u64(v)] = GT_CORE_UNKNOWN;
	} else if (strcmp(k, "numa") == 0) {
		plan_set_numa(v);
	} else if (strcmp(k, "lat") == 0) {
		plan_fact(v, &h->sched_latency_ns);
	} else if (strcmp(k, "total") == 0) {
		plan_fact(v, &h->memory_total);
	} else if (strcmp(k, "nr_open") == 0) {
		plan_fact(v, &h->nr_open);
	} else if (strcmp(k, "rl") == 0) {
		plan_f.nofile.live_known = strcmp(v, "unknown") != 0;
		if (plan_f.nofile.live_known)
			plan_pair(v, &plan_f.nofile.live_soft, &plan_f.nofile.live_hard);
	} else if (strcmp(k, "replaced") == 0) {
		plan_f.nofile.replaced = true;
	} else if (strcmp(k, "rlc") == 0) {
		plan_f.nofile.in_config = true;
		plan_pair(v, &plan_f.nofile.config_soft, &plan_f.nofile.config_hard);
	} else if (strcmp(k, "raise") == 0) {
		plan_f.nofile.can_raise_hard = plan_tri(v);
	} else {
		return false;
	}
	return true;
}

static enum gt_ns_owner plan_owner(const char *s)
{
	static const char *const list[] = {"unknown", "host", "container"};
	static const struct gt_words words = {list, 3};

	return plan_word(&words, s);
}

static bool plan_given_cgroup(const char *k, const char *v)
{
	struct gt_cgroup_facts *c = &plan_f.cgroup;

	if (strcmp(k, "cg") == 0) {
		c->cpu = c->memory = c->cpuset = strcmp(v, "v1") == 0	? GT_CGROUP_V1
						 : strcmp(v, "v2") == 0 ? GT_CGROUP_V2
									: GT_CGROUP_UNKNOWN;
	} else if (strcmp(k, "cpuset") == 0) {
		plan_cpus(v, &plan_f.config.cpuset);
	} else if (strcmp(k, "badcpuset") == 0) {
		plan_f.config.cpuset_invalid = true;
	} else if (strcmp(k, "effective") == 0) {
		plan_cpus(v, &c->effective);
	} else if (strcmp(k, "sees") == 0) { /* by both versions */
		c->go125_sees = c->go126_sees = plan_tri(v);
	} else if (strcmp(k, "sees125") == 0) {
		c->go125_sees = plan_tri(v);
	} else if (strcmp(k, "other125") == 0) {
		c->go125_other = true;
	} else if (strcmp(k, "other126") == 0) {
		c->go126_other = true;
	} else if (strcmp(k, "affinity") == 0) {
		plan_cpus(v, &plan_f.affinity);
	} else if (strcmp(k, "swappiness") == 0) {
		plan_fact(v, &c->swappiness);
	} else if (strcmp(k, "swapmax") == 0) {
		plan_fact(v, &c->swap_max);
	} else if (strcmp(k, "shared") == 0) {
		plan_f.cgroup.memory_shared = plan_f.cgroup.cpuset_shared = true;
	} else if (strcmp(k, "has_swap") == 0) {
		plan_f.config.has_swap = true;
	} else if (strcmp(k, "has_swappiness") == 0) {
		plan_f.config.has_swappiness = true;
	} else if (strcmp(k, "has_mems") == 0) {
		plan_f.config.has_mems = true;
	} else if (strcmp(k, "cur") == 0) {
		plan_copy(c->cpuset_cpus, sizeof(c->cpuset_cpus), v);
		plan_copy(c->cpuset_mems, sizeof(c->cpuset_mems), "0,2");
	} else {
		return false;
	}
	return true;
}

/* What the policy asks of gotuned, and what was learned: starts=N beside=BYTES ooms=N spirals=N. */
static bool plan_given_lesson(const char *k, const char *v)
{
	struct gt_lesson_facts *l = &plan_f.lesson;

	if (strcmp(k, "learn") == 0)
		plan_p.daemon.learn = true;
	else if (strcmp(k, "guard") == 0)
		plan_p.daemon.guard = true;
	else if (strcmp(k, "rollback") == 0)
		plan_p.daemon.rollback = true;
	else if (strcmp(k, "starts") == 0)
		plan_fact(v, &l->starts);
	else if (strcmp(k, "beside") == 0)
		plan_fact(v, &l->beside);
	else if (strcmp(k, "ooms") == 0)
		plan_fact(v, &l->ooms);
	else if (strcmp(k, "spirals") == 0)
		plan_fact(v, &l->spirals);
	else if (strcmp(k, "rolled") == 0)
		plan_f.rolled_back[plan_f.n_rolled_back++] = plan_u64(v);
	else
		return false;
	return true;
}

static bool plan_given_ident(const char *k, const char *v)
{
	struct gt_ident *w = &plan_f.ident;

	if (strcmp(k, "id") == 0)
		plan_copy(w->id, sizeof(w->id), v);
	else if (strcmp(k, "image") == 0)
		plan_copy(w->image, sizeof(w->image), v);
	else if (strcmp(k, "command") == 0)
		plan_copy(w->command, sizeof(w->command), v);
	else if (strcmp(k, "cgroup") == 0)
		plan_copy(w->cgroup, sizeof(w->cgroup), v);
	else if (strcmp(k, "engine") == 0)
		w->engine = plan_word(&gt_engine_words, v);
	else if (strcmp(k, "pid") == 0)
		w->pid = (int64_t)plan_u64(v);
	else if (strcmp(k, "net") == 0)
		plan_f.net = plan_owner(v);
	else if (strcmp(k, "ipc") == 0)
		plan_f.ipc = plan_owner(v);
	else if (strcmp(k, "barrier") == 0)
		plan_f.barrier = plan_word(&gt_barrier_words, v);
	else if (strcmp(k, "trouble") == 0)
		plan_f.trouble = plan_word(&gt_trouble_words, v);
	else if (strcmp(k, "dropped") == 0)
		plan_annotations.v.dropped = 1;
	else if (strcmp(k, "unknownkey") == 0)
		plan_copy(plan_f.req.unknown[plan_f.req.n_unknown++], 64, v);
	else if (gt_has_prefix(k, "ann:"))
		return gt_strv_add_pair(&plan_annotations.v, k + 4, strlen(k + 4), v, strlen(v)) ==
		       0;
	else
		return false;
	return true;
}

static bool plan_given_gomaxprocs(const char *k, const char *v)
{
	struct gt_profile *p = &plan_profiles[0];

	if (strcmp(k, "p.gomaxprocs") == 0)
		p->gomaxprocs = false;
	else if (strcmp(k, "p.round") == 0)
		p->round = plan_word(&gt_round_words, v);
	else if (strcmp(k, "p.min") == 0)
		p->min = (uint32_t)plan_u64(v);
	else if (strcmp(k, "p.max") == 0)
		p->max = (uint32_t)plan_u64(v);
	else if (strcmp(k, "p.count") == 0)
		p->cpu_count = plan_word(&gt_cpu_count_words, v);
	else if (strcmp(k, "p.numa") == 0)
		p->numa = plan_word(&gt_numa_words, v);
	else if (strcmp(k, "p.shares") == 0)
		p->shares_enable = true;
	else if (strcmp(k, "p.mul") == 0)
		p->shares_multiplier = (uint32_t)plan_u64(v);
	else if (strcmp(k, "p.floor") == 0)
		p->shares_floor = (uint32_t)plan_u64(v);
	else if (strcmp(k, "p.latency") == 0)
		p->sched_latency = true;
	else if (strcmp(k, "p.override") == 0)
		p->override_self_managed = true;
	else
		return false;
	return true;
}

static bool plan_given_profile(const char *k, const char *v)
{
	struct gt_profile *p = &plan_profiles[0];

	if (strcmp(k, "p.gomemlimit") == 0)
		p->gomemlimit = false;
	else if (strcmp(k, "p.ratio") == 0)
		p->ratio_permille = (uint32_t)plan_u64(v);
	else if (strcmp(k, "p.cgo") == 0)
		p->cgo_ratio_permille = (uint32_t)plan_u64(v);
	else if (strcmp(k, "p.memoverride") == 0)
		p->override_automemlimit = true;
	else if (strcmp(k, "p.minratio") == 0)
		p->min_ratio_permille = (uint32_t)plan_u64(v);
	else if (strcmp(k, "p.minlimit") == 0)
		p->min_limit_bytes = plan_u64(v);
	else if (strcmp(k, "p.gogc") == 0)
		p->gogc = (uint32_t)plan_u64(v);
	else if (strcmp(k, "p.godebug") == 0)
		plan_copy(p->godebug, sizeof(p->godebug), v);
	else if (strcmp(k, "p.nofile") == 0)
		p->nofile = plan_u64(v);
	else if (strcmp(k, "p.broken") == 0)
		p->broken = true;
	else if (strcmp(k, "p.swappiness") == 0)
		p->swappiness = strcmp(v, "null") == 0 ? -1 : (int32_t)plan_u64(v);
	else if (strcmp(k, "p.nosysctl") == 0)
		p->n_sysctl = 0;
	else if (gt_has_prefix(k, "p.sysctl:")) {
		plan_copy(p->sysctl[p->n_sysctl].name, GT_SYSCTL_NAME_CAP, k + 9);
		plan_copy(p->sysctl[p->n_sysctl++].value, GT_SYSCTL_VALUE_CAP, v);
	} else
		return false;
	return true;
}

/* The place of a text of a rule. */
static uint32_t plan_place(const char *v)
{
	uint32_t at = plan_p.text_len;

	plan_copy(plan_text + at, sizeof(plan_text) - at, v);
	plan_p.text_len += (uint32_t)strlen(v) + 1;
	return *v ? at : 0;
}

static void plan_add_pair(struct gt_rule *r, const char *k, const char *v)
{
	if (r->n_annotation++ == 0)
		r->annotation = plan_p.n_annotation;
	plan_pairs[plan_p.n_annotation].key = plan_place(k);
	plan_pairs[plan_p.n_annotation++].value = plan_place(v);
}

/* r=NAME starts a rule; the r.* after it are its parts. */
static bool plan_given_rule(const char *k, const char *v)
{
	struct gt_rule *r = &plan_rules[plan_p.n_rule ? plan_p.n_rule - 1 : 0];

	if (strcmp(k, "r") == 0) {
		r = &plan_rules[plan_p.n_rule++];
		r->rollout_percent = 100;
		r->name = plan_place(v);
	} else if (strcmp(k, "r.print") == 0) {
		r->print = plan_u64(v);
	} else if (strcmp(k, "r.image") == 0) {
		r->image = plan_place(v);
	} else if (strcmp(k, "r.command") == 0) {
		r->command = plan_place(v);
	} else if (strcmp(k, "r.cgroup") == 0) {
		r->cgroup = plan_place(v);
	} else if (strcmp(k, "r.engine") == 0) {
		r->engine = plan_place(v);
	} else if (gt_has_prefix(k, "r.ann:")) {
		plan_add_pair(r, k + 6, v);
	} else if (strcmp(k, "r.profile") == 0) {
		r->profile = plan_place(v);
	} else if (strcmp(k, "r.mode") == 0) {
		r->has_mode = true;
		r->mode = plan_word(&gt_mode_words, v);
	} else if (strcmp(k, "r.percent") == 0) {
		r->rollout_percent = (uint32_t)plan_u64(v);
	} else if (strcmp(k, "r.broken") == 0) {
		r->broken = true;
	} else {
		return false;
	}
	return true;
}

static bool plan_given_policy(const char *k, const char *v)
{
	if (strcmp(k, "mode") == 0)
		plan_p.mode = plan_word(&gt_mode_words, v);
	else if (strcmp(k, "select") == 0)
		plan_p.select = plan_word(&gt_select_words, v);
	else if (strcmp(k, "default") == 0)
		plan_copy(plan_p.default_profile, sizeof(plan_p.default_profile), v);
	else if (strcmp(k, "allow") == 0)
		plan_p.allow = strcmp(v, "none") == 0 ? 0 : 1u << plan_word(&gt_key_words, v);
	else if (strcmp(k, "allow.sysctl") == 0)
		plan_copy(plan_p.allow_sysctl[plan_p.n_allow_sysctl++], GT_SYSCTL_NAME_CAP, v);
	else if (strcmp(k, "nofile_max") == 0)
		plan_p.nofile_max = plan_u64(v);
	else if (strcmp(k, "broken") == 0)
		plan_p.broken = true;
	else if (strcmp(k, "badlayer") == 0)
		plan_layers[1].broken = true;
	else
		return false;
	return true;
}

static void plan_given(const char *k, const char *v)
{
	static bool (*const tables[])(const char *, const char *) = {
		plan_given_program, plan_given_limits,	   plan_given_host,    plan_given_cgroup,
		plan_given_ident,   plan_given_gomaxprocs, plan_given_profile, plan_given_rule,
		plan_given_policy,  plan_given_lesson,
	};

	if (k[0] && strchr("PMCD", k[0])) {
		plan_set_var(k, v);
		return;
	}
	if (k[0] && strchr("ashil", k[0]) && k[1] == '.') {
		plan_set_request(k, v);
		return;
	}
	if (gt_has_prefix(k, "sc:") || gt_has_prefix(k, "sc-:") || gt_has_prefix(k, "scc:") ||
	    gt_has_prefix(k, "sc?:") || gt_has_prefix(k, "sc!:")) {
		plan_set_sysctl(k, v);
		return;
	}
	for (size_t i = 0; i < GT_ARRAY_LEN(tables); i++) {
		if (tables[i](k, v))
			return;
	}
	plan_bad = true;
}

static const struct gt_setting *plan_find(const char *name)
{
	for (uint32_t i = 0; i < plan_got.n_setting; i++) {
		if (strcmp(plan_got.setting[i].name, name) == 0)
			return &plan_got.setting[i];
	}
	return NULL;
}

/* NAME=VERDICT:REASON[:VALUE] */
static bool plan_want_row(const char *name, char *v)
{
	const struct gt_setting *s = plan_find(name);
	char *reason = strchr(v, ':'), *value;

	if (!s || !reason)
		return false;
	*reason++ = '\0';
	value = strchr(reason, ':');
	if (value)
		*value++ = '\0';
	for (char *p = value; p && *p; p++) {
		if (*p == '~')
			*p = ' ';
	}
	if (s->verdict != plan_word(&gt_verdict_words, v) ||
	    s->reason != plan_word(&gt_reason_words, reason)) {
		printf("  got %s:%s:%s\n", gt_words_get(&gt_verdict_words, s->verdict),
		       gt_words_get(&gt_reason_words, s->reason), s->value);
		return false;
	}
	if (value && strcmp(s->value, value) != 0) {
		printf("  got value %s\n", s->value);
		return false;
	}
	/* What is not set has no value, and what is set has one. */
	return (s->verdict == GT_VERDICT_SET) == (s->value[0] != '\0');
}

/* config.json's is 99. */
static uint64_t plan_where(struct gt_limit_from from)
{
	return from.config ? 99 : from.level;
}

static struct gt_limit_from plan_from_of_memory(void)
{
	return plan_got.mem_is_high ? plan_got.mem_high.from : plan_got.mem_max.from;
}

static bool plan_want_number(const char *k, const char *v)
{
	const struct {
		const char *key;
		uint64_t got;
	} numbers[] = {
		{"native", plan_got.gomaxprocs_native},
		{"value", plan_got.gomaxprocs_value},
		{"rows", plan_got.n_setting},
		{"hard", plan_got.setting[4].hard},
		{"level", plan_where(plan_got.quota_from)},
		{"memlevel", plan_where(plan_from_of_memory())},
		{"mem", plan_got.has_mem_limit ? plan_got.mem_limit_bytes : 0},
		{"node", plan_got.numa_chosen ? plan_got.numa_node : 99},
	};

	for (size_t i = 0; i < GT_ARRAY_LEN(numbers); i++) {
		if (strcmp(k, numbers[i].key) != 0)
			continue;
		if (numbers[i].got != plan_u64(v))
			printf("  got %s %llu\n", k, (unsigned long long)numbers[i].got);
		return numbers[i].got == plan_u64(v);
	}
	printf("  no such word: %s\n", k);
	return false;
}

static bool plan_arm_is(const char *v)
{
	char text[128];

	(void)snprintf(text, sizeof(text), "%s:%s:%llu",
		       gt_words_get(&gt_arm_words, plan_got.rollout.arm), plan_got.rollout.rule,
		       (unsigned long long)plan_got.rollout.print);
	return strcmp(text, v) == 0;
}

static bool plan_want(const char *k, char *v)
{
	const struct gt_setting *s;
	uint64_t q = 0, p = 0;

	if (strcmp(k, "w") == 0) {
		for (uint32_t i = 0; i < plan_got.n_warning; i++) {
			if (plan_got.warning[i].id == plan_word(&gt_warning_words, v))
				return true;
		}
		return false;
	}
	if (gt_has_prefix(k, "before.")) {
		s = plan_find(k + 7);
		for (char *c = v; *c; c++) {
			if (*c == '~')
				*c = ' ';
		}
		return s && s->has_before && strcmp(s->before, v) == 0;
	}
	if (strcmp(k, "seen") == 0)
		return plan_got.quota_seen == plan_tri(v);
	if (strcmp(k, "mode") == 0)
		return plan_got.mode == plan_word(&gt_mode_words, v);
	if (strcmp(k, "profile") == 0)
		return strcmp(plan_got.profile, v) == 0;
	if (strcmp(k, "rule") == 0)
		return strcmp(plan_got.rule, v) == 0;
	if (strcmp(k, "arm") == 0) /* ARM:RULE:PRINT */
		return plan_arm_is(v);
	if (strcmp(k, "selected") == 0)
		return !plan_got.selected;
	if (strcmp(k, "nowhere") == 0)
		return !plan_find(v);
	if (strcmp(k, "q") == 0) {
		plan_pair(v, &q, &p);
		return plan_got.has_quota && plan_got.quota_us == q && plan_got.period_us == p;
	}
	return plan_find(k) ? plan_want_row(k, v) : plan_want_number(k, v);
}

/* Calls FN for each word "KEY[=VALUE]" of TEXT. Returns the first word that it refused, or NULL. */
static const char *plan_words(const char *text, bool given)
{
	static char copy[2048];
	char *save = NULL;

	plan_copy(copy, sizeof(copy), "");
	if (!gt_copy_str(copy, sizeof(copy), text))
		return "too long";
	for (char *w = strtok_r(copy, " ", &save); w; w = strtok_r(NULL, " ", &save)) {
		static char none[] = "";
		char *eq = strchr(w, '=');

		if (eq)
			*eq = '\0';
		if (given)
			plan_given(w, eq ? eq + 1 : none);
		else if (!plan_want(w, eq ? eq + 1 : none))
			return w;
		if (plan_bad)
			return w;
	}
	return NULL;
}

static unsigned plan_count_w(const char *want)
{
	unsigned n = gt_has_prefix(want, "w=");

	for (const char *p = strstr(want, " w="); p; p = strstr(p + 1, " w="))
		n++;
	return n;
}

static bool plan_case_holds(const struct plan_case *c)
{
	const char *wrong;

	plan_usual();
	wrong = plan_words(c->given, true);
	if (wrong) {
		printf("%s: cannot be set up: %s\n", c->name, wrong);
		return false;
	}
	memset(&plan_got, 0xa5, sizeof(plan_got)); /* the planner must overwrite all of it */
	plan_all(&plan_got);
	wrong = plan_words(c->want, false);
	if (!wrong && plan_got.n_warning != plan_count_w(c->want))
		wrong = "(the number of warnings)";
	if (wrong) {
		printf("%s: %s\n", c->name, wrong);
		for (uint32_t i = 0; i < plan_got.n_warning; i++)
			printf("  warned: %s %s\n",
			       gt_words_get(&gt_warning_words, plan_got.warning[i].id),
			       plan_got.warning[i].about);
	}
	return !wrong;
}

/* Every row is tried; each that fails prints its name. */
GT_UNUSED static void plan_check(const struct plan_case *rows, size_t n)
{
	unsigned failed = 0;

	for (size_t i = 0; i < n; i++)
		failed += !plan_case_holds(&rows[i]);
	assert_int_equal(failed, 0);
}

#endif
