/*
 * Reads one file as a layer of the policy, over those before it. Pure but for the heap.
 */
#include "draft.h"
#include "gotune/base.h"
#include "gotune/model.h"

void gt_draft_done(struct gt_draft *d)
{
	free(d->profile);
	free(d->rule);
	*d = (struct gt_draft){0};
}

/* Allocates one element more than there is, so that *RET is never NULL. */
static int dup_array(const void *from, size_t n, size_t size, void **ret)
{
	*ret = reallocarray(NULL, n + 1, size);
	if (!*ret)
		return -ENOMEM;
	if (n > 0)
		memcpy(*ret, from, n * size);
	return 0;
}

int gt_draft_copy(const struct gt_draft *from, struct gt_draft *ret)
{
	void *profile, *rule;
	int r;

	r = dup_array(from->profile, from->n_profile, sizeof(*from->profile), &profile);
	if (r < 0)
		return r;
	r = dup_array(from->rule, from->n_rule, sizeof(*from->rule), &rule);
	if (r < 0) {
		free(profile);
		return r;
	}
	*ret = *from;
	ret->profile = profile;
	ret->rule = rule;
	for (uint32_t i = 0; i < ret->n_profile; i++)
		ret->profile[i].touched = false;
	for (uint32_t i = 0; i < ret->n_rule; i++)
		ret->rule[i].touched = false;
	return 0;
}

static int take_event(void *ctx, const struct gt_json_event *ev, struct gt_err *e)
{
	struct gt_policy_reader *rd = ctx;
	unsigned faults = rd->n_fault;
	int r;

	(void)e;
	if (ev->depth >= 2 &&
	    gt_json_at(&(struct gt_json_event){.path = ev->path, .depth = 1}, "profiles")) {
		r = gt_policy_take_profile(rd, ev);
		if (rd->n_fault != faults && rd->profile)
			rd->profile->v.broken = true;
		return r;
	}
	if (ev->depth >= 2 &&
	    gt_json_at(&(struct gt_json_event){.path = ev->path, .depth = 1}, "rules"))
		return gt_policy_take_rule(rd, ev);
	r = gt_policy_take_top(rd, ev);
	rd->all_broken = rd->all_broken || rd->n_fault != faults;
	return r;
}

static bool same_top(const struct gt_policy *a, const struct gt_policy *b)
{
	bool same =
		a->mode == b->mode && a->select == b->select && a->allow == b->allow &&
		strcmp(a->default_profile, b->default_profile) == 0 &&
		a->nofile_max == b->nofile_max && a->n_allow_sysctl == b->n_allow_sysctl &&
		strcmp(a->godebug_allow, b->godebug_allow) == 0 &&
		a->follow.seconds == b->follow.seconds &&
		a->follow.processes == b->follow.processes && a->follow.execs == b->follow.execs &&
		a->barrier_timeout_ms == b->barrier_timeout_ms && a->live == b->live &&
		strcmp(a->daemon.listen, b->daemon.listen) == 0 &&
		a->daemon.resize == b->daemon.resize && a->daemon.history == b->daemon.history &&
		a->daemon.learn == b->daemon.learn && a->daemon.guard == b->daemon.guard &&
		a->daemon.rollback == b->daemon.rollback &&
		a->daemon.containers == b->daemon.containers;

	for (uint32_t i = 0; same && i < a->n_allow_sysctl; i++)
		same = strcmp(a->allow_sysctl[i], b->allow_sysctl[i]) == 0;
	return same;
}

static bool same_key(const struct gt_profile *a, const struct gt_profile *b, enum gt_profile_key k)
{
	bool a_null, b_null;

	if (gt_pk_table[k].type == GT_PKT_TEXT)
		return true; /* a description governs nothing */
	if (gt_pk_table[k].type == GT_PKT_GODEBUG)
		return strcmp(a->godebug, b->godebug) == 0;
	if (gt_pk_table[k].type != GT_PKT_SYSCTL)
		return gt_pk_number(a, k, &a_null) == gt_pk_number(b, k, &b_null);
	for (uint32_t i = 0; i < a->n_sysctl && i < b->n_sysctl; i++) {
		if (strcmp(a->sysctl[i].name, b->sysctl[i].name) != 0 ||
		    strcmp(a->sysctl[i].value, b->sysctl[i].value) != 0)
			return false;
	}
	return a->n_sysctl == b->n_sysctl;
}

