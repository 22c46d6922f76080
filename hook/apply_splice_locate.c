/*
 * Splice, second third: where in config.json stands what we want to change? A walk that changes
 * nothing; only elements of arrays, of which there may be many, become edits here. Pure but for the
 * heap.
 */
#include "gotune/fields.h"
#include "gotune/splice.h"

#define NOWHERE	     (-1)
#define IN_AN_RLIMIT (-2) /* inside an element of process.rlimits */

static int ambiguous(const struct gt_json_step *step, struct gt_err *e)
{
	return gt_err_set(e, -EBADMSG,
			  "config.json: the key \"%.64s\" is repeated or spelt with another case",
			  step->key);
}

/* Is the key of EV the one called NAME? -EBADMSG when two readers could differ about it. */
static int is_key(const struct gt_json_event *ev, const char *name, struct gt_err *e)
{
	const struct gt_json_step *step = &ev->path[ev->depth - 1];
	size_t n = strlen(name);

	if (!step->key || !gt_field_same_key(step->key, step->key_len, name, n))
		return 0;
	if (step->repeated || step->key_len != n || memcmp(step->key, name, n) != 0)
		return ambiguous(step, e);
	return 1;
}

/* The node that EV's value is, below PARENT; NOWHERE when none is; or -EBADMSG in *ret_error. */
static int find_node(const struct gt_splice *s, int parent, const struct gt_json_event *ev,
		     int *ret_error, struct gt_err *e)
{
	*ret_error = 0;
	for (int i = 1; i < s->n_node; i++) {
		int r;

		if (s->node[i].parent != parent)
			continue;
		r = is_key(ev, s->node[i].key, e);
		if (r < 0)
			*ret_error = r;
		if (r != 0)
			return r < 0 ? NOWHERE : i;
	}
	return NOWHERE;
}

static int wrong_type(const struct gt_splice_node *n, struct gt_err *e)
{
	return gt_err_set(e, -EINVAL, "config.json: \"%s\" is of a wrong type", n->key);
}

static int take_node(struct gt_splice_node *n, const struct gt_json_event *ev, struct gt_err *e)
{
	bool is_array = n->kind == GT_NODE_ENV || n->kind == GT_NODE_RLIMITS;

	n->present = true;
	n->null = ev->type == GT_JSON_NULL;
	n->begin = ev->begin;
	n->end = n->inside = ev->end;
	if (n->null)
		return 0;
	if (ev->type == GT_JSON_MAP_START)
		return n->kind == GT_NODE_OBJECT ? 0 : wrong_type(n, e);
	if (ev->type == GT_JSON_ARRAY_START)
		return is_array ? 0 : wrong_type(n, e);
	return n->kind == GT_NODE_VALUE ? 0 : wrong_type(n, e);
}

