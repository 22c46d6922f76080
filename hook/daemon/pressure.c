/*
 * The part pressure: lowers the GOMEMLIMIT of a running program by what lives in its container
 * outside of the Go heap, and its GOGC where that is asked for; the laws are law.c's. Effectful:
 * reads memory.stat; the program through the child of the part resize.
 *
 * A container that has room is looked at once a second, one that is half full five times. Each look
 * takes 100 to 200 microseconds of CPU.
 */
#include <string.h>

#include "law.h"
#include "tuned.h"

#define TICK_MS 200u
#define FAR	5u /* ticks between two looks at a container that has room */

static bool is_wanted(const struct gt_daemon *d)
{
	return d->policy.live & (1u << GT_LIVE_PRESSURE | 1u << GT_LIVE_GOGC);
}

static void act(struct gt_daemon *d, struct gt_known *k, struct gt_tuned *t,
		const struct gt_law_in *in)
{
	int64_t limit = d->policy.live & 1u << GT_LIVE_PRESSURE ? gt_law_limit(&t->law, in) : 0;
	int32_t gogc = d->policy.live & 1u << GT_LIVE_GOGC ? gt_law_gogc(&t->law, in) : 0;
	enum gt_left why;

	if (limit > 0)
		gt_tuned_set(d, k, t, limit);
	if (gogc == 0 || t->state != GT_TUNED_OPEN)
		return;
	why = gt_live_kept_gogc(t->keeper, t->handle, gogc);
	/* A GOGC that is the program's own stays so; its limit may still be ours. */
	if (why != GT_LEFT_NONE && why != GT_LEFT_APP_OWNS && why != GT_LEFT_GOGC_OFF)
		gt_tuned_leave(k, t, why, "");
}

static void look(struct gt_daemon *d, struct gt_known *k, struct gt_tuned *t)
{
	struct gt_live_snapshot s;
	struct gt_law_in in = {.limit = t->limit_bytes, .planned = t->planned};
	struct gt_tuned_memory memory;

	if (t->limit_bytes == 0 || t->mode != GT_MODE_ENFORCE || !gt_tuned_memory(t, &memory))
		return;
	in.anon = memory.anon;
	in.tick_ms = TICK_MS * (1 + t->waited);
	t->wait = t->waited = in.anon > in.limit / 2 ? 0 : FAR - 1;
	if (!gt_tuned_read(d, k, t, &s))
		return;
	if (t->gogc_start == 0)
		t->gogc_start = s.gogc;
	in.marked = s.marked;
	in.mapped = s.mapped;
	in.now = s.limit;
	in.gogc = s.gogc;
	in.gogc_start = t->gogc_start;
	gt_law_tick(&t->law, &in);
	act(d, k, t, &in);
}

static void tick(struct gt_daemon *d)
{
	for (uint32_t i = 0; i < d->n_known; i++) {
		struct gt_known *k = d->known[i];
		struct gt_tuned *t = gt_tuned_of(k);

		if (!t || t->state == GT_TUNED_LEFT)
			continue;
		if (t->wait > 0)
			t->wait--;
		else
			look(d, k, t);
	}
}

const struct gt_part gt_part_pressure = {
	.name = "pressure",
	.is_wanted = is_wanted,
	.tick_ms = TICK_MS,
	.tick = tick,
};
