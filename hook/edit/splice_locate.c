/*
 * Splice: finds where in config.json is what we want to change. This is the worker's reader: it
 * decodes strings, and refuses keys that are duplicate or spelt with another case. Pure but for the
 * heap.
 */
#include "gotune/base.h"
#include "gotune/edit.h"
#include "gotune/model.h"
#include "splice.h"

#define NOWHERE	     (-1)
#define IN_AN_RLIMIT (-2) /* inside an element of process.rlimits */
#define IN_A_HOOK    (-3) /* inside an element of hooks.prestart or hooks.createRuntime */

/* The element of process.rlimits that is being read. */
struct rlimit {
	bool nofile, has_soft, has_hard;
	struct gt_element soft, hard;
};

struct walk {
	const struct gt_splice *s;
	struct gt_places *p;
	struct rlimit rlimit;
	struct gt_element hook;		   /* the entry that is being read ... */
	bool hook_is_ours;		   /* ... and whether it is our hook's */
	int16_t at[GT_JSON_DEPTH_MAX + 1]; /* the node whose container is open at each depth */
};

static int refuse_key(const struct gt_json_step *step, struct gt_err *e)
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
		return refuse_key(step, e);
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

static int refuse_type(const struct gt_splice_node *n, struct gt_err *e)
{
	return gt_err_set(e, -EINVAL, "config.json: \"%s\" is of a wrong type", n->key);
}

static int take_node(const struct gt_splice_node *n, struct gt_node_place *p,
		     const struct gt_json_event *ev, struct gt_err *e)
{
	p->present = 1;
	p->null = ev->type == GT_JSON_NULL;
	p->begin = ev->begin;
	p->end = p->inside = ev->end;
	if (p->null)
		return 0;
	if (ev->type == GT_JSON_MAP_START)
		return n->kind == GT_NODE_OBJECT ? 0 : refuse_type(n, e);
	if (ev->type == GT_JSON_ARRAY_START)
		return gt_node_is_array(n) ? 0 : refuse_type(n, e);
	return n->kind == GT_NODE_VALUE ? 0 : refuse_type(n, e);
}

static bool is_text(const char *text, size_t len, const char *want)
{
	return want && len == strlen(want) && memcmp(text, want, len) == 0;
}

/* Notes an entry of process.env that is one of the plan's variables. */
static int take_env(struct walk *w, const struct gt_json_event *ev)
{
	for (uint32_t i = 0; ev->type == GT_JSON_STRING && i < w->s->n_env; i++) {
		const struct gt_splice_env *v = &w->s->env[i];
		struct gt_element el = {.what = i, .begin = ev->begin, .end = ev->end};
		size_t n = strlen(v->name);

		if (ev->len <= n || ev->text[n] != '=' || memcmp(ev->text, v->name, n) != 0)
			continue;
		if (is_text(ev->text + n + 1, ev->len - n - 1, v->value))
			el.is = GT_ELEMENT_AS_WANTED;
		else if (is_text(ev->text + n + 1, ev->len - n - 1, v->before))
			el.is = GT_ELEMENT_AS_BEFORE;
		return gt_splice_add(w->p, &el);
	}
	return 0;
}

static void parse_limit(const struct gt_json_event *ev, uint32_t what, bool *has,
			struct gt_element *ret)
{
	*ret = (struct gt_element){.what = what, .begin = ev->begin, .end = ev->end};
	*has = gt_field_u64(ev, &ret->number) == 0;
}

/* A value inside an element of process.rlimits. */
static int take_in_rlimit(struct walk *w, const struct gt_json_event *ev, struct gt_err *e)
{
	struct rlimit *l = &w->rlimit;
	int r;

	r = is_key(ev, "type", e);
	if (r < 0)
		return r;
	if (r > 0)
		l->nofile =
			ev->type == GT_JSON_STRING && is_text(ev->text, ev->len, "RLIMIT_NOFILE");
	r = is_key(ev, "soft", e);
	if (r < 0)
		return r;
	if (r > 0)
		parse_limit(ev, GT_ELEMENT_SOFT, &l->has_soft, &l->soft);
	r = is_key(ev, "hard", e);
	if (r < 0)
		return r;
	if (r > 0)
		parse_limit(ev, GT_ELEMENT_HARD, &l->has_hard, &l->hard);
	return 0;
}

static int end_rlimit(struct walk *w, struct gt_err *e)
{
	const struct rlimit *l = &w->rlimit;
	int r;

	if (!l->nofile)
		return 0;
	if (!l->has_soft || !l->has_hard)
		return gt_err_set(e, -EINVAL, "config.json: RLIMIT_NOFILE without soft and hard");
	r = gt_splice_add(w->p, &l->soft);
	return r < 0 ? r : gt_splice_add(w->p, &l->hard);
}

