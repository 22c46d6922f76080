/*
 * Compiles a policy into one block of bytes, and finds it there again. Pure but for the pages that
 * it maps.
 *
 * Theory of operation. Reading a policy means a parser's event for each value, which a container's
 * start should not pay for again and again. The block has the arrays of the policy one after the
 * other and, instead of pointers, places. Texts of rules are most of a large policy and short, so
 * they are packed one after the other; a rule that repeats the text of the rule before it, as its
 * profile's name, has it from there.
 */
#include <string.h>

#include "compiled.h"
#include "print.h"

#define ALIGN sizeof(uint64_t)

struct packer {
	char *block;
	size_t at, cap; /* in the block */
	size_t text;	/* where texts begin */
};

static size_t aligned(size_t n)
{
	return (n + ALIGN - 1) / ALIGN * ALIGN;
}

/* The most bytes that the texts of R can take. */
static size_t texts_of(const struct gt_rule_draft *r)
{
	size_t n = strlen(r->name) + strlen(r->image) + strlen(r->command) + strlen(r->cgroup) +
		   strlen(r->engine) + strlen(r->profile) + 6;

	for (uint32_t i = 0; i < r->n_annotation; i++)
		n += strlen(r->annotation[i].key) + strlen(r->annotation[i].value) + 2;
	return n;
}

static size_t count_annotations(const struct gt_draft *d)
{
	size_t n = 0;

	for (uint32_t i = 0; i < d->n_rule; i++)
		n += d->rule[i].v.n_annotation;
	return n;
}

/* The most bytes that the block can take. */
static size_t measure(const struct gt_parts *p)
{
	const struct gt_draft *d = p->d;
	size_t n = aligned(sizeof(struct gt_compiled)) +
		   aligned(d->n_profile * sizeof(struct gt_profile)) +
		   aligned(d->n_rule * sizeof(struct gt_rule)) +
		   aligned(count_annotations(d) * sizeof(struct gt_rule_pair)) +
		   aligned(p->n_layer * sizeof(struct gt_layer)) + 1;

	for (uint32_t i = 0; i < d->n_rule; i++)
		n += texts_of(&d->rule[i].v);
	return n;
}

/* Room for N elements of SIZE bytes; where they begin is in *RET_PLACE. */
static void *place(struct packer *pk, size_t n, size_t size, uint32_t *ret_place)
{
	void *at = pk->block + pk->at;

	*ret_place = (uint32_t)pk->at;
	pk->at = aligned(pk->at + n * size);
	return at;
}

/* The place of the text S; BEFORE: where the rule before it has the like. */
static uint32_t put_text(struct packer *pk, const char *s, uint32_t before)
{
	const char *texts = pk->block + pk->text;
	uint32_t at = (uint32_t)(pk->at - pk->text);

	if (!*s)
		return 0;
	if (before && strcmp(texts + before, s) == 0)
		return before;
	memcpy(pk->block + pk->at, s, strlen(s) + 1);
	pk->at += strlen(s) + 1;
	return at;
}

static void put_rule(struct packer *pk, const struct gt_rule_draft *from, struct gt_rule_pair *pair,
		     const struct gt_rule *before, struct gt_rule *ret)
{
	static const struct gt_rule none;

	if (!before)
		before = &none;
	ret->name = put_text(pk, from->name, 0);
	ret->image = put_text(pk, from->image, before->image);
	ret->command = put_text(pk, from->command, before->command);
	ret->cgroup = put_text(pk, from->cgroup, before->cgroup);
	ret->engine = put_text(pk, from->engine, before->engine);
	ret->profile = put_text(pk, from->profile, before->profile);
	ret->n_annotation = from->n_annotation;
	for (uint32_t i = 0; i < from->n_annotation; i++) {
		pair[i].key = put_text(pk, from->annotation[i].key, 0);
		pair[i].value = put_text(pk, from->annotation[i].value, 0);
	}
	ret->rollout_percent = from->rollout_percent;
	ret->mode = from->mode;
	ret->has_mode = from->has_mode;
	ret->layer = from->layer;
}

static void put_rules(struct packer *pk, const struct gt_parts *p, struct gt_rule *rule,
		      struct gt_rule_pair *pair)
{
	uint32_t n = 0;

	pk->at++; /* the place 0 is "" */
	for (uint32_t i = 0; i < p->d->n_rule; i++) {
		rule[i].annotation = n;
		put_rule(pk, &p->d->rule[i].v, &pair[n], i > 0 ? &rule[i - 1] : NULL, &rule[i]);
		rule[i].broken = p->rule_broken[i];
		rule[i].print = gt_policy_print(p, i);
		n += rule[i].n_annotation;
	}
}

static void fill(struct packer *pk, const struct gt_parts *p)
{
	struct gt_compiled *c;
	struct gt_policy *top;
	void *profile, *rule, *pair, *layer;
	uint32_t head;

	c = place(pk, 1, sizeof(*c), &head);
	top = &c->top;
	memcpy(top, &p->d->top, sizeof(*top));
	top->broken = p->broken;
	top->n_profile = p->d->n_profile;
	top->n_rule = p->d->n_rule;
	top->n_annotation = (uint32_t)count_annotations(p->d);
	top->n_layer = p->n_layer;
	profile = place(pk, top->n_profile, sizeof(struct gt_profile), &c->profile);
	rule = place(pk, top->n_rule, sizeof(struct gt_rule), &c->rule);
	pair = place(pk, top->n_annotation, sizeof(struct gt_rule_pair), &c->annotation);
	layer = place(pk, top->n_layer, sizeof(struct gt_layer), &c->layer);
	memcpy(profile, p->profile, top->n_profile * sizeof(struct gt_profile));
	if (top->n_layer > 0)
		memcpy(layer, p->layer, top->n_layer * sizeof(struct gt_layer));
	c->text = (uint32_t)pk->at;
	pk->text = pk->at;
	put_rules(pk, p, rule, pair);
	top->text_len = (uint32_t)(pk->at - pk->text);
	c->len = pk->at;
}

int gt_compiled_make(const struct gt_parts *p, struct gt_policy *ret)
{
	struct packer pk = {.cap = measure(p)};
	struct gt_pages pages = {0};
	int r = pk.cap <= GT_COMPILED_MAX ? gt_pages_map(&pages, pk.cap, GT_PAGES_OWN) : -ENOMEM;

	if (r < 0)
		return r;
	pk.block = pages.p;
	fill(&pk, p);
	gt_compiled_view(pages.p, ret);
	ret->own = pages;
	return 0;
}

void gt_compiled_view(const struct gt_compiled *block, struct gt_policy *ret)
{
	const char *base = (const char *)block;

	*ret = block->top;
	ret->profile = (const void *)(base + block->profile);
	ret->rule = (const void *)(base + block->rule);
	ret->annotation = (const void *)(base + block->annotation);
	ret->layer = (const void *)(base + block->layer);
	ret->text = base + block->text;
}

const struct gt_compiled *gt_compiled_block(const struct gt_policy *p)
{
	return p->own.p;
}
