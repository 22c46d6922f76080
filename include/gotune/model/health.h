/*
 * How a program that goes on running is, for who tells of it over HTTP: see struct gt_daemon_in.
 */
#ifndef GOTUNE_MODEL_HEALTH_H
#define GOTUNE_MODEL_HEALTH_H

#include <stdatomic.h>

#include "gotune/base.h"

/* One process writes it, another may read it, in memory that they share. All zero at first. */
struct gt_health {
	_Atomic int64_t alive_ms;	/* when it last came by, by gt_now_ms */
	_Atomic int64_t policy_since_s; /* when the policy that counts was read; 0: there is no
					   good one */
	_Atomic bool is_ready;		/* what it is for can be done now */
	_Atomic bool policy_broken; /* the policy's files are; the last good one counts, if any */
	_Atomic bool is_off;	    /* the kill switch */
};

/* A program that has not come by for so long hangs. */
#define GT_HEALTH_LATE_MS 30000

/* Pure. NOW_MS by gt_now_ms. */
static inline bool gt_health_is_alive(const struct gt_health *h, int64_t now_ms)
{
	return now_ms - h->alive_ms < GT_HEALTH_LATE_MS;
}

#endif
