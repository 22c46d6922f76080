/*
 * A child that keeps the memory of programs open for gotuned, which itself has no privilege once it
 * runs. Effects: forks it; it is in GT_PHASE_LIVE, and each of its jobs is one look or one change.
 * What it answers are numbers of our own code; what a program's author wrote is parsed below it, in
 * a worker of the kind "parse".
 */
#include <string.h>

#include "gotune/sandbox.h"
#include "internal.h"

#define LIMITS_MAX 8u
#define OPEN_MS	   3500u
#define QUICK_MS   1000u

enum { JOB_OPEN, JOB_READ, JOB_LIMIT, JOB_GOGC, JOB_DROP };

struct open_in {
	int64_t pid;
	uint64_t start;
	uint32_t n_limits, pad;
	int64_t limits[LIMITS_MAX];
};

struct change_in {
	uint32_t handle, pad;
	int64_t value;
};

struct answer {
	uint32_t why; /* enum gt_left */
	uint32_t handle;
	int64_t limit;
	char go[64];
	char message[256];
	struct gt_live_snapshot snapshot;
};

struct gt_live_keeper {
	struct gt_worker w;
};

/* ---- in the child ---- */

static struct slot {
	bool used;
	struct gt_live live;
} slots[GT_LIVE_KEPT_MAX];

static struct slot *slot_of(uint32_t handle)
{
	return handle < GT_LIVE_KEPT_MAX && slots[handle].used ? &slots[handle] : NULL;
}

static int find_free(uint32_t *ret)
{
	for (uint32_t i = 0; i < GT_LIVE_KEPT_MAX; i++) {
		if (!slots[i].used) {
			*ret = i;
			return 0;
		}
	}
	return -ENOSPC;
}

static int do_open(int fd, const void *in, size_t in_len, void *ret, size_t ret_len,
		   struct gt_err *e)
{
	struct open_in a;
	struct answer *o = ret;
	struct gt_live_ask ask;
	struct gt_err own = {0};
	uint32_t i = 0;

	(void)fd, (void)ret_len, (void)e;
	if (in_len != sizeof(a))
		return -EINVAL;
	memcpy(&a, in, sizeof(a));
	ask = (struct gt_live_ask){(pid_t)a.pid, a.start, a.limits, a.n_limits};
	if (a.n_limits > LIMITS_MAX || a.pid <= 0 || a.pid > INT32_MAX)
		return -EINVAL;
	o->why = find_free(&i) < 0 ? (uint32_t)GT_LEFT_FAILED
				   : (uint32_t)gt_live_open(&ask, &slots[i].live, &own);
	gt_copy_cut(o->message, own.msg);
	if (o->why != GT_LEFT_NONE)
		return 0;
	slots[i].used = true;
	o->handle = i;
	o->limit = slots[i].live.limit;
	gt_copy_cut(o->go, slots[i].live.go);
	return 0;
}

/* The slot that IN names, and its value; NULL: there is none. */
static struct slot *take_change(const void *in, size_t len, struct change_in *ret)
{
	if (len != sizeof(*ret))
		return NULL;
	memcpy(ret, in, sizeof(*ret));
	return slot_of(ret->handle);
}

static int do_read(int fd, const void *in, size_t in_len, void *ret, size_t ret_len,
		   struct gt_err *e)
{
	struct change_in c;
	struct slot *s = take_change(in, in_len, &c);
	struct answer *o = ret;

	(void)fd, (void)ret_len, (void)e;
	if (!s)
		return -EINVAL;
	o->why = (uint32_t)gt_live_read(&s->live, &o->snapshot);
	return 0;
}

static int do_limit(int fd, const void *in, size_t in_len, void *ret, size_t ret_len,
		    struct gt_err *e)
{
	struct change_in c;
	struct slot *s = take_change(in, in_len, &c);
	struct answer *o = ret;

	(void)fd, (void)ret_len, (void)e;
	if (!s)
		return -EINVAL;
	o->why = (uint32_t)gt_live_set_limit(&s->live, c.value);
	return 0;
}

static int do_gogc(int fd, const void *in, size_t in_len, void *ret, size_t ret_len,
		   struct gt_err *e)
{
	struct change_in c;
	struct slot *s = take_change(in, in_len, &c);
	struct answer *o = ret;

	(void)fd, (void)ret_len, (void)e;
	if (!s || c.value < INT32_MIN || c.value > INT32_MAX)
		return -EINVAL;
	o->why = (uint32_t)gt_live_set_gogc(&s->live, (int32_t)c.value);
	return 0;
}

