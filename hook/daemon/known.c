/*
 * The table of the containers that have a record. Effectful: reads records and /proc, holds a
 * pidfd for each container.
 *
 * Theory of operation. Whatever is told about a record (made, replaced, removed; two names
 * exchanged, in any order) leads to one question: what is there now? So no order of events and no
 * lost event can leave more behind than the next look at all records takes away.
 */
#include <fcntl.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <time.h>

#include "known.h"

static int find(const struct gt_daemon *d, const char *id)
{
	for (uint32_t i = 0; i < d->n_known; i++) {
		if (strcmp(d->known[i]->id, id) == 0)
			return (int)i;
	}
	return -1;
}

static void close_end(struct gt_daemon *d, struct gt_known *k)
{
	int fd = k->end.fd;

	gt_watch_drop(d, &k->end);
	gt_cleanup_close(&fd);
}

/* The container at I ends; the last one takes its place. */
static void end_at(struct gt_daemon *d, uint32_t i)
{
	struct gt_known *k = d->known[i];

	for (unsigned p = 0; p < d->n_part; p++) {
		if (d->wanted[p] && d->part[p]->on_end)
			d->part[p]->on_end(d, k);
	}
	close_end(d, k);
	gt_known_usage_close(d, k);
	d->known[i] = d->known[--d->n_known];
	free(k);
}

static void end_by_id(struct gt_daemon *d, const char *id)
{
	int i = find(d, id);

	if (i >= 0)
		end_at(d, (uint32_t)i);
}

static void on_process_end(struct gt_daemon *d, struct gt_watch *w, uint32_t events)
{
	(void)events;
	end_by_id(d, gt_watch_of(w, struct gt_known, end)->id);
}

/*
 * The end of K's process is waited for. The pidfd is opened first and compared then: a pid that was
 * given again is another process. Without one (Linux < 5.3, too many files) the look at all records
 * finds out.
 */
static void await_end(struct gt_daemon *d, struct gt_known *k)
{
	_cleanup_close_ int fd = -1;
	uint64_t start;

	if (k->pid <= 0 || k->end.fd >= 0)
		return;
	fd = pidfd_open((pid_t)k->pid, 0);
	if (fd < 0 || gt_start_time(d->root, k->pid, &start) < 0 ||
	    (k->pid_start != 0 && start != k->pid_start))
		return;
	k->pid_start = start;
	if (gt_watch_add(d, &k->end, fd, EPOLLIN, on_process_end) == 0)
		(void)gt_take_fd(&fd);
}

static bool grow(struct gt_daemon *d)
{
	uint32_t cap = d->known_cap ? d->known_cap * 2 : 64;
	struct gt_known **more;

	if (d->n_known < d->known_cap)
		return true;
	more = d->n_known < GT_KNOWN_MAX ? reallocarray(d->known, cap, sizeof(void *)) : NULL;
	if (!more)
		return false;
	d->known = more;
	d->known_cap = cap;
	return true;
}

/* A new one; NULL when there are too many, which is counted. */
static struct gt_known *add(struct gt_daemon *d, const char *id)
{
	struct gt_known *k = grow(d) ? calloc(1, sizeof(*k)) : NULL;

	if (!k) {
		d->n_refused++;
		return NULL;
	}
	gt_copy_cut(k->id, id);
	k->end.fd = -1;
	k->dirs = GT_USAGE_DIRS_NONE;
	k->kept = GT_USAGE_KEPT_NONE;
	d->known[d->n_known++] = k;
	return k;
}

/* The process of K is PID now; another than before is another container of that name. */
static struct gt_known *with_pid(struct gt_daemon *d, struct gt_known *k, int64_t pid,
				 uint64_t start)
{
	bool other = k && k->pid != 0 &&
		     (k->pid != pid || (start != 0 && k->pid_start != 0 && k->pid_start != start));
	char id[GT_ID_MAX];

	if (!other)
		return k;
	gt_copy_cut(id, k->id);
	end_by_id(d, id);
	return add(d, id);
}

static void tell(struct gt_daemon *d, struct gt_known *k, const struct gt_record_view *v)
{
	for (unsigned p = 0; p < d->n_part; p++) {
		if (d->wanted[p] && d->part[p]->on_record)
			d->part[p]->on_record(d, k, v);
	}
}

