/*
 * A number that stands for a rule. Private to the room.
 */
#ifndef GOTUNE_POLICY_PRINT_H
#define GOTUNE_POLICY_PRINT_H

#include "compiled.h"

/* What gt_rule.print of the rule I of P is: never 0. Pure. */
uint64_t gt_policy_print(const struct gt_parts *p, uint32_t i);

#endif
