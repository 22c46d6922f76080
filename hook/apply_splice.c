/*
 * Splice, second half: the plan becomes text that is inserted into config.json or replaces a part
 * of it. All other bytes stay as they are. Pure but for the heap.
 */
#include "gotune/apply.h"
#include "gotune/json.h"
#include "gotune/parse.h"
#include "gotune/splice.h"

static const char no_room[] = "config.json: too much to change";

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

static void add_json_string(struct gt_buf *out, const char *text, size_t len)
{
	struct gt_jw w;

	gt_jw_init(&w, out, false);
	gt_jw_strn(&w, text, len);
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
		add_json_string(&s->text, value, strlen(value));
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
		add_json_string(&s->text, entry.p, entry.len);
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

static bool is_wanted(const struct gt_plan *plan, uint32_t i)
{
	return plan->mode == GT_MODE_ENFORCE && plan->setting[i].verdict == GT_VERDICT_SET;
}

static int want_plan(struct gt_splice *s, bool whole, const struct gt_plan *plan)
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
		if (is_wanted(plan, i))
			r = want(s, process, whole, &plan->setting[i]);
	}
	return r;
}

/* The entries of process.env that are not there yet, joined by commas. */
static void add_missing_env(struct gt_splice *s, bool comma)
{
	for (uint32_t i = 0; i < s->n_env; i++) {
		struct gt_buf copy = {0};

		if (s->env[i].found)
			continue;
		gt_buf_str(&s->text, comma ? "," : "");
		/* through a copy: adding may move the text that is added */
		gt_buf_add(&copy, s->text.p + s->env[i].text, s->env[i].text_len);
		if (copy.p)
			gt_buf_add(&s->text, copy.p, copy.len);
		if (copy.error)
			s->text.error = copy.error;
		gt_buf_done(&copy);
		comma = true;
	}
}

static void add_missing_rlimit(struct gt_splice *s, bool comma)
{
	if (!s->want_nofile || s->nofile_found)
		return;
	gt_buf_fmt(&s->text, "%s{\"type\":\"RLIMIT_NOFILE\",\"hard\":%llu,\"soft\":%llu}",
		   comma ? "," : "", (unsigned long long)s->nofile_hard,
		   (unsigned long long)s->nofile_soft);
}

static void add_value(struct gt_splice *s, int i);

/* The children of node I that are not there yet, as members. */
static void add_missing_members(struct gt_splice *s, int i, bool comma)
{
	for (int j = 1; j < s->n_node; j++) {
		if (s->node[j].parent != i || s->node[j].present)
			continue;
		gt_buf_str(&s->text, comma ? "," : "");
		add_json_string(&s->text, s->node[j].key, strlen(s->node[j].key));
		gt_buf_str(&s->text, ":");
		add_value(s, j);
		comma = true;
	}
}

static void add_inside(struct gt_splice *s, int i, bool comma)
{
	if (s->node[i].kind == GT_NODE_ENV)
		add_missing_env(s, comma);
	else if (s->node[i].kind == GT_NODE_RLIMITS)
		add_missing_rlimit(s, comma);
	else
		add_missing_members(s, i, comma);
}

/* The whole value of a node that is not there. As deep as our own table of places: 4. */
static void add_value(struct gt_splice *s, int i) /* NOLINT(misc-no-recursion) */
{
	const struct gt_splice_node *n = &s->node[i];
	bool array = n->kind == GT_NODE_ENV || n->kind == GT_NODE_RLIMITS;
	struct gt_buf copy = {0};

	if (n->kind == GT_NODE_VALUE) {
		gt_buf_add(&copy, s->text.p + n->text, n->text_len);
		if (copy.p)
			gt_buf_add(&s->text, copy.p, copy.len);
		if (copy.error)
			s->text.error = copy.error;
		gt_buf_done(&copy);
		return;
	}
	gt_buf_str(&s->text, array ? "[" : "{");
	add_inside(s, i, false);
	gt_buf_str(&s->text, array ? "]" : "}");
}

/* Is the text of VALUE node I what the document already has, byte for byte? */
static bool is_same(const struct gt_splice *s, const struct gt_splice_node *n, const char *doc)
{
	return n->end - n->begin == n->text_len && s->text.p &&
	       memcmp(doc + n->begin, s->text.p + n->text, n->text_len) == 0;
}

/* The edit of one node whose parent is there. */
static int edit_node(struct gt_splice *s, int i, const char *doc)
{
	const struct gt_splice_node *n = &s->node[i];
	size_t text = s->text.len;

	if (n->must_exist && (!n->present || n->null))
		return 0;
	if (n->null || n->kind == GT_NODE_VALUE) {
		if (n->kind == GT_NODE_VALUE && is_same(s, n, doc))
			return 0;
		add_value(s, i);
		return gt_splice_edit(s, n->begin, n->end, text);
	}
	add_inside(s, i, n->has_children);
	if (s->text.len == text)
		return 0;
	if (n->has_children)
		return gt_splice_edit(s, n->last_end, n->last_end, text);
	return gt_splice_edit(s, n->inside, n->inside, text);
}