/* V is the record of ID, whose process is PID (0: not known). */
static void take(struct gt_daemon *d, const char *id, const struct gt_record_view *v, int64_t pid)
{
	int i = find(d, id);
	uint64_t start = pid == v->pid ? v->pid_start : 0;
	struct gt_known *k = i < 0 ? add(d, id) : with_pid(d, d->known[i], pid, start);

	if (!k)
		return;
	if (k->pid == 0) {
		k->pid = pid;
		k->pid_start = start;
	}
	k->seen = true;
	await_end(d, k);
	tell(d, k, v);
}

/* Room for a record as it is read; kept until a look is over. */
static struct gt_record_view *view(struct gt_daemon *d)
{
	return d->view.p || gt_pages_map(&d->view, sizeof(struct gt_record_view), GT_PAGES_OWN) == 0
		       ? d->view.p
		       : NULL;
}

static void look(struct gt_daemon *d, const char *id)
{
	struct gt_record_view *v = view(d);
	struct gt_err e = {0};
	int64_t pid = 0;
	int r = -ENOENT;

	if (!v)
		return; /* no memory now: the next look finds it */
	if (d->records >= 0)
		r = gt_record_view_load(d->records, id, v, NULL, NULL, &e);
	if (r < 0 && r != -ENOENT)
		gt_log(GT_LOG_WARNING, "%s: %s", id, e.msg);
	if (r < 0 || gt_record_is_gone(d->root, v, time(NULL), &pid))
		end_by_id(d, id);
	else
		take(d, id, v, pid);
}

void gt_known_look(struct gt_daemon *d, const char *id)
{
	look(d, id);
	gt_pages_done(&d->view);
}

/* The records that are looked at: all, or what may have become another since SINCE_S. */
struct round {
	int containers;
	int64_t since_s; /* 0: all */
};

/*
 * Is there nothing new about ID? A container whose end is waited for, and whose record inotify
 * tells of; or a record of one that had ended when it was looked at. Records of the past may be
 * many.
 */
static bool is_settled(const struct gt_daemon *d, const struct round *r, const char *id)
{
	char name[GT_ID_MAX + sizeof(GT_RECORD_SUFFIX)] = "";
	struct stat st;
	int i = find(d, id);

	if (r->since_s == 0)
		return false;
	if (i >= 0) {
		d->known[i]->seen = d->known[i]->end.fd >= 0;
		return d->known[i]->seen;
	}
	return gt_append(name, sizeof(name), id) &&
	       gt_append(name, sizeof(name), GT_RECORD_SUFFIX) &&
	       fstatat(r->containers, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	       st.st_ctim.tv_sec < r->since_s;
}

/* One whose record is gone ends. */
static void end_unseen(struct gt_daemon *d)
{
	for (uint32_t i = d->n_known; i-- > 0;) {
		if (!d->known[i]->seen)
			end_at(d, i);
	}
}

void gt_known_look_at_all(struct gt_daemon *d, bool anew)
{
	_cleanup_free_ char(*id)[GT_ID_MAX] = NULL;
	_cleanup_close_ int containers =
		d->records < 0 ? -1
			       : openat(d->records, GT_RECORD_CONTAINERS,
					O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	/* One that was refused may find room now. */
	bool all = anew || containers < 0 || d->n_refused > 0;
	const struct round r = {containers, all ? 0 : d->looked_s};
	uint32_t n = 0, dropped = 0;

	if (d->records < 0 || gt_record_ids(d->records, &id, &n, &dropped) < 0)
		n = 0;
	d->looked_s = time(NULL) - 1; /* files have the clock of the last tick */
	for (uint32_t i = 0; i < d->n_known; i++)
		d->known[i]->seen = false;
	d->n_refused = dropped;
	for (uint32_t i = 0; i < n; i++) {
		if (!is_settled(d, &r, id[i]))
			look(d, id[i]);
	}
	end_unseen(d);
	gt_pages_done(&d->view);
}

void gt_known_done(struct gt_daemon *d)
{
	while (d->n_known > 0)
		end_at(d, d->n_known - 1);
	free(d->known);
	d->known = NULL;
	d->known_cap = 0;
}
