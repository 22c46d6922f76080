/*
 * The loop: what it waits for, and when the parts' time has come.
 */
#ifndef GOTUNE_DAEMON_LOOP_H
#define GOTUNE_DAEMON_LOOP_H

#include "part.h"

/* Opens epoll, the timer and the signals. 0 or -errno; gt_loop_close in any case. */
GT_MUST_CHECK int gt_loop_open(struct gt_daemon *d, struct gt_err *e);
void gt_loop_close(struct gt_daemon *d);

/* Until D->ended. 0, or -errno: it cannot wait any more. */
GT_MUST_CHECK int gt_loop_run(struct gt_daemon *d, struct gt_err *e);

#endif
