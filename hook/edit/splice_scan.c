/*
 * Splice: finds where in config.json is what we want to change. This is the reader of the process
 * that edits: it compares raw bytes and believes nobody. It does not know a key that is spelt with
 * an escape, and fails for a duplicate one: then the two readers differ, and we edit nothing. Pure;
 * see raw.h.
 */
#include "gotune/base.h"
#include "gotune/edit.h"
#include "gotune/model.h"
#include "splice.h"

#define NOWHERE	     (-1)
#define IN_AN_RLIMIT (-2) /* inside an element of process.rlimits */
#define IN_A_HOOK    (-3) /* inside an element of hooks.prestart or hooks.createRuntime */

struct look {
	const struct gt_splice *s;
	struct gt_places *p;
	int at[GT_RAW_DEPTH_MAX]; /* what is open at each depth */
	bool nofile, has_soft, has_hard;
	struct gt_element soft, hard;
	uint32_t hook_begin;
	bool hook_is_ours;
};

/* May a node of that kind have a value that begins with C? */
static bool may_begin(enum gt_node_kind kind, char c)
{
	if (c == 'n')
		return true; /* null */
	if (kind == GT_NODE_OBJECT)
		return c == '{';
	if (kind == GT_NODE_VALUE)
		return c != '{' && c != '[';
	return c == '[';
}

static int take_node(struct look *l, int i, const struct gt_raw_event *ev)
{
	struct gt_node_place *p = &l->p->node[i];
	char c = ev->doc[ev->begin];

	if (p->present || !may_begin(l->s->node[i].kind, c))
		return -EINVAL;
	*p = (struct gt_node_place){.present = 1,
				    .null = c == 'n',
				    .begin = ev->begin,
				    .end = ev->end,
				    .inside = ev->end};
	return 0;
}

/* The node that a member of PARENT's object is, or NOWHERE. */
static int find_node(const struct look *l, int parent, const struct gt_raw_event *ev)
{
	for (int i = 1; i < l->s->n_node; i++) {
		if (l->s->node[i].parent == parent && gt_raw_key_is(ev, l->s->node[i].key))
			return i;
	}
	return NOWHERE;
}

/* Does EV's text, behind NAME=, say VALUE? */
static bool is_entry(const struct gt_raw_event *ev, const char *name, const char *value)
{
	struct gt_raw_text t;

	return gt_raw_text(ev, &t) && gt_raw_eat(&t, name) && gt_raw_eat(&t, "=") &&
	       (!value || (gt_raw_eat(&t, value) && gt_raw_ends(&t)));
}

static int take_env(struct look *l, const struct gt_raw_event *ev)
{
	for (uint32_t i = 0; i < l->s->n_env; i++) {
		const struct gt_splice_env *v = &l->s->env[i];
		struct gt_element el = {.what = i, .begin = ev->begin, .end = ev->end};

		if (!is_entry(ev, v->name, NULL))
			continue;
		if (is_entry(ev, v->name, v->value))
			el.is = GT_ELEMENT_AS_WANTED;
		else if (v->before && is_entry(ev, v->name, v->before))
			el.is = GT_ELEMENT_AS_BEFORE;
		return gt_splice_add(l->p, &el);
	}
	return 0;
}

static bool parse_limit(struct gt_element *el, uint32_t what, const struct gt_raw_event *ev)
{
	*el = (struct gt_element){.what = what, .begin = ev->begin, .end = ev->end};
	return gt_raw_u64(ev, &el->number);
}

static void take_in_rlimit(struct look *l, const struct gt_raw_event *ev)
{
	struct gt_raw_text t;

	if (gt_raw_key_is(ev, "type"))
		l->nofile =
			gt_raw_text(ev, &t) && gt_raw_eat(&t, "RLIMIT_NOFILE") && gt_raw_ends(&t);
	else if (gt_raw_key_is(ev, "soft"))
		l->has_soft = parse_limit(&l->soft, GT_ELEMENT_SOFT, ev);
	else if (gt_raw_key_is(ev, "hard"))
		l->has_hard = parse_limit(&l->hard, GT_ELEMENT_HARD, ev);
}

