/*
 * Reads the rules of a policy. A rule with a fault stays in the list, marked broken: we do not tune
 * a container that matches it. Pure but for the heap.
 */
#include "draft.h"
#include "gotune/base.h"
#include "gotune/model.h"

#define TEXT(p, m)                                                                              \
	{                                                                                       \
		p, offsetof(struct gt_rule_draft, m), sizeof(((struct gt_rule_draft *)NULL)->m) \
	}

static const struct rule_text {
	const char *path; /* below the rule */
	size_t off, cap;
} texts[] = {
	TEXT("match/image", image),
	TEXT("match/command", command),
	TEXT("match/cgroup", cgroup),
	TEXT("match/engine", engine),
};

static struct gt_raw_rule *find_rule(struct gt_draft *d, const char *name)
{
	for (uint32_t i = 0; i < d->n_rule; i++) {
		if (strcmp(d->rule[i].v.name, name) == 0)
			return &d->rule[i];
	}
	return NULL;
}

static int begin_rule(struct gt_policy_reader *rd, const struct gt_json_event *ev)
{
	rd->rule = (struct gt_raw_rule){.touched = true};
	rd->rule.v.rollout_percent = 100;
	rd->rule.v.layer = rd->layer;
	rd->in_rule = ev->type == GT_JSON_MAP_START;
	if (!rd->in_rule) {
		rd->all_broken = true; /* it may be for any container */
		return gt_policy_fault_at(rd, ev, "not an object");
	}
	return 0;
}

/* Makes the rule match everybody: if its match is broken, it may be for anybody. */
static void open_match(struct gt_rule_draft *r)
{
	for (size_t i = 0; i < GT_ARRAY_LEN(texts); i++)
		*((char *)r + texts[i].off) = '\0';
	r->n_annotation = 0;
}

