/*
 * The built-in policy as a part of the program: compiled from its JSON when the program is built.
 * Pure data.
 */
#include "compiled.h"
#include "gotune/policy.h"

/* Made by policy/embedded_gen.c: BUILD, and the bytes BUILTIN. */
#include "policy_block.h"

const struct gt_compiled *gt_compiled_builtin(void)
{
	return (const void *)builtin;
}

uint64_t gt_compiled_build(void)
{
	return BUILD;
}

void gt_read_policy_builtin(struct gt_policy *ret)
{
	gt_compiled_view(gt_compiled_builtin(), ret);
}
