/*
 * A number that stands for a rule: for what it matches, and for all that its profile says. Who kept
 * something about a rule sees by it whether the rule was changed since. Pure.
 */
#include "print.h"

#define BITS 52 /* what a reader of JSON keeps in a double */

static uint64_t add_text(const char *s, uint64_t h)
{
	return gt_hash(s, gt_hash("\n", h));
}

static uint64_t add_number(uint64_t v, uint64_t h)
{
	char text[24] = "";

	(void)gt_append_u64(text, sizeof(text), v); /* fits */
	return add_text(text, h);
}

/* What its keys say; its name and description say nothing. */
static uint64_t add_profile(const struct gt_profile *p, uint64_t h)
{
	for (unsigned k = 0; k < GT_PK_COUNT; k++) {
		enum gt_pk_type type = gt_pk_table[k].type;
		bool is_null;

		if (type != GT_PKT_TEXT && type != GT_PKT_GODEBUG && type != GT_PKT_SYSCTL)
			h = add_number(gt_pk_number(p, k, &is_null), h);
	}
	for (uint32_t i = 0; i < p->n_sysctl; i++)
		h = add_text(p->sysctl[i].value, add_text(p->sysctl[i].name, h));
	return add_text(p->godebug, h);
}

static uint64_t add_rule(const struct gt_rule_draft *r, uint64_t h)
{
	const char *const texts[] = {r->name, r->image, r->command, r->cgroup, r->engine};

	for (size_t i = 0; i < GT_ARRAY_LEN(texts); i++)
		h = add_text(texts[i], h);
	for (uint32_t i = 0; i < r->n_annotation; i++)
		h = add_text(r->annotation[i].value, add_text(r->annotation[i].key, h));
	return add_number(r->has_mode ? 1 + (uint64_t)r->mode : 0,
			  add_number(r->rollout_percent, h));
}

uint64_t gt_policy_print(const struct gt_parts *p, uint32_t i)
{
	const struct gt_rule_draft *r = &p->d->rule[i].v;
	const char *profile = r->profile[0] ? r->profile : p->d->top.default_profile;
	uint64_t h = add_rule(r, 0);

	for (uint32_t k = 0; k < p->d->n_profile; k++) {
		if (strcmp(p->profile[k].name, profile) == 0)
			h = add_profile(&p->profile[k], h);
	}
	h &= (UINT64_C(1) << BITS) - 1;
	return h ? h : 1;
}
