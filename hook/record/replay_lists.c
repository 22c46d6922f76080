/*
 * The lists of a record, read back: levels, nodes, limits, variables, requests, sysctls,
 * annotations, cores. Pure.
 */
#include "replay_lists.h"
#include "replay.h"

/* The event's text in BUF; false when it is none, or does not fit. */
static bool copy_text(const struct gt_json_event *ev, char *buf, size_t cap)
{
	return ev->type == GT_JSON_STRING && gt_copy(buf, cap, ev->text, ev->len);
}

static bool copy_flag(const struct gt_json_event *ev, bool *ret)
{
	if (ev->type == GT_JSON_BOOL)
		*ret = ev->b;
	return ev->type == GT_JSON_BOOL;
}

/* A number below LIMIT. */
static bool copy_number(const struct gt_json_event *ev, uint64_t limit, uint32_t *ret)
{
	uint64_t v;

	if (gt_field_u64(ev, &v) < 0 || v >= limit)
		return false;
	*ret = (uint32_t)v;
	return true;
}

static int told(bool ok)
{
	return ok ? 0 : -ENODATA;
}

/* ---- facts ---- */

/* "1024:unlimited" */
static bool parse_pair(const char *text, uint64_t *ret_soft, uint64_t *ret_hard)
{
	const char *colon = strchr(text, ':');
	uint64_t *const to[] = {ret_soft, ret_hard};
	const char *from[] = {text, colon ? colon + 1 : ""};
	char word[32];

	for (unsigned i = 0; i < 2; i++) {
		size_t n = i == 0 && colon ? (size_t)(colon - text) : strlen(from[i]);

		if (!colon || !gt_copy(word, sizeof(word), from[i], n))
			return false;
		if (strcmp(word, "unlimited") == 0)
			*to[i] = UINT64_MAX;
		else if (gt_parse_u64(word, to[i]) < 0)
			return false;
	}
	return true;
}

int gt_replay_take_limits(struct gt_facts *f, const char *name, const struct gt_json_event *ev)
{
	struct gt_rlimit_facts *n = &f->nofile;
	bool config = strcmp(name, "nofile_config") == 0;
	char text[64];

	if (!config && strcmp(name, "nofile_live") != 0)
		return 0;
	if (!copy_text(ev, text, sizeof(text)))
		return -ENODATA;
	if (config) {
		n->in_config = true;
		return told(parse_pair(text, &n->config_soft, &n->config_hard));
	}
	n->live_known = true;
	return told(parse_pair(text, &n->live_soft, &n->live_hard));
}

/* A limit of a level: null is none. */
static int take_limit(const struct gt_json_event *ev, bool *has, uint64_t *ret)
{
	if (ev->type == GT_JSON_NULL)
		return 0;
	*has = true;
	return gt_field_u64(ev, ret) == 0 ? 0 : -ENODATA;
}

static int take_level(struct gt_cgroup_facts *c, uint32_t i, const char *key,
		      const struct gt_json_event *ev)
{
	struct gt_level *l;

	if (i >= GT_LEVELS_MAX)
		return -ENODATA;
	l = &c->level[i];
	c->n_level = i >= c->n_level ? i + 1 : c->n_level;
	if (strcmp(key, "quota_us") == 0)
		return take_limit(ev, &l->has_quota, &l->quota_us);
	if (strcmp(key, "period_us") == 0)
		return take_limit(ev, &l->has_quota, &l->period_us);
	if (strcmp(key, "memory_max") == 0)
		return take_limit(ev, &l->has_mem_max, &l->mem_max_bytes);
	if (strcmp(key, "memory_high") == 0)
		return take_limit(ev, &l->has_mem_high, &l->mem_high_bytes);
	if (strcmp(key, "path") != 0)
		return 0;
	/* Most often both hierarchies have one path. */
	return told(copy_text(ev, l->path, sizeof(l->path)) &&
		    copy_text(ev, l->mem_path, sizeof(l->mem_path)));
}

static int take_node(struct gt_host_facts *h, uint32_t i, const char *key,
		     const struct gt_json_event *ev)
{
	struct gt_node *n;
	char list[8192];

	if (i >= GT_NODES_MAX)
		return -ENODATA;
	n = &h->node[i];
	h->n_nodes = i >= h->n_nodes ? i + 1 : h->n_nodes;
	if (strcmp(key, "id") == 0)
		return told(copy_number(ev, UINT32_MAX, &n->id));
	if (strcmp(key, "memory_bytes") == 0)
		return told(gt_field_u64(ev, &n->mem_bytes) == 0);
	if (strcmp(key, "cpus") == 0)
		return told(copy_text(ev, list, sizeof(list)) &&
			    gt_cpus_parse(list, &n->cpus) == 0);
	return 0;
}

