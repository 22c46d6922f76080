/*
 * How a running program's limit and GOGC follow its container: pure.
 */
#ifndef GOTUNE_DAEMON_LAW_H
#define GOTUNE_DAEMON_LAW_H

#include "gotune/base.h"

/* What a tick sees. Bytes. */
struct gt_law_in {
	uint64_t limit;	 /* the container's */
	uint64_t anon;	 /* anonymous memory of all of its processes: no page cache */
	uint64_t marked; /* of the Go heap, by the last collection */
	uint64_t mapped; /* what the Go runtime has mapped and not given back */
	int64_t planned; /* GOMEMLIMIT as the policy has it for this limit: never above it */
	int64_t now;	 /* GOMEMLIMIT as it is */
	int32_t gogc, gogc_start;
	uint32_t tick_ms; /* since the last one */
};

/* What is remembered from tick to tick. {0} is the beginning. */
struct gt_law {
	uint64_t beside;   /* bytes outside of the Go heap: the most of late, slowly forgotten */
	uint64_t marked;   /* at the last tick */
	uint32_t milli_hz; /* collections in a second, at least, times 1000 */
};

/* Takes a tick into S. */
void gt_law_tick(struct gt_law *s, const struct gt_law_in *in);

/*
 * GOMEMLIMIT after that tick: 88 % of the limit less what lives beside the heap, at most the plan
 * and 90 %, at least what the heap needs. Down at once, up by a tenth of the way. 0: as it is.
 */
int64_t gt_law_limit(const struct gt_law *s, const struct gt_law_in *in);

/*
 * GOGC after that tick: 60, 30, 20 where anonymous memory is above 75, 85, 90 % of the limit, what
 * it began with below 65 %. Down at once, but not at 8 collections a second; up by 5. 0: as it is.
 */
int32_t gt_law_gogc(const struct gt_law *s, const struct gt_law_in *in);

#endif
