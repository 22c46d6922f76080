/*
 * The settings of one program: opened, read, written. Effects: preads and pwrites of its memory;
 * without a privilege, through the descriptor that gt_live_open got.
 *
 * Why nothing is stopped: a load and a store of 8 aligned bytes are whole, and the runtime loads
 * memoryLimit in one piece, as often as it likes (Go src/runtime/mgcpacer.go, memoryLimitHeapGoal;
 * mgcscavenge.go). A stopped program would not give us mheap_.lock, which its own SetMemoryLimit
 * holds. Somebody else's value is never overwritten: it is read before and after. Between that look
 * and the write lies a microsecond in which the program can set its own; then ours stays until it
 * sets it again.
 */
#include <string.h>

#include "internal.h"

#define LIMIT_MIN ((int64_t)1 << 20)
#define LIMIT_MAX ((int64_t)1 << 46)
#define GOGC_MAX  10000

void gt_live_done(struct gt_live *l)
{
	gt_cleanup_close(&l->pidfd);
	gt_cleanup_close(&l->mem);
	*l = (struct gt_live){.pidfd = -1, .mem = -1};
}

/* Reads, and believes it when it is a gcController's head. */
static enum gt_left look(const struct gt_live *l, struct gt_live_snapshot *ret)
{
	const struct gt_live_layout *layout = gt_live_layout_of(l->minor);
	unsigned char b[GT_LIVE_LEN];
	int fd = l->mem;

	/* No byte is read, or none is there, once the memory is nobody's. */
	if (!layout || gt_sym_pread(&fd, l->addr, b, sizeof(b)) < 0)
		return GT_LEFT_GONE;
	if (!gt_live_head_ok(b))
		return GT_LEFT_ODD_VALUE;
	gt_live_parse(b, layout, ret);
	return GT_LEFT_NONE;
}

enum gt_left gt_live_read(const struct gt_live *l, struct gt_live_snapshot *ret)
{
	struct gt_live_snapshot s;
	enum gt_left why = look(l, &s);

	if (why != GT_LEFT_NONE)
		return why;
	*ret = s;
	return s.limit == l->limit ? GT_LEFT_NONE : GT_LEFT_APP_OWNS;
}

/* One call a field, aligned: the kernel copies it in one piece. */
static enum gt_left write_field(const struct gt_live *l, unsigned at, const void *v, size_t len)
{
	ssize_t n;

	do
		n = pwrite(l->mem, v, len, (off_t)(l->addr + at));
	while (n < 0 && errno == EINTR);
	if (n == (ssize_t)len)
		return GT_LEFT_NONE;
	return n == 0 || errno == EIO ? GT_LEFT_GONE : GT_LEFT_FAILED;
}

/* Is what was written there? Then it is ours. */
static enum gt_left verify(const struct gt_live *now)
{
	struct gt_live_snapshot s;
	enum gt_left why = look(now, &s);

	if (why != GT_LEFT_NONE)
		return why;
	return s.limit == now->limit && s.gogc == now->gogc ? GT_LEFT_NONE : GT_LEFT_NOT_KEPT;
}

enum gt_left gt_live_set_limit(struct gt_live *l, int64_t bytes)
{
	struct gt_live next = *l;
	struct gt_live_snapshot s;
	enum gt_left why;

	if (bytes < LIMIT_MIN || bytes >= LIMIT_MAX)
		return GT_LEFT_FAILED;
	why = gt_live_read(l, &s);
	if (why == GT_LEFT_NONE)
		why = write_field(l, GT_LIVE_AT_LIMIT, &bytes, sizeof(bytes));
	if (why != GT_LEFT_NONE)
		return why;
	next.limit = bytes;
	next.gogc = s.gogc; /* which may be the program's own */
	why = verify(&next);
	if (why == GT_LEFT_NONE)
		l->limit = bytes;
	return why;
}

/* GOGC and the minimum of the heap, in the order in which none is the other's for long. */
static enum gt_left write_gogc(const struct gt_live *l, int32_t percent, uint64_t min)
{
	bool rises = percent > l->gogc;
	enum gt_left why = GT_LEFT_NONE;

	if (rises)
		why = write_field(l, GT_LIVE_AT_HEAP_MIN, &min, sizeof(min));
	if (why == GT_LEFT_NONE)
		why = write_field(l, GT_LIVE_AT_GOGC, &percent, sizeof(percent));
	if (why == GT_LEFT_NONE && !rises)
		why = write_field(l, GT_LIVE_AT_HEAP_MIN, &min, sizeof(min));
	return why;
}

enum gt_left gt_live_set_gogc(struct gt_live *l, int32_t percent)
{
	struct gt_live next = *l;
	struct gt_live_snapshot s;
	enum gt_left why;
	bool small;

	if (percent < 1 || percent > GOGC_MAX)
		return GT_LEFT_FAILED;
	why = gt_live_read(l, &s);
	if (why != GT_LEFT_NONE)
		return why;
	if (s.gogc != l->gogc)
		return GT_LEFT_APP_OWNS;
	if (s.gogc < 0)
		return GT_LEFT_GOGC_OFF;
	small = s.heap_min == gt_live_heap_min(s.gogc, true);
	why = write_gogc(l, percent, gt_live_heap_min(percent, small));
	if (why != GT_LEFT_NONE)
		return why;
	next.gogc = percent;
	why = verify(&next);
	if (why == GT_LEFT_NONE)
		l->gogc = percent;
	return why;
}

/* Is the limit there one of ours? Then we go on from it. */
static enum gt_left take_over(const struct gt_live_ask *ask, struct gt_live *l, struct gt_err *e)
{
	struct gt_live_snapshot s;
	enum gt_left why = look(l, &s);

	if (why != GT_LEFT_NONE)
		return gt_live_refuse(e, why, "");
	for (unsigned i = 0; i < ask->n_limits; i++) {
		if (s.limit != ask->limits[i])
			continue;
		l->limit = s.limit;
		l->gogc = l->gogc_start = s.gogc;
		return GT_LEFT_NONE;
	}
	return gt_live_refuse(e, GT_LEFT_APP_OWNS, "");
}

enum gt_left gt_live_open(const struct gt_live_ask *ask, struct gt_live *ret, struct gt_err *e)
{
	struct gt_live_target t;
	struct gt_live l = {.pid = ask->pid, .pidfd = -1, .mem = -1};
	enum gt_left why = gt_live_target_open(ask, &t, e);

	if (why != GT_LEFT_NONE)
		return why;
	why = gt_live_find(&t, &l, e);
	l.pidfd = gt_take_fd(&t.pidfd);
	l.mem = gt_take_fd(&t.mem);
	gt_live_target_done(&t);
	if (why == GT_LEFT_NONE)
		why = take_over(ask, &l, e);
	if (why != GT_LEFT_NONE) {
		gt_live_done(&l);
		return why;
	}
	*ret = l;
	return GT_LEFT_NONE;
}
