/*
 * A container whose GOMEMLIMIT is ours, and its running program: what the parts resize and pressure
 * share. It is resize's own of a gt_known.
 */
#ifndef GOTUNE_DAEMON_TUNED_H
#define GOTUNE_DAEMON_TUNED_H

#include "gotune/live.h"
#include "law.h"
#include "part.h"

enum gt_tuned_state {
	GT_TUNED_NEW,  /* its program was not looked for yet */
	GT_TUNED_OPEN, /* HANDLE stands for it */
	GT_TUNED_LEFT, /* it is left alone, and that was logged */
};

struct gt_tuned {
	/* From the record. */
	char profile[GT_NAME_CAP];
	enum gt_mode mode;
	uint32_t go_minor;
	enum gt_tri cgo;
	char automemlimit[64];
	struct gt_lesson_facts lesson; /* GOMEMLIMIT followed from, too */
	int64_t began; /* GOMEMLIMIT that it was started with; 0: it is not ours to follow */

	/* The container's limit, as its own cgroup says. */
	int max, high, stat;  /* files of it; -1: none */
	char text[2][32];     /* what was in max and high */
	uint64_t limit_bytes; /* as planned with */
	int64_t planned;      /* GOMEMLIMIT for it; 0: none */
	bool is_v1;

	/* The program. */
	struct gt_live_keeper *keeper; /* who may change it; NULL: the policy does not ask for it */
	enum gt_tuned_state state;
	uint32_t handle, tries;
	pid_t pid;   /* while OPEN */
	int64_t now; /* GOMEMLIMIT that it has */

	/* The part pressure's. */
	struct gt_law law;
	uint32_t wait, waited; /* ticks between two looks: yet, in all */
	int32_t gogc_start;
};

/* K's; NULL: there is none. */
struct gt_tuned *gt_tuned_of(const struct gt_known *k);

/*
 * Finds K's program if that was not tried yet: its init, or one below it. False: it is left alone,
 * or not found now. Logs why. May take three seconds, once.
 */
bool gt_tuned_open(struct gt_daemon *d, struct gt_known *k, struct gt_tuned *t);

/* The collector's settings of K's program, which is found first. False: it is left alone, or not
 * found now. */
bool gt_tuned_read(struct gt_daemon *d, struct gt_known *k, struct gt_tuned *t,
		   struct gt_live_snapshot *ret);

/* Makes its GOMEMLIMIT BYTES. What it is to be is written down first, for a later gotuned. */
void gt_tuned_set(struct gt_daemon *d, struct gt_known *k, struct gt_tuned *t, int64_t bytes);

/* It is left alone from now on: WHY is logged. */
void gt_tuned_leave(const struct gt_known *k, struct gt_tuned *t, enum gt_left why,
		    const char *detail);

/* Closes what it has open. FORGET: the container has ended, what was written down goes, too. */
void gt_tuned_done(struct gt_daemon *d, struct gt_known *k, struct gt_tuned *t, bool forget);

/* ---- its container's memory (memory.c) ---- */

/* Bytes of all of its processes, by memory.stat: anonymous, and of files in memory (tmpfs, shared).
 * Not page cache, which goes when it must. False: its cgroup is gone. */
struct gt_tuned_memory {
	uint64_t anon, shmem;
};
bool gt_tuned_memory(const struct gt_tuned *t, struct gt_tuned_memory *ret);

/* ---- deciding again (replan.c) ---- */

/*
 * What the planner makes of K's limits now: GOMEMLIMIT in *RET (0: none) and the limit that it
 * comes from. Reads the cgroup. -ENOMEM.
 */
GT_MUST_CHECK int gt_replan(const struct gt_daemon *d, const struct gt_known *k,
			    const struct gt_tuned *t, int64_t *ret, uint64_t *ret_limit);

#endif
