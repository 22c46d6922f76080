/*
 * The search of a container's files, in a process of its own with one bound for the whole:
 * what a path leads through, and what it is on, is an image's or a volume's to choose.
 */
#ifndef GOTUNE_DECIDE_SEARCH_H
#define GOTUNE_DECIDE_SEARCH_H

#include "gotune/base.h"
#include "gotune/model.h"
#include "gotune/sandbox.h"

#define GT_SEARCH_MS 2000

struct gt_found {
	struct gt_program program;
	struct gt_env_var var[GT_VAR_COUNT]; /* with what launchers set */
	struct gt_err error;		     /* code 0, or why nothing could be looked for */
};

/* Fills RET, whose var is the caller's and whose rest is zero. Runs in the child. */
typedef void (*gt_search_fn)(const void *ctx, struct gt_worker *parser, struct gt_found *ret);

struct gt_search {
	struct gt_aside aside;
	struct gt_worker *parser;
};

/*
 * Forks a child in PHASE (GT_PHASE_FIND or _LAYERS) that calls FN(CTX, PARSER). Until
 * gt_search_await nobody else may ask PARSER. VAR (may be NULL) is copied. What fails is told by
 * gt_search_await, which must follow.
 */
void gt_search_start(struct gt_search *ret, enum gt_phase phase, gt_search_fn fn, const void *ctx,
		     const struct gt_env_var *var, struct gt_worker *parser);

/*
 * What was found within GT_SEARCH_MS of the start, range-checked. Never fails: without an answer
 * only ret->program is filled, whose note says why. Ends PARSER (its pid is 0 then) when it may
 * still be busy with the search's last question.
 */
void gt_search_await(struct gt_search *s, struct gt_found *ret);

#endif