/* Children of what is null or may not be created are not to be created beside it. */
static void mark_unreachable(struct gt_splice *s, bool *ret_gone)
{
	for (int i = 0; i < s->n_node; i++) {
		const struct gt_splice_node *n = &s->node[i];

		ret_gone[i] = (n->must_exist && (!n->present || n->null)) ||
			      (n->parent >= 0 && ret_gone[n->parent]);
		if (ret_gone[i])
			s->node[i].present = true; /* so that no parent adds it */
	}
}

static int by_place(const void *a, const void *b)
{
	const struct gt_edit *x = a, *y = b;

	return x->begin < y->begin ? -1 : x->begin > y->begin;
}

static int make_edits(struct gt_splice *s, const char *doc, bool *gone)
{
	bool present[GT_NODES_CAP];

	for (int i = 0; i < s->n_node; i++)
		present[i] = s->node[i].present;
	mark_unreachable(s, gone);
	for (int i = 0; i < s->n_node; i++) {
		int r = 0;

		if (!gone[i] && present[i])
			r = edit_node(s, i, doc);
		if (r < 0)
			return r;
	}
	if (s->n_edit > 1)
		qsort(s->edit, s->n_edit, sizeof(*s->edit), by_place);
	return s->text.error;
}

static int write_out(const struct gt_splice *s, const char *doc, size_t len, struct gt_buf *ret)
{
	size_t at = 0;

	for (size_t i = 0; i < s->n_edit; i++) {
		const struct gt_edit *ed = &s->edit[i];

		gt_buf_add(ret, doc + at, ed->begin - at);
		gt_buf_add(ret, s->text.p + ed->text, ed->text_len);
		at = ed->end;
	}
	gt_buf_add(ret, doc + at, len - at);
	return ret->error;
}

static bool is_process_setting(enum gt_setting_id id)
{
	enum gt_setting_kind kind = gt_setting_kind(id);

	return kind == GT_KIND_ENV || kind == GT_KIND_RLIMIT;
}

/* Is the section that setting I lives in there? */
static bool was_reached(const struct gt_splice *s, const bool *gone, enum gt_setting_id id)
{
	const char *section = is_process_setting(id) ? "process" : "linux";

	for (int i = 1; i < s->n_node; i++) {
		if (s->node[i].parent == 0 && strcmp(s->node[i].key, section) == 0)
			return !gone[i];
	}
	return false;
}

static void tell(const struct gt_splice *s, const bool *gone, const struct gt_plan *plan,
		 struct gt_outcome *outcome)
{
	for (uint32_t i = 0; outcome && i < plan->n_setting; i++) {
		if (!is_wanted(plan, i))
			continue;
		outcome[i] = (struct gt_outcome){.applied = GT_YES};
		if (was_reached(s, gone, plan->setting[i].id))
			continue;
		outcome[i].applied = GT_NO;
		(void)gt_copy_str(outcome[i].error, sizeof(outcome[i].error),
				  is_process_setting(plan->setting[i].id)
					  ? "config.json has no process"
					  : "config.json has no linux section");
	}
}

static int splice(const char *doc, size_t len, bool whole, const struct gt_plan *plan,
		  struct gt_buf *ret, struct gt_outcome *outcome, struct gt_err *e)
{
	struct gt_splice s = {0};
	struct gt_buf out = {0};
	bool gone[GT_NODES_CAP] = {false};
	int r;

	r = want_plan(&s, whole, plan);
	if (r < 0)
		(void)gt_err_set(e, r, no_room);
	if (r == 0)
		r = gt_splice_locate(&s, doc, len, e);
	if (r == 0) {
		r = make_edits(&s, doc, gone);
		if (r == 0)
			r = write_out(&s, doc, len, &out);
		if (r < 0)
			(void)gt_err_sys(e, r, "editing config.json");
	}
	if (r == 0)
		tell(&s, gone, plan, outcome);
	free(s.edit);
	gt_buf_done(&s.text);
	if (r < 0)
		gt_buf_done(&out);
	else
		*ret = out;
	return r;
}

int gt_apply_splice(const char *doc, size_t len, const struct gt_facts *f,
		    const struct gt_plan *plan, struct gt_buf *ret, struct gt_outcome *outcome,
		    struct gt_err *e)
{
	(void)f; /* the plan says it all; the parameter is the contract's */
	return splice(doc, len, true, plan, ret, outcome, e);
}

int gt_apply_splice_process(const char *doc, size_t len, const struct gt_facts *f,
			    const struct gt_plan *plan, struct gt_buf *ret, struct gt_err *e)
{
	(void)f;
	return splice(doc, len, false, plan, ret, NULL, e);
}