int gt_replay_take_row(struct gt_facts *f, const struct gt_json_event *ev)
{
	const char *list = ev->path[1].key, *key = ev->path[3].key;

	if (!list || !key)
		return 0;
	if (strcmp(list, "levels") == 0)
		return take_level(&f->cgroup, ev->path[2].index, key, ev);
	if (strcmp(list, "nodes") == 0)
		return take_node(&f->host, ev->path[2].index, key, ev);
	return 0;
}

/* ---- replay ---- */

/* A row's elements as text. Missing ones are "". */
static const char *text_of(const struct gt_strv *row, uint32_t i)
{
	const char *s = gt_strv_at(row, i);

	return s ? s : "";
}

static bool number_of(const struct gt_strv *row, uint32_t i, uint64_t limit, uint32_t *ret)
{
	uint64_t v;

	if (gt_parse_u64(text_of(row, i), &v) < 0 || v >= limit)
		return false;
	*ret = (uint32_t)v;
	return true;
}

static bool flag_of(const struct gt_strv *row, uint32_t i, bool *ret)
{
	return gt_parse_bool(text_of(row, i), ret) == 0;
}

/* Each takes one row; false when it does not fit. */
typedef bool take_fn(struct gt_replay *r, const struct gt_strv *row);

static bool take_env(struct gt_replay *r, const struct gt_strv *row)
{
	static const struct gt_words names = {gt_var_name, GT_VAR_COUNT};
	int i = gt_words_find(&names, text_of(row, 0));
	struct gt_env_var *v = &r->rec.facts.var[i < 0 ? 0 : i];

	v->present = i >= 0;
	return i >= 0 && gt_copy_str(v->value, sizeof(v->value), text_of(row, 1)) &&
	       number_of(row, 2, UINT32_MAX, &v->count) && flag_of(row, 3, &v->too_long);
}

static bool take_sysctl_request(struct gt_requests *q, const struct gt_strv *row, uint32_t origin)
{
	struct gt_sysctl_request *s = &q->sysctl[q->n_sysctl];

	if (q->n_sysctl == GT_SYSCTL_MAX)
		return false;
	q->n_sysctl++;
	s->origin = (enum gt_origin)origin;
	return gt_copy_str(s->name, sizeof(s->name), text_of(row, 0)) &&
	       gt_copy_str(s->value, sizeof(s->value), text_of(row, 2));
}

static bool take_request(struct gt_replay *r, const struct gt_strv *row)
{
	struct gt_requests *q = &r->rec.facts.req;
	int key = gt_words_find(&gt_key_words, text_of(row, 0));
	uint32_t origin;

	if (!number_of(row, 1, GT_ORIGIN_COUNT, &origin))
		return false;
	if (origin == GT_ORIGIN_NONE)
		return q->n_unknown < GT_UNKNOWN_KEYS_MAX &&
		       gt_copy_str(q->unknown[q->n_unknown++], sizeof(q->unknown[0]),
				   text_of(row, 0));
	if (key < 0)
		return take_sysctl_request(q, row, origin);
	q->key[key].origin = (enum gt_origin)origin;
	return gt_copy_str(q->key[key].value, sizeof(q->key[key].value), text_of(row, 2)) &&
	       flag_of(row, 3, &q->key[key].too_long);
}

static bool take_sysctl(struct gt_replay *r, const struct gt_strv *row)
{
	struct gt_facts *f = &r->rec.facts;
	struct gt_sysctl_fact *s = &f->sysctl[f->n_sysctl];
	uint32_t ns, owner, exists;

	if (f->n_sysctl == GT_SYSCTL_MAX || !number_of(row, 1, GT_NS_COUNT, &ns) ||
	    !number_of(row, 2, GT_NS_OWNER_CONTAINER + 1, &owner) ||
	    !number_of(row, 4, GT_YES + 1, &exists))
		return false;
	f->n_sysctl++;
	s->ns = (enum gt_ns)ns;
	s->owner = (enum gt_ns_owner)owner;
	s->exists = (enum gt_tri)exists;
	return gt_copy_str(s->name, sizeof(s->name), text_of(row, 0)) &&
	       flag_of(row, 3, &s->in_config) && flag_of(row, 5, &s->must_exist) &&
	       gt_copy_str(s->value, sizeof(s->value), text_of(row, 6));
}

