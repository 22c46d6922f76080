/*
 * Finds out what the policy says of a container: its rule, mode and profile, and whether we tune it
 * at all. Pure.
 */
#include "gotune/base.h"
#include "gotune/model.h"
#include "gotune/plan.h"
#include "rules.h"

bool gt_plan_in_rollout(const char *rule, const char *id, uint32_t percent)
{
	/* Each rule draws its own canaries; a larger percentage only adds to a smaller one. */
	return gt_hash(id, gt_hash(rule, 0)) % 100 < percent;
}

static bool glob_or_any(const char *pattern, const char *s)
{
	return pattern[0] == '\0' || gt_glob(pattern, s);
}

/* Whether the glob at the place PATTERN matches S. */
static bool matches(const struct gt_policy *p, uint32_t pattern, const char *s)
{
	return glob_or_any(gt_rule_text(p, pattern), s);
}

static bool annotations_match(const struct gt_policy *p, const struct gt_rule *r,
			      const struct gt_strv *have)
{
	for (uint32_t i = 0; i < r->n_annotation && i < GT_RULE_ANNOTATIONS_MAX; i++) {
		const struct gt_rule_pair *want = &p->annotation[r->annotation + i];
		const char *v = have ? gt_strv_pair(have, gt_rule_text(p, want->key)) : NULL;

		if (!v || !matches(p, want->value, v))
			return false;
	}
	return true;
}

/* ... whatever the command is. */
static bool rule_matches_rest(const struct gt_policy *p, const struct gt_rule *r,
			      const struct gt_facts *f)
{
	const struct gt_ident *who = &f->ident;

	return matches(p, r->image, who->image) && matches(p, r->cgroup, who->cgroup) &&
	       matches(p, r->engine, gt_words_get(&gt_engine_words, who->engine)) &&
	       annotations_match(p, r, f->annotations);
}

static bool rule_matches(const struct gt_policy *p, const struct gt_rule *r,
			 const struct gt_facts *f)
{
	/* Before the exec the program's path is a guess. */
	const char *path = f->program.note == GT_NOTE_AT_EXEC ? "" : f->program.path;

	return (matches(p, r->command, f->ident.command) ||
		gt_glob(gt_rule_text(p, r->command), path)) &&
	       rule_matches_rest(p, r, f);
}

/* Before it is created (Podman's precreate) a container has no id, but its cgroup has that name. */
static const char *identity_of(const struct gt_ident *who)
{
	return who->id[0] ? who->id : who->cgroup;
}

static bool is_in_rollout(const struct gt_facts *f, const struct gt_policy *p,
			  const struct gt_rule *r)
{
	return gt_plan_in_rollout(gt_rule_text(p, r->name), identity_of(&f->ident),
				  r->rollout_percent);
}

/* Is the container in R's rollout? The first rule that leaves it to chance is noted. */
static bool draw(const struct gt_facts *f, const struct gt_policy *p, const struct gt_rule *r,
		 struct gt_selection *s)
{
	bool in = is_in_rollout(f, p, r);

	if (!s->drawn_by && r->rollout_percent > 0 && r->rollout_percent < 100) {
		s->drawn_by = r;
		s->arm = in ? GT_ARM_CANARY : GT_ARM_CONTROL;
	}
	return in;
}

/* Was R's roll-out ended, because its canaries did worse? */
static bool is_rolled_back(const struct gt_facts *f, const struct gt_policy *p,
			   const struct gt_rule *r)
{
	for (uint32_t i = 0; i < f->n_rolled_back && i < GT_ROLLED_BACK_MAX; i++) {
		if (p->daemon.rollback && f->rolled_back[i] == r->print)
			return true;
	}
	return false;
}

/* Takes the first rule that matches and has the container in its rollout. False: it is broken. */
static bool choose_rule(const struct gt_facts *f, const struct gt_policy *p, struct gt_selection *s)
{
	for (uint32_t i = 0; i < p->n_rule; i++) {
		const struct gt_rule *r = &p->rule[i];

		if (!rule_matches(p, r, f))
			continue;
		if (r->broken)
			return false;
		/* It takes no part: its canaries get what the others get. */
		if (is_rolled_back(f, p, r)) {
			if (!s->rolled_back && is_in_rollout(f, p, r))
				s->rolled_back = r;
			continue;
		}
		if (draw(f, p, r, s)) {
			s->rule = r;
			return true;
		}
	}
	return true;
}

/* enforce > audit > off: a container may ask for less than the host decided, never for more. */
static void choose_mode(struct gt_selection *s)
{
	if (s->rule && s->rule->has_mode)
		s->mode = s->rule->mode;
	if (!s->wish.has[GT_KEY_MODE])
		return;
	s->mode_refused = s->wish.number[GT_KEY_MODE] > (uint64_t)s->mode;
	if (!s->mode_refused)
		s->mode = (enum gt_mode)s->wish.number[GT_KEY_MODE];
}

