/*
 * L3 priv. Waiting for children of our own that have ended. None may be left when the hook itself
 * ends: it would become a child of crun's, and crun, which waits for a hook that has a timeout by
 * sigtimedwait, takes the end of two children at the same moment for the end of the first, and
 * waits for the hook until the time is up (1.8.1, and main of August 2026:
 * run_process_with_stdin_timeout_envp).
 */
#ifndef GOTUNE_REAP_H
#define GOTUNE_REAP_H

#include <sys/types.h>

#include "gotune/base.h"

/* Waits until PID has ended. Its status, as waitpid has it, in *RET_STATUS (may be NULL). 0 or
 * -ECHILD. */
int gt_reap(pid_t pid, int *ret_status);

/* Takes what has ended, waits for nobody. */
void gt_reap_dead(void);

#endif