static int do_drop(int fd, const void *in, size_t in_len, void *ret, size_t ret_len,
		   struct gt_err *e)
{
	struct change_in c;
	struct slot *s = take_change(in, in_len, &c);

	(void)fd, (void)ret, (void)ret_len, (void)e;
	if (!s)
		return -EINVAL;
	gt_live_done(&s->live);
	s->used = false;
	return 0;
}

#define JOB(f, in)                                                                       \
	{                                                                                \
		.fn = (f), .in_max = sizeof(struct in), .ret_len = sizeof(struct answer) \
	}
static const struct gt_job jobs[] = {
	[JOB_OPEN] = JOB(do_open, open_in),	[JOB_READ] = JOB(do_read, change_in),
	[JOB_LIMIT] = JOB(do_limit, change_in), [JOB_GOGC] = JOB(do_gogc, change_in),
	[JOB_DROP] = JOB(do_drop, change_in),
};

/* ---- in the parent ---- */

struct gt_live_keeper *gt_live_keeper_start(struct gt_err *e)
{
	struct gt_live_keeper *k = calloc(1, sizeof(*k));

	if (!k) {
		(void)gt_err_set(e, -ENOMEM, "out of memory");
		return NULL;
	}
	if (gt_worker_start(&k->w, GT_PHASE_LIVE, jobs, GT_ARRAY_LEN(jobs), NULL, NULL, e) < 0) {
		free(k);
		return NULL;
	}
	return k;
}

void gt_live_keeper_free(struct gt_live_keeper *k)
{
	if (!k)
		return;
	gt_worker_done(&k->w);
	free(k);
}

/* Its time is that of one job: it lives as long as we do. */
static enum gt_left call(struct gt_live_keeper *k, unsigned job, const void *in, size_t len,
			 struct answer *ret, unsigned ms, struct gt_err *e)
{
	*ret = (struct answer){0};
	k->w.left_ms = GT_WORKER_TOTAL_MS;
	if (gt_worker_call(&k->w, job, -1, in, len, ret, ms, e) < 0)
		return GT_LEFT_FAILED;
	return ret->why < GT_LEFT_COUNT ? (enum gt_left)ret->why : GT_LEFT_FAILED;
}

enum gt_left gt_live_keep(struct gt_live_keeper *k, const struct gt_live_ask *ask,
			  uint32_t *ret_handle, char ret_go[64], int64_t *ret_limit,
			  struct gt_err *e)
{
	struct open_in in = {.pid = ask->pid, .start = ask->start, .n_limits = ask->n_limits};
	struct answer a;
	enum gt_left why;

	if (ask->n_limits > LIMITS_MAX)
		return gt_live_refuse(e, GT_LEFT_FAILED, "too many limits");
	memcpy(in.limits, ask->limits, ask->n_limits * sizeof(*in.limits));
	why = call(k, JOB_OPEN, &in, sizeof(in), &a, OPEN_MS, e);
	if (why != GT_LEFT_NONE) {
		a.message[sizeof(a.message) - 1] = '\0';
		if (a.message[0])
			(void)gt_err_set(e, -ECANCELED, "%s", a.message);
		return why;
	}
	a.go[sizeof(a.go) - 1] = '\0';
	gt_utf8_plain(a.go);
	memcpy(ret_go, a.go, sizeof(a.go));
	*ret_handle = a.handle;
	*ret_limit = a.limit;
	return GT_LEFT_NONE;
}

static enum gt_left change(struct gt_live_keeper *k, unsigned job, uint32_t handle, int64_t value,
			   struct answer *ret)
{
	struct change_in in = {.handle = handle, .value = value};

	return call(k, job, &in, sizeof(in), ret, QUICK_MS, NULL);
}

void gt_live_drop(struct gt_live_keeper *k, uint32_t handle)
{
	struct answer a;

	(void)change(k, JOB_DROP, handle, 0, &a); /* without it, nothing is open any more */
}

enum gt_left gt_live_kept_read(struct gt_live_keeper *k, uint32_t handle,
			       struct gt_live_snapshot *ret)
{
	struct answer a;
	enum gt_left why = change(k, JOB_READ, handle, 0, &a);

	if (why == GT_LEFT_NONE)
		*ret = a.snapshot;
	return why;
}

enum gt_left gt_live_kept_limit(struct gt_live_keeper *k, uint32_t handle, int64_t bytes)
{
	struct answer a;

	return change(k, JOB_LIMIT, handle, bytes, &a);
}

enum gt_left gt_live_kept_gogc(struct gt_live_keeper *k, uint32_t handle, int32_t percent)
{
	struct answer a;

	return change(k, JOB_GOGC, handle, percent, &a);
}
