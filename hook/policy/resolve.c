/*
 * Makes a policy from a draft: profiles inherit, and names that nobody defined become faults. Pure
 * but for the heap.
 */
#include <stdio.h>

#include "compiled.h"
#include "draft.h"
#include "gotune/base.h"
#include "gotune/model.h"

#define NOT_FOUND UINT32_MAX
#define ROOT_NAME "balanced" /* what a profile without `inherits` starts from */

static uint32_t find_profile(const struct gt_draft *d, const char *name)
{
	for (uint32_t i = 0; i < d->n_profile; i++) {
		if (strcmp(d->profile[i].v.name, name) == 0)
			return i;
	}
	return NOT_FOUND;
}

/* The profile that I inherits from, or NOT_FOUND. */
static uint32_t parent_of(const struct gt_draft *d, uint32_t i)
{
	const struct gt_profile *p = &d->profile[i].v;

	if (p->inherits[0])
		return find_profile(d, p->inherits);
	return strcmp(p->name, ROOT_NAME) == 0 ? NOT_FOUND : find_profile(d, ROOT_NAME);
}

/* Does the chain from I come to an end? *ret_unknown: at a name that nobody defined. */
static bool chain_ends(const struct gt_draft *d, uint32_t i, bool *ret_unknown)
{
	*ret_unknown = false;
	for (uint32_t steps = 0; steps <= d->n_profile; steps++) {
		uint32_t next = parent_of(d, i);

		if (next == NOT_FOUND) {
			*ret_unknown = d->profile[i].v.inherits[0] != '\0';
			return true;
		}
		i = next;
	}
	return false;
}

static void overlay_sysctls(struct gt_profile *p, const struct gt_raw_profile *over)
{
	if (over->sysctl_cleared)
		p->n_sysctl = 0;
	for (uint32_t i = 0; i < over->v.n_sysctl; i++) {
		const struct gt_sysctl_want *want = &over->v.sysctl[i];
		uint32_t at = 0;

		while (at < p->n_sysctl && strcmp(p->sysctl[at].name, want->name) != 0)
			at++;
		if (at == GT_SYSCTL_MAX) {
			p->broken = true; /* with those inherited, there are too many */
			continue;
		}
		p->sysctl[at] = *want;
		if (at == p->n_sysctl)
			p->n_sysctl++;
	}
}

/* Puts what OVER sets in place of what P has. */
static void overlay(struct gt_profile *p, const struct gt_raw_profile *over)
{
	for (unsigned k = 0; k < GT_PK_COUNT; k++) {
		const struct gt_pk *key = &gt_pk_table[k];

		if (!over->set[k])
			continue;
		if (key->type != GT_PKT_SYSCTL)
			memcpy((char *)p + key->off, (const char *)&over->v + key->off, key->size);
		p->layer[k] = over->v.layer[k];
	}
	overlay_sysctls(p, over);
	p->broken = p->broken || over->v.broken;
}

/* Drops the names whose value is "": they only removed an inherited sysctl. */
static void drop_removed(struct gt_profile *p)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < p->n_sysctl; i++) {
		if (p->sysctl[i].value[0])
			p->sysctl[n++] = p->sysctl[i];
	}
	p->n_sysctl = n;
}

/* Lays the chain of I, which ends, over P: the far end first. */
static void resolve_chain(const struct gt_draft *d, uint32_t i, struct gt_profile *p)
{
	uint32_t chain[GT_PROFILES_MAX + 1], n = 0;

	for (; i != NOT_FOUND && n < GT_ARRAY_LEN(chain); i = parent_of(d, i))
		chain[n++] = i;
	while (n > 0)
		overlay(p, &d->profile[chain[--n]]);
	drop_removed(p);
}

/* A fault that shows only when all files have been read. */
struct late_fault {
	uint8_t layer;
	struct gt_json_pos pos;
	const char *key, *value, *why;
};

static void mark_layer(const struct gt_parts *p, const struct late_fault *f)
{
	struct gt_layer *l = f->layer < p->n_layer ? &p->layer[f->layer] : NULL;

	if (!l || l->broken)
		return;
	l->broken = true;
	(void)snprintf(l->error, sizeof(l->error), "%u:%u: %s: %s %s", f->pos.line, f->pos.column,
		       f->key, f->value, f->why);
}

static void resolve_profile(const struct gt_draft *d, uint32_t i, const struct gt_parts *p)
{
	const struct gt_raw_profile *raw = &d->profile[i];
	struct gt_profile *out = &p->profile[i];
	bool unknown = false, ends = chain_ends(d, i, &unknown);
	struct late_fault fault = {raw->inherits_layer, raw->inherits_pos, "inherits",
				   raw->v.inherits, NULL};

	(void)gt_copy_str(out->name, sizeof(out->name), raw->v.name); /* same sizes */
	(void)gt_copy_str(out->inherits, sizeof(out->inherits), raw->v.inherits);
	if (ends)
		resolve_chain(d, i, out);
	out->broken = out->broken || raw->v.broken || !ends || unknown;
	if (!ends)
		fault.why = "leads back to itself";
	else if (raw->v.inherits[0] && find_profile(d, raw->v.inherits) == NOT_FOUND)
		fault.why = "is no profile";
	if (fault.why)
		mark_layer(p, &fault);
}

static void resolve_rules(const struct gt_draft *d, const struct gt_parts *p)
{
	for (uint32_t i = 0; i < d->n_rule; i++) {
		const struct gt_rule_draft *r = &d->rule[i].v;
		bool unknown = r->profile[0] && find_profile(d, r->profile) == NOT_FOUND;

		p->rule_broken[i] = r->broken || unknown;
		if (unknown)
			mark_layer(p, &(struct late_fault){r->layer, d->rule[i].profile_pos,
							   "profile", r->profile, "is no profile"});
	}
}

int gt_policy_resolve(const struct gt_draft *d, struct gt_layer *layer, uint32_t n,
		      struct gt_policy *ret)
{
	/* Cleared, also between members: what is compiled at the build is the same each time. */
	_cleanup_free_ struct gt_profile *profile = calloc(d->n_profile + 1, sizeof(*profile));
	_cleanup_free_ bool *rule_broken = calloc(d->n_rule + 1, sizeof(*rule_broken));
	struct gt_parts p = {.d = d,
			     .broken = d->top.broken,
			     .profile = profile,
			     .rule_broken = rule_broken,
			     .layer = layer,
			     .n_layer = n};

	if (!profile || !rule_broken)
		return -ENOMEM;
	for (uint32_t i = 0; i < d->n_profile; i++)
		resolve_profile(d, i, &p);
	resolve_rules(d, &p);
	if (find_profile(d, d->top.default_profile) == NOT_FOUND) {
		p.broken = true;
		mark_layer(&p, &(struct late_fault){d->top.from.default_profile, d->default_pos,
						    "default_profile", d->top.default_profile,
						    "is no profile"});
	}
	return gt_compiled_make(&p, ret);
}
