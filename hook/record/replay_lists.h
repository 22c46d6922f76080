/*
 * The lists of a record, read back. All return 0, or -ENODATA for what cannot be or does not fit.
 */
#ifndef GOTUNE_RECORD_REPLAY_LISTS_H
#define GOTUNE_RECORD_REPLAY_LISTS_H

#include "gotune/base.h"
#include "gotune/record.h"

/* What gt_decided_earlier puts behind the reason of a row that an earlier stage set. */
#define GT_RECORD_EARLIER_TAIL ", which is in config.json since before the container was created"

/* facts/NAME/value, where that is a pair of limits. Other names are nobody's. */
GT_MUST_CHECK int gt_replay_take_limits(struct gt_facts *f, const char *name,
					const struct gt_json_event *ev);

/* facts/levels/I/KEY and facts/nodes/I/KEY */
GT_MUST_CHECK int gt_replay_take_row(struct gt_facts *f, const struct gt_json_event *ev);

/* A scalar at replay/KEY, of all that is no single fact: an element of a row is added to ROW. */
GT_MUST_CHECK int gt_replay_take_list(struct gt_replay *r, struct gt_list *row, const char *key,
				      const struct gt_json_event *ev);

/* ROW, of the list replay/KEY, is complete: it is taken, and becomes empty. */
GT_MUST_CHECK int gt_replay_end_row(struct gt_replay *r, struct gt_list *row, const char *key);

#endif
