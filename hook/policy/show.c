/*
 * Lists the merged policy as rows: each value with the file that it comes from. Pure.
 */
#include <stdio.h>

#include "draft.h"
#include "gotune/base.h"
#include "gotune/model.h"
#include "gotune/policy.h"

struct out {
	const struct gt_policy *p;
	gt_policy_row_fn fn;
	void *ctx;
};

static const char *source_of(const struct gt_policy *p, uint8_t layer)
{
	return layer < p->n_layer ? p->layer[layer].path : "?";
}

static void add_row(const struct out *o, const char *key, const char *value, uint8_t layer)
{
	o->fn(o->ctx, key, value, source_of(o->p, layer));
}

/* Joins words with ", ". */
static void join_word(char *list, size_t cap, const char *word)
{
	if (*list)
		(void)gt_append(list, cap, ", "); /* people read it: may be cut */
	(void)gt_append(list, cap, word);
}

/* Joins the keys of ",a,b," likewise. */
static void join_keys(char *list, size_t cap, const char *keys)
{
	char key[64]; /* policy/top.c refuses longer ones */

	while (*keys) {
		size_t n = strcspn(keys, ",");

		(void)gt_copy(key, sizeof(key), keys, n);
		if (n > 0)
			join_word(list, cap, key);
		keys += n + (keys[n] == ',');
	}
}

static void number_row(const struct out *o, const char *key, uint64_t value, uint8_t layer)
{
	char text[24] = "";

	(void)gt_append_u64(text, sizeof(text), value); /* fits */
	add_row(o, key, text, layer);
}

static void flag_row(const struct out *o, const char *key, bool value, uint8_t layer)
{
	add_row(o, key, value ? "true" : "false", layer);
}

static void rows_annotations(const struct out *o)
{
	const struct gt_policy *p = o->p;
	char text[1536] = "";

	for (unsigned k = 0; k < GT_KEY_COUNT; k++) {
		if (p->allow & (1u << k))
			join_word(text, sizeof(text), gt_words_get(&gt_key_words, k));
	}
	add_row(o, "annotations.allow", text, p->from.allow);
	number_row(o, "annotations.nofile_max", p->nofile_max, p->from.nofile_max);
	text[0] = '\0';
	for (uint32_t i = 0; i < p->n_allow_sysctl; i++)
		join_word(text, sizeof(text), p->allow_sysctl[i]);
	add_row(o, "annotations.sysctl", text, p->from.allow_sysctl);
}

static void rows_follow(const struct out *o)
{
	const struct gt_policy *p = o->p;

	number_row(o, "follow.seconds", p->follow.seconds, p->from.follow.seconds);
	number_row(o, "follow.processes", p->follow.processes, p->from.follow.processes);
	number_row(o, "follow.execs", p->follow.execs, p->from.follow.execs);
	number_row(o, "barrier_timeout_ms", p->barrier_timeout_ms, p->from.barrier_timeout_ms);
}

static void rows_daemon(const struct out *o)
{
	const struct gt_policy *p = o->p;
	char text[64] = "";

	add_row(o, "daemon.listen", p->daemon.listen, p->from.daemon.listen);
	flag_row(o, "daemon.resize", p->daemon.resize, p->from.daemon.resize);
	flag_row(o, "daemon.history", p->daemon.history, p->from.daemon.history);
	flag_row(o, "daemon.learn", p->daemon.learn, p->from.daemon.learn);
	flag_row(o, "daemon.guard", p->daemon.guard, p->from.daemon.guard);
	flag_row(o, "daemon.rollback", p->daemon.rollback, p->from.daemon.rollback);
	number_row(o, "daemon.containers", p->daemon.containers, p->from.daemon.containers);
	for (unsigned i = 0; i < GT_LIVE_COUNT; i++) {
		if (p->live & (1u << i))
			join_word(text, sizeof(text), gt_words_get(&gt_live_key_words, i));
	}
	add_row(o, "live", text, p->from.live);
}

static void rows_top(const struct out *o)
{
	const struct gt_policy *p = o->p;
	char text[sizeof(p->runtimes)] = "";

	add_row(o, "mode", gt_words_get(&gt_mode_words, p->mode), p->from.mode);
	add_row(o, "select", gt_words_get(&gt_select_words, p->select), p->from.select);
	add_row(o, "on_error", gt_words_get(&gt_on_error_words, p->on_error), p->from.on_error);
	add_row(o, "default_profile", p->default_profile, p->from.default_profile);
	rows_annotations(o);
	join_keys(text, sizeof(text), p->godebug_allow);
	add_row(o, "godebug_allow", text, p->from.godebug_allow);
	text[0] = '\0';
	for (uint32_t i = 0; i < p->n_runtimes; i++)
		join_word(text, sizeof(text), p->runtimes[i]);
	add_row(o, "runtimes", text, p->from.runtimes);
	rows_follow(o);
	rows_daemon(o);
}

