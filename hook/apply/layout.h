/*
 * Where things are in a copy of a program's first stack. Every pointer in it is the container's
 * word, so each is checked against the copy. Pure.
 */
#ifndef GOTUNE_APPLY_LAYOUT_H
#define GOTUNE_APPLY_LAYOUT_H

#include "gotune/apply.h"
#include "gotune/base.h"

#define GT_STACK_WORD sizeof(uint64_t)

/* The pointer block as indices into the image: where each array begins and how long it is. */
struct gt_stack_layout {
	uint64_t argc;
	size_t envp, n_env; /* byte offset of envp[0]; entries without the NULL */
	size_t auxv, n_aux; /* byte offset; words, AT_NULL pair included */
};

/* The word at byte OFF; false: it is not wholly inside. */
bool gt_stack_word(const struct gt_stack *s, size_t off, uint64_t *ret);

/* 0, or -EINVAL: the stack is not what the ABI says. */
GT_MUST_CHECK int gt_stack_find(const struct gt_stack *s, struct gt_stack_layout *ret);

/* The string that address P points to, or NULL when it is not wholly inside. */
const char *gt_stack_string(const struct gt_stack *s, uint64_t p);

/* The I-th entry of the environment, or NULL. */
const char *gt_stack_env(const struct gt_stack *s, const struct gt_stack_layout *l, size_t i);

/* Is ENTRY one of the variable NAME? */
bool gt_stack_is_name(const char *entry, const char *name);

#endif
