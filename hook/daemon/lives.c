/*
 * What several parts ask of the state that gotuned keeps. Effectful: makes its directory.
 */
#include <unistd.h>

#include "gotune/lessons.h"
#include "lives.h"

bool gt_lives_wanted(const struct gt_daemon *d)
{
	const struct gt_policy_daemon *p = &d->policy.daemon;

	return p->history || p->learn || p->guard || p->rollback;
}

const char *gt_state_dir(const struct gt_daemon *d)
{
	return d->in->state_dir ? d->in->state_dir : GT_HISTORY_DIR;
}

int gt_daemon_lessons(const struct gt_daemon *d, struct gt_err *e)
{
	_cleanup_close_ int dir = gt_history_open(gt_state_dir(d), true, e);
	int fd = dir < 0 ? dir : gt_lessons_open(dir, true);

	if (dir < 0)
		return dir;
	return fd < 0 ? gt_err_sys(e, fd, "cannot use the file of lessons in %s", gt_state_dir(d))
		      : fd;
}