/* The request's profile, else the rule's, else the default (which S has already). */
static void choose_profile(const struct gt_facts *f, const struct gt_policy *p,
			   struct gt_selection *s)
{
	const struct gt_profile *found;

	if (s->wish.has[GT_KEY_PROFILE]) {
		s->profile = &p->profile[s->wish.number[GT_KEY_PROFILE]];
		s->profile_origin = f->req.key[GT_KEY_PROFILE].origin;
		return;
	}
	if (!s->rule || !s->rule->profile)
		return;
	found = gt_policy_profile(p, gt_rule_text(p, s->rule->profile));
	s->profile_missing = !found;
	if (found)
		s->profile = found;
}

/* What `select` says; GT_R_NONE: it selects the container. */
static enum gt_reason why_not_selected(const struct gt_facts *f, const struct gt_policy *p,
				       const struct gt_wishes *wish)
{
	bool enabled = wish->has[GT_KEY_ENABLE] && wish->number[GT_KEY_ENABLE];

	switch (p->select) {
	case GT_SELECT_ANNOTATED:
		return enabled || wish->has[GT_KEY_PROFILE] ? GT_R_NONE : GT_R_NOT_SELECTED;
	case GT_SELECT_GO:
		return enabled || f->program.kind == GT_PROG_GO ? GT_R_NONE : gt_plan_not_go(f);
	case GT_SELECT_ALL:
	case GT_SELECT_COUNT:
		break;
	}
	return GT_R_NONE;
}

/* Why we do nothing at all: the first that applies; GT_R_NONE: we tune the container. */
static enum gt_reason why_nothing(const struct gt_facts *f, const struct gt_policy *p,
				  struct gt_selection *s)
{
	static const enum gt_reason trouble[GT_TROUBLE_COUNT] = {
		[GT_TROUBLE_DISABLED] = GT_R_DISABLED,
		[GT_TROUBLE_STATE] = GT_R_STATE_INVALID,
		[GT_TROUBLE_CONFIG_MISSING] = GT_R_CONFIG_MISSING,
		[GT_TROUBLE_CONFIG_INVALID] = GT_R_CONFIG_INVALID,
		[GT_TROUBLE_NO_PROCESS] = GT_R_CONFIG_INVALID,
		[GT_TROUBLE_NO_LINUX] = GT_R_CONFIG_INVALID,
		[GT_TROUBLE_POLICY] = GT_R_POLICY_BROKEN,
	};

	if (f->trouble != GT_TROUBLE_NONE)
		return f->trouble < GT_TROUBLE_COUNT ? trouble[f->trouble] : GT_R_STATE_INVALID;
	if (p->broken)
		return GT_R_POLICY_BROKEN;
	if (s->wish.has[GT_KEY_ENABLE] && !s->wish.number[GT_KEY_ENABLE])
		return GT_R_OPTED_OUT;
	if (!choose_rule(f, p, s))
		return GT_R_POLICY_BROKEN;
	choose_mode(s);
	if (s->mode == GT_MODE_OFF)
		return GT_R_MODE_OFF;
	choose_profile(f, p, s);
	if (!s->profile)
		return GT_R_NO_SUCH_PROFILE;
	if (s->profile->broken)
		return GT_R_POLICY_BROKEN;
	return why_not_selected(f, p, &s->wish);
}

void gt_plan_select(const struct gt_facts *f, const struct gt_policy *p, struct gt_selection *ret)
{
	enum gt_reason why;

	memset(ret, 0, sizeof(*ret));
	gt_plan_requests(f, p, &ret->wish);
	ret->mode = p->mode;
	ret->profile = gt_policy_profile(p, p->default_profile);
	why = why_nothing(f, p, ret);
	ret->selected = !why;
	if (!ret->selected)
		ret->why_not = why;
	gt_plan_sysctl_list(f, p, ret);
}

/* May another rule be the first that matches, once the program has a path? */
static bool may_change_rule(const struct gt_facts *f, const struct gt_policy *p,
			    const struct gt_selection *s)
{
	for (uint32_t i = 0; i < p->n_rule; i++) {
		const struct gt_rule *r = &p->rule[i];

		const char *command = gt_rule_text(p, r->command);

		if (*command && !gt_glob(command, f->ident.command) && rule_matches_rest(p, r, f))
			return true;
		if (r == s->rule)
			return false; /* it was chosen by what does not change */
	}
	return false;
}

bool gt_plan_awaits_program(const struct gt_facts *f, const struct gt_policy *p,
			    const struct gt_selection *s)
{
	if (f->program.kind == GT_PROG_GO || f->program.note != GT_NOTE_AT_EXEC)
		return false;
	if (f->trouble != GT_TROUBLE_NONE || p->broken ||
	    (!s->selected && s->why_not == GT_R_OPTED_OUT))
		return false;
	return (!s->selected && s->why_not == GT_R_AT_EXEC) || may_change_rule(f, p, s);
}