static int end_rule(struct gt_policy_reader *rd, const struct gt_json_event *ev)
{
	struct gt_raw_rule *r = &rd->rule, *same, *grown;
	struct gt_draft *d = rd->d;

	rd->in_rule = false;
	if (!r->v.name[0]) {
		r->v.broken = true;
		(void)gt_policy_fault_at(rd, ev, "the rule has no name");
	}
	if (r->match_broken)
		open_match(&r->v);
	same = r->v.name[0] ? find_rule(d, r->v.name) : NULL;
	if (same && same->touched) {
		(void)gt_policy_fault_at(rd, ev, "a second rule named %s", r->v.name);
		r->v.broken = true;
		same = NULL;
	}
	if (same) {
		*same = *r;
		return 0;
	}
	if (d->n_rule >= GT_RULES_MAX) {
		rd->all_broken = true;
		return gt_policy_fault_at(rd, ev, "more than %d rules", GT_RULES_MAX);
	}
	grown = reallocarray(d->rule, d->n_rule + 1, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	d->rule = grown;
	d->rule[d->n_rule++] = *r;
	return 0;
}

static int take_annotation(struct gt_policy_reader *rd, const struct gt_json_event *ev)
{
	const struct gt_json_step *key = &ev->path[ev->depth - 1];
	struct gt_rule_draft *r = &rd->rule.v;

	if (r->n_annotation == GT_RULE_ANNOTATIONS_MAX)
		return gt_policy_fault_at(rd, ev, "more than %d annotations",
					  GT_RULE_ANNOTATIONS_MAX);
	if (!key->key ||
	    !gt_copy(r->annotation[r->n_annotation].key, sizeof(r->annotation[r->n_annotation].key),
		     key->key, key->key_len))
		return gt_policy_fault_at(rd, ev, "the annotation's key is too long");
	if (gt_policy_text(rd, ev, r->annotation[r->n_annotation].value,
			   sizeof(r->annotation[r->n_annotation].value)))
		r->n_annotation++;
	return 0;
}

static int take_name(struct gt_policy_reader *rd, const struct gt_json_event *ev)
{
	struct gt_rule_draft *r = &rd->rule.v;

	if (ev->type != GT_JSON_STRING || !gt_policy_name_ok(ev->text, ev->len))
		return gt_policy_fault_at(rd, ev, "must be a name of at most %d plain characters",
					  GT_NAME_CAP - 1);
	(void)gt_copy(r->name, sizeof(r->name), ev->text, ev->len); /* fits: gt_policy_name_ok */
	return 0;
}

static int take_profile_name(struct gt_policy_reader *rd, const struct gt_json_event *ev)
{
	rd->rule.profile_pos = gt_policy_place(rd, ev);
	(void)gt_policy_text(rd, ev, rd->rule.v.profile, sizeof(rd->rule.v.profile));
	return 0;
}

static int take_rule_mode(struct gt_policy_reader *rd, const struct gt_json_event *ev)
{
	unsigned word = 0;

	rd->rule.v.has_mode = gt_policy_word(rd, ev, &gt_mode_words, &word) > 0;
	rd->rule.v.mode = (enum gt_mode)word;
	return 0;
}

static int take_rollout(struct gt_policy_reader *rd, const struct gt_json_event *ev)
{
	uint64_t v = 0;

	if (gt_policy_number(rd, ev, 0, 100, &v))
		rd->rule.v.rollout_percent = (uint32_t)v;
	return 0;
}

static int take_object(struct gt_policy_reader *rd, const struct gt_json_event *ev)
{
	return ev->type == GT_JSON_MAP_START ? 0 : gt_policy_fault_at(rd, ev, "not an object");
}

static const struct rule_key {
	const char *path; /* below the rule */
	int (*take)(struct gt_policy_reader *rd, const struct gt_json_event *ev);
} keys[] = {
	{"name", take_name},
	{"profile", take_profile_name},
	{"mode", take_rule_mode},
	{"rollout_percent", take_rollout},
	{"match", take_object},
	{"match/annotation", take_object},
	{"match/annotation/*", take_annotation},
};

static int take_rule_key(struct gt_policy_reader *rd, const struct gt_json_event *ev)
{
	struct gt_json_event below = gt_policy_below(ev, 2);

	if (ev->path[ev->depth - 1].repeated)
		return gt_policy_fault_at(rd, ev, "duplicate key");
	for (size_t i = 0; i < GT_ARRAY_LEN(texts); i++) {
		if (!gt_json_at(&below, texts[i].path))
			continue;
		if (ev->type != GT_JSON_NULL)
			(void)gt_policy_text(rd, ev, (char *)&rd->rule.v + texts[i].off,
					     texts[i].cap);
		return 0;
	}
	for (size_t i = 0; i < GT_ARRAY_LEN(keys); i++) {
		if (!gt_json_at(&below, keys[i].path))
			continue;
		return ev->type == GT_JSON_NULL ? 0 : keys[i].take(rd, ev);
	}
	return gt_policy_fault_at(rd, ev, "no rule has this key");
}

int gt_policy_take_rule(struct gt_policy_reader *rd, const struct gt_json_event *ev)
{
	unsigned faults = rd->n_fault;
	int r;

	if (ev->depth == 2) {
		if (ev->type == GT_JSON_MAP_END && rd->in_rule)
			return end_rule(rd, ev);
		return ev->type == GT_JSON_ARRAY_END ? 0 : begin_rule(rd, ev);
	}
	if (!rd->in_rule || ev->type == GT_JSON_MAP_END || ev->type == GT_JSON_ARRAY_END)
		return 0;
	r = take_rule_key(rd, ev);
	if (rd->n_fault != faults) {
		/* An unknown key may be a misspelt match. */
		rd->rule.v.broken = true;
		rd->rule.match_broken = rd->rule.match_broken || !ev->path[2].key ||
					(strcmp(ev->path[2].key, "profile") != 0 &&
					 strcmp(ev->path[2].key, "mode") != 0 &&
					 strcmp(ev->path[2].key, "rollout_percent") != 0);
	}
	return r;
}
