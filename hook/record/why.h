/*
 * The sentences that need numbers or names of a record: one function a reason, or several. Pure.
 */
#ifndef GOTUNE_RECORD_WHY_H
#define GOTUNE_RECORD_WHY_H

#include "gotune/model.h"
#include "gotune/record.h"
#include "text.h"

typedef void gt_why_fn(const struct gt_record *r, const struct gt_setting *s, struct gt_text *t);

/* "" or "s". */
static inline const char *gt_why_plural(uint64_t n)
{
	return n == 1 ? "" : "s";
}

/* ---- why_cpu.c ---- */

gt_why_fn gt_why_quota, gt_why_cpus, gt_why_physical, gt_why_node, gt_why_shares, gt_why_latency,
	gt_why_max, gt_why_unpin, gt_why_native;

/* ---- why_memory.c ---- */

gt_why_fn gt_why_memory, gt_why_learned, gt_why_spiral, gt_why_machine, gt_why_space, gt_why_small,
	gt_why_version, gt_why_too_large;

#endif