/* `facts` come first: the level is there. */
static bool take_level_rest(struct gt_replay *r, const struct gt_strv *row)
{
	struct gt_cgroup_facts *c = &r->rec.facts.cgroup;
	struct gt_level *l;
	uint32_t i;

	if (!number_of(row, 0, c->n_level, &i))
		return false;
	l = &c->level[i];
	return gt_copy_str(l->mem_path, sizeof(l->mem_path), text_of(row, 1)) &&
	       flag_of(row, 2, &l->cpu_unreadable) && flag_of(row, 3, &l->mem_unreadable);
}

static bool take_smt(struct gt_replay *r, const struct gt_strv *row)
{
	struct gt_host_facts *h = &r->rec.facts.host;
	struct gt_cpus cpus;
	uint32_t distance;

	if (!number_of(row, 0, GT_CPUS_MAX, &distance) || gt_cpus_parse(text_of(row, 1), &cpus) < 0)
		return false;
	if (!h->smt_known)
		memset(h->core_of, 0xff, sizeof(h->core_of)); /* GT_CORE_UNKNOWN */
	h->smt_known = true;
	for (unsigned cpu = 0; cpu < GT_CPUS_MAX; cpu++) {
		if (!gt_cpus_has(&cpus, cpu))
			continue;
		if (cpu < distance)
			return false;
		h->core_of[cpu] = (uint16_t)(cpu - distance);
	}
	return true;
}

static const struct {
	const char *key;
	take_fn *take;
} lists[] = {
	{"env", take_env},	     {"requests", take_request}, {"sysctls", take_sysctl},
	{"levels", take_level_rest}, {"smt", take_smt},
};

/* A scalar as text. */
static int add_element(struct gt_list *row, const struct gt_json_event *ev)
{
	char digits[24];
	uint64_t v;

	switch (ev->type) {
	case GT_JSON_STRING:
		return gt_strv_add(&row->v, ev->text, ev->len);
	case GT_JSON_BOOL:
		return gt_strv_add(&row->v, ev->b ? "true" : "false", ev->b ? 4 : 5);
	default:
		break;
	}
	digits[0] = '\0';
	if (gt_field_u64(ev, &v) < 0 || !gt_append_u64(digits, sizeof(digits), v))
		return -EINVAL;
	return gt_strv_add(&row->v, digits, strlen(digits));
}

static int take_single(struct gt_replay *r, const char *key, const struct gt_json_event *ev)
{
	if (strcmp(key, "awaits_nothing") == 0)
		return told(copy_flag(ev, &r->awaits_nothing));
	if (strcmp(key, "annotations_dropped") == 0)
		return told(copy_number(ev, UINT32_MAX, &r->annotations.v.dropped));
	if (strcmp(key, "annotations_left_out") == 0)
		return told(copy_number(ev, UINT32_MAX, &r->annotations_left_out));
	return 0;
}

static int take_rolled_back(struct gt_facts *f, const struct gt_json_event *ev)
{
	if (f->n_rolled_back == GT_ROLLED_BACK_MAX)
		return -ENODATA;
	return told(gt_field_u64(ev, &f->rolled_back[f->n_rolled_back++]) == 0);
}

int gt_replay_take_list(struct gt_replay *r, struct gt_list *row, const char *key,
			const struct gt_json_event *ev)
{
	if (ev->depth == 2)
		return take_single(r, key, ev);
	if (ev->depth == 3 && strcmp(key, "annotations") == 0)
		return ev->type == GT_JSON_STRING &&
				       gt_strv_add(&r->annotations.v, ev->text, ev->len) == 0
			       ? 0
			       : -ENODATA;
	if (ev->depth == 3 && strcmp(key, "rolled_back") == 0)
		return take_rolled_back(&r->rec.facts, ev);
	if (ev->depth == 4)
		return add_element(row, ev) == 0 ? 0 : -ENODATA;
	return 0;
}

int gt_replay_end_row(struct gt_replay *r, struct gt_list *row, const char *key)
{
	bool ok = true;

	for (size_t i = 0; i < GT_ARRAY_LEN(lists); i++) {
		if (strcmp(key, lists[i].key) == 0)
			ok = lists[i].take(r, &row->v);
	}
	gt_list_init(row);
	return told(ok);
}
