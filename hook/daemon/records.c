/*
 * Follows the directory of records by inotify: what is written there becomes a look at that record.
 * Effectful: makes the directory when there is none.
 */
#include <fcntl.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/inotify.h>

#include "known.h"

#define EVENTS                                                                                   \
	(IN_CREATE | IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_DELETE_SELF | \
	 IN_MOVE_SELF | IN_ONLYDIR)

/* "ID.json" as ID. False for any other name. */
static bool id_of(const char *name, char ret[GT_ID_MAX])
{
	size_t len = strlen(name), suffix = sizeof(GT_RECORD_SUFFIX) - 1;

	return len > suffix && gt_has_suffix(name, GT_RECORD_SUFFIX) &&
	       gt_copy(ret, GT_ID_MAX, name, len - suffix) && gt_id_ok(ret);
}

/* The directory that was followed is not followed any more. */
static void leave(struct gt_daemon *d)
{
	if (d->wd >= 0)
		(void)inotify_rm_watch(d->inotify.fd, d->wd); /* fails if it is gone */
	d->wd = -1;
	gt_cleanup_close(&d->records);
	d->records = -1;
}

/* LAST is the id that was looked at last: a record that is replaced has several events. */
static void take_event(struct gt_daemon *d, const struct inotify_event *ev, char last[GT_ID_MAX])
{
	char id[GT_ID_MAX];

	if (ev->mask & IN_Q_OVERFLOW) {
		gt_known_look_at_all(d, true);
		return;
	}
	if (ev->wd != d->wd) /* of a directory that we have left */
		return;
	if (ev->mask & (IN_DELETE_SELF | IN_MOVE_SELF | IN_IGNORED | IN_UNMOUNT)) {
		leave(d);
		gt_records_check(d);
		return;
	}
	if (ev->len == 0 || !id_of(ev->name, id) || strcmp(id, last) == 0)
		return;
	memcpy(last, id, GT_ID_MAX);
	gt_known_look(d, id);
}

static void on_events(struct gt_daemon *d, struct gt_watch *w, uint32_t events)
{
	_Alignas(struct inotify_event) char buf[4096];
	char last[GT_ID_MAX] = "";
	ssize_t n = read(w->fd, buf, sizeof(buf));
	const struct inotify_event *ev;

	(void)events;
	for (ssize_t at = 0; n > 0 && at < n; at += (ssize_t)(sizeof(*ev) + ev->len)) {
		ev = (const void *)(buf + at);
		take_event(d, ev, last);
	}
}

int gt_records_open(struct gt_daemon *d, struct gt_err *e)
{
	_cleanup_close_ int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	int r = fd < 0 ? -errno : gt_watch_add(d, &d->inotify, fd, EPOLLIN, on_events);

	if (r < 0)
		return gt_err_sys(e, r, "cannot make an inotify");
	(void)gt_take_fd(&fd);
	d->wd = -1;
	return 0;
}

static int add_watch(struct gt_daemon *d)
{
	char path[64] = "/proc/self/fd/";
	int wd;

	(void)gt_append_u64(path, sizeof(path), (uint64_t)d->records); /* fits */
	(void)gt_append(path, sizeof(path), "/" GT_RECORD_CONTAINERS);
	wd = inotify_add_watch(d->inotify.fd, path, EVENTS);
	if (wd < 0)
		return -errno;
	d->wd = wd;
	return 0;
}

int gt_records_follow(struct gt_daemon *d, struct gt_err *e)
{
	int r;

	d->records = gt_record_dir_open(d->record_dir, true, e);
	if (d->records < 0)
		return d->records;
	r = add_watch(d);
	if (r < 0) {
		leave(d);
		return gt_err_sys(e, r, "cannot follow %s", d->record_dir);
	}
	gt_known_look_at_all(d, true);
	return 0;
}

void gt_records_check(struct gt_daemon *d)
{
	struct gt_err e = {0};

	if (d->records >= 0)
		gt_known_look_at_all(d, false);
	else if (gt_records_follow(d, &e) < 0)
		gt_log(GT_LOG_WARNING, "%s", e.msg);
}

void gt_records_close(struct gt_daemon *d)
{
	int fd = d->inotify.fd;

	leave(d);
	gt_watch_drop(d, &d->inotify);
	gt_cleanup_close(&fd);
}