static bool same_profile(const struct gt_profile *a, const struct gt_profile *b)
{
	for (unsigned k = 0; k < GT_PK_COUNT; k++) {
		if (!same_key(a, b, k))
			return false;
	}
	return true;
}

static int mark_profile(struct gt_draft *d, const char *name)
{
	struct gt_raw_profile *grown;

	for (uint32_t i = 0; i < d->n_profile; i++) {
		if (strcmp(d->profile[i].v.name, name) == 0) {
			d->profile[i].v.broken = true;
			return 0;
		}
	}
	grown = reallocarray(d->profile, d->n_profile + 1, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	d->profile = grown;
	grown[d->n_profile] = (struct gt_raw_profile){0};
	grown[d->n_profile].v.broken = true;
	(void)gt_copy_str(grown[d->n_profile++].v.name, GT_NAME_CAP, name); /* same size */
	return 0;
}

/* Marks the profiles that the broken file WITH would have changed, and those at fault. */
static int mark_profiles(struct gt_draft *d, const struct gt_draft *with)
{
	_cleanup_(gt_policy_done) struct gt_policy before = {0}, after = {0};
	int r;

	r = gt_policy_resolve(d, NULL, 0, &before);
	if (r < 0)
		return r;
	r = gt_policy_resolve(with, NULL, 0, &after);
	if (r < 0)
		return r;
	for (uint32_t i = 0; i < with->n_profile; i++) {
		const struct gt_raw_profile *p = &with->profile[i];
		const struct gt_profile *a = gt_policy_profile(&before, p->v.name);
		const struct gt_profile *b = gt_policy_profile(&after, p->v.name);

		if (!p->touched || (!p->v.broken && a && b && same_profile(a, b)))
			continue;
		r = mark_profile(d, p->v.name);
		if (r < 0)
			return r;
	}
	return 0;
}

/* Marks the rules of a broken file. They keep their places: who matches one is not tuned. */
static void mark_rules(struct gt_draft *d, struct gt_draft *with)
{
	for (uint32_t i = 0; i < with->n_rule; i++) {
		if (with->rule[i].touched)
			with->rule[i].v.broken = true;
	}
	free(d->rule);
	d->rule = GT_TAKE_PTR(with->rule);
	d->n_rule = with->n_rule;
	with->n_rule = 0;
}

static int mark_broken(struct gt_policy_reader *rd, struct gt_draft *d)
{
	int r;

	if (rd->all_broken || !same_top(&d->top, &rd->d->top))
		d->top.broken = true;
	r = mark_profiles(d, rd->d);
	if (r < 0)
		return r;
	mark_rules(d, rd->d);
	return 0;
}

int gt_policy_read_layer(struct gt_draft *d, uint8_t layer, const char *doc, size_t len,
			 char *ret_error, size_t cap)
{
	_cleanup_(gt_draft_done) struct gt_draft copy = {0};
	struct gt_policy_reader rd = {
		.d = &copy, .layer = layer, .doc = doc, .len = len, .at = {0, 1, 1}};
	struct gt_json_pos pos;
	struct gt_err e = {0};
	int r;

	*ret_error = '\0';
	r = gt_draft_copy(d, &copy);
	if (r < 0)
		return r;
	r = gt_json_walk(doc, len, GT_JSON_COMMENTS | GT_JSON_KEYS, take_event, &rd, &pos, &e);
	if (r == -ENOMEM)
		return r;
	if (r < 0) {
		(void)gt_policy_fault(&rd, pos.offset, "%s", e.msg);
		rd.all_broken = true; /* we do not know what would have come after it */
	}
	if (rd.n_fault > 0) {
		(void)gt_copy_str(ret_error, cap, rd.error); /* people read it: may be cut */
		return mark_broken(&rd, d);
	}
	gt_draft_done(d);
	*d = copy;
	copy = (struct gt_draft){0};
	return 0;
}
