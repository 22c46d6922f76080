/*
 * What the loop waits for, by epoll. Effectful.
 */
#include <sys/epoll.h>

#include "part.h"

int gt_watch_add(struct gt_daemon *d, struct gt_watch *w, int fd, uint32_t events, gt_watch_fn *fn)
{
	struct epoll_event ev = {.events = events, .data.ptr = w};

	if (epoll_ctl(d->epoll, EPOLL_CTL_ADD, fd, &ev) < 0)
		return -errno;
	*w = (struct gt_watch){fd, fn};
	return 0;
}

void gt_watch_drop(struct gt_daemon *d, struct gt_watch *w)
{
	if (w->fd >= 0)
		(void)epoll_ctl(d->epoll, EPOLL_CTL_DEL, w->fd, NULL); /* fails if it is closed */
	w->fd = -1;
}
