/*
 * What is known of the containers that one rule drew.
 */
#ifndef GOTUNE_DAEMON_EVIDENCE_H
#define GOTUNE_DAEMON_EVIDENCE_H

#include "gotune/history.h"

#define GT_EVIDENCE_MAX 2048u /* containers of a rule; those that come later do not count */

struct gt_evidence {
	uint64_t print; /* gt_rule.print */
	char rule[GT_NAME_CAP];
	struct gt_canary_unit *unit; /* N of them, owned */
	uint32_t n, cap;
	bool ended; /* it is rolled back */
};

/*
 * Takes L, of a container of this rule that was seen first at BEGIN_S: a new container, or one that
 * is known, whose newest figures replace what they say less of. Without memory it does not count.
 * No effects but the heap.
 */
void gt_evidence_add(struct gt_evidence *v, const struct gt_life *l, uint64_t begin_s);

/* Forgets all that came before SINCE_S. */
void gt_evidence_since(struct gt_evidence *v, uint64_t since_s);

void gt_evidence_done(struct gt_evidence *v);

#endif
