/*
 * The policy while the daemon runs: read again when its files have become others, the last good one
 * kept. Effectful: reads files.
 */
#include "follow.h"
#include "gotune/policy.h"

/* For who asks how we are; of another program that is asked elsewhere. */
static void note_policy(struct gt_daemon *d)
{
	d->own_health.policy_broken = gt_policy_watch_refused(d->watch) != NULL;
	d->own_health.policy_since_s = gt_policy_watch_since(d->watch);
	d->own_health.is_off = gt_disabled(d->root) != NULL;
}

static void log_broken(const struct gt_policy *p)
{
	for (uint32_t i = 0; i < p->n_layer; i++) {
		if (p->layer[i].broken)
			gt_log(GT_LOG_ERROR, "%s:%s", p->layer[i].path, p->layer[i].error);
	}
}

int gt_follow_policy_open(struct gt_daemon *d, struct gt_err *e)
{
	int r = gt_policy_watch_open(d->root, d->in->policy, &d->watch, e);

	d->health = d->in->beside ? d->in->beside : &d->own_health;
	if (r < 0)
		return r;
	d->policy = *gt_policy_watch_get(d->watch);
	d->live = d->policy.live;
	note_policy(d);
	if (d->in->beside)
		return 0;
	log_broken(&d->policy);
	if (d->policy.broken)
		return gt_err_set(e, -EINVAL, "the policy is broken: gotune policy check");
	d->own_health.is_ready = true;
	return 0;
}

/* What needs privilege was decided at the start: of `live` only less is possible now. */
void gt_follow_policy(struct gt_daemon *d)
{
	enum gt_policy_news news = GT_POLICY_SAME;
	struct gt_err e = {0};
	int r = gt_policy_watch_look(d->watch, &news, &e);

	d->policy = *gt_policy_watch_get(d->watch);
	d->policy.live &= d->live;
	note_policy(d);
	if (d->in->beside)
		return;
	if (r < 0)
		gt_log(GT_LOG_WARNING, "%s", e.msg);
	if (news == GT_POLICY_REFUSED) {
		log_broken(gt_policy_watch_refused(d->watch));
		gt_log(GT_LOG_ERROR, "the policy is broken: the one before still counts");
	} else if (news == GT_POLICY_NEW) {
		gt_log(GT_LOG_INFO, "the policy has changed, and counts from now on");
	}
}