int gt_splice_edit(struct gt_splice *s, uint32_t begin, uint32_t end, uint32_t text,
		   uint32_t text_len)
{
	size_t cap = s->cap_edit * 2 + 16;
	struct gt_edit *grown;

	if (s->n_edit == s->cap_edit) {
		grown = reallocarray(s->edit, cap, sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		s->edit = grown;
		s->cap_edit = cap;
	}
	s->edit[s->n_edit++] = (struct gt_edit){begin, end, text, text_len};
	return 0;
}

/* One entry of process.env: replaced when it is one of ours and has another value. */
static int take_env(struct gt_splice *s, const struct gt_json_event *ev)
{
	if (ev->type != GT_JSON_STRING)
		return 0;
	for (uint32_t i = 0; i < s->n_env; i++) {
		struct gt_splice_env *v = &s->env[i];
		size_t n = strlen(v->name), m = strlen(v->value);

		if (ev->len <= n || ev->text[n] != '=' || memcmp(ev->text, v->name, n) != 0)
			continue;
		v->found = true;
		if (ev->len - n - 1 == m && memcmp(ev->text + n + 1, v->value, m) == 0)
			return 0;
		return gt_splice_edit(s, ev->begin, ev->end, v->text, v->text_len);
	}
	return 0;
}

static int take_limit(const struct gt_json_event *ev, bool *has, uint64_t *v, uint32_t *begin,
		      uint32_t *end)
{
	*has = gt_field_u64(ev, v) == 0;
	*begin = ev->begin;
	*end = ev->end;
	return 0;
}

/* A value inside an element of process.rlimits. */
static int take_in_rlimit(struct gt_splice *s, const struct gt_json_event *ev, struct gt_err *e)
{
	static const char nofile[] = "RLIMIT_NOFILE";
	struct gt_splice_rlimit *l = &s->rlimit;
	int r;

	r = is_key(ev, "type", e);
	if (r > 0)
		l->nofile = ev->type == GT_JSON_STRING && ev->len == strlen(nofile) &&
			    memcmp(ev->text, nofile, ev->len) == 0;
	if (r != 0)
		return r < 0 ? r : 0;
	r = is_key(ev, "soft", e);
	if (r != 0)
		return r < 0 ? r
			     : take_limit(ev, &l->has_soft, &l->soft, &l->soft_begin, &l->soft_end);
	r = is_key(ev, "hard", e);
	if (r != 0)
		return r < 0 ? r
			     : take_limit(ev, &l->has_hard, &l->hard, &l->hard_begin, &l->hard_end);
	return 0;
}

static int raise_limit(struct gt_splice *s, uint64_t have, uint64_t want, uint32_t begin,
		       uint32_t end)
{
	uint32_t text = (uint32_t)s->text.len;

	if (have >= want)
		return 0;
	gt_buf_fmt(&s->text, "%llu", (unsigned long long)want);
	return gt_splice_edit(s, begin, end, text, (uint32_t)s->text.len - text);
}

static int end_rlimit(struct gt_splice *s, struct gt_err *e)
{
	const struct gt_splice_rlimit *l = &s->rlimit;
	int r;

	if (!l->nofile)
		return 0;
	if (!l->has_soft || !l->has_hard)
		return gt_err_set(e, -EINVAL, "config.json: RLIMIT_NOFILE without soft and hard");
	s->nofile_found = true;
	r = raise_limit(s, l->soft, s->nofile_soft, l->soft_begin, l->soft_end);
	return r < 0 ? r : raise_limit(s, l->hard, s->nofile_hard, l->hard_begin, l->hard_end);
}

/* The closing bracket of a container. */
static int take_end(struct gt_splice *s, const struct gt_json_event *ev, int parent,
		    struct gt_err *e)
{
	int i = s->at[ev->depth];
	int r = 0;

	if (i == IN_AN_RLIMIT && ev->depth > 0 && parent >= 0)
		r = end_rlimit(s, e);
	else if (i >= 0)
		s->node[i].end = ev->end;
	if (parent >= 0)
		s->node[parent].last_end = ev->end;
	s->at[ev->depth] = NOWHERE;
	return r;
}

/* A value that is not a closing bracket. Sets *ret_node: what its inside will be. */
static int take_begin(struct gt_splice *s, const struct gt_json_event *ev, int parent,
		      int *ret_node, struct gt_err *e)
{
	int r = 0;

	*ret_node = NOWHERE;
	if (parent == IN_AN_RLIMIT)
		return take_in_rlimit(s, ev, e);
	if (parent == NOWHERE)
		return 0;
	s->node[parent].has_children = true;
	s->node[parent].last_end = ev->end;
	if (s->node[parent].kind == GT_NODE_ENV)
		return take_env(s, ev);
	if (s->node[parent].kind == GT_NODE_RLIMITS) {
		s->rlimit = (struct gt_splice_rlimit){0};
		*ret_node = IN_AN_RLIMIT;
		return 0;
	}
	*ret_node = find_node(s, parent, ev, &r, e);
	if (*ret_node >= 0)
		r = take_node(&s->node[*ret_node], ev, e);
	return r;
}

static int take(void *ctx, const struct gt_json_event *ev, struct gt_err *e)
{
	struct gt_splice *s = ctx;
	int parent = ev->depth > 0 ? s->at[ev->depth - 1] : NOWHERE;
	int node = NOWHERE, r;

	if (ev->type == GT_JSON_MAP_END || ev->type == GT_JSON_ARRAY_END)
		return take_end(s, ev, parent, e);
	if (ev->depth == 0) {
		if (ev->type != GT_JSON_MAP_START)
			return gt_err_set(e, -EINVAL, "config.json: not an object");
		r = take_node(&s->node[0], ev, e);
		node = 0;
	} else {
		r = take_begin(s, ev, parent, &node, e);
	}
	if (ev->type == GT_JSON_MAP_START || ev->type == GT_JSON_ARRAY_START)
		s->at[ev->depth] = (int16_t)node;
	return r;
}

int gt_splice_locate(struct gt_splice *s, const char *doc, size_t len, struct gt_err *e)
{
	for (size_t i = 0; i < GT_ARRAY_LEN(s->at); i++)
		s->at[i] = NOWHERE;
	return gt_json_walk(doc, len, GT_JSON_KEYS, take, s, NULL, e);
}
