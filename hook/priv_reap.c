/*
 * Waiting for children of our own that have ended. Effectful: reaps.
 *
 * That waitpid fails for another reason than that there is no such child is not known to happen
 * without a handler that interrupts it. If it does, it is asked again: see reap.h for why.
 */
#include "gotune/reap.h"

#include <errno.h>
#include <sys/wait.h>

#define TRIES 8

static pid_t wait_for(pid_t pid, int *status, int flags)
{
	pid_t r = -1;

	for (unsigned i = 0; i < TRIES && r < 0; i++) {
		r = waitpid(pid, status, flags);
		if (r < 0 && errno == ECHILD)
			break;
	}
	return r;
}

int gt_reap(pid_t pid, int *ret_status)
{
	return wait_for(pid, ret_status, 0) < 0 ? -ECHILD : 0;
}

void gt_reap_dead(void)
{
	while (wait_for(-1, NULL, WNOHANG) > 0)
		;
}
