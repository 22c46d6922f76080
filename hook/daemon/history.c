/*
 * The part that writes down what became of containers. Effectful: reads their cgroups now and then,
 * appends to the history.
 *
 * Theory of operation. When a container has ended its cgroup is gone, too. So it is read each tick,
 * and what was read last counts; one that was not seen for two ticks leaves no line.
 */
#include <time.h>

#include "gotune/history.h"
#include "gotune/inspect.h"
#include "lives.h"
#include "part.h"

#define TICK_MS 60000

struct seen {
	struct gt_life life;
	struct gt_usage first; /* what there was when it was seen first */
	int64_t begin_ms;
	int64_t started_s; /* by its record; 0: not known */
	bool has_first, has_more;
};

struct history {
	int dirfd;
	bool failed; /* it was said that nothing can be written */
};

static bool is_wanted(const struct gt_daemon *d)
{
	return gt_lives_wanted(d);
}

/* ---- what a container has used ---- */

static uint64_t less(uint64_t now, uint64_t before)
{
	return now > before ? now - before : 0;
}

/* NOW without what there was at FIRST; the limit is what it is. */
static void subtract(const struct gt_usage *now, const struct gt_usage *first, struct gt_usage *ret)
{
	*ret = *now;
	ret->periods = less(now->periods, first->periods);
	ret->throttled = less(now->throttled, first->throttled);
	ret->throttled_us = less(now->throttled_us, first->throttled_us);
	ret->oom_kills = less(now->oom_kills, first->oom_kills);
	for (unsigned i = 0; i < GT_PRESSURE_COUNT; i++) {
		ret->some_us[i] = less(now->some_us[i], first->some_us[i]);
		ret->full_us[i] = less(now->full_us[i], first->full_us[i]);
	}
}

static void look(const struct gt_known *k, struct seen *s)
{
	struct gt_usage now;

	if (!gt_known_usage(k, &now))
		return;
	if (now.has_memory && now.memory_bytes > s->life.peak_bytes)
		s->life.peak_bytes = now.memory_bytes;
	if (!s->has_first) {
		s->first = now;
		s->begin_ms = gt_now_ms();
		s->has_first = true;
		return;
	}
	subtract(&now, &s->first, &s->life.usage);
	s->life.seconds = (uint64_t)(gt_now_ms() - s->begin_ms) / 1000;
	s->has_more = true;
}

const struct gt_life *gt_life_now(struct gt_known *k)
{
	struct seen *s = k->own[GT_PART_history];

	if (!s || !k->dirs_opened)
		return NULL;
	look(k, s);
	return &s->life;
}

bool gt_life_is_drawn(const struct gt_known *k)
{
	const struct seen *s = k->own[GT_PART_history];

	return s && s->life.rollout != 0;
}

bool gt_life_is_early(const struct gt_known *k, int64_t now_s)
{
	const struct seen *s = k->own[GT_PART_history];

	return s && s->started_s > 0 && now_s < s->started_s + GT_EARLY_S;
}

/* ---- the part ---- */

static void on_record(struct gt_daemon *d, struct gt_known *k, const struct gt_record_view *v)
{
	struct seen *s = k->own[GT_PART_history];

	if (!s) {
		s = k->own[GT_PART_history] = calloc(1, sizeof(*s));
		if (!s)
			return; /* no memory: it has no history */
	}
	gt_copy_cut(s->life.id, v->id);
	gt_copy_cut(s->life.image, v->image);
	gt_copy_cut(s->life.profile, v->profile);
	gt_copy_cut(s->life.rule, v->rule);
	gt_copy_cut(s->life.mode, v->mode);
	gt_copy_cut(s->life.go, v->go);
	gt_copy_cut(s->life.arm, v->rollout_arm);
	s->life.rollout = v->rollout_print;
	s->life.tuned = v->n_applied > 0;
	if (gt_record_time(v->started_at, &s->started_s) < 0)
		s->started_s = 0;
	gt_known_usage_open(d, k);
	if (!s->has_first)
		look(k, s);
}

static void tick(struct gt_daemon *d)
{
	for (uint32_t i = 0; i < d->n_known; i++) {
		struct seen *s = d->known[i]->own[GT_PART_history];

		if (s)
			look(d->known[i], s);
	}
}

static void on_end(struct gt_daemon *d, struct gt_known *k)
{
	struct history *h = d->own[GT_PART_history];
	struct seen *s = k->own[GT_PART_history];
	int r = 0;

	if (!s)
		return;
	look(k, s); /* it may be there yet */
	/* One that a rule drew counts, however short it was. */
	if (s->has_more || s->life.rollout != 0) {
		s->life.ended_s = (uint64_t)time(NULL);
		s->life.early = !d->ended && gt_life_is_early(k, (int64_t)s->life.ended_s);
		r = gt_history_append(h->dirfd, &s->life);
	}
	if (r < 0 && !h->failed)
		gt_log(GT_LOG_WARNING, "cannot write the history: %s", strerror(-r));
	h->failed = r < 0;
	free(s);
	k->own[GT_PART_history] = NULL;
}

static int start(struct gt_daemon *d, struct gt_err *e)
{
	_cleanup_free_ struct history *h = calloc(1, sizeof(*h));

	if (!h)
		return gt_err_set(e, -ENOMEM, "out of memory");
	h->dirfd = gt_history_open(gt_state_dir(d), true, e);
	if (h->dirfd < 0)
		return h->dirfd;
	d->own[GT_PART_history] = GT_TAKE_PTR(h);
	return 0;
}

static void stop(struct gt_daemon *d)
{
	struct history *h = d->own[GT_PART_history];

	if (!h)
		return;
	gt_cleanup_close(&h->dirfd);
	free(h);
	d->own[GT_PART_history] = NULL;
}

const struct gt_part gt_part_history = {
	.name = "history",
	.is_wanted = is_wanted,
	.start = start,
	.tick_ms = TICK_MS,
	.tick = tick,
	.on_record = on_record,
	.on_end = on_end,
	.stop = stop,
};
