/*
 * Reads the keys of a profile. One table drives reading, inheritance and `gotune policy show`. Pure
 * but for the heap.
 */
#include "draft.h"
#include "gotune/base.h"
#include "gotune/model.h"

#define P(m)	  .off = offsetof(struct gt_profile, m), .size = sizeof(((struct gt_profile *)NULL)->m)
#define CPUS	  .min = 1, .max = GT_CPUS_MAX
#define BYTES_MAX ((uint64_t)INT64_MAX)

const struct gt_pk gt_pk_table[GT_PK_COUNT] = {
	[GT_PK_DESCRIPTION] = {"description", GT_PKT_TEXT, P(description), .nullable = true},
	[GT_PK_GOMAXPROCS] = {"gomaxprocs", GT_PKT_OBJECT, P(gomaxprocs), .nullable = true},
	[GT_PK_ROUND] = {"gomaxprocs/round", GT_PKT_WORD, P(round), .words = &gt_round_words},
	[GT_PK_MIN] = {"gomaxprocs/min", GT_PKT_U32, P(min), CPUS},
	[GT_PK_MAX] = {"gomaxprocs/max", GT_PKT_U32, P(max), CPUS, .nullable = true},
	[GT_PK_CPU_COUNT] = {"gomaxprocs/cpu_count", GT_PKT_WORD, P(cpu_count),
			     .words = &gt_cpu_count_words},
	[GT_PK_NUMA] = {"gomaxprocs/numa", GT_PKT_WORD, P(numa), .words = &gt_numa_words},
	[GT_PK_SHARES_ENABLE] = {"gomaxprocs/shares/enable", GT_PKT_BOOL, P(shares_enable)},
	[GT_PK_SHARES_MULTIPLIER] = {"gomaxprocs/shares/multiplier", GT_PKT_U32,
				     P(shares_multiplier), .min = 1, .max = 1000},
	[GT_PK_SHARES_FLOOR] = {"gomaxprocs/shares/floor", GT_PKT_U32, P(shares_floor), CPUS},
	[GT_PK_SCHED_LATENCY] = {"gomaxprocs/sched_latency", GT_PKT_BOOL, P(sched_latency)},
	[GT_PK_OVERRIDE_SELF_MANAGED] = {"gomaxprocs/override_self_managed", GT_PKT_BOOL,
					 P(override_self_managed)},
	[GT_PK_GOMEMLIMIT] = {"gomemlimit", GT_PKT_OBJECT, P(gomemlimit), .nullable = true},
	[GT_PK_RATIO] = {"gomemlimit/ratio", GT_PKT_U32, P(ratio_permille), .min = 1, .max = 1000},
	[GT_PK_CGO_RATIO] = {"gomemlimit/cgo_ratio", GT_PKT_U32, P(cgo_ratio_permille), .min = 1,
			     .max = 1000},
	[GT_PK_MIN_RATIO] = {"gomemlimit/min_ratio", GT_PKT_U32, P(min_ratio_permille), .min = 1,
			     .max = 1000},
	[GT_PK_MIN_LIMIT] = {"gomemlimit/min_limit", GT_PKT_BYTES, P(min_limit_bytes),
			     .max = BYTES_MAX},
	[GT_PK_OVERRIDE_AUTOMEMLIMIT] = {"gomemlimit/override_self_managed", GT_PKT_BOOL,
					 P(override_automemlimit)},
	[GT_PK_GOGC] = {"gogc", GT_PKT_U32, P(gogc), .min = 1, .max = 1000, .nullable = true},
	[GT_PK_GODEBUG] = {"godebug", GT_PKT_GODEBUG, P(godebug), .nullable = true},
	[GT_PK_NOFILE] = {"nofile", GT_PKT_U64, P(nofile), .min = 64, .max = 1u << 30,
			  .nullable = true},
	[GT_PK_SYSCTL] = {"sysctl", GT_PKT_SYSCTL, P(sysctl), .nullable = true},
	[GT_PK_SWAPPINESS] = {"swappiness", GT_PKT_I32, P(swappiness), .max = 100, .nullable = true,
			      .null = -1},
};

