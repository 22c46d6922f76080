/*
 * The running program of a container whose GOMEMLIMIT is ours: found, changed, left alone.
 * Effectful: asks the child that may (gotune/live.h), writes down what it changes.
 *
 * What is written down: "PREVIOUS NEXT" in ID.live beside the record, before the change. Whoever
 * comes after us takes both for ours, so that a gotuned that was killed at any moment does not make
 * its own value look like the program's. On a machine that is started anew it is gone, as the
 * record is.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "tuned.h"

#define TREE_MAX  16u  /* processes of a container that are tried */
#define TREE_MS	  1000 /* after that no other one is tried */
#define TRIES_MAX 3u

static int open_containers(const struct gt_daemon *d)
{
	if (d->records < 0)
		return -ENOENT;
	return openat(d->records, GT_RECORD_CONTAINERS,
		      O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

static void name_of(const struct gt_known *k, char ret[GT_ID_MAX + sizeof(GT_RECORD_LIVE)])
{
	(void)snprintf(ret, GT_ID_MAX + sizeof(GT_RECORD_LIVE), "%s" GT_RECORD_LIVE,
		       k->id); /* fits */
}

static int write_down(const struct gt_daemon *d, const struct gt_known *k, int64_t now,
		      int64_t next)
{
	_cleanup_close_ int dir = open_containers(d);
	char name[GT_ID_MAX + sizeof(GT_RECORD_LIVE)], text[64];
	int n = snprintf(text, sizeof(text), "%lld %lld\n", (long long)now, (long long)next);

	if (dir < 0)
		return -ENOENT;
	name_of(k, name);
	return gt_write_atomic(dir, name, text, (size_t)n, 0600);
}

/* What an earlier gotuned wrote down: how many. */
static unsigned read_down(const struct gt_daemon *d, const struct gt_known *k, int64_t ret[2])
{
	_cleanup_close_ int dir = open_containers(d), fd = -1;
	char name[GT_ID_MAX + sizeof(GT_RECORD_LIVE)], text[64] = "";
	char *space;
	uint64_t v[2];
	ssize_t n;

	name_of(k, name);
	fd = dir < 0 ? -1 : openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	text[strcspn(text, "\n")] = '\0';
	space = n > 0 ? strchr(text, ' ') : NULL;
	if (!space)
		return 0;
	*space = '\0';
	if (gt_parse_u64(text, &v[0]) < 0 || gt_parse_u64(space + 1, &v[1]) < 0 ||
	    v[0] > INT64_MAX || v[1] > INT64_MAX)
		return 0;
	ret[0] = (int64_t)v[0];
	ret[1] = (int64_t)v[1];
	return 2;
}

/* The children of PID, at most MAX of them: how many. */
static unsigned list_children(const struct gt_daemon *d, int64_t pid, int64_t *ret, unsigned max)
{
	char path[64], text[1024], *save = NULL;
	unsigned n = 0;

	(void)snprintf(path, sizeof(path), "/proc/%lld/task/%lld/children", (long long)pid,
		       (long long)pid); /* fits */
	if (gt_root_read(d->root, path, text, sizeof(text)) < 0)
		return 0;
	for (char *s = strtok_r(text, " ", &save); s && n < max; s = strtok_r(NULL, " ", &save)) {
		uint64_t v;

		if (gt_parse_u64(s, &v) == 0 && v > 0 && v <= INT32_MAX)
			ret[n++] = (int64_t)v;
	}
	return n;
}

static enum gt_left open_one(struct gt_daemon *d, struct gt_known *k, struct gt_tuned *t,
			     int64_t pid, struct gt_err *e)
{
	int64_t limits[3] = {t->began};
	struct gt_live_ask ask = {.pid = (pid_t)pid, .limits = limits};
	char go[64];
	enum gt_left why;

	if (gt_start_time(d->root, pid, &ask.start) < 0 ||
	    (pid == k->pid && k->pid_start != 0 && ask.start != k->pid_start))
		return GT_LEFT_GONE;
	ask.n_limits = 1 + read_down(d, k, limits + 1);
	why = gt_live_keep(t->keeper, &ask, &t->handle, go, &t->now, e);
	if (why != GT_LEFT_NONE)
		return why;
	t->state = GT_TUNED_OPEN;
	t->pid = (pid_t)pid;
	gt_log(GT_LOG_INFO, "%s: process %lld, %s: GOMEMLIMIT is ours to change", k->id,
	       (long long)pid, go);
	return GT_LEFT_NONE;
}

/* A container's first process may be an init or a shell: its Go program is below it. */
static enum gt_left open_below(struct gt_daemon *d, struct gt_known *k, struct gt_tuned *t,
			       struct gt_err *e)
{
	int64_t tree[TREE_MAX] = {k->pid};
	enum gt_left why = GT_LEFT_NOT_GO;
	int64_t until = gt_now_ms() + TREE_MS;
	unsigned n = 1;

	for (unsigned i = 0; why == GT_LEFT_NOT_GO && i < n && gt_now_ms() < until; i++) {
		why = open_one(d, k, t, tree[i], e);
		n += list_children(d, tree[i], tree + n, TREE_MAX - n);
	}
	return why;
}

bool gt_tuned_open(struct gt_daemon *d, struct gt_known *k, struct gt_tuned *t)
{
	struct gt_err e = {0};
	enum gt_left why;

	if (t->state != GT_TUNED_NEW)
		return t->state == GT_TUNED_OPEN;
	if (!t->keeper || k->pid <= 0 || t->began <= 0)
		return false;
	why = open_below(d, k, t, &e);
	if (why == GT_LEFT_NONE)
		return true;
	/* Its program may not have been executed yet, or not be calm at this moment. */
	if (++t->tries < TRIES_MAX && (why == GT_LEFT_UNSTABLE || why == GT_LEFT_NOT_GO ||
				       why == GT_LEFT_GONE || why == GT_LEFT_FAILED))
		return false;
	gt_tuned_leave(k, t, why, e.msg);
	return false;
}

bool gt_tuned_read(struct gt_daemon *d, struct gt_known *k, struct gt_tuned *t,
		   struct gt_live_snapshot *ret)
{
	enum gt_left why;

	if (!gt_tuned_open(d, k, t))
		return false;
	why = gt_live_kept_read(t->keeper, t->handle, ret);
	if (why != GT_LEFT_NONE)
		gt_tuned_leave(k, t, why, "");
	return why == GT_LEFT_NONE;
}

void gt_tuned_set(struct gt_daemon *d, struct gt_known *k, struct gt_tuned *t, int64_t bytes)
{
	enum gt_left why;
	int r;

	if (t->state != GT_TUNED_OPEN || bytes == t->now)
		return;
	r = write_down(d, k, t->now, bytes);
	if (r < 0) {
		gt_tuned_leave(k, t, GT_LEFT_FAILED, "cannot write down what is to be set");
		return;
	}
	why = gt_live_kept_limit(t->keeper, t->handle, bytes);
	if (why == GT_LEFT_NONE)
		t->now = bytes;
	else
		gt_tuned_leave(k, t, why, "");
}

void gt_tuned_leave(const struct gt_known *k, struct gt_tuned *t, enum gt_left why,
		    const char *detail)
{
	if (t->state == GT_TUNED_OPEN)
		gt_live_drop(t->keeper, t->handle);
	t->state = GT_TUNED_LEFT;
	gt_log(GT_LOG_INFO, "%s: its program is left alone: %s: %s", k->id,
	       gt_words_get(&gt_left_words, why),
	       *detail ? detail : gt_words_get(&gt_left_sentences, why));
}

void gt_tuned_done(struct gt_daemon *d, struct gt_known *k, struct gt_tuned *t, bool forget)
{
	_cleanup_close_ int dir = forget ? open_containers(d) : -1;
	char name[GT_ID_MAX + sizeof(GT_RECORD_LIVE)];

	name_of(k, name);
	if (dir >= 0)
		(void)unlinkat(dir, name, 0); /* there may be none */
	if (t->state == GT_TUNED_OPEN)
		gt_live_drop(t->keeper, t->handle);
	gt_cleanup_close(&t->max);
	gt_cleanup_close(&t->high);
	gt_cleanup_close(&t->stat);
	free(t);
}
