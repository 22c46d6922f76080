/*
 * What the files of splice share.
 *
 * What the plan wants of the document is a small tree of nodes, from the root down to the values.
 * Two readers, one in the worker and one in the process that edits, find where each node is; then
 * we insert or replace text there.
 */
#ifndef GOTUNE_EDIT_SPLICE_H
#define GOTUNE_EDIT_SPLICE_H

#include "gotune/base.h"
#include "gotune/edit.h"
#include "gotune/model.h"

enum gt_node_kind {
	GT_NODE_OBJECT,
	GT_NODE_VALUE,	 /* a scalar of an object */
	GT_NODE_ENV,	 /* an array of "NAME=value" */
	GT_NODE_RLIMITS, /* an array of {type, soft, hard} */
	GT_NODE_HOOKS,	 /* an array of {path, args, ...} */
};

struct gt_splice_node {
	const char *key;
	int parent; /* -1: the document */
	enum gt_node_kind kind;
	bool must_exist; /* we do not create it; of GT_NODE_HOOKS: nor add to it */
	uint32_t row;	 /* GT_NODE_VALUE: of the plan */
};

struct gt_splice_env {
	const char *name, *value;
	const char *before; /* may be NULL */
	uint32_t row;
};

/* What a plan wants of a document. Points into the plan. */
struct gt_splice {
	struct gt_splice_node node[GT_PLACES_NODES_MAX];
	int n_node;
	struct gt_splice_env env[GT_VAR_COUNT];
	uint32_t n_env;
	int hooks; /* the node of `hooks`; 0: the plan does not await the exec */
	bool want_nofile, nofile_in_config;
	uint64_t nofile_soft, nofile_hard;
};

static inline bool gt_node_is_array(const struct gt_splice_node *n)
{
	return n->kind != GT_NODE_OBJECT && n->kind != GT_NODE_VALUE;
}

/* Does row I of the plan go into the document? */
bool gt_splice_wanted(const struct gt_plan *plan, uint32_t i);

/*
 * Fills the tree from PLAN. WHOLE: config.json; otherwise a process document, whose root is the
 * process and which has no linux section. -E2BIG, -EINVAL.
 */
GT_MUST_CHECK int gt_splice_want(struct gt_splice *s, bool whole, const struct gt_plan *plan);

/* Appends an element; -E2BIG when there is no room. */
GT_MUST_CHECK int gt_splice_add(struct gt_places *p, const struct gt_element *e);

/* The reader of the process that edits, by raw.h: pure, no allocation. *RET is zero before.
 * -EINVAL: the two readers could not agree on this document; -E2BIG. */
GT_MUST_CHECK int gt_splice_scan(const struct gt_splice *s, const char *doc, size_t len,
				 struct gt_places *ret);

#endif
