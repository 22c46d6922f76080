/*
 * Checks a compiled policy before anybody uses it. Pure.
 *
 * It comes from a file that only we write, into a directory that is ours: this is no defence
 * against who may write there. It keeps a file that is damaged, or that another version wrote, from
 * leading us outside of it, or to a value that no policy can have. The last byte of a text's room
 * is never anything but its end.
 */
#include "compiled.h"

#define ENDS(a)	      ((a)[sizeof(a) - 1] == '\0')
#define FLAG_OK(p, m) is_flag((const char *)(p) + offsetof(__typeof__(*(p)), m))

/* A bool that is neither 0 nor 1 may not even be read as one. */
static bool is_flag(const void *at)
{
	return *(const unsigned char *)at <= 1;
}

/* Are N elements of SIZE bytes at PLACE inside a block of LEN bytes? */
static bool fits(uint64_t place, uint64_t n, size_t size, uint64_t len)
{
	return place % sizeof(uint64_t) == 0 && place <= len && n <= (len - place) / size;
}

static bool number_ok(const struct gt_profile *p, const struct gt_pk *k)
{
	const char *at = (const char *)p + k->off;
	uint64_t v = 0;
	uint32_t small;

	if (k->size == sizeof(v)) {
		memcpy(&v, at, sizeof(v));
	} else {
		memcpy(&small, at, sizeof(small));
		v = small;
	}
	if (k->type == GT_PKT_WORD)
		return v < k->words->n;
	return (v >= k->min && v <= k->max) ||
	       (k->nullable && v == (k->size == sizeof(v) ? (uint64_t)k->null : (uint32_t)k->null));
}

static bool key_ok(const struct gt_profile *p, const struct gt_pk *k)
{
	const char *at = (const char *)p + k->off;

	switch (k->type) {
	case GT_PKT_TEXT:
	case GT_PKT_GODEBUG:
		return at[k->size - 1] == '\0';
	case GT_PKT_OBJECT:
	case GT_PKT_BOOL:
		return is_flag(at);
	case GT_PKT_WORD:
	case GT_PKT_U32:
	case GT_PKT_U64:
	case GT_PKT_I32:
	case GT_PKT_BYTES:
		return number_ok(p, k);
	case GT_PKT_SYSCTL: /* below */
		return true;
	}
	return false;
}

static bool profile_ok(const struct gt_profile *p, uint32_t n_layer)
{
	if (!ENDS(p->name) || !ENDS(p->inherits) || !FLAG_OK(p, broken) ||
	    p->n_sysctl > GT_SYSCTL_MAX)
		return false;
	for (unsigned k = 0; k < GT_PK_COUNT; k++) {
		/* What is broken may lack values, and nothing uses it. */
		if (p->layer[k] >= n_layer || (!p->broken && !key_ok(p, &gt_pk_table[k])))
			return false;
	}
	for (uint32_t i = 0; i < p->n_sysctl; i++) {
		const struct gt_sysctl_want *w = &p->sysctl[i];

		if (!ENDS(w->name) || !ENDS(w->value) || w->layer >= n_layer)
			return false;
	}
	return true;
}

static bool rule_ok(const struct gt_rule *r, const struct gt_policy *top)
{
	const uint32_t text[] = {r->name, r->image, r->command, r->cgroup, r->engine, r->profile};

	for (size_t i = 0; i < GT_ARRAY_LEN(text); i++) {
		if (text[i] >= top->text_len)
			return false;
	}
	return r->n_annotation <= GT_RULE_ANNOTATIONS_MAX && r->annotation <= top->n_annotation &&
	       r->n_annotation <= top->n_annotation - r->annotation && r->rollout_percent <= 100 &&
	       r->mode < GT_MODE_COUNT && FLAG_OK(r, has_mode) && FLAG_OK(r, broken) &&
	       r->layer < top->n_layer;
}

/* All of gt_policy.from are layers, a byte each. */
static bool sources_ok(const struct gt_policy *top)
{
	const unsigned char *from = (const unsigned char *)&top->from;

	for (size_t i = 0; i < sizeof(top->from); i++) {
		if (from[i] >= top->n_layer)
			return false;
	}
	return true;
}

static bool daemon_ok(const struct gt_policy_daemon *d)
{
	return ENDS(d->listen) && FLAG_OK(d, resize) && FLAG_OK(d, history) && FLAG_OK(d, learn) &&
	       FLAG_OK(d, guard) && FLAG_OK(d, rollback);
}

static bool top_ok(const struct gt_policy *top)
{
	if (top->mode >= GT_MODE_COUNT || top->select >= GT_SELECT_COUNT ||
	    top->on_error >= GT_ON_ERROR_COUNT || !FLAG_OK(top, broken) || !sources_ok(top) ||
	    !daemon_ok(&top->daemon) || top->live >= 1u << GT_LIVE_COUNT ||
	    !ENDS(top->default_profile) || !ENDS(top->godebug_allow) ||
	    top->n_allow_sysctl > GT_SYSCTL_MAX || top->n_runtimes > GT_ARRAY_LEN(top->runtimes))
		return false;
	for (uint32_t i = 0; i < top->n_allow_sysctl; i++) {
		if (!ENDS(top->allow_sysctl[i]))
			return false;
	}
	for (uint32_t i = 0; i < top->n_runtimes; i++) {
		if (!ENDS(top->runtimes[i]))
			return false;
	}
	return true;
}

static bool places_ok(const struct gt_compiled *c)
{
	const struct gt_policy *top = &c->top;

	return top->n_profile <= GT_PROFILES_MAX && top->n_rule <= GT_RULES_MAX &&
	       top->n_layer > 0 && top->n_layer <= GT_LAYERS_MAX &&
	       fits(c->profile, top->n_profile, sizeof(struct gt_profile), c->len) &&
	       fits(c->rule, top->n_rule, sizeof(struct gt_rule), c->len) &&
	       fits(c->annotation, top->n_annotation, sizeof(struct gt_rule_pair), c->len) &&
	       fits(c->layer, top->n_layer, sizeof(struct gt_layer), c->len) && top->text_len > 0 &&
	       fits(c->text, top->text_len, 1, c->len);
}

static bool arrays_ok(const struct gt_policy *p)
{
	if (p->text[0] != '\0' || p->text[p->text_len - 1] != '\0')
		return false;
	for (uint32_t i = 0; i < p->n_profile; i++) {
		if (!profile_ok(&p->profile[i], p->n_layer))
			return false;
	}
	for (uint32_t i = 0; i < p->n_rule; i++) {
		if (!rule_ok(&p->rule[i], p))
			return false;
	}
	for (uint32_t i = 0; i < p->n_annotation; i++) {
		if (p->annotation[i].key >= p->text_len || p->annotation[i].value >= p->text_len)
			return false;
	}
	for (uint32_t i = 0; i < p->n_layer; i++) {
		const struct gt_layer *l = &p->layer[i];

		if (!ENDS(l->path) || !ENDS(l->error) || !FLAG_OK(l, broken))
			return false;
	}
	return true;
}

int gt_compiled_check(const void *block, size_t len)
{
	const struct gt_compiled *c = block;
	struct gt_policy p;

	if (len < sizeof(*c) || len > GT_COMPILED_MAX || c->len < sizeof(*c) || c->len > len ||
	    !places_ok(c) || !top_ok(&c->top))
		return -EBADMSG;
	gt_compiled_view(c, &p);
	return arrays_ok(&p) ? 0 : -EBADMSG;
}