/* A value inside an entry of hooks. */
static int take_in_hook(struct walk *w, const struct gt_json_event *ev, struct gt_err *e)
{
	int r = is_key(ev, "path", e);

	if (r > 0)
		w->hook_is_ours = ev->type == GT_JSON_STRING && gt_is_own_hook(ev->text, ev->len);
	return r < 0 ? r : 0;
}

static int end_hook(struct walk *w, const struct gt_json_event *ev)
{
	w->hook.end = ev->end;
	return w->hook_is_ours ? gt_splice_add(w->p, &w->hook) : 0;
}

/* An element of an array that we know; *ret_node: what its inside will be. */
static int take_element(struct walk *w, enum gt_node_kind kind, const struct gt_json_event *ev,
			int *ret_node)
{
	if (kind == GT_NODE_ENV)
		return take_env(w, ev);
	if (kind == GT_NODE_RLIMITS) {
		w->rlimit = (struct rlimit){0};
		*ret_node = IN_AN_RLIMIT;
		return 0;
	}
	w->hook = (struct gt_element){.what = GT_ELEMENT_HOOK, .begin = ev->begin};
	w->hook_is_ours = false;
	*ret_node = IN_A_HOOK;
	return 0;
}

/* The closing bracket of a container. */
static int take_end(struct walk *w, const struct gt_json_event *ev, int parent, struct gt_err *e)
{
	int i = w->at[ev->depth];
	int r = 0;

	if (i == IN_AN_RLIMIT && ev->depth > 0 && parent >= 0)
		r = end_rlimit(w, e);
	else if (i == IN_A_HOOK)
		r = end_hook(w, ev);
	else if (i >= 0)
		w->p->node[i].end = ev->end;
	if (parent >= 0)
		w->p->node[parent].last_end = ev->end;
	w->at[ev->depth] = NOWHERE;
	return r;
}

/* A value that is not a closing bracket. Sets *ret_node: what its inside will be. */
static int take_begin(struct walk *w, const struct gt_json_event *ev, int parent, int *ret_node,
		      struct gt_err *e)
{
	int r = 0;

	*ret_node = NOWHERE;
	if (parent == IN_AN_RLIMIT)
		return take_in_rlimit(w, ev, e);
	if (parent == IN_A_HOOK)
		return take_in_hook(w, ev, e);
	if (parent == NOWHERE)
		return 0;
	w->p->node[parent].has_children = 1;
	w->p->node[parent].last_end = ev->end;
	if (gt_node_is_array(&w->s->node[parent]))
		return take_element(w, w->s->node[parent].kind, ev, ret_node);
	*ret_node = find_node(w->s, parent, ev, &r, e);
	if (*ret_node >= 0)
		r = take_node(&w->s->node[*ret_node], &w->p->node[*ret_node], ev, e);
	return r;
}

static int locate_event(void *ctx, const struct gt_json_event *ev, struct gt_err *e)
{
	struct walk *w = ctx;
	int parent = ev->depth > 0 ? w->at[ev->depth - 1] : NOWHERE;
	int node = NOWHERE, r;

	if (ev->type == GT_JSON_MAP_END || ev->type == GT_JSON_ARRAY_END)
		return take_end(w, ev, parent, e);
	if (ev->depth == 0) {
		if (ev->type != GT_JSON_MAP_START)
			return gt_err_set(e, -EINVAL, "config.json: not an object");
		r = take_node(&w->s->node[0], &w->p->node[0], ev, e);
		node = 0;
	} else {
		r = take_begin(w, ev, parent, &node, e);
	}
	if (ev->type == GT_JSON_MAP_START || ev->type == GT_JSON_ARRAY_START)
		w->at[ev->depth] = (int16_t)node;
	return r;
}

static int locate_nodes(const struct gt_splice *s, const char *doc, size_t len,
			struct gt_places *ret, struct gt_err *e)
{
	struct walk w = {.s = s, .p = ret};
	int r;

	for (size_t i = 0; i < GT_ARRAY_LEN(w.at); i++)
		w.at[i] = NOWHERE;
	ret->n_node = (uint32_t)s->n_node;
	r = gt_json_walk(doc, len, GT_JSON_KEYS, locate_event, &w, NULL, e);
	return r == -E2BIG && !e->msg[0] ? gt_err_set(e, r, "config.json: too much to change") : r;
}

int gt_edit_places(const char *doc, size_t len, bool whole, const struct gt_plan *plan,
		   struct gt_places *ret, struct gt_err *e)
{
	struct gt_splice s = {0};
	int r = gt_splice_want(&s, whole, plan);

	if (r < 0)
		return gt_err_set(e, r, "config.json: too much to change");
	return locate_nodes(&s, doc, len, ret, e);
}
