/*
 * L3 priv. Waiting for children of our own. None may be left when the hook
 * itself ends, if that can be helped: it would become a child of crun's, and crun, which waits for
 * a hook that has a timeout by sigtimedwait, takes the end of two children at the same moment for
 * the end of the first, and waits for the hook until the time is up (1.8.1, and main of August
 * 2026: run_process_with_stdin_timeout_envp).
 *
 * It cannot be helped where a child is stuck in the kernel, in a file system whose server does not
 * answer: SIGKILL does not end it before the answer comes, and a wait for it would be just as
 * stuck.
 */
#ifndef GOTUNE_REAP_H
#define GOTUNE_REAP_H

#include <sys/types.h>

#include "gotune/base.h"

/* How long a child that was killed is waited for: it ends at once, or it is stuck. */
#define GT_END_WAIT_MS 250

/*
 * Waits until PID, a child of ours, has ended, at most TIMEOUT_MS, and reaps it. Its status, as
 * waitpid has it, in *RET_STATUS (may be NULL). 0, -ETIMEDOUT (it goes on), or -ECHILD. A pidfd
 * tells the moment; where the kernel has none (before Linux 5.3) it is looked for again and again.
 */
int gt_reap_within(pid_t pid, unsigned timeout_ms, int *ret_status);

/*
 * Kills PID, a child of ours that was not reaped, and waits GT_END_WAIT_MS for its end. 0;
 * -ETIMEDOUT when it is stuck and left behind, for init to reap; -ECHILD.
 */
int gt_end_child(pid_t pid);

/*
 * Waits TIMEOUT_MS for the end of PID, and ends it then. 0 when it has exited with status 0, -EPIPE
 * when it died in another way, -ETIMEDOUT, -ECHILD.
 */
GT_MUST_CHECK int gt_await_child(pid_t pid, unsigned timeout_ms);

/* Waits until PID has ended, however long that takes. As gt_reap_within. */
int gt_reap(pid_t pid, int *ret_status);

/* Takes what has ended, waits for nobody. */
void gt_reap_dead(void);

#endif