static void *field_at(struct gt_profile *p, const struct gt_pk *k)
{
	return (char *)p + k->off;
}

/* Stores V in the field's own type. Enums are unsigned int (gcc and clang, no -fshort-enums). */
static void store_number(struct gt_profile *p, const struct gt_pk *k, uint64_t v)
{
	uint32_t small = (uint32_t)v;
	bool flag = v != 0;

	if (k->size == sizeof(v))
		memcpy(field_at(p, k), &v, sizeof(v));
	else if (k->size == sizeof(small))
		memcpy(field_at(p, k), &small, sizeof(small));
	else
		memcpy(field_at(p, k), &flag, sizeof(flag));
}

uint64_t gt_pk_number(const struct gt_profile *p, enum gt_profile_key key, bool *ret_null)
{
	const struct gt_pk *k = &gt_pk_table[key];
	const char *from = (const char *)p + k->off;
	uint64_t v = 0;
	uint32_t small;
	bool flag;

	if (k->size == sizeof(v)) {
		memcpy(&v, from, sizeof(v));
	} else if (k->size == sizeof(small)) {
		memcpy(&small, from, sizeof(small));
		v = small;
	} else {
		memcpy(&flag, from, sizeof(flag));
		v = flag;
	}
	*ret_null = k->nullable && v == (k->size == 4 ? (uint32_t)k->null : (uint64_t)k->null);
	return v;
}

/* null: the setting is left alone. */
static int take_null(struct gt_policy_reader *rd, const struct gt_json_event *ev,
		     const struct gt_pk *k)
{
	struct gt_raw_profile *p = rd->profile;

	if (!k->nullable)
		return gt_policy_fault_at(rd, ev, "may not be null");
	switch (k->type) {
	case GT_PKT_TEXT:
	case GT_PKT_GODEBUG:
		*(char *)field_at(&p->v, k) = '\0';
		break;
	case GT_PKT_SYSCTL:
		p->v.n_sysctl = 0;
		p->sysctl_cleared = true;
		break;
	case GT_PKT_OBJECT:
	case GT_PKT_WORD:
	case GT_PKT_BOOL:
	case GT_PKT_U32:
	case GT_PKT_U64:
	case GT_PKT_I32:
	case GT_PKT_BYTES:
		store_number(&p->v, k, (uint64_t)k->null);
		break;
	}
	return 1;
}

static int take_bytes(struct gt_policy_reader *rd, const struct gt_json_event *ev,
		      const struct gt_pk *k, uint64_t *ret)
{
	char text[32];

	if (ev->type != GT_JSON_STRING)
		return gt_policy_number(rd, ev, k->min, k->max, ret);
	if (!gt_copy(text, sizeof(text), ev->text, ev->len) || gt_parse_go_bytes(text, ret) < 0)
		return gt_policy_fault_at(
			rd, ev, "must be bytes such as \"64MiB\" (B, KiB, MiB, GiB, TiB)");
	return 1;
}

/* A value of one of the table's keys: 1 stored, 0 invalid. */
static int take_value(struct gt_policy_reader *rd, const struct gt_json_event *ev,
		      const struct gt_pk *k)
{
	struct gt_profile *p = &rd->profile->v;
	uint64_t v = 0;
	unsigned word = 0;
	int r = 0;

	if (ev->type == GT_JSON_NULL)
		return take_null(rd, ev, k);
	switch (k->type) {
	case GT_PKT_TEXT:
		return gt_policy_text(rd, ev, field_at(p, k), k->size);
	case GT_PKT_OBJECT:
		r = ev->type == GT_JSON_MAP_START
			    ? 1
			    : gt_policy_fault_at(rd, ev, "not an object or null");
		v = 1;
		break;
	case GT_PKT_WORD:
		r = gt_policy_word(rd, ev, k->words, &word);
		v = word;
		break;
	case GT_PKT_BOOL:
		r = ev->type == GT_JSON_BOOL ? 1 : gt_policy_fault_at(rd, ev, "not true or false");
		v = ev->b;
		break;
	case GT_PKT_U32:
	case GT_PKT_U64:
	case GT_PKT_I32:
		r = gt_policy_number(rd, ev, k->min, k->max, &v);
		break;
	case GT_PKT_BYTES:
		r = take_bytes(rd, ev, k, &v);
		break;
	case GT_PKT_GODEBUG:
		p->godebug[0] = '\0';
		return ev->type == GT_JSON_ARRAY_START
			       ? 1
			       : gt_policy_fault_at(rd, ev, "not an array of \"key=value\"");
	case GT_PKT_SYSCTL:
		return ev->type == GT_JSON_MAP_START
			       ? 1
			       : gt_policy_fault_at(rd, ev, "not an object of names and values");
	}
	if (r > 0)
		store_number(p, k, v);
	return r;
}

