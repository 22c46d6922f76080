/*
 * A compiled policy: one block of bytes without pointers, so that it can be a file that all
 * processes map, or a part of the program.
 */
#ifndef GOTUNE_POLICY_COMPILED_H
#define GOTUNE_POLICY_COMPILED_H

#include "draft.h"
#include "gotune/base.h"
#include "gotune/model.h"

/* The head of a block. Where each array of the policy begins, in bytes from the head. */
struct gt_compiled {
	uint64_t len; /* of the block */
	uint32_t profile, rule, annotation, layer, text;
	struct gt_policy top; /* without its pointers */
};

/* No policy is larger: 1024 rules with the longest texts are 3 MiB. */
#define GT_COMPILED_MAX (8u << 20)

/* What a policy is compiled from. */
struct gt_parts {
	const struct gt_draft *d;
	bool broken;		    /* the policy as a whole */
	struct gt_profile *profile; /* of each profile of D, what it has inherited, too */
	bool *rule_broken;	    /* of each rule of D */
	struct gt_layer *layer;
	uint32_t n_layer;
};

/* Compiles P into a block of *RET's own. 0 or -ENOMEM. Effects: maps memory. */
GT_MUST_CHECK int gt_compiled_make(const struct gt_parts *p, struct gt_policy *ret);

/* The policy that BLOCK holds; its arrays are in BLOCK, and it owns nothing. Pure. */
void gt_compiled_view(const struct gt_compiled *block, struct gt_policy *ret);

/* The block of a policy that gt_compiled_make made. */
const struct gt_compiled *gt_compiled_block(const struct gt_policy *p);

/*
 * 0 when the LEN bytes of BLOCK (aligned as a struct gt_compiled) are a policy of which nothing
 * leads astray: each place is inside, each text ends, each number is one that the reader of files
 * would take. Otherwise -EBADMSG. Pure.
 */
GT_MUST_CHECK int gt_compiled_check(const void *block, size_t len);

/* The built-in policy as the build has compiled it, and which build that was: of these sources, for
 * this kind of machine. */
const struct gt_compiled *gt_compiled_builtin(void);
uint64_t gt_compiled_build(void);

#endif
