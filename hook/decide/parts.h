/*
 * The parts of gt_decide, for who has something to do between them.
 */
#ifndef GOTUNE_DECIDE_PARTS_H
#define GOTUNE_DECIDE_PARTS_H

#include "gotune/decide.h"

/* The parser, the policy and, of a STATE source, the state. *RET is GT_DECISION_NONE before. As
 * gt_decide. */
GT_MUST_CHECK int gt_decide_open(const struct gt_ask *ask, struct gt_decision *ret,
				 struct gt_err *e);

/* All that is left to do. */
void gt_decide_rest(struct gt_decision *d, const struct gt_ask *ask);

/* The facts of the program and its process have changed: selects and plans anew. */
void gt_decide_again(struct gt_decision *d);

/* What the worker W says of config.json, which FD is. 0 or -errno with a message. */
GT_MUST_CHECK int gt_decide_read_bundle(struct gt_worker *w, int fd, struct gt_bundle *ret,
					struct gt_err *e);

#endif
