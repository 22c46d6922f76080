/*
 * The part rollback: compares the canaries of each rule with the containers that its draw has left
 * out, and ends a roll-out whose canaries do worse. Effectful: reads cgroups and the history;
 * writes the file of lessons, which the hook reads.
 *
 * What was looked at is in that file, so that a gotuned that is started again spends no more looks,
 * and an operator's word (gotune lessons --forget) is read there, too.
 */
#include <math.h>
#include <time.h>

#include "evidence.h"
#include "gotune/lessons.h"
#include "lives.h"
#include "part.h"

#define TICK_MS 30000u

struct rollback {
	struct gt_evidence of[GT_ROLLED_BACK_MAX];
	uint32_t n;
	int lessons;
	bool failed; /* it was said that nothing can be written */
};

static bool is_wanted(const struct gt_daemon *d)
{
	return d->policy.daemon.rollback;
}

/* The rule that PRINT stands for, if the policy has it as it was. */
static const char *rule_of(const struct gt_daemon *d, uint64_t print)
{
	for (uint32_t i = 0; print != 0 && i < d->policy.n_rule; i++) {
		if (d->policy.rule[i].print == print)
			return gt_rule_text(&d->policy, d->policy.rule[i].name);
	}
	return NULL;
}

/* What was known of rules that the policy no longer has goes: it may be changed while we run. */
static void forget_changed(struct gt_daemon *d)
{
	struct rollback *own = d->own[GT_PART_rollback];

	for (uint32_t i = own->n; i-- > 0;) {
		if (rule_of(d, own->of[i].print))
			continue;
		gt_evidence_done(&own->of[i]);
		own->of[i] = own->of[--own->n];
	}
}

/* NULL: the rule has been changed since, or there are too many. */
static struct gt_evidence *evidence_of(struct gt_daemon *d, uint64_t print)
{
	struct rollback *own = d->own[GT_PART_rollback];
	const char *rule = rule_of(d, print);

	for (uint32_t i = 0; rule && i < own->n; i++) {
		if (own->of[i].print == print)
			return &own->of[i];
	}
	if (!rule || own->n == GT_ROLLED_BACK_MAX)
		return NULL;
	own->of[own->n] = (struct gt_evidence){.print = print};
	gt_copy_cut(own->of[own->n].rule, rule);
	return &own->of[own->n++];
}

static void take_life(struct gt_daemon *d, const struct gt_life *l, uint64_t end_s)
{
	struct gt_evidence *v = l && l->rollout ? evidence_of(d, l->rollout) : NULL;

	if (v && !v->ended)
		gt_evidence_add(v, l, end_s > l->seconds ? end_s - l->seconds : 1);
}

static void take_past(void *ctx, const struct gt_life *l)
{
	take_life(ctx, l, l->ended_s);
}

/* ---- comparing ---- */

static void note_verdict(const struct gt_canary_verdict *w, struct gt_lesson *l)
{
	l->kind = GT_LESSON_RULE;
	l->rule.measure = w->measure;
	for (unsigned i = 0; i < 2; i++) {
		l->rule.canary[i] = w->canary[i];
		l->rule.control[i] = w->control[i];
	}
	l->rule.p_billionths = (uint32_t)ceil(w->p * 1e9);
}

static void save(struct rollback *own, struct gt_lesson *l)
{
	int r = gt_lessons_save(own->lessons, l, time(NULL));

	if (r < 0 && !own->failed)
		gt_log(GT_LOG_WARNING, "cannot write what was learned of rule %s: %s", l->name,
		       strerror(-r));
	own->failed = r < 0;
}

/* What is kept of the rule of V: that of the file, or a beginning. False: it is rolled back. */
static bool load(const struct rollback *own, struct gt_evidence *v, struct gt_lesson *ret)
{
	v->ended = gt_lessons_load(own->lessons, GT_LESSON_RULE, v->print, ret) == 0;
	if (v->ended)
		return false;
	if (gt_lessons_load(own->lessons, GT_LESSON_WATCHED, v->print, ret) < 0) {
		*ret = (struct gt_lesson){.kind = GT_LESSON_WATCHED, .key = v->print};
		gt_copy_cut(ret->name, v->rule);
	}
	gt_evidence_since(v, ret->rule.since_s);
	return true;
}

static void compare(struct rollback *own, struct gt_evidence *v)
{
	struct gt_canary_verdict w;
	struct gt_canary c;
	struct gt_lesson l;

	if (!load(own, v, &l))
		return;
	c = (struct gt_canary){l.rule.looks, l.rule.containers, l.rule.seconds};
	if (!gt_canary_look(&c, v->unit, v->n, &w))
		return;
	l.rule.looks = c.looks;
	l.rule.containers = c.containers;
	l.rule.seconds = c.seconds;
	if (w.worse) {
		note_verdict(&w, &l);
		gt_log(GT_LOG_WARNING,
		       "rule %s is rolled back: %s: %u of %u canaries, %u of %u others (p = %.2g)",
		       v->rule, gt_words_get(&gt_canary_words, w.measure), w.canary[0], w.canary[1],
		       w.control[0], w.control[1], w.p);
	}
	save(own, &l);
	v->ended = l.kind == GT_LESSON_RULE;
}

static void compare_all(struct gt_daemon *d)
{
	struct rollback *own = d->own[GT_PART_rollback];

	forget_changed(d);
	for (uint32_t i = 0; i < own->n; i++)
		compare(own, &own->of[i]);
}

/* ---- the part ---- */

static void on_end(struct gt_daemon *d, struct gt_known *k)
{
	const struct gt_life *now = gt_life_is_drawn(k) && !d->ended ? gt_life_now(k) : NULL;
	struct gt_life l;

	if (!now)
		return;
	l = *now;
	l.early = gt_life_is_early(k, time(NULL));
	take_life(d, &l, (uint64_t)time(NULL));
	compare_all(d);
}

static void tick(struct gt_daemon *d)
{
	for (uint32_t i = 0; i < d->n_known; i++) {
		if (gt_life_is_drawn(d->known[i]))
			take_life(d, gt_life_now(d->known[i]), (uint64_t)time(NULL));
	}
	compare_all(d);
}

static void stop(struct gt_daemon *d)
{
	struct rollback *own = d->own[GT_PART_rollback];

	if (!own)
		return;
	for (uint32_t i = 0; i < own->n; i++)
		gt_evidence_done(&own->of[i]);
	gt_cleanup_close(&own->lessons);
	free(own);
	d->own[GT_PART_rollback] = NULL;
}

/* The history is read once: a part of it that is damaged does not count. */
static void read_past(struct gt_daemon *d)
{
	struct gt_err e = {0};
	_cleanup_close_ int dir = gt_history_open(gt_state_dir(d), false, &e);
	struct gt_history_sum sum;

	if (dir >= 0)
		(void)!gt_history_read(dir, take_past, d, &sum);
}

static int start(struct gt_daemon *d, struct gt_err *e)
{
	struct rollback *own = calloc(1, sizeof(*own));

	if (!own)
		return gt_err_set(e, -ENOMEM, "out of memory");
	d->own[GT_PART_rollback] = own;
	own->lessons = gt_daemon_lessons(d, e);
	if (own->lessons < 0)
		return own->lessons;
	read_past(d);
	compare_all(d);
	return 0;
}

const struct gt_part gt_part_rollback = {
	.name = "rollback",
	.is_wanted = is_wanted,
	.start = start,
	.tick_ms = TICK_MS,
	.tick = tick,
	.on_end = on_end,
	.stop = stop,
};
