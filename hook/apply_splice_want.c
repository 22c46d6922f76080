/*
 * Splice, first third: the plan becomes a tree of what is wanted in config.json. Pure but for the
 * heap.
 */
#include "gotune/json.h"
#include "gotune/parse.h"
#include "gotune/splice.h"

void gt_splice_json_string(struct gt_buf *out, const char *text, size_t len)
{
	struct gt_jw w;

	gt_jw_init(&w, out, false);
	gt_jw_strn(&w, text, len);
}

/* The child KEY of PARENT, made when there is none yet. -E2BIG when there is no room. */
static int node(struct gt_splice *s, int parent, const char *key, enum gt_node_kind kind)
{
	for (int i = 0; i < s->n_node; i++) {
		if (s->node[i].parent == parent && strcmp(s->node[i].key, key) == 0)
			return i;
	}
	if (s->n_node == GT_NODES_CAP)
		return -E2BIG;
	s->node[s->n_node] = (struct gt_splice_node){.key = key, .parent = parent, .kind = kind};
	return s->n_node++;
}

/* Where a setting lives: keys from the root; the last is the value's. */
struct place {
	const char *key[4];
	bool number;
};

static int want_value(struct gt_splice *s, const struct place *p, const char *value)
{
	int at = 0;

	for (unsigned i = 0; i < GT_ARRAY_LEN(p->key) && p->key[i]; i++) {
		bool last = i + 1 == GT_ARRAY_LEN(p->key) || !p->key[i + 1];

		at = node(s, at, p->key[i], last ? GT_NODE_VALUE : GT_NODE_OBJECT);
		if (at < 0)
			return at;
		/* A document without `linux` is no container that we know. */
		s->node[at].must_exist = i == 0;
	}
	s->node[at].text = (uint32_t)s->text.len;
	if (p->number)
		gt_buf_str(&s->text, value);
	else
		gt_splice_json_string(&s->text, value, strlen(value));
	s->node[at].text_len = (uint32_t)s->text.len - s->node[at].text;
	return 0;
}

static int want_env(struct gt_splice *s, int process, const struct gt_setting *set)
{
	struct gt_splice_env *v;
	struct gt_buf entry = {0};
	int r;

	if (s->n_env == GT_VAR_COUNT)
		return -E2BIG;
	r = node(s, process, "env", GT_NODE_ENV);
	if (r < 0)
		return r;
	v = &s->env[s->n_env++];
	*v = (struct gt_splice_env){.name = gt_var_name[set->id], .value = set->value};
	v->text = (uint32_t)s->text.len;
	gt_buf_fmt(&entry, "%s=%s", v->name, v->value);
	if (entry.p)
		gt_splice_json_string(&s->text, entry.p, entry.len);
	r = entry.error;
	gt_buf_done(&entry);
	v->text_len = (uint32_t)s->text.len - v->text;
	return r;
}

static int want_nofile(struct gt_splice *s, int process, const struct gt_setting *set)
{
	int r = node(s, process, "rlimits", GT_NODE_RLIMITS);

	s->want_nofile = true;
	s->nofile_soft = set->soft;
	s->nofile_hard = set->hard;
	return r < 0 ? r : 0;
}

static int want_swap(struct gt_splice *s, const struct gt_setting *set)
{
	static const struct place v1 = {{"linux", "resources", "memory", "swappiness"}, true};
	static const struct place v2 = {{"linux", "resources", "unified", "memory.swap.max"},
					false};
	uint64_t v;

	if (set->reason == GT_R_NO_SWAP) /* cgroup v2 has no swappiness; crun fails on one */
		return want_value(s, &v2, "0");
	if (gt_parse_u64(set->value, &v) < 0)
		return -EINVAL;
	return want_value(s, &v1, set->value);
}

/* One row of the plan becomes wishes. PROCESS: the node of the process; LINUX: may it be edited? */
static int want(struct gt_splice *s, int process, bool linux_too, const struct gt_setting *set)
{
	static const struct place cpus = {{"linux", "resources", "cpu", "cpus"}, false};
	static const struct place mems = {{"linux", "resources", "cpu", "mems"}, false};
	const struct place sysctl = {{"linux", "sysctl", set->name, NULL}, false};

	switch (set->id) {
	case GT_SET_GOMAXPROCS:
	case GT_SET_GOMEMLIMIT:
	case GT_SET_GOGC:
	case GT_SET_GODEBUG:
		return want_env(s, process, set);
	case GT_SET_NOFILE:
		return want_nofile(s, process, set);
	case GT_SET_SYSCTL:
		return linux_too ? want_value(s, &sysctl, set->value) : 0;
	case GT_SET_SWAPPINESS:
		return linux_too ? want_swap(s, set) : 0;
	case GT_SET_CPUSET_CPUS:
		return linux_too ? want_value(s, &cpus, set->value) : 0;
	case GT_SET_CPUSET_MEMS:
		return linux_too ? want_value(s, &mems, set->value) : 0;
	case GT_SET_COUNT:
		break;
	}
	return 0;
}

bool gt_splice_wanted(const struct gt_plan *plan, uint32_t i)
{
	return plan->mode == GT_MODE_ENFORCE && plan->setting[i].verdict == GT_VERDICT_SET;
}

int gt_splice_want(struct gt_splice *s, bool whole, const struct gt_plan *plan)
{
	int process = 0, r = 0;

	s->node[s->n_node++] = (struct gt_splice_node){.key = "", .parent = -1, .must_exist = true};
	if (whole) {
		process = node(s, 0, "process", GT_NODE_OBJECT);
		if (process < 0)
			return process;
		s->node[process].must_exist = true;
	}
	for (uint32_t i = 0; r == 0 && i < plan->n_setting; i++) {
		if (gt_splice_wanted(plan, i))
			r = want(s, process, whole, &plan->setting[i]);
	}
	return r;
}
