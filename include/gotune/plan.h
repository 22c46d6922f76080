/*
 * Makes a plan from facts and policy. It is pure and never fails: no allocation, no I/O, no clock.
 * The same input gives the same plan, byte for byte.
 */
#ifndef GOTUNE_PLAN_H
#define GOTUNE_PLAN_H

#include "gotune/base.h"
#include "gotune/model.h"

/*
 * Finds out what the policy says of the container. Uses facts.trouble, ident, annotations, req and
 * program. Overwrites *ret, which points into P.
 */
void gt_plan_select(const struct gt_facts *f, const struct gt_policy *p, struct gt_selection *ret);

/*
 * The program of F is not known yet (its note is at-exec). May S, which gt_plan_select made of F
 * and P, become another selection once it is known? Then what depends on the selection alone
 * (sysctls, the cgroup, NOFILE) has to wait, too. False when the program is known.
 */
bool gt_plan_awaits_program(const struct gt_facts *f, const struct gt_policy *p,
			    const struct gt_selection *s);

/*
 * Makes the whole plan for that selection, from complete facts. The selection comes from the same
 * policy, and from facts that had what gt_plan_select uses. Overwrites *ret.
 */
void gt_plan_make(const struct gt_facts *f, const struct gt_policy *p,
		  const struct gt_selection *sel, struct gt_plan *ret);

/*
 * Is NAME a sysctl that a namespace owns, and whose? GT_NS_NET or GT_NS_IPC in *ret; false when it
 * is host-wide, unknown, or not a plain dotted name.
 */
bool gt_plan_sysctl_ns(const char *name, enum gt_ns *ret);

/* Merges WANT ("k=v,k=v") into HAVE, whose keys stay as they are. False when CAP is too small. */
bool gt_plan_merge_godebug(const char *have, const char *want, const char *allow, char *ret,
			   size_t cap);

/* The canary: is ID among PERCENT of all ids, for this rule? Stable; 0 is nobody, 100 everybody. */
bool gt_plan_in_rollout(const char *rule, const char *id, uint32_t percent);

/* What Go 1.MINOR chooses by itself. 0: unknown. CONTAINER: is containermaxprocs on? */
uint32_t gt_plan_native(const struct gt_facts *f, const struct gt_cpus *allowed, bool container);

#endif
