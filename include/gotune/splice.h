/*
 * L2 stage apply, its own: what apply_splice*.c share.
 *
 * What is wanted in the document is a small tree of nodes, from the root down to the values. One
 * walk finds where each of them stands; then text is inserted or replaced there.
 */
#ifndef GOTUNE_SPLICE_H
#define GOTUNE_SPLICE_H

#include "gotune/apply.h"
#include "gotune/err.h"
#include "gotune/facts.h"
#include "gotune/json.h"
#include "gotune/plan.h"

enum gt_node_kind {
	GT_NODE_OBJECT,
	GT_NODE_VALUE,	 /* a scalar of an object */
	GT_NODE_ENV,	 /* an array of "NAME=value" */
	GT_NODE_RLIMITS, /* an array of {type, soft, hard} */
};

struct gt_splice_node {
	const char *key;
	int parent; /* -1: the document */
	enum gt_node_kind kind;
	bool must_exist;	 /* nothing is created for its sake */
	uint32_t text, text_len; /* GT_NODE_VALUE: its JSON text, in gt_splice.text */
	/* Found by the walk: */
	bool present, null, has_children;
	uint32_t begin, end;	   /* of the value; of an array or object only once it is closed */
	uint32_t inside, last_end; /* after the opening bracket; after the last child */
};

struct gt_splice_env {
	const char *name, *value;
	uint32_t text, text_len; /* "NAME=value" as a JSON string */
	bool found;
};

/* The element of process.rlimits that is being read. */
struct gt_splice_rlimit {
	bool nofile, has_soft, has_hard;
	uint64_t soft, hard;
	uint32_t soft_begin, soft_end, hard_begin, hard_end;
};

#define GT_NODES_CAP (16 + GT_SYSCTL_MAX)
struct gt_splice {
	struct gt_splice_node node[GT_NODES_CAP];
	int n_node;
	struct gt_splice_env env[GT_VAR_COUNT];
	uint32_t n_env;
	bool want_nofile, nofile_found;
	uint64_t nofile_soft, nofile_hard;
	struct gt_splice_rlimit rlimit;
	int16_t at[GT_JSON_DEPTH_MAX + 1]; /* the node whose container is open at each depth */
	struct gt_buf text;
	struct gt_edit *edit; /* owned */
	size_t n_edit, cap_edit;
};

/* Is row I of the plan one to be spliced in? */
bool gt_splice_wanted(const struct gt_plan *plan, uint32_t i);

/*
 * Fills the nodes from PLAN. WHOLE: config.json; otherwise a process document, whose root is the
 * process and which has no linux section. -E2BIG, -EINVAL, -ENOMEM.
 */
GT_MUST_CHECK int gt_splice_want(struct gt_splice *s, bool whole, const struct gt_plan *plan);

/* Appends a JSON string. */
void gt_splice_json_string(struct gt_buf *out, const char *text, size_t len);

/* Walks DOC and fills in what the nodes say of the document; adds the edits of array elements. */
GT_MUST_CHECK int gt_splice_locate(struct gt_splice *s, const char *doc, size_t len,
				   struct gt_err *e);

/* Replaces [begin, end) of the document by a part of S->text. */
GT_MUST_CHECK int gt_splice_edit(struct gt_splice *s, uint32_t begin, uint32_t end, uint32_t text,
				 uint32_t text_len);

#endif
