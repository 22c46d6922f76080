/*
 * Splice: makes the tree of what the plan wants of config.json. Pure.
 */
#include "gotune/base.h"
#include "gotune/edit.h"
#include "gotune/model.h"
#include "splice.h"

/* Finds or makes the child KEY of PARENT. -E2BIG when there is no room. */
static int get_node(struct gt_splice *s, int parent, const char *key, enum gt_node_kind kind)
{
	for (int i = 0; i < s->n_node; i++) {
		if (s->node[i].parent == parent && strcmp(s->node[i].key, key) == 0)
			return i;
	}
	if (s->n_node == GT_PLACES_NODES_MAX)
		return -E2BIG;
	s->node[s->n_node] = (struct gt_splice_node){.key = key, .parent = parent, .kind = kind};
	return s->n_node++;
}

/* Where a setting lives: keys from the root; the last is the value's. */
struct place {
	const char *key[4];
};

static int want_value(struct gt_splice *s, const struct place *p, uint32_t row)
{
	int at = 0;

	for (unsigned i = 0; i < GT_ARRAY_LEN(p->key) && p->key[i]; i++) {
		bool last = i + 1 == GT_ARRAY_LEN(p->key) || !p->key[i + 1];

		at = get_node(s, at, p->key[i], last ? GT_NODE_VALUE : GT_NODE_OBJECT);
		if (at < 0)
			return at;
		/* We do not create `linux`: without it the container is not one that we know. */
		s->node[at].must_exist = i == 0;
	}
	s->node[at].row = row;
	return 0;
}

static int want_env(struct gt_splice *s, int process, const struct gt_setting *set, uint32_t row)
{
	int r;

	if (s->n_env == GT_VAR_COUNT)
		return -E2BIG;
	r = get_node(s, process, "env", GT_NODE_ENV);
	if (r < 0)
		return r;
	s->env[s->n_env++] = (struct gt_splice_env){.name = set->name,
						    .value = set->value,
						    .before = set->has_before ? set->before : NULL,
						    .row = row};
	return 0;
}

static int want_nofile(struct gt_splice *s, int process, const struct gt_setting *set)
{
	int r = get_node(s, process, "rlimits", GT_NODE_RLIMITS);

	s->want_nofile = true;
	s->nofile_in_config = set->in_config;
	s->nofile_soft = set->soft;
	s->nofile_hard = set->hard;
	return r < 0 ? r : 0;
}

static int want_swap(struct gt_splice *s, const struct gt_setting *set, uint32_t row)
{
	static const struct place v1 = {{"linux", "resources", "memory", "swappiness"}};
	static const struct place v2 = {{"linux", "resources", "unified", "memory.swap.max"}};
	uint64_t v;

	if (set->reason == GT_R_NO_SWAP) /* cgroup v2 has no swappiness; crun fails on one */
		return want_value(s, &v2, row);
	return gt_parse_u64(set->value, &v) < 0 ? -EINVAL : want_value(s, &v1, row);
}

/* Adds one row of the plan. PROCESS: the process's node; LINUX_TOO: the document has `linux`. */
static int want_row(struct gt_splice *s, int process, bool linux_too, const struct gt_setting *set,
		    uint32_t row)
{
	static const struct place cpus = {{"linux", "resources", "cpu", "cpus"}};
	static const struct place mems = {{"linux", "resources", "cpu", "mems"}};
	const struct place sysctl = {{"linux", "sysctl", set->name, NULL}};

	switch (set->id) {
	case GT_SET_GOMAXPROCS:
	case GT_SET_GOMEMLIMIT:
	case GT_SET_GOGC:
	case GT_SET_GODEBUG:
		return want_env(s, process, set, row);
	case GT_SET_NOFILE:
		return want_nofile(s, process, set);
	case GT_SET_SYSCTL:
		return linux_too ? want_value(s, &sysctl, row) : 0;
	case GT_SET_SWAPPINESS:
		return linux_too ? want_swap(s, set, row) : 0;
	case GT_SET_CPUSET_CPUS:
		return linux_too ? want_value(s, &cpus, row) : 0;
	case GT_SET_CPUSET_MEMS:
		return linux_too ? want_value(s, &mems, row) : 0;
	case GT_SET_COUNT:
		break;
	}
	return 0;
}

/* Our hook goes into hooks.createRuntime; one of ours may be in hooks.prestart, too. */
static int want_hook(struct gt_splice *s)
{
	int prestart, r;

	s->hooks = get_node(s, 0, "hooks", GT_NODE_OBJECT);
	if (s->hooks < 0)
		return s->hooks;
	prestart = get_node(s, s->hooks, "prestart", GT_NODE_HOOKS);
	if (prestart < 0)
		return prestart;
	s->node[prestart].must_exist = true;
	r = get_node(s, s->hooks, "createRuntime", GT_NODE_HOOKS);
	return r < 0 ? r : 0;
}

bool gt_splice_wanted(const struct gt_plan *plan, uint32_t i)
{
	return plan->mode == GT_MODE_ENFORCE && plan->setting[i].verdict == GT_VERDICT_SET;
}

int gt_splice_want(struct gt_splice *s, bool whole, const struct gt_plan *plan)
{
	int process = 0, r;

	s->node[s->n_node++] = (struct gt_splice_node){.key = "", .parent = -1, .must_exist = true};
	if (whole) {
		process = get_node(s, 0, "process", GT_NODE_OBJECT);
		if (process < 0)
			return process;
		s->node[process].must_exist = true;
	}
	for (uint32_t i = 0; i < plan->n_setting && i < GT_SETTINGS_MAX; i++) {
		if (!gt_splice_wanted(plan, i))
			continue;
		r = want_row(s, process, whole, &plan->setting[i], i);
		if (r < 0)
			return r;
	}
	return whole && gt_plan_awaits_exec(plan) ? want_hook(s) : 0;
}

int gt_splice_add(struct gt_places *p, const struct gt_element *e)
{
	if (p->n_element == GT_PLACES_ELEMENTS_MAX)
		return -E2BIG;
	p->element[p->n_element++] = *e;
	return 0;
}