/* The value of a profile's key as text; "null" for null. */
static void key_text(const struct gt_profile *p, enum gt_profile_key k, char *text, size_t cap)
{
	const struct gt_pk *key = &gt_pk_table[k];
	bool null = false;
	uint64_t v;

	text[0] = '\0';
	switch (key->type) {
	case GT_PKT_TEXT:
		(void)gt_copy_str(text, cap, p->description);
		return;
	case GT_PKT_GODEBUG:
		(void)gt_copy_str(text, cap, p->godebug);
		return;
	case GT_PKT_SYSCTL: /* rows of their own */
	case GT_PKT_OBJECT:
		return;
	case GT_PKT_WORD:
		v = gt_pk_number(p, k, &null);
		(void)gt_copy_str(text, cap, gt_words_get(key->words, (unsigned)v));
		return;
	case GT_PKT_BOOL:
		(void)gt_copy_str(text, cap, gt_pk_number(p, k, &null) ? "true" : "false");
		return;
	case GT_PKT_U32:
	case GT_PKT_U64:
	case GT_PKT_I32:
	case GT_PKT_BYTES:
		break;
	}
	v = gt_pk_number(p, k, &null);
	if (null)
		(void)gt_copy_str(text, cap, "null");
	else
		(void)gt_append_u64(text, cap, v);
}

/* Is K inside an object of this profile that is null? */
static bool is_absent(const struct gt_profile *p, enum gt_profile_key k)
{
	const char *path = gt_pk_table[k].path;

	return (!p->gomaxprocs && gt_has_prefix(path, "gomaxprocs/")) ||
	       (!p->gomemlimit && gt_has_prefix(path, "gomemlimit/"));
}

/* "profiles.NAME.a.b" */
static void key_name(const char *profile, const char *path, char *name, size_t cap)
{
	(void)gt_copy_str(name, cap, "profiles.");
	(void)gt_append(name, cap, profile);
	(void)gt_append(name, cap, ".");
	(void)gt_append(name, cap, path);
	for (char *s = name; *s; s++) {
		if (*s == '/')
			*s = '.';
	}
}

static void rows_profile(const struct out *o, const struct gt_profile *p)
{
	char name[192], text[512];

	if (p->broken) {
		key_name(p->name, "broken", name, sizeof(name));
		add_row(o, name, "true", p->layer[GT_PK_DESCRIPTION]);
	}
	for (unsigned k = 0; k < GT_PK_COUNT; k++) {
		bool is_object = gt_pk_table[k].type == GT_PKT_OBJECT, null = false;

		key_name(p->name, gt_pk_table[k].path, name, sizeof(name));
		if (is_absent(p, k) || gt_pk_table[k].type == GT_PKT_SYSCTL)
			continue;
		if (is_object && gt_pk_number(p, k, &null))
			continue; /* its keys are shown */
		key_text(p, k, text, sizeof(text));
		add_row(o, name, is_object ? "null" : text, p->layer[k]);
	}
	for (uint32_t i = 0; i < p->n_sysctl; i++) {
		key_name(p->name, "sysctl.", name, sizeof(name));
		(void)gt_append(name, sizeof(name), p->sysctl[i].name);
		add_row(o, name, p->sysctl[i].value, p->sysctl[i].layer);
	}
}

static void rule_row(const struct out *o, const struct gt_rule *r, const char *key,
		     const char *value)
{
	char name[256];

	if (!*value)
		return;
	(void)snprintf(name, sizeof(name), "rules.%s.%s", gt_rule_text(o->p, r->name),
		       key); /* may be cut */
	add_row(o, name, value, r->layer);
}

static void rows_rule(const struct out *o, const struct gt_rule *r)
{
	char name[160], text[24] = "";

	rule_row(o, r, "broken", r->broken ? "true" : "");
	rule_row(o, r, "match.image", gt_rule_text(o->p, r->image));
	rule_row(o, r, "match.command", gt_rule_text(o->p, r->command));
	rule_row(o, r, "match.cgroup", gt_rule_text(o->p, r->cgroup));
	rule_row(o, r, "match.engine", gt_rule_text(o->p, r->engine));
	for (uint32_t i = 0; i < r->n_annotation; i++) {
		const struct gt_rule_pair *pair = &o->p->annotation[r->annotation + i];

		(void)snprintf(name, sizeof(name), "match.annotation.%s",
			       gt_rule_text(o->p, pair->key));
		rule_row(o, r, name, gt_rule_text(o->p, pair->value));
	}
	rule_row(o, r, "profile", gt_rule_text(o->p, r->profile));
	rule_row(o, r, "mode", r->has_mode ? gt_words_get(&gt_mode_words, r->mode) : "");
	(void)gt_append_u64(text, sizeof(text), r->rollout_percent); /* fits */
	rule_row(o, r, "rollout_percent", text);
}

void gt_policy_rows(const struct gt_policy *p, gt_policy_row_fn fn, void *ctx)
{
	const struct out o = {p, fn, ctx};

	rows_top(&o);
	for (uint32_t i = 0; i < p->n_profile; i++)
		rows_profile(&o, &p->profile[i]);
	for (uint32_t i = 0; i < p->n_rule; i++)
		rows_rule(&o, &p->rule[i]);
}
