/*
 * facts + policy -> plan. Pure and total: no allocation, no I/O, no clock, no error path. The same
 * input gives the same plan, byte for byte.
 */
#ifndef GOTUNE_PLAN_H
#define GOTUNE_PLAN_H

#include "gotune/base.h"
#include "gotune/model.h"

/*
 * Decides who the container is to the policy. Uses facts.trouble, ident, annotations, req, program.
 * *ret is overwritten; it points into P.
 */
void gt_plan_select(const struct gt_facts *f, const struct gt_policy *p, struct gt_selection *ret);

/*
 * The whole plan for that selection, from complete facts. The selection was made from the same
 * policy, and from facts that had what gt_plan_select uses. *ret is overwritten.
 */
void gt_plan_make(const struct gt_facts *f, const struct gt_policy *p,
		  const struct gt_selection *sel, struct gt_plan *ret);

/*
 * Is NAME a sysctl that a namespace owns, and whose? GT_NS_NET or GT_NS_IPC in *ret; false when it
 * is host-wide, unknown, or not a plain dotted name.
 */
bool gt_plan_sysctl_ns(const char *name, enum gt_ns *ret);

/* Merges WANT ("k=v,k=v") into HAVE: a key that HAVE has is kept. False when CAP was too small. */
bool gt_plan_merge_godebug(const char *have, const char *want, const char *allow, char *ret,
			   size_t cap);

/* The canary: is ID among PERCENT of all ids, for this rule? Stable; 0 is nobody, 100 everybody. */
bool gt_plan_in_rollout(const char *rule, const char *id, uint32_t percent);

/* What Go 1.MINOR chooses by itself. 0: unknown. CONTAINER: is containermaxprocs on? */
uint32_t gt_plan_native(const struct gt_facts *f, const struct gt_cpus *allowed, bool container);

#endif
