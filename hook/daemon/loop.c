/*
 * The daemon's loop: epoll, a timer for the parts' ticks, the signals that end it. Effectful:
 * waits.
 *
 * Theory of operation. One event is taken at a time: a callback may drop a watch and free what it
 * is a member of, and no later event of the same wait can name it. The timer is set to the moment
 * when the first part is due, so that a daemon with nothing to do sleeps.
 */
#include <signal.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>

#include "follow.h"
#include "known.h"
#include "loop.h"

static void on_signal(struct gt_daemon *d, struct gt_watch *w, uint32_t events)
{
	struct signalfd_siginfo si;

	(void)events;
	if (read(w->fd, &si, sizeof(si)) == (ssize_t)sizeof(si))
		d->ended = true;
}

/* Ticks are given in gt_loop_run: the timer only wakes us. */
static void on_timer(struct gt_daemon *d, struct gt_watch *w, uint32_t events)
{
	uint64_t n;

	(void)d;
	(void)events;
	(void)!read(w->fd, &n, sizeof(n));
}

static int open_watch(struct gt_daemon *d, struct gt_watch *w, int fd, gt_watch_fn *fn)
{
	int r = fd < 0 ? -errno : gt_watch_add(d, w, fd, EPOLLIN, fn);

	if (r < 0 && fd >= 0)
		close(fd);
	return r;
}

int gt_loop_open(struct gt_daemon *d, struct gt_err *e)
{
	sigset_t set;
	int r = 0;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGINT);
	(void)signal(SIGPIPE, SIG_IGN);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return gt_err_sys(e, -errno, "cannot block signals");
	d->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (d->epoll < 0)
		return gt_err_sys(e, -errno, "cannot make an epoll");
	r = open_watch(d, &d->signals, signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK), on_signal);
	if (r == 0)
		r = open_watch(d, &d->timer,
			       timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK),
			       on_timer);
	return r < 0 ? gt_err_sys(e, r, "cannot make a timer and wait for signals") : 0;
}

static void close_watch(struct gt_daemon *d, struct gt_watch *w)
{
	int fd = w->fd;

	gt_watch_drop(d, w);
	gt_cleanup_close(&fd);
}

void gt_loop_close(struct gt_daemon *d)
{
	close_watch(d, &d->timer);
	close_watch(d, &d->signals);
	gt_cleanup_close(&d->epoll);
	d->epoll = -1;
}

static bool has_tick(const struct gt_daemon *d, unsigned i)
{
	return d->wanted[i] && d->part[i]->tick && d->part[i]->tick_ms > 0;
}

static void give_ticks(struct gt_daemon *d)
{
	int64_t now = gt_now_ms();

	d->own_health.alive_ms = now;
	if (now >= d->policy_ms) {
		gt_follow_policy(d);
		d->policy_ms = now + GT_FOLLOW_EVERY_MS;
	}
	if (now >= d->look_ms) {
		gt_records_check(d);
		d->look_ms = now + GT_LOOK_EVERY_MS;
	}
	for (unsigned i = 0; i < d->n_part; i++) {
		if (!has_tick(d, i) || now < d->due_ms[i])
			continue;
		d->part[i]->tick(d);
		/* From now: a machine that slept, or was too slow, gets no heap of ticks. */
		d->due_ms[i] = gt_now_ms() + d->part[i]->tick_ms;
	}
}

static int set_timer(const struct gt_daemon *d)
{
	int64_t next = d->look_ms;
	struct itimerspec at = {0};

	for (unsigned i = 0; i < d->n_part; i++) {
		if (has_tick(d, i) && d->due_ms[i] < next)
			next = d->due_ms[i];
	}
	at.it_value.tv_sec = next / 1000;
	at.it_value.tv_nsec = next % 1000 * 1000000 + 1; /* zero would switch it off */
	return timerfd_settime(d->timer.fd, TFD_TIMER_ABSTIME, &at, NULL) < 0 ? -errno : 0;
}

int gt_loop_run(struct gt_daemon *d, struct gt_err *e)
{
	struct epoll_event ev;
	struct gt_watch *w;
	int n, r;

	while (!d->ended) {
		give_ticks(d);
		r = set_timer(d);
		if (r < 0)
			return gt_err_sys(e, r, "cannot set the timer");
		n = epoll_wait(d->epoll, &ev, 1, -1);
		if (n < 0 && errno != EINTR)
			return gt_err_sys(e, -errno, "cannot wait");
		if (n <= 0)
			continue;
		w = ev.data.ptr;
		w->fn(d, w, ev.events);
	}
	return 0;
}