/* "key=value" without what GODEBUG's own syntax gives a meaning. */
static bool godebug_ok(const char *s)
{
	const char *eq = strchr(s, '=');

	return gt_is_plain(s) && eq && eq != s && eq[1] && !strpbrk(s, ", \"#");
}

static int take_godebug_entry(struct gt_policy_reader *rd, const struct gt_json_event *ev)
{
	char *list = rd->profile->v.godebug;
	char entry[GT_GODEBUG_CAP];
	size_t have = strlen(list);

	if (!gt_policy_text(rd, ev, entry, sizeof(entry)))
		return 0;
	if (!godebug_ok(entry))
		return gt_policy_fault_at(rd, ev, "not of the form \"key=value\"");
	if (have + strlen(entry) + 2 > GT_GODEBUG_CAP)
		return gt_policy_fault_at(rd, ev, "the entries are longer than %d bytes in all",
					  GT_GODEBUG_CAP - 1);
	if (have)
		(void)gt_append(list, GT_GODEBUG_CAP, ","); /* it fits, see above */
	(void)gt_append(list, GT_GODEBUG_CAP, entry);
	return 0;
}

static struct gt_sysctl_want *sysctl_slot(struct gt_profile *p, const char *name)
{
	for (uint32_t i = 0; i < p->n_sysctl; i++) {
		if (strcmp(p->sysctl[i].name, name) == 0)
			return &p->sysctl[i];
	}
	return p->n_sysctl < GT_SYSCTL_MAX ? &p->sysctl[p->n_sysctl++] : NULL;
}

/* null removes an inherited sysctl: until then we keep the name with the value "". */
static int take_profile_sysctl(struct gt_policy_reader *rd, const struct gt_json_event *ev)
{
	const struct gt_json_step *key = &ev->path[ev->depth - 1];
	struct gt_sysctl_want want = {.layer = rd->layer}, *slot;

	if (!key->key || !gt_copy(want.name, sizeof(want.name), key->key, key->key_len) ||
	    !gt_is_plain(want.name))
		return gt_policy_fault_at(rd, ev, "not a sysctl's name");
	if (ev->type == GT_JSON_INT && ev->i >= 0)
		(void)gt_append_u64(want.value, sizeof(want.value), (uint64_t)ev->i);
	else if (ev->type == GT_JSON_STRING && ev->len > 0 &&
		 !gt_policy_text(rd, ev, want.value, sizeof(want.value)))
		return 0;
	if (!want.value[0] && ev->type != GT_JSON_NULL)
		return gt_policy_fault_at(rd, ev, "must be a string, a whole number, or null");
	slot = sysctl_slot(&rd->profile->v, want.name);
	if (!slot)
		return gt_policy_fault_at(rd, ev, "more than %d sysctls", GT_SYSCTL_MAX);
	*slot = want;
	return 0;
}

static struct gt_raw_profile *find_profile(struct gt_draft *d, const char *name)
{
	for (uint32_t i = 0; i < d->n_profile; i++) {
		if (strcmp(d->profile[i].v.name, name) == 0)
			return &d->profile[i];
	}
	return NULL;
}