static int end_rlimit(struct look *l)
{
	int r;

	if (!l->nofile)
		return 0;
	r = l->has_soft && l->has_hard ? gt_splice_add(l->p, &l->soft) : -EINVAL;
	return r < 0 ? r : gt_splice_add(l->p, &l->hard);
}

/* Is our hook the program that EV's text names? */
static bool names_our_hook(const struct gt_raw_event *ev)
{
	struct gt_raw_text name, rest;

	if (!gt_raw_text(ev, &name))
		return false;
	for (rest = name; gt_raw_skip_past(&rest, '/');)
		name = rest;
	return gt_raw_eat(&name, GT_HOOK_NAME) && gt_raw_ends(&name);
}

static int end_hook(struct look *l, const struct gt_raw_event *ev)
{
	struct gt_element el = {.what = GT_ELEMENT_HOOK, .begin = l->hook_begin, .end = ev->end};

	return l->hook_is_ours ? gt_splice_add(l->p, &el) : 0;
}

/* An element of an array that we know; *ret_node: what its inside will be. */
static int take_element(struct look *l, enum gt_node_kind kind, const struct gt_raw_event *ev,
			int *ret_node)
{
	if (kind == GT_NODE_ENV)
		return take_env(l, ev);
	l->nofile = l->has_soft = l->has_hard = l->hook_is_ours = false;
	l->hook_begin = ev->begin;
	*ret_node = kind == GT_NODE_HOOKS ? IN_A_HOOK : IN_AN_RLIMIT;
	return 0;
}

static int take_end(struct look *l, const struct gt_raw_event *ev, int parent)
{
	int i = l->at[ev->depth];

	if (parent >= 0)
		l->p->node[parent].last_end = ev->end;
	if (i >= 0)
		l->p->node[i].end = ev->end;
	if (i == IN_A_HOOK)
		return end_hook(l, ev);
	return i == IN_AN_RLIMIT && parent >= 0 ? end_rlimit(l) : 0;
}

/* A value inside node PARENT; *ret_node: what its own inside will be. */
static int take_child(struct look *l, const struct gt_raw_event *ev, int parent, int *ret_node)
{
	l->p->node[parent].has_children = 1;
	l->p->node[parent].last_end = ev->end;
	if (gt_node_is_array(&l->s->node[parent]))
		return take_element(l, l->s->node[parent].kind, ev, ret_node);
	*ret_node = find_node(l, parent, ev);
	return *ret_node >= 0 ? take_node(l, *ret_node, ev) : 0;
}

static int scan_event(void *ctx, const struct gt_raw_event *ev)
{
	struct look *l = ctx;
	int parent = ev->depth > 0 ? l->at[ev->depth - 1] : NOWHERE, node = NOWHERE, r = 0;

	if (ev->what == GT_RAW_CLOSE)
		return take_end(l, ev, parent);
	if (ev->depth == 0) {
		node = 0;
		r = ev->what == GT_RAW_OPEN ? take_node(l, 0, ev) : -EINVAL;
	} else if (parent == IN_AN_RLIMIT) {
		take_in_rlimit(l, ev);
	} else if (parent == IN_A_HOOK) {
		if (gt_raw_key_is(ev, "path"))
			l->hook_is_ours = names_our_hook(ev);
	} else if (parent >= 0) {
		r = take_child(l, ev, parent, &node);
	}
	if (ev->what == GT_RAW_OPEN)
		l->at[ev->depth] = node;
	return r;
}

int gt_splice_scan(const struct gt_splice *s, const char *doc, size_t len, struct gt_places *ret)
{
	struct look l = {.s = s, .p = ret};

	ret->n_node = (uint32_t)s->n_node;
	return gt_raw_scan(doc, len, scan_event, &l);
}
