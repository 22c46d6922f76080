/*
 * What the part history knows of a container that runs: for other parts.
 */
#ifndef GOTUNE_DAEMON_LIVES_H
#define GOTUNE_DAEMON_LIVES_H

#include "gotune/history.h"
#include "part.h"

/* K's life until now, after another look at its cgroup; NULL: nothing is known. Stays history's. */
const struct gt_life *gt_life_now(struct gt_known *k);

/* Did a rule leave K to chance? */
bool gt_life_is_drawn(const struct gt_known *k);

/* Would K, ended at NOW_S, have ended within GT_EARLY_S of its start? */
bool gt_life_is_early(const struct gt_known *k, int64_t now_s);

/* Is anything written down of lives: for the history, or for what is learned of it? */
bool gt_lives_wanted(const struct gt_daemon *d);

/* The directory of the state: d->in's, or the machine's. */
const char *gt_state_dir(const struct gt_daemon *d);

/* Opens the file of lessons there, which is made; a descriptor or -errno with a message. */
GT_MUST_CHECK int gt_daemon_lessons(const struct gt_daemon *d, struct gt_err *e);

#endif