static int begin_profile(struct gt_policy_reader *rd, const struct gt_json_event *ev)
{
	const struct gt_json_step *key = &ev->path[1];
	struct gt_draft *d = rd->d;
	struct gt_raw_profile *grown;

	rd->profile = NULL;
	if (!key->key || !gt_policy_name_ok(key->key, key->key_len) ||
	    d->n_profile >= GT_PROFILES_MAX) {
		rd->all_broken = true; /* it has no name by which we could mark it */
		return gt_policy_fault_at(rd, ev, "not a profile's name, or too many profiles");
	}
	rd->profile = find_profile(d, key->key);
	if (!rd->profile) {
		grown = reallocarray(d->profile, d->n_profile + 1, sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		d->profile = grown;
		rd->profile = &grown[d->n_profile++];
		*rd->profile = (struct gt_raw_profile){0};
		(void)gt_copy(rd->profile->v.name, sizeof(rd->profile->v.name), key->key,
			      key->key_len); /* fits: gt_policy_name_ok */
	}
	rd->profile->touched = true;
	if (key->repeated)
		(void)gt_policy_fault_at(rd, ev, "duplicate profile");
	if (ev->type != GT_JSON_MAP_START)
		(void)gt_policy_fault_at(rd, ev, "not an object");
	return 0;
}

/* `inherits` in a file replaces the built-in profile of that name. */
static int take_inherits(struct gt_policy_reader *rd, const struct gt_json_event *ev)
{
	struct gt_raw_profile *p = rd->profile;

	if (!gt_policy_text(rd, ev, p->v.inherits, sizeof(p->v.inherits)))
		return 0;
	p->inherits_layer = rd->layer;
	p->inherits_pos = gt_policy_place(rd, ev);
	for (unsigned k = 0; rd->layer > 0 && k < GT_PK_COUNT; k++) {
		if (p->v.layer[k] == 0)
			p->set[k] = false;
	}
	for (uint32_t i = 0; rd->layer > 0 && i < p->v.n_sysctl;) {
		if (p->v.sysctl[i].layer == 0)
			p->v.sysctl[i] = p->v.sysctl[--p->v.n_sysctl];
		else
			i++;
	}
	return 0;
}

/* Takes an event inside a profile. BELOW is EV without "profiles" and the profile's name. */
static int take_profile_key(struct gt_policy_reader *rd, const struct gt_json_event *ev,
			    const struct gt_json_event *below)
{
	for (unsigned k = 0; k < GT_PK_COUNT; k++) {
		if (!gt_json_at(below, gt_pk_table[k].path))
			continue;
		if (take_value(rd, ev, &gt_pk_table[k]) > 0) {
			rd->profile->set[k] = true;
			rd->profile->v.layer[k] = rd->layer;
		}
		return 0;
	}
	if (gt_json_at(below, "inherits"))
		return take_inherits(rd, ev);
	if (gt_json_at(below, "godebug/*"))
		return take_godebug_entry(rd, ev);
	if (gt_json_at(below, "sysctl/*"))
		return take_profile_sysctl(rd, ev);
	if (gt_json_at(below, "gomaxprocs/shares")) {
		if (ev->type == GT_JSON_MAP_START)
			return 0;
		if (ev->type != GT_JSON_NULL)
			return gt_policy_fault_at(rd, ev, "not an object or null");
		store_number(&rd->profile->v, &gt_pk_table[GT_PK_SHARES_ENABLE], 0);
		rd->profile->set[GT_PK_SHARES_ENABLE] = true;
		rd->profile->v.layer[GT_PK_SHARES_ENABLE] = rd->layer;
		return 0;
	}
	return gt_policy_fault_at(rd, ev, "no profile has this key");
}

int gt_policy_take_profile(struct gt_policy_reader *rd, const struct gt_json_event *ev)
{
	struct gt_json_event below;

	if (ev->type == GT_JSON_MAP_END || ev->type == GT_JSON_ARRAY_END)
		return 0;
	if (ev->depth == 2)
		return begin_profile(rd, ev);
	if (!rd->profile)
		return 0; /* its name was at fault */
	if (ev->path[ev->depth - 1].repeated)
		return gt_policy_fault_at(rd, ev, "duplicate key");
	below = gt_policy_below(ev, 2);
	return take_profile_key(rd, ev, &below);
}
